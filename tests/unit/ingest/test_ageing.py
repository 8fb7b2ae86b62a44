"""The declared age of the plant: days since its last turnaround at the site's midnight, and what is said where not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import ingest, quality
from elc.errors import ElcError
from elc.fields import AGE, ENERGY, TIME, coverage
from elc.ingest.ageing import add_age, find_turnaround_faults
from elc.ingest.contract import check_contract
from elc.pages.findings import say_finding
from elc.settings import StageSettings, Tag, TagList
from tests.unit.ingest.exports import AIR, CHICAGO, GAS, LOAD, TAGS, build_days, build_readings, build_settings

Read = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]
LINE = Tag("@turnaround", AGE, "driver", "", 1.0, 0.0, 0.0, None, "")
AGED = TagList("fjord", (*TAGS.tags, LINE, AIR))
OWN = TagList("fjord", (*TAGS.tags, replace(LINE, tag="KI-9")))
OFF = TagList("fjord", (*TAGS.tags, replace(LINE, role="ignore")))


def tell(zone: str, *days: str) -> StageSettings:
    base = build_settings(turnarounds=list(days))
    return replace(base, plant=base.plant.model_copy(update={"time_zone": zone}))


def build_ages(start: str, hours: int, zone: str, *days: str) -> pd.Series:
    """The age by UTC hour."""
    times = pd.date_range(start, periods=hours, freq="h", tz="UTC", unit="us")
    dated, _ = add_age(pd.DataFrame({TIME: times, ENERGY: 1.0}), AGED, tell(zone, *days))
    assert list(dated.columns) == [TIME, AGE, ENERGY]
    return dated.set_index(TIME)[AGE]


def test_age_counts_days_from_the_last_turnaround() -> None:
    age = build_ages("2024-06-01", 24 * 20, "UTC", "2024-05-01", "2024-06-11")
    assert age["2024-06-01T00:00Z"] == 31.0
    assert age["2024-06-01T06:00Z"] == 31.25
    assert age["2024-06-10T23:00Z"] == pytest.approx(41 - 1 / 24)
    assert age["2024-06-11T00:00Z"] == 0.0
    assert age["2024-06-20T12:00Z"] == 9.5
    assert age.dtype == np.float64


def test_turnaround_after_the_export_changes_nothing() -> None:
    ages = [build_ages("2024-06-01", 50, "UTC", "2024-05-01", *later) for later in ((), ("2025-01-01",))]
    pd.testing.assert_series_equal(*ages)


@pytest.mark.parametrize(
    ("zone", "day", "first"),
    [
        ("Europe/Oslo", "2024-03-31", "2024-03-30T23:00Z"),  # winter still at midnight
        ("Europe/Oslo", "2024-04-01", "2024-03-31T22:00Z"),
        ("Europe/Oslo", "2024-10-27", "2024-10-26T22:00Z"),
        ("Europe/Oslo", "2024-10-28", "2024-10-27T23:00Z"),
        (CHICAGO, "2024-09-22", "2024-09-22T05:00Z"),
        ("Asia/Tashkent", "2024-10-27", "2024-10-26T19:00Z"),
        ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00Z"),  # its clock goes from 0:00 to 1:00
        ("America/Havana", "2024-11-03", "2024-11-03T04:00Z"),  # 0:00 is shown twice
    ],
)
def test_turnaround_begins_at_the_first_moment_of_its_day_at_the_site(zone: str, day: str, first: str) -> None:
    start = pd.Timestamp(first) - pd.Timedelta("30h")
    age = build_ages(str(start.tz_localize(None)), 60, zone, day)
    assert age.first_valid_index() == pd.Timestamp(first)
    assert age[first] == 0.0


def test_day_of_a_clock_change_is_23_or_25_hours() -> None:
    age = build_ages("2024-03-30", 72, "Europe/Oslo", "2024-03-31")
    assert age["2024-03-31T22:00Z"] == pytest.approx(23 / 24)  # the next midnight of the site


def test_hours_before_the_first_turnaround_are_missing_and_told() -> None:
    times = pd.date_range("2024-06-01", periods=48, freq="h", tz="UTC", unit="us")
    dated, found = add_age(pd.DataFrame({TIME: times, ENERGY: 1.0}), AGED, tell("UTC", "2024-06-02"))
    assert dated[AGE].isna().sum() == 24
    assert len(found) == 1
    one = found[0]
    assert (one.check, one.plant, one.column, one.values["intervals"]) == ("ageing", "fjord", AGE, 24.0)
    assert (one.start, one.end) == (times[0], times[24])
    assert say_finding(one) == (
        "The days since a turnaround (@turnaround) are missing before 2024-06-02, the first under "
        "plants.fjord.turnarounds in params.yaml. Add the turnaround before it."
    )


def test_export_that_ends_before_the_first_turnaround_has_no_age() -> None:
    times = pd.date_range("2024-06-01", periods=5, freq="h", tz="UTC", unit="us")
    dated, found = add_age(pd.DataFrame({TIME: times, ENERGY: 1.0}), AGED, tell("UTC", "2025-01-01"))
    assert dated[AGE].isna().all()
    assert (found[0].start, found[0].end) == (times[0], times[-1] + pd.Timedelta("1h"))


@pytest.mark.parametrize("tags", [TAGS, OWN, OFF])
def test_list_without_a_computed_driver_leaves_the_table_alone(tags: TagList) -> None:
    hourly = pd.DataFrame({TIME: pd.date_range("2024-06-01", periods=5, freq="h", tz="UTC"), ENERGY: 1.0})
    same, found = add_age(hourly, tags, build_settings())
    assert same is hourly
    assert found == []


def test_age_stands_beside_what_was_read_without_a_coverage(read: Read) -> None:
    tags = TagList("fjord", (*TAGS.tags, LINE))
    given = build_readings([("00:00", 1.0), ("03:00", 4.0)])
    hourly, found = read(given, tags=tags, turnarounds=["2024-05-31"])
    plain, _ = read(given)
    assert list(hourly.columns) == [TIME, GAS, coverage(GAS), LOAD, coverage(LOAD), AGE, ENERGY]
    pd.testing.assert_frame_equal(hourly.drop(columns=AGE), plain)
    assert found.empty
    # Midnight in Oslo is two hours earlier.
    np.testing.assert_allclose(hourly[AGE], 1 + (np.arange(4) + 2) / 24)


def test_finding_reaches_the_findings_of_the_export(read: Read) -> None:
    tags = TagList("fjord", (*TAGS.tags, LINE))
    _, found = read(build_readings([("00:00", 1.0), ("03:00", 4.0)]), tags=tags, turnarounds=["2024-07-01"])
    assert found[["check", "column", "hours"]].to_numpy().tolist() == [["ageing", AGE, 4.0]]


def test_aged_table_is_checked_filled_and_written(tmp_path: Path) -> None:
    tags, chosen = TagList("fjord", (*TAGS.tags, LINE)), build_settings(turnarounds=["2024-06-10"])
    export = tmp_path / "export"
    export.mkdir()
    build_days("2024-06-01", 15).to_parquet(export / "a.parquet")
    hourly, traces, doubts = ingest.read_export(export, tags, chosen, cache=tmp_path / "cache")
    checked, suspects = quality.check_hourly(hourly, traces, tags, chosen)
    filled, gaps = ingest.fill_weather(checked, tags, chosen)
    pd.testing.assert_series_equal(filled[AGE], hourly[AGE])
    assert list(doubts["check"]) == ["ageing"]
    assert not (suspects["column"] == AGE).any()
    assert gaps.empty
    assert AGE not in set(quality.summarise(filled, tags)["column"])
    ingest.write_hourly(tmp_path / "hourly", filled, doubts, tags, chosen)
    pd.testing.assert_frame_equal(ingest.read_hourly(tmp_path / "hourly"), filled)


def test_inventory_keeps_the_age_and_asks_the_export_for_none(tmp_path: Path) -> None:
    export = tmp_path / "a.parquet"
    build_days("2024-06-01", 3).to_parquet(export)
    chosen = build_settings(turnarounds=["2024-05-01"])
    found = ingest.read_inventory(export, AGED, chosen, cache=tmp_path / "cache")
    assert [tag.tag for tag in found.tags.used] == ["FT-1", "FT-2", "@turnaround"]  # no air temperature
    assert found.hourly[AGE].notna().all()
    assert AGE not in found.traces.readings


def test_contract_wants_the_age_before_the_energy(read: Read) -> None:
    tags = TagList("fjord", (*TAGS.tags, LINE))
    chosen = build_settings(turnarounds=["2024-05-01"])
    hourly, _ = read(build_readings([("00:00", 1.0), ("03:00", 4.0)]), tags=tags, turnarounds=["2024-05-01"])

    def check(table: pd.DataFrame) -> None:
        check_contract(table, tags, chosen.plant.carriers, interval="1h", weather=[], where="hourly table")

    check(hourly)
    with pytest.raises(ElcError, match=rf"hourly table: column {AGE} is missing\."):
        check(hourly.drop(columns=AGE))
    with pytest.raises(ElcError, match="its columns are out of order"):
        check(hourly[[name for name in hourly if name != AGE] + [AGE]])
    with pytest.raises(ElcError, match=rf"column {AGE}_coverage_frac is not in the tag list\."):
        check(hourly.assign(**{coverage(AGE): 1.0}))


@pytest.mark.parametrize(
    ("tags", "days", "words"),
    [
        (
            AGED,
            [],
            "the tag list has the line @turnaround, but its entry in params.yaml has no turnarounds. Add the first day "
            'of running after each, as in turnarounds: ["2023-06-20"], or set the role of the line to ignore.',
        ),
        (
            TAGS,
            ["2024-05-01"],
            "turnarounds are given in params.yaml, but the tag list has no line @turnaround. Add one with the column "
            "since_turnaround_days, the unit days and the role driver, or remove turnarounds.",
        ),
        (
            OWN,
            ["2024-05-01"],
            "both tag KI-9 and turnarounds in params.yaml give since_turnaround_days. Keep one of them.",
        ),
    ],
)
def test_list_and_entry_that_disagree_are_named(tmp_path: Path, tags: TagList, days: list[str], words: str) -> None:
    with pytest.raises(ElcError) as caught:
        ingest.read_export(tmp_path, tags, build_settings(turnarounds=days), cache=tmp_path / "cache")
    assert str(caught.value) == f"plant fjord: {words}"


@pytest.mark.parametrize(
    ("tags", "days"), [(AGED, ["2024-05-01"]), (OFF, ["2024-05-01"]), (OFF, []), (OWN, []), (TAGS, [])]
)
def test_list_and_entry_that_agree_have_no_fault(tags: TagList, days: list[str]) -> None:
    assert find_turnaround_faults(tags, build_settings(turnarounds=days).plant, where="params.yaml") == []


def test_own_tag_of_the_historian_is_read_as_any_other(read: Read) -> None:
    given = build_readings([("00:00", 1.0), ("03:00", 4.0)])
    own = given[given["tag"] == "FT-1"].assign(tag="KI-9", value=7.0)
    hourly, _ = read(pd.concat([given, own], ignore_index=True), tags=OWN)
    assert list(hourly[AGE]) == [7.0] * 4
    assert (hourly[coverage(AGE)] == 1).all()
