"""An hour that the clock showed twice is told apart by the order of a file's rows, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import ingest, quality
from elc.ingest.clock import find_changes
from elc.ingest.passes import find_passes
from elc.settings import StageSettings, TagList
from tests.unit.ingest.conftest import Read
from tests.unit.ingest.exports import CHICAGO, GAS, LOAD, TAGS, build_settings, build_zoned

# The clocks of Chicago went from 02:00 back to 01:00 on 3 November 2024, at 07:00 UTC.
START, HOURS = "2024-11-01", 96
LORD_HOWE = "Australia/Lord_Howe"  # back by half an hour, on 6 April 2024 at 15:00 UTC
AZORES = "Atlantic/Azores"  # back to midnight, on 27 October 2024 at 01:00 UTC


def by_arrival(local: pd.DataFrame, utc: pd.DataFrame) -> pd.DataFrame:
    """Rows as they came, all tags of a moment together."""
    return local.iloc[np.argsort(utc["time"].to_numpy(), kind="stable")]


@pytest.mark.parametrize("is_by_tag", [False, True])
@pytest.mark.parametrize(("start", "zone"), [(START, CHICAGO), ("2024-04-05", LORD_HOWE), ("2024-10-25", AZORES)])
def test_file_in_the_order_of_arrival_loses_no_hour(read: Read, start: str, zone: str, is_by_tag: bool) -> None:
    utc, local = build_zoned(start, HOURS, zone, step_min=10)
    expected, _ = read(utc)
    hourly, found = read(local if is_by_tag else by_arrival(local, utc), time_zone=zone)
    pd.testing.assert_frame_equal(hourly, expected)
    assert found.empty


def read_folder(folder: Path, readings: pd.DataFrame, name: str, chosen: StageSettings) -> pd.DataFrame:
    """Write readings as a CSV file, grown or new, and read the folder."""
    folder.mkdir(exist_ok=True)
    readings.to_csv(folder / f"{name}.csv", index=False)
    return ingest.read_export(folder, TAGS, chosen, cache=folder.parent / "cache")[0]


def test_growing_day_file_is_right_in_every_hour_and_none_changes_later(tmp_path: Path) -> None:
    utc, local = build_zoned("2024-11-03 05:00", 19, CHICAGO)  # a day of the site
    chosen, settings_utc = build_settings(time_zone=CHICAGO), build_settings()
    expected = read_folder(tmp_path / "utc", utc, "day", settings_utc)
    order = by_arrival(local, utc)
    arrived = np.sort(utc["time"].to_numpy())
    for end in pd.date_range("2024-11-03 06:00", "2024-11-03 10:00", freq="30min"):
        hourly = read_folder(tmp_path / "local", order[arrived < end.to_datetime64()], "2024-11-03", chosen)
        assert hourly["time_utc"].max() == (end - pd.Timedelta("1min")).floor("h").tz_localize("UTC")
        whole = hourly["time_utc"] + pd.Timedelta("1h") <= end.tz_localize("UTC")
        pd.testing.assert_frame_equal(hourly[whole], expected.iloc[: int(whole.sum())])


def test_two_hours_that_cannot_be_told_have_one_finding_and_cost_no_others(tmp_path: Path) -> None:
    _, local = build_zoned(START, HOURS, CHICAGO)
    folder, chosen = tmp_path / "export", build_settings(time_zone=CHICAGO, min_coverage_frac=0.5)
    folder.mkdir()
    local.sort_values(["time", "tag"]).to_parquet(folder / "export.parquet")
    hourly, traces, doubts = ingest.read_export(folder, TAGS, chosen, cache=tmp_path / "cache")
    checked, suspects = quality.check_hourly(hourly, traces, TAGS, chosen)
    assert list(doubts["check"]) == ["clock_change"]
    assert suspects.empty
    missing = checked.loc[checked[GAS].isna(), "time_utc"]
    assert list(missing.astype(str)) == ["2024-11-03 06:00:00+00:00", "2024-11-03 07:00:00+00:00"]
    assert checked[LOAD].isna().sum() == 2


def test_tag_that_is_lost_beside_the_hours_shown_twice_is_a_gap_still(tmp_path: Path) -> None:
    utc, local = build_zoned(START, HOURS, CHICAGO)
    lost = utc["time"].between("2024-11-03 05:00", "2024-11-03 07:59") & (utc["tag"] == "FT-1")
    folder, chosen = tmp_path / "export", build_settings(time_zone=CHICAGO, min_coverage_frac=0.5)
    folder.mkdir()
    by_arrival(local, utc)[~lost.to_numpy()[np.argsort(utc["time"].to_numpy(), kind="stable")]].to_parquet(
        folder / "export.parquet"
    )
    hourly, traces, doubts = ingest.read_export(folder, TAGS, chosen, cache=tmp_path / "cache")
    _, suspects = quality.check_hourly(hourly, traces, TAGS, chosen)
    assert list(doubts["check"]) == ["silent"]
    assert list(suspects["check"]) == ["gap"]
    assert suspects["hours"][0] == 3


def tell(times: list[str], tags: list[str] | None = None) -> list[int]:
    moments = pd.Series(pd.to_datetime([f"2024-11-03 {time}" for time in times]))
    changes = find_changes(CHICAGO, moments.min(), moments.max())
    (change,) = [one for one in changes[1:] if one.is_back]
    return find_passes(moments, pd.Series(tags or ["a"] * len(times)), change).tolist()


def step(first: str, last: str) -> list[str]:
    return [f"{one:%H:%M}" for one in pd.date_range(f"2024-11-03 {first}", f"2024-11-03 {last}", freq="10min")]


def test_rows_before_the_fall_are_of_the_first_pass() -> None:
    first, second = step("00:00", "01:50"), step("01:00", "02:50")
    assert tell(first + second) == [0] * len(first) + [1] * len(second)


def test_file_that_has_not_left_the_first_pass_is_in_it() -> None:
    assert tell(step("00:00", "01:20")) == [0] * 9


@pytest.mark.parametrize(
    "times",
    [
        [*step("00:00", "00:50"), "01:00", "01:00", "01:10", "01:10"],  # put in order
        [*step("00:00", "00:50"), *[f"01:0{n}" for n in range(10)]],  # the same, of odd moments
        step("00:00", "02:50"),  # one pass only: which?
        step("01:00", "01:50"),  # nothing before it
        [*step("00:00", "00:20"), *step("01:10", "01:50")],  # after a pause as long as the pass that it may hide
        [*step("00:00", "01:50"), *step("01:00", "01:50"), *step("01:00", "02:50")],  # a third time
        [*step("00:00", "01:50"), *step("00:30", "02:50")],  # late readings, or the second pass?
    ],
)
def test_rows_that_tell_nothing_are_told_nothing(times: list[str]) -> None:
    assert set(tell(times)) == {-1}


def test_each_tag_tells_for_itself_where_the_file_is_by_tag() -> None:
    own, sorted_ = (
        step("00:00", "01:50") + step("01:00", "02:50"),
        sorted(step("00:00", "01:50") + step("01:00", "02:50")),
    )
    passes = tell([*own, *sorted_], ["a"] * len(own) + ["b"] * len(sorted_))
    assert passes == [0] * 12 + [1] * 12 + [-1] * len(sorted_)


def test_tag_list_is_untouched_where_only_one_tag_can_be_told(read: Read) -> None:
    utc, local = build_zoned(START, HOURS, CHICAGO)
    gas, load = (local[local["tag"] == tag] for tag in ("FT-1", "FT-2"))
    hourly, found = read(pd.concat([gas, load.sort_values("time")]), time_zone=CHICAGO)
    pd.testing.assert_series_equal(hourly[GAS], read(utc)[0][GAS])
    assert hourly[LOAD].isna().sum() == 2
    assert list(found["check"]) == ["clock_change"]


def test_passes_are_told_in_any_kind_of_file(tmp_path: Path) -> None:
    utc, local = build_zoned(START, HOURS, CHICAGO)
    expected = read_folder(tmp_path / "utc", utc, "export", build_settings())
    pd.testing.assert_frame_equal(
        read_folder(tmp_path / "csv", by_arrival(local, utc), "export", build_settings(time_zone=CHICAGO)), expected
    )
    wide = by_arrival(local, utc).assign(moment=np.sort(utc["time"].to_numpy()))
    wide = wide.pivot(index=["moment", "time"], columns="tag", values="value").reset_index("time")
    tags = TagList("fjord", TAGS.tags)
    (tmp_path / "wide").mkdir()
    wide.to_csv(tmp_path / "wide" / "export.csv", index=False)
    hourly, _, found = ingest.read_export(
        tmp_path / "wide", tags, build_settings(time_zone=CHICAGO), cache=tmp_path / "other"
    )
    pd.testing.assert_frame_equal(hourly, expected)
    assert found.empty
