"""Every reading of a source is in the day files once, whatever stops a run and whatever the source does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from elc.errors import ElcError
from elc.files import readings as day_files
from elc.files import try_lock
from elc.ingest.conflicts import order_files
from tests.unit.fetch.site import FIRST, NOON, Site

HOUR = timedelta(hours=1)


def test_a_history_comes_once_and_then_only_what_is_new(site: Site) -> None:
    fetched = site.fetch(since=FIRST)
    assert fetched.taken.new == len(site.read_source())
    assert not fetched.failures
    assert site.read() == site.read_source()
    assert site.fetch().taken.new == 0
    site.run("insert into readings values ('2026-06-09 12:30+00', 'FT-1', 7, 'GOOD')")
    assert site.fetch(NOON + HOUR).taken.new == 1
    assert site.read() == site.read_source()


def test_what_is_late_comes_within_the_overlap_and_a_correction_is_the_later_file(site: Site) -> None:
    site.fetch(since=FIRST)
    site.run(
        "update readings set value = -5 where tag = 'FT-2' and time = '2026-06-09 10:00+00'",
        "insert into readings values ('2026-06-09 09:15+00', 'FT-3', 8, 'GOOD')",
        "update readings set value = -6 where tag = 'FT-2' and time = '2026-06-02 10:00+00'",
    )
    taken = site.fetch(NOON + HOUR).taken
    assert (taken.new, taken.corrected) == (1, 1)
    assert site.read_revised() == [(datetime(2026, 6, 9, 10, tzinfo=UTC), "FT-2", -5.0, "GOOD")]
    names = [path.name for path in site.folder.glob("2026-06-09*")]
    assert order_files(names) == ["2026-06-09.parquet", "2026-06-09.2.parquet"]
    assert site.fetch(NOON + HOUR).taken.corrected == 0
    # What lies before the overlap comes where it is asked for again.
    assert site.fetch(NOON + HOUR, since=FIRST).taken.corrected == 0
    assert site.fetch(NOON + HOUR, since=FIRST, is_again=True).taken.corrected == 1


def test_a_value_that_is_put_back_counts_again(site: Site) -> None:
    site.fetch(since=FIRST)
    (former,) = site.run("select value from readings where tag = 'FT-2' and time = '2026-06-09 10:00+00'")[0]
    for value in (-5, former):
        site.run(f"update readings set value = {value} where tag = 'FT-2' and time = '2026-06-09 10:00+00'")
        assert site.fetch().taken.corrected == 1
        assert [row[2] for row in site.read_revised()] == [value]


def test_two_values_of_one_answer_are_kept_for_ingest_to_settle(site: Site) -> None:
    site.run("insert into readings values ('2026-06-09 10:00+00', 'FT-2', -5, 'GOOD')")
    site.run("insert into readings select * from readings where tag = 'FT-1'")  # each page brings each row twice
    site.fetch(since=FIRST)
    held = site.read()
    assert len(held) == len(set(held)) == len(set(site.read_source()))
    assert site.fetch().taken == day_files.Taken()
    assert not site.read_revised()


@pytest.mark.parametrize("stops_after", [True, False])
@pytest.mark.parametrize("number", [1, 2, 5, 9])
def test_a_run_that_is_killed_loses_and_doubles_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, number: int, stops_after: bool
) -> None:
    place, calls = day_files.place, []

    def kill(temporary: Path, path: Path, **options: Any) -> None:
        calls.append(path)
        if stops_after:
            place(temporary, path, **options)
        if len(calls) == number:
            raise KeyboardInterrupt
        if not stops_after:
            place(temporary, path, **options)

    monkeypatch.setattr(day_files, "place", kill)
    with pytest.raises(KeyboardInterrupt):
        site.fetch(since=FIRST)
    monkeypatch.setattr(day_files, "place", place)
    site.fetch(since=FIRST)
    assert site.read() == site.read_source()


def test_without_its_state_a_run_finds_from_the_files_what_it_has(site: Site) -> None:
    site.fetch(since=FIRST)
    (site.folder / ".status.json").unlink()
    site.run("insert into readings values ('2026-06-09 12:30+00', 'FT-1', 7, 'GOOD')")
    assert site.fetch(NOON + HOUR).taken.new == 1
    assert site.read() == site.read_source()


def test_a_tag_that_was_silent_for_days_is_asked_for_from_its_last_reading(site: Site) -> None:
    site.run(
        "create table held as select * from readings where tag = 'FT-3' and time > '2026-06-07'",
        "delete from readings where tag = 'FT-3' and time > '2026-06-07'",
    )
    site.fetch(since=FIRST)
    site.run("insert into readings select * from held")
    site.fetch(NOON + HOUR)
    assert site.read() == site.read_source()


def test_what_a_whole_source_held_back_for_a_month_comes_when_it_speaks_again(site: Site) -> None:
    site.run(
        "create table held as select * from readings where time > '2026-06-05'",
        "delete from readings where time > '2026-06-05'",
    )
    site.fetch(since=FIRST)
    site.fetch(NOON + 720 * HOUR)
    site.run("insert into readings select * from held")
    site.fetch(NOON + 721 * HOUR)
    assert site.read() == site.read_source()


def test_an_earlier_day_and_a_new_tag_are_fetched_in_whole(site: Site) -> None:
    site.set_sources(site.build_source(quality_column="quality", tags={"FT-1": "FT-1"}))
    site.fetch(since=datetime(2026, 6, 5, tzinfo=UTC))
    site.set_sources(site.build_source(quality_column="quality", chunk_h=30))
    site.fetch(NOON + HOUR, since=FIRST)
    assert site.read() == site.read_source()


def test_a_source_that_fails_stops_no_other_and_is_told_until_it_answers(site: Site) -> None:
    lacking = site.build_source(name="second", tags={"FT-9": "FT-9"}, value_column="reading")
    site.set_sources(site.build_source(quality_column="quality"), lacking)
    for hours in (0, 1):
        fetched = site.fetch(NOON + hours * HOUR, since=FIRST)
        assert fetched.failures == (
            "plant fjord: source second: has the columns time, tag, value, quality, expected reading too. Name its "
            "columns under the source in params.yaml.",
        )
    assert site.read() == site.read_source()
    (fault,) = site.faults
    assert (fault.source, fault.kind, fault.since, fault.until) == ("second", "failed", NOON, NOON + HOUR)
    lacking["value_column"] = "value"
    site.set_sources(site.build_source(quality_column="quality"), lacking)
    assert not site.fetch(NOON + 2 * HOUR, since=FIRST).failures
    assert site.faults == [fault]


def test_readings_ahead_of_the_clock_wait_until_their_time_has_come(site: Site) -> None:
    early = NOON - timedelta(minutes=50)
    site.fetch(early, since=FIRST)
    (fault,) = site.faults
    assert (fault.kind, fault.tag, fault.example) == ("ahead", "", "FT-3, 2026-06-09 12:00:00 UTC")
    assert max(row[0] for row in site.read()) <= early
    site.fetch(NOON)
    assert site.read() == site.read_source()


def test_text_for_numbers_is_told_and_numbers_in_text_count(site: Site) -> None:
    site.run(
        "alter table readings alter value type text",
        "insert into readings values ('2026-06-09 11:10+00', 'FT-2', 'RUN', 'GOOD')",
        "insert into readings values ('2026-06-09 11:20+00', 'FT-2', NULL, 'GOOD')",
        "insert into readings values ('2026-06-09 11:25+00', 'FT-2', '4', 'so-so')",
    )
    site.fetch(since=FIRST)
    ten = datetime(2026, 6, 9, 11, tzinfo=UTC)
    found = {row[0]: row[2:] for row in site.read() if row[1] == "FT-2" and row[0] > ten}
    assert found[ten + timedelta(minutes=10)] == found[ten + timedelta(minutes=20)] == (None, "BAD")
    assert found[ten + timedelta(minutes=25)] == (4.0, "BAD")
    assert {(fault.kind, fault.tag, fault.example) for fault in site.faults} == {
        ("text", "FT-2", "RUN"),
        ("quality", "FT-2", "so-so"),
    }


def test_a_wide_table_in_local_time_gives_each_moment_and_tells_a_renamed_tag(site: Site) -> None:
    site.run(
        "create table wide (moment timestamp, one double, two double)",
        "insert into wide values ('2026-03-29 01:30', 1, 10), ('2026-03-29 03:00', 2, NULL)",
        "insert into wide values ('2026-03-29 03:30', 3, 30)",
    )
    source = {"table": "wide", "is_wide": True, "time_column": "moment", "time_zone": "Europe/Oslo"}
    site.set_sources(site.build_source(**source, tags={"FT-1": "one", "FT-2": "two", "FT-3": "three"}))
    day = datetime(2026, 3, 29, tzinfo=UTC)
    site.fetch(day + 12 * HOUR, since=day)
    assert [(row[1], row[0].strftime("%H:%M"), row[2]) for row in site.read()] == [
        ("FT-1", "00:30", 1.0),
        ("FT-1", "01:00", 2.0),
        ("FT-1", "01:30", 3.0),
        ("FT-2", "00:30", 10.0),
        ("FT-2", "01:30", 30.0),
    ]
    assert [(fault.kind, fault.tag) for fault in site.faults] == [("unknown", "FT-3")]


def test_a_long_history_is_left_to_the_next_run_where_there_is_no_time(site: Site) -> None:
    site.set_sources(site.build_source(quality_column="quality", chunk_h=48))
    assert site.fetch(since=FIRST, longest_s=0).left == 4
    site.set_sources(site.build_source(quality_column="quality", chunk_h=48, night_hours=[22, 5]))
    assert site.fetch(since=FIRST, longest_s=60).left > 0
    site.set_sources(site.build_source(quality_column="quality", chunk_h=48))
    assert site.fetch(since=FIRST).left == 0
    assert site.read() == site.read_source()


def test_what_cannot_be_fetched_is_said_whole(site: Site) -> None:
    (failure,) = site.fetch().failures
    assert failure == (
        "plant fjord: source sql: holds no readings yet, and no first day is given. Give it once, as in elc fetch "
        "fjord --since 2024-01-01, or as since of the source in params.yaml."
    )
    with (site.project.fetch("fjord") / ".lock").open("ab") as held:
        assert try_lock(held, wait_s=0)
        with pytest.raises(ElcError, match="another run fetches its readings now"):
            site.fetch()
    site.set_sources()
    with pytest.raises(ElcError, match=r"plant fjord: has no sources in params\.yaml"):
        site.fetch()


def test_an_export_of_dvc_is_brought_first(site: Site) -> None:
    site.project.raw("fjord").parent.mkdir(parents=True, exist_ok=True)
    site.project.raw("fjord").with_name("fjord.dvc").touch()
    with pytest.raises(ElcError, match="Bring it first: dvc pull data/raw/fjord"):
        site.fetch(since=FIRST)
