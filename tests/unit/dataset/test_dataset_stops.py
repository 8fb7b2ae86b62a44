"""Trips and start-ups as events."""

from __future__ import annotations

import pandas as pd
import pytest

from elc import dataset
from elc.fields import ENERGY, STATE
from tests.unit.dataset.hours import LOAD, NAN, build_settings, mark

EVEN = [100.0] * 6
COLUMNS = [
    "kind",
    "start",
    "end",
    "hours",
    "energy_tj",
    "energy_known_frac",
    "production_t",
    "production_known_frac",
]


def build(loads: list[float], *, interval: str = "1h", is_continuous: bool = True) -> pd.DataFrame:
    chosen = build_settings(interval=interval, is_continuous=is_continuous)
    return dataset.build_stops(mark(loads, chosen), LOAD, chosen)


def test_stop_is_a_trip_and_a_start_with_their_energy_and_production() -> None:
    stops = build([*EVEN, 10.0, 0.0, 0.0, 30.0, *[100.0] * 20])
    assert list(stops) == COLUMNS
    assert stops["kind"].tolist() == ["trip", "start"]
    assert stops["start"].tolist() == [pd.Timestamp(f"2024-01-01 {hour}:00", tz="UTC") for hour in ("06", "09")]
    assert stops["end"].tolist() == [pd.Timestamp(f"2024-01-01 {hour}:00", tz="UTC") for hour in ("09", "22")]
    assert stops["hours"].tolist() == [3, 13]
    assert stops["production_t"].tolist() == [10, 1230]
    assert stops["energy_tj"].tolist() == pytest.approx([0.28, 28 * 1230 / 1000])
    assert stops["energy_known_frac"].tolist() == stops["production_known_frac"].tolist() == [1, 1]


def test_short_intervals_hold_part_of_an_hour() -> None:
    stops = build([100.0] * 30 + [10.0] * 6, interval="10min")
    assert stops[["hours", "production_t"]].to_numpy().tolist() == [[1, 10]]
    assert stops["energy_tj"].tolist() == pytest.approx([0.28])


def test_unknown_load_inside_a_stop_is_part_of_it_and_its_share_is_said() -> None:
    stops = build([*EVEN, 0.0, NAN, NAN, 0.0, 100.0, NAN, *[100.0] * 20])
    assert stops["kind"].tolist() == ["trip", "start"]
    assert stops["hours"].tolist() == [4, 12]
    assert stops["energy_known_frac"].tolist() == stops["production_known_frac"].tolist() == [0.5, 11 / 12]
    assert stops["production_t"].tolist() == [0, 1100]


def test_energy_is_missing_where_none_is_known() -> None:
    chosen = build_settings()
    marked = mark([*EVEN, 0.0, 0.0, *[100.0] * 20], chosen)
    marked.loc[marked[STATE].eq("trip"), ENERGY] = NAN
    trip, start = dataset.build_stops(marked, LOAD, chosen).to_dict("records")
    assert pd.isna(trip["energy_tj"])
    assert (trip["energy_known_frac"], trip["production_t"]) == (0, 0)
    assert start["energy_tj"] == pytest.approx(28 * 1200 / 1000)


def test_stops_hold_the_energy_of_every_trip_and_start() -> None:
    chosen = build_settings()
    marked = mark([*EVEN, *([0.0] * 5 + [20.0, 60.0] + [100.0] * 20) * 3, 0.0], chosen)
    stops = dataset.build_stops(marked, LOAD, chosen)
    booked = marked[marked[STATE].isin(["trip", "start"])]
    assert stops["kind"].tolist() == ["trip", "start"] * 3 + ["trip"]
    assert stops["energy_tj"].sum() == pytest.approx(booked[ENERGY].sum() / 1000)
    assert stops["hours"].sum() == len(booked)


def test_what_lies_between_chosen_intervals_is_no_stop() -> None:
    stops = build([0.0, NAN, NAN, 0.0, 0.0, 100.0], is_continuous=False)
    assert stops["hours"].tolist() == [1, 2]


def test_unknown_load_after_the_last_known_stop_is_none() -> None:
    assert build([*EVEN, 0.0, NAN, NAN])["hours"].tolist() == [1]


def test_plant_that_never_stops_has_an_empty_table_of_the_same_columns() -> None:
    stops = build(EVEN)
    assert stops.empty
    pd.testing.assert_series_equal(stops.dtypes, build([*EVEN, 0.0]).dtypes)


def test_production_of_a_power_plant_is_in_mwh() -> None:
    chosen = build_settings()
    marked = mark([*EVEN, 10.0, 0.0], chosen).rename(columns={LOAD: "gross_power_mw"})
    assert dataset.build_stops(marked, "gross_power_mw", chosen)["production_mwh"].tolist() == [10]
