"""Totalisers: the rise over the whole is the counter's rise, and a reset is told, never guessed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc.errors import ElcError
from elc.pages.findings import say_findings
from elc.settings import Tag, TagList
from tests.unit.ingest.conftest import Read
from tests.unit.ingest.exports import TAGS, Row, build_random, build_readings

COUNTER = Tag("FQ-1", "gas_energy_gj_per_h", "energy", "gas", 1.0, 0.0, None, None, "", is_totaliser=True)
COUNTED = TagList("fjord", (COUNTER, TAGS.tags[1]))
COLUMN, COVERED = "gas_energy_gj_per_h", "gas_energy_gj_per_h_coverage_frac"


def build_counter(rows: list[Row]) -> pd.DataFrame:
    return build_readings(rows, tag="FQ-1")


def build_counts(seed: int, count: int = 400) -> pd.DataFrame:
    """Build a counter that is read at odd moments, some of them bad, and steady readings of the throughput."""
    rng = np.random.default_rng(seed)
    minutes = np.cumsum(rng.choice([1, 7, 13, 29, 61], count, p=[0.3, 0.3, 0.2, 0.15, 0.05]))
    counter = pd.DataFrame({"time": pd.Timestamp("2024-06-01") + pd.to_timedelta(minutes, unit="min"), "tag": "FQ-1"})
    counter["value"] = 5000 + np.cumsum(rng.uniform(0, 5, count))
    counter["quality"] = rng.choice(["Good", "Bad"], count, p=[0.9, 0.1])
    counter.iloc[[0, -1], 3] = "Good"
    return pd.concat([counter, counter.assign(tag="FT-2", value=50.0)], ignore_index=True)


@pytest.mark.parametrize(("seed", "interval"), [(1, "1h"), (2, "10min"), (3, "30min")])
def test_rise_over_the_whole_is_the_rise_of_the_counter(read: Read, seed: int, interval: str) -> None:
    readings = build_counts(seed)
    hourly, found = read(readings, tags=COUNTED, interval=interval)
    width_h = pd.Timedelta(interval) / pd.Timedelta("1h")
    counter = readings[readings["tag"] == "FQ-1"]
    counted = (hourly[COLUMN] * hourly[COVERED] * width_h).sum()
    assert counted == pytest.approx(counter["value"].iloc[-1] - counter["value"].iloc[0], rel=1e-9)
    span = (counter["time"].iloc[-1] - counter["time"].iloc[0]) / pd.Timedelta("1h")
    assert (hourly[COVERED] * width_h).sum() == pytest.approx(span)
    assert found.empty


def test_rise_is_spread_by_time_over_the_intervals_between_readings(read: Read) -> None:
    # 30 GJ in 1.5 h from 00:30 on, which is 20 GJ/h; then 5 GJ in half an hour.
    hourly, _ = read(build_counter([("00:30", 100), ("02:00", 130), ("02:30", 135)]), tags=COUNTED)
    np.testing.assert_allclose(hourly[COLUMN], [20.0, 20.0, 10.0])
    np.testing.assert_allclose(hourly[COVERED], [0.5, 1.0, 0.5])


def test_factor_turns_the_count_into_the_column_unit(read: Read) -> None:
    gcal = TagList("fjord", (Tag(**{**COUNTER.__dict__, "factor": 4.1868}), TAGS.tags[1]))
    hourly, _ = read(build_counter([("00:00", 100), ("01:00", 110)]), tags=gcal)
    assert hourly[COLUMN][0] == pytest.approx(41.868)


@pytest.mark.parametrize("interval", ["1h", "10min"])
def test_reset_is_a_finding_and_its_interval_is_missing(read: Read, interval: str) -> None:
    rows: list[Row] = [(f"{hour:02}:{minute:02}", 60 * hour + minute) for hour in range(12) for minute in (0, 5, 35)]
    readings = build_counter(rows)
    readings.loc[(readings["tag"] == "FQ-1") & (readings["time"] >= "2024-06-01 06:35"), "value"] -= 390
    hourly, found = read(readings, tags=COUNTED, interval=interval)
    lost = hourly["time_utc"].between("2024-06-01T06:00Z", "2024-06-01T06:35Z")
    np.testing.assert_allclose(hourly[COLUMN][~lost].dropna(), 60.0)
    assert hourly.loc[lost, COLUMN].isna().all()
    assert set(found["check"]) == {"totaliser_reset"}
    assert len(found) == lost.sum()
    assert list(found["start"]) == list(hourly["time_utc"][lost])
    assert say_findings(found)[0].endswith(
        "(FQ-1) was reset; what it counted before is lost, the interval is not used."
    )


def test_reset_between_two_intervals_loses_both(read: Read) -> None:
    rows: list[Row] = [(f"{hour:02}:{minute:02}", 60 * hour + minute) for hour in range(12) for minute in (10, 50)]
    readings = build_counter(rows)
    readings.loc[(readings["tag"] == "FQ-1") & (readings["time"] >= "2024-06-01 07:00"), "value"] -= 400
    hourly, found = read(readings, tags=COUNTED)
    assert list(np.flatnonzero(hourly[COLUMN].isna())) == [6, 7]
    assert len(found) == 2
    np.testing.assert_allclose(hourly[COLUMN].dropna(), 60.0)


def test_long_silence_is_not_covered(read: Read) -> None:
    hourly, _ = read(
        build_counter([("00:00", 0), ("01:00", 10), ("05:00", 50), ("06:00", 60)]), tags=COUNTED, max_hold_h=2
    )
    np.testing.assert_array_equal(hourly[COVERED], [1, 0, 0, 0, 0, 1, 0])
    np.testing.assert_array_equal(hourly[COLUMN], [10, np.nan, np.nan, np.nan, np.nan, 10, np.nan])


def test_bad_readings_in_between_do_not_matter(read: Read) -> None:
    rows: list[Row] = [("00:00", 0), ("00:40", 40), ("01:20", 80), ("02:00", 120)]
    plain, _ = read(build_counter(rows), tags=COUNTED)
    bad: list[Row] = [("00:20", 0, "Bad"), ("01:00", 9e9, "Bad"), ("01:20", 70, "Bad")]
    hourly, found = read(build_counter(sorted(rows + bad, key=lambda row: row[0])), tags=COUNTED)
    pd.testing.assert_frame_equal(hourly, plain)
    assert found.empty


def test_copies_of_a_moment_are_no_reset(read: Read) -> None:
    # What differs at one moment is not read; the counter goes on, so that nothing is lost.
    rows: list[Row] = [("00:00", 0), ("00:30", 30), ("01:00", 60), ("01:30", 90), ("02:00", 120)]
    plain, _ = read(build_counter(rows), tags=COUNTED)
    copies: list[Row] = [("00:30", 95), ("01:00", 61), ("01:30", 91)]
    hourly, found = read(build_counter(sorted([*rows, *rows, *copies])), tags=COUNTED)
    pd.testing.assert_frame_equal(hourly, plain)
    assert list(found["check"]) == ["conflict"]


def test_rate_with_the_unit_of_an_amount_is_named(read: Read) -> None:
    readings = build_random(1).replace({"tag": {"FT-1": "FQ-1"}})
    count = ((readings["tag"] == "FQ-1") & (readings["quality"] == "Good")).sum()
    words = rf"^plant fjord: tag FQ-1 is read as a totaliser, .* falls \d+ times in {count} good readings\. Write"
    with pytest.raises(ElcError, match=words):
        read(readings, tags=COUNTED)
