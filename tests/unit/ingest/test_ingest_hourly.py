"""The hourly table: what flows in the readings flows in the intervals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import findings, ingest
from elc.errors import ElcError
from elc.settings import Tag, TagList
from tests.unit.ingest.conftest import Read
from tests.unit.ingest.exports import (
    COVERED,
    GAS,
    LOAD,
    TAGS,
    Row,
    build_minutes,
    build_random,
    build_readings,
    build_settings,
)


@pytest.mark.parametrize(
    ("seed", "interval", "max_hold_h"),
    [(1, "1h", 6.0), (2, "10min", 1.5), (3, "30min", 0.25), (4, "5min", 6.0), (5, "4h", 6.0), (6, "1D", 30.0)],
)
def test_energy_is_conserved(read: Read, seed: int, interval: str, max_hold_h: float) -> None:
    readings = build_random(seed)
    hourly, _ = read(readings, interval=interval, max_hold_h=max_hold_h)
    width_h = pd.Timedelta(interval) / pd.Timedelta("1h")
    for tag, column in (("FT-1", GAS), ("FT-2", LOAD)):
        steps = build_minutes(readings, tag, max_hold_h, int(width_h * 60))
        found = (hourly[column] * hourly[column + "_coverage_frac"] * width_h).sum()
        assert found == pytest.approx(steps.sum() / 60, rel=1e-12)
        assert (hourly[column + "_coverage_frac"] * width_h).sum() == pytest.approx(steps.notna().sum() / 60)


@pytest.mark.parametrize("seed", [4, 5])
def test_every_interval_is_the_mean_over_its_good_time(read: Read, seed: int) -> None:
    readings = build_random(seed)
    hourly, _ = read(readings, max_hold_h=2.0)
    hours = build_minutes(readings, "FT-1", 2.0, 60).resample("1h")
    index = hourly["time_utc"].dt.tz_localize(None)
    np.testing.assert_allclose(hourly[GAS], hours.mean().reindex(index), rtol=1e-12)
    np.testing.assert_allclose(hourly[COVERED], hours.count().reindex(index) / 60, atol=1e-12)
    assert hourly[GAS].isna().any()
    assert (hourly["time_utc"].diff().dropna() == pd.Timedelta("1h")).all()


def test_mean_is_weighted_by_time_and_held_across_the_hour(read: Read) -> None:
    # 00: 10 for 15 min, 30 for 45 min; 01: 30 held for 30 min, then 50. The mean of the rows would be 20 and 50.
    hourly, found = read(build_readings([("00:00", 10), ("00:15", 30), ("01:30", 50)]))
    assert list(hourly[GAS]) == [25.0, 40.0]
    assert list(hourly[COVERED]) == [1.0, 1.0]
    assert list(hourly["time_utc"]) == [pd.Timestamp("2024-06-01T00:00Z"), pd.Timestamp("2024-06-01T01:00Z")]
    assert len(found) == 0


def test_value_holds_through_hours_without_readings(read: Read) -> None:
    hourly, _ = read(build_readings([("00:30", 10), ("04:30", 50)]))
    assert list(hourly[GAS]) == [10, 10, 10, 10, 30]
    assert list(hourly[COVERED]) == [0.5, 1, 1, 1, 1]


def test_value_holds_no_longer_than_the_limit(read: Read) -> None:
    hourly, _ = read(build_readings([("00:30", 10), ("05:00", 50)]), max_hold_h=2)
    assert list(hourly[COVERED]) == [0.5, 1, 0.5, 0, 0, 1]
    np.testing.assert_array_equal(hourly[GAS], [10, 10, 10, np.nan, np.nan, 50])


def test_no_value_holds_beyond_the_last_interval(read: Read) -> None:
    hourly, _ = read(build_readings([("00:00", 10), ("01:20", 50)]))
    assert len(hourly) == 2
    assert hourly[GAS][1] == pytest.approx((10 * 20 + 50 * 40) / 60)


def test_bad_reading_ends_a_hold_and_covers_nothing(read: Read) -> None:
    hourly, _ = read(build_readings([("00:00", 10), ("00:20", 99, "Bad"), ("00:50", 20), ("02:00", 30)]))
    assert hourly[GAS][0] == pytest.approx((10 * 20 + 20 * 10) / 30)
    assert hourly[COVERED][0] == 0.5
    assert hourly[GAS][1] == 20.0


@pytest.mark.parametrize(("accept", "value", "covered"), [(False, 10.0, 0.5), (True, 20.0, 1.0)])
def test_uncertain_reading_counts_by_the_switch(read: Read, accept: bool, value: float, covered: float) -> None:
    hourly, _ = read(build_readings([("00:00", 10), ("00:30", 30, "Uncertain")]), accept_uncertain=accept)
    assert (hourly[GAS][0], hourly[COVERED][0]) == (value, covered)


def test_bad_reading_is_never_accepted(read: Read) -> None:
    hourly, _ = read(build_readings([("00:00", 10), ("00:30", 30, "Bad")]), accept_uncertain=True)
    assert hourly[COVERED][0] == 0.5


def test_interval_with_too_little_good_time_is_missing(read: Read) -> None:
    rows: list[Row] = [("00:00", 10), ("00:30", 0, "Bad"), ("01:00", 10), ("01:29", 0, "Bad"), ("02:00", 10)]
    hourly, _ = read(build_readings(rows), min_coverage_frac=0.5)
    np.testing.assert_array_equal(hourly[GAS], [10, np.nan, 10])
    np.testing.assert_allclose(hourly[COVERED], [0.5, 29 / 60, 1])


def test_doubled_rows_change_nothing(read: Read) -> None:
    readings = build_random(6)
    once, _ = read(readings)
    twice, _ = read(pd.concat([readings, readings[::3]]))
    pd.testing.assert_frame_equal(twice, once)


def test_good_reading_goes_before_another_of_the_same_moment(read: Read) -> None:
    rows: list[Row] = [("00:00", 5, "Bad"), ("00:00", 10), ("00:00", 7, "Uncertain"), ("00:30", 30)]
    hourly, _ = read(build_readings(rows))
    assert (hourly[GAS][0], hourly[COVERED][0]) == (20.0, 1.0)


def test_order_of_rows_changes_nothing(read: Read) -> None:
    readings = build_random(7)
    ordered, _ = read(readings.sort_values(["time", "tag"]))
    shuffled, _ = read(readings.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(shuffled, ordered)


def test_ten_minute_intervals(read: Read) -> None:
    hourly, _ = read(build_readings([("00:05", 10), ("00:12", 40), ("00:25", 70)]), interval="10min")
    assert list(hourly["time_utc"].dt.minute) == [0, 10, 20]
    np.testing.assert_allclose(hourly[GAS], [10, (10 * 2 + 40 * 8) / 10, 55])
    assert list(hourly[COVERED]) == [0.5, 1, 1]


def test_moments_between_seconds_count_in_full(read: Read) -> None:
    # 10 for 1,800.3 s of an hour that is covered from 0.4 s on, then 20.
    hourly, _ = read(build_readings([("00:00:00.4", 10), ("00:30:00.7", 20)]))
    assert hourly[COVERED][0] == pytest.approx(3599.6 / 3600, rel=1e-9)
    assert hourly[GAS][0] == pytest.approx((10 * 1800.3 + 20 * 1799.3) / 3599.6, rel=1e-9)


def test_chosen_intervals_are_held_for_one_interval_only(read: Read) -> None:
    readings = build_readings([("00:00", 10), ("00:40", 40), ("01:00", 60)])
    hourly, _ = read(readings, interval="10min", is_continuous=False)
    np.testing.assert_array_equal(hourly[GAS], [10, np.nan, np.nan, np.nan, 40, np.nan, 60])


def test_factor_and_offset_turn_the_mean_into_the_column_unit(read: Read) -> None:
    tags = TagList("fjord", (replace(TAGS.tags[0], factor=2.0, offset=-7.0), TAGS.tags[1]))
    hourly, _ = read(build_readings([("00:00", 10), ("00:15", 30)]), tags=tags)
    assert list(hourly[GAS]) == [2 * 25 - 7]


def build_carriers(steam_quality: str) -> tuple[pd.DataFrame, TagList]:
    """Readings of gas, electricity and exported steam, of 100, 10 and 30 GJ/h."""
    roles = (("FT-1", GAS, "gas"), ("JI-1", "electricity_energy_gj_per_h", "electricity"))
    energy = [Tag(tag, column, "energy", carrier, 1.0, 0.0, None, None, "") for tag, column, carrier in roles]
    steam = Tag("FT-3", "steam_energy_gj_per_h", "energy", "steam", 1.0, 0.0, None, None, "")
    tables = [build_readings([("00:00", value), ("01:00", value)], tag) for tag, value in (("FT-1", 100), ("JI-1", 10))]
    tables.append(build_readings([("00:00", 30), ("01:00", 30, steam_quality)], "FT-3"))
    return pd.concat(tables), TagList("fjord", (*energy, steam, TAGS.tags[1]))


def test_energy_is_the_sum_of_carriers_with_exports_against(read: Read) -> None:
    readings, tags = build_carriers("Good")
    assert list(read(readings, tags=tags)[0]["energy_gj_per_h"]) == [80.0, 80.0]


def test_energy_is_missing_where_any_carrier_is(read: Read) -> None:
    readings, tags = build_carriers("Bad")
    np.testing.assert_array_equal(read(readings, tags=tags)[0]["energy_gj_per_h"], [80.0, np.nan])


def test_tag_without_a_good_reading_is_missing_throughout(read: Read) -> None:
    readings = build_readings([("00:00", 10), ("01:00", 20)])
    readings.loc[readings["tag"] == "FT-1", "quality"] = "Bad"
    hourly, _ = read(readings)
    assert hourly[GAS].isna().all()
    assert list(hourly[COVERED]) == [0.0, 0.0]
    assert list(hourly[LOAD]) == [50.0, 50.0]


def test_export_without_a_good_reading_is_named(read: Read) -> None:
    readings = build_readings([("00:00", 10), ("01:00", 20)]).assign(quality="Bad")
    with pytest.raises(ElcError, match="plant fjord"):
        read(readings)


def test_table_reads_back_as_it_was_written(read: Read, tmp_path: Path) -> None:
    hourly, found = read(build_random(8))
    ingest.write_hourly(tmp_path / "hourly", hourly, found, TAGS, build_settings())
    pd.testing.assert_frame_equal(ingest.read_hourly(tmp_path / "hourly"), hourly)
    pd.testing.assert_frame_equal(findings.read_findings(tmp_path / "hourly" / "findings.parquet"), found)


def test_table_that_breaks_its_contract_is_not_written(read: Read, tmp_path: Path) -> None:
    hourly, found = read(build_random(8))
    broken = hourly.assign(**{COVERED: hourly[COVERED] + 1})
    with pytest.raises(
        ElcError, match=r"^plant fjord: hourly table: column gas_energy_gj_per_h_coverage_frac: .* outs"
    ):
        ingest.write_hourly(tmp_path / "hourly", broken, found, TAGS, build_settings())
    assert not (tmp_path / "hourly").exists()
