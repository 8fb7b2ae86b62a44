"""What a historian sends after the committed export: it goes on, grows, and what was sent stays as it is."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from elc.cli import main
from elc.errors import ElcError
from elc.paths import Project
from elc.simulate import find_end, read_readings, read_until, simulate_plant, write_live
from tests.unit.simulate.conftest import ROOT, BuildProject

PLANTS = ("fjord", "delta", "steppe")
# Delta's clocks go back on 3 November 2024: days after the end here, and hours that its export shows twice.
DAYS, LONGER = 130, 145
END = datetime(2024, 10, 28, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, build_project: BuildProject) -> Project:
    return build_project(tmp_path_factory.mktemp("live"), days=DAYS, step_min=15)


@pytest.fixture
def live(project: Project) -> Project:
    """The project before anything was sent."""
    shutil.rmtree(project.root / "data" / "live", ignore_errors=True)
    return project


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory, build_project: BuildProject) -> Project:
    """The same plants with more days."""
    project = build_project(tmp_path_factory.mktemp("longer"), days=LONGER, step_min=15)
    for plant in PLANTS:
        simulate_plant(project, plant)
    return project


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def read_days(folder: Path) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))], ignore_index=True)


@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_sent_is_what_more_days_hold(plant: str, live: Project, longer: Project) -> None:
    written = write_live(live, plant, END + timedelta(days=LONGER - DAYS))
    sent, expected = read_files(live.live(plant)), read_files(longer.raw(plant))
    assert [path.name for path in written] == list(sent)
    # The first file of a site whose day does not begin at midnight UTC goes on where the export ended.
    whole = [name for name in sent if pd.Timestamp(name.removesuffix(".parquet"), tz="UTC") > END]
    assert len(whole) >= LONGER - DAYS - 1
    assert {name: sent[name] for name in whole} == {name: expected[name] for name in whole}


def test_what_is_sent_begins_where_the_export_ends(live: Project) -> None:
    simulate_plant(live, "steppe")
    write_live(live, "steppe", END + timedelta(days=1))
    exported, sent = read_days(live.raw("steppe")), read_days(live.live("steppe"))
    middle = pd.Timestamp(END).tz_convert("Asia/Tashkent").tz_localize(None)
    assert exported["time"].max() < middle == sent["time"].min()
    assert sorted(read_files(live.live("steppe"))) == ["2024-10-28.parquet", "2024-10-29.parquet"]


def test_last_day_grows_and_earlier_ones_stay(live: Project) -> None:
    folder, former, last = live.live("fjord"), dict[str, bytes](), 0
    for hour in range(20, 30):
        until = END + timedelta(hours=hour)
        (path,) = write_live(live, "fjord", until)
        assert path.stem == f"{until - timedelta(seconds=1):%Y-%m-%d}"
        sent = read_files(folder)
        assert {name: sent[name] for name in former if name != path.name} == {
            name: content for name, content in former.items() if name != path.name
        }
        rows = read_days(folder)
        assert rows["time"].max() == until - timedelta(minutes=15)
        assert len(rows) > last
        former, last = sent, len(rows)
    assert list(former) == ["2024-10-28.parquet", "2024-10-29.parquet"]


def test_steps_and_one_stride_send_the_same(live: Project) -> None:
    until = END + timedelta(days=8, hours=3, minutes=20)
    for hours in (5, 30, 31, 175):
        write_live(live, "delta", END + timedelta(hours=hours))
    write_live(live, "delta", until)
    steps = read_files(live.live("delta"))
    shutil.rmtree(live.live("delta"))
    write_live(live, "delta", until)
    assert read_files(live.live("delta")) == steps


def test_same_time_again_writes_nothing(live: Project) -> None:
    until = END + timedelta(days=3, hours=7)
    write_live(live, "fjord", until)
    former = read_files(live.live("fjord"))
    times = {path: path.stat().st_mtime_ns for path in live.live("fjord").iterdir()}
    assert write_live(live, "fjord", until) == []
    assert write_live(live, "fjord", until - timedelta(days=1)) == []  # what was sent was sent
    assert read_files(live.live("fjord")) == former
    assert {path: path.stat().st_mtime_ns for path in live.live("fjord").iterdir()} == times


def test_day_that_is_lost_or_broken_is_sent_again(live: Project) -> None:
    until = END + timedelta(days=4)
    write_live(live, "fjord", until)
    former = read_files(live.live("fjord"))
    lost, broken = (live.live("fjord") / f"2024-10-{day}.parquet" for day in (28, 30))
    lost.unlink()
    broken.write_bytes(b"PAR")
    assert write_live(live, "fjord", until) == [lost, broken]
    assert read_files(live.live("fjord")) == former


def test_nothing_was_sent_at_the_end_itself(live: Project) -> None:
    assert find_end(live, "fjord") == END
    assert write_live(live, "fjord", END) == []
    assert not live.live("fjord").exists()


@pytest.mark.parametrize("plant", PLANTS)
def test_readings_of_hours_are_those_of_the_export(plant: str, live: Project, longer: Project) -> None:
    hours = [END + timedelta(hours=hour) for hour in range(24 * 8)]
    drips = [read_readings(live, plant, hour, hour + timedelta(hours=1)) for hour in hours[:30]]
    assert list(drips[0].columns) == ["time", "tag", "value", "quality"]
    zone = drips[0]["time"].dt.tz
    assert (str(zone) == "UTC") == (plant == "fjord")
    exported = read_days(longer.raw(plant))
    whole = read_readings(live, plant, hours[0], hours[-1])
    assert sum(map(len, drips)) == len(read_readings(live, plant, hours[0], hours[30]))
    assert len(whole.merge(exported.drop_duplicates(), how="left", indicator=True).query("_merge != 'both'")) == 0


def test_readings_of_before_the_end_can_be_read(live: Project, longer: Project) -> None:
    start = datetime(2024, 7, 1, tzinfo=UTC)
    expected = pd.read_parquet(longer.raw("fjord") / "2024-07-01.parquet")
    pd.testing.assert_frame_equal(read_readings(live, "fjord", start, start + timedelta(days=1)), expected)


def test_readings_of_the_plants_first_hour_and_of_before_it(live: Project) -> None:
    start = datetime(2024, 6, 20, tzinfo=UTC)
    assert len(read_readings(live, "fjord", start - timedelta(days=3), start)) == 0
    first = read_readings(live, "fjord", start - timedelta(days=3), start + timedelta(hours=1))
    assert first["time"].min() == start
    assert len(read_readings(live, "fjord", start, start)) == 0


def test_readings_go_on_over_the_end_of_a_block(live: Project) -> None:
    joint = datetime(2026, 6, 21, tzinfo=UTC)
    parts = [
        read_readings(live, "fjord", joint - timedelta(hours=2), joint),
        read_readings(live, "fjord", joint, joint + timedelta(hours=2)),
    ]
    whole = read_readings(live, "fjord", joint - timedelta(hours=2), joint + timedelta(hours=2))
    pd.testing.assert_frame_equal(whole, pd.concat(parts, ignore_index=True))
    assert min(map(len, parts)) > 50


def test_cache_is_made_again_where_it_is_lost_or_of_other_settings(live: Project) -> None:
    hour = (END, END + timedelta(hours=1))
    former = read_readings(live, "fjord", *hour)
    folder = live.simulated("fjord")
    (block,) = folder.glob("*-0.parquet")
    stale = folder / f"{'0' * 24}-0.parquet"
    block.rename(stale)
    pd.testing.assert_frame_equal(read_readings(live, "fjord", *hour), former)
    assert block.exists()
    assert not stale.exists()


def run(project: Project, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.chdir(project.root)
    done = CliRunner().invoke(main, ["simulate", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_command_says_what_it_wrote(live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said, _ = run(live, monkeypatch, "fjord", "--until", "2024-10-29T13:00")
    assert (code, said) == (0, f"{live.live('fjord')}: readings up to 2024-10-29 13:00 UTC, 2 files written\n")
    assert read_days(live.live("fjord"))["time"].max() == pd.Timestamp("2024-10-29T12:45Z")
    assert not live.raw("fjord").exists()
    assert not live.truth("fjord").exists()


@pytest.mark.parametrize(
    ("plant", "until", "expected"),
    [
        ("fjrod", "now", "params.yaml: plant fjrod is not simulated: did you mean fjord?"),
        (
            "fjord",
            "yesterday",
            "--until yesterday: is not a time. Give now, or a time in UTC such as 2026-07-05T13:00.",
        ),
        (
            "fjord",
            "2024-10-27T23:00",
            "plant fjord: --until 2024-10-27T23:00 is before 2024-10-28T00:00 UTC, where the committed export ends "
            "(simulate.start and simulate.days in params.yaml). "
            "Give now, or a time in UTC from then to 2044-06-20T00:00.",
        ),
        (
            "fjord",
            "2204-10-27T23:00",
            "plant fjord: --until 2204-10-27T23:00 is too long after 2024-10-28T00:00 UTC, where the committed export "
            "ends (simulate.start and simulate.days in params.yaml). "
            "Give now, or a time in UTC from then to 2044-06-20T00:00.",
        ),
    ],
)
def test_fault_is_one_sentence(
    live: Project, monkeypatch: pytest.MonkeyPatch, plant: str, until: str, expected: str
) -> None:
    assert run(live, monkeypatch, plant, "--until", until) == (1, "", f"elc: {expected}\n")
    assert not live.live(plant).exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-05T13:00", datetime(2026, 7, 5, 13, tzinfo=UTC)),
        ("2026-07-05T13:00Z", datetime(2026, 7, 5, 13, tzinfo=UTC)),
        ("2026-07-05T13:00+02:00", datetime(2026, 7, 5, 11, tzinfo=UTC)),
        ("2026-07-05", datetime(2026, 7, 5, tzinfo=UTC)),
    ],
)
def test_time_is_read_in_utc(text: str, expected: datetime) -> None:
    assert read_until(text) == expected


def test_now_is_now() -> None:
    assert abs(read_until("now") - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "13:00", "2026-13-01", "NOW"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ElcError, match=f"^{re.escape(f'--until {text}: is not a time. Give now,')}"):
        read_until(text)


def test_end_of_the_committed_export_is_that_of_params() -> None:
    assert find_end(Project(ROOT), "fjord") == datetime(2026, 6, 21, tzinfo=UTC)
