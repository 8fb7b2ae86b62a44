"""A tag that is read all the time is missed where it is not read; one that reports on change is not accused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc.pages.findings import say_findings
from tests.unit.ingest.conftest import Read
from tests.unit.ingest.exports import COVERED, GAS, LOAD, build_days

DAYS, SILENT, AGAIN = 40, pd.Timestamp("2024-06-30 08:00"), pd.Timestamp("2024-07-01 06:00")
START = pd.Timestamp("2024-06-01")


def silence(readings: pd.DataFrame, *, until: pd.Timestamp, tag: str = "FT-1") -> pd.DataFrame:
    time = readings["time"]
    return readings[(readings["tag"] != tag) | (time < SILENT) | (time >= until)]


def find_hour(hourly: pd.DataFrame, moment: str) -> pd.Series:
    return hourly.set_index("time_utc").loc[pd.Timestamp(moment, tz="UTC")]


@pytest.mark.parametrize("silent_h", [1, 2, 5, 13, 22])
def test_meter_that_is_silent_makes_no_energy_in_any_hour_of_its_silence(read: Read, silent_h: int) -> None:
    end = SILENT + pd.Timedelta(silent_h, "h")
    readings = silence(build_days("2024-06-01", DAYS), until=AGAIN)
    hourly, found = read(readings[readings["time"] < end], min_coverage_frac=0.5)
    shown = hourly[hourly["time_utc"] >= SILENT.tz_localize("UTC")]
    assert len(shown) == silent_h
    assert shown[GAS].isna().all()
    assert shown["energy_gj_per_h"].isna().all()
    assert shown[COVERED].iloc[0] == pytest.approx(20 / 60)  # held for half an hour after 07:50
    assert shown[COVERED].iloc[1:].eq(0).all()
    assert shown[LOAD].notna().all()
    assert list(found["column"]) == ([GAS] if silent_h >= 2 else [])


def test_silence_stays_a_finding_once_the_tag_sends_again_and_no_hour_of_it_changes(read: Read) -> None:
    readings = silence(build_days("2024-06-01", DAYS), until=AGAIN)
    while_silent, _ = read(readings[readings["time"] < AGAIN - pd.Timedelta("3h")], min_coverage_frac=0.5)
    later, found = read(readings, min_coverage_frac=0.5)
    pd.testing.assert_frame_equal(later.iloc[: len(while_silent)], while_silent)
    assert find_hour(later, "2024-07-01 06:00")[COVERED] == 1
    assert list(found["check"]) == ["silent"]
    assert say_findings(found)[0] == (
        "gas energy (FT-1) sent no reading from 2024-06-30 07:50 to 2024-07-01 06:00 UTC, where others did. It is "
        "read all the time, so its last value stands for no interval without a reading."
    )
    assert (found["start"][0], found["end"][0]) == (
        pd.Timestamp("2024-06-30T07:50Z"),
        pd.Timestamp("2024-07-01T06:00Z"),
    )


def test_silences_of_former_days_do_not_make_a_habit(read: Read) -> None:
    readings = build_days("2024-06-01", DAYS)
    for day in (5, 9, 14):
        begin = START + pd.Timedelta(day, "D")
        during = readings["time"].between(begin, begin + pd.Timedelta("9h"), inclusive="left")
        readings = readings[~during | (readings["tag"] != "FT-1")]
    _, found = read(silence(readings, until=AGAIN), min_coverage_frac=0.5)
    assert list(found["check"]) == ["silent"] * 4


def test_tag_that_reports_on_change_holds_its_value_and_is_not_accused(read: Read) -> None:
    readings = build_days("2024-06-01", DAYS)
    night = (readings["time"].dt.hour < 5) & (readings["tag"] == "FT-1")
    hourly, found = read(readings[~night], min_coverage_frac=0.5)
    assert found.empty
    assert hourly[GAS].notna().sum() >= len(hourly) - 5
    assert find_hour(hourly, "2024-06-30 04:00")[COVERED] == 1


def test_tag_that_is_read_every_other_hour_holds_in_between(read: Read) -> None:
    readings = build_days("2024-06-01", DAYS)
    every = (readings["tag"] != "FT-1") | ((readings["time"].dt.hour % 2 == 0) & (readings["time"].dt.minute == 0))
    hourly, found = read(readings[every], min_coverage_frac=0.5)
    assert found.empty
    assert hourly[COVERED].eq(1).all()


def test_hourly_reading_that_is_missing_is_not_made_up(read: Read) -> None:
    readings = build_days("2024-06-01", DAYS, step_min=60)
    lost = (readings["tag"] == "FT-1") & (readings["time"] == SILENT)
    hourly, _ = read(readings[~lost], min_coverage_frac=0.5)
    assert find_hour(hourly, "2024-06-30 08:00")[COVERED] == pytest.approx(0.25)
    assert np.isnan(find_hour(hourly, "2024-06-30 08:00")[GAS])
    assert hourly[GAS].isna().sum() == 1


def test_meter_at_rest_has_nothing_to_send(read: Read) -> None:
    readings = build_days("2024-06-01", DAYS)
    is_last = (readings["tag"] == "FT-1") & (readings["time"] == SILENT - pd.Timedelta("10min"))
    readings.loc[is_last, "value"] = 0.0
    hourly, found = read(silence(readings, until=AGAIN), min_coverage_frac=0.5)
    assert found.empty
    assert find_hour(hourly, "2024-06-30 12:00")[[GAS, COVERED]].to_list() == [0.0, 1.0]
    assert np.isnan(find_hour(hourly, "2024-06-30 15:00")[GAS])  # ingest.max_hold_h


def test_whole_export_that_stands_still_is_no_silence_of_its_tags(read: Read) -> None:
    readings = build_days("2024-06-01", DAYS)
    _, found = read(readings[(readings["time"] < SILENT) | (readings["time"] >= AGAIN)], min_coverage_frac=0.5)
    assert found.empty
