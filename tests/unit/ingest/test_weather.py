"""Weather is filled over short gaps, with a finding each; energy and production never."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from elc import ingest
from elc.settings import StageSettings, TagList
from tests.unit.ingest.exports import AIR, GAS, LOAD, TAGS, build_settings

TAGGED = TagList("fjord", (*TAGS.tags, AIR))
NAN = np.nan


def build_gaps(air: list[float]) -> pd.DataFrame:
    """Build hours in which all columns are missing where air temperature is."""
    values = np.array(air)
    columns: dict[str, object] = {"time_utc": pd.date_range("2024-06-01", periods=len(air), freq="1h", tz="UTC")}
    for column in (GAS, LOAD, AIR.column):
        columns[column] = values
        columns[column + "_coverage_frac"] = np.where(np.isnan(values), 0.0, 1.0)
    return pd.DataFrame(columns)


def allow(settings: StageSettings, *weather: str, max_gap_h: float) -> StageSettings:
    changed = settings.ingest.model_copy(update={"weather": list(weather), "max_gap_h": max_gap_h})
    return replace(settings, ingest=changed)


def test_short_gap_is_filled_by_a_straight_line_and_told() -> None:
    hourly = build_gaps([10, NAN, NAN, 16, 16])
    filled, found = ingest.fill_weather(hourly, TAGGED, allow(build_settings(), AIR.column, max_gap_h=2))
    np.testing.assert_allclose(filled[AIR.column], [10, 12, 14, 16, 16])
    others = [name for name in hourly if name != AIR.column]
    pd.testing.assert_frame_equal(filled[others], hourly[others])
    assert list(found[["check", "column", "hours"]].iloc[0]) == ["filled", AIR.column, 2.0]
    assert (found["start"][0], len(found)) == (pd.Timestamp("2024-06-01T01:00Z"), 1)
    assert hourly[AIR.column].isna().sum() == 2


def test_long_gap_stays_and_its_neighbour_is_filled() -> None:
    hourly = build_gaps([10, NAN, NAN, NAN, 10, NAN, 20])
    filled, found = ingest.fill_weather(hourly, TAGGED, allow(build_settings(), AIR.column, max_gap_h=2))
    np.testing.assert_allclose(filled[AIR.column], [10, NAN, NAN, NAN, 10, 15, 20])
    assert list(found["start"]) == [pd.Timestamp("2024-06-01T05:00Z")]


def test_limit_is_in_hours_whatever_the_interval() -> None:
    hourly = build_gaps([10, NAN, NAN, NAN, 18])
    chosen = allow(build_settings(interval="30min"), AIR.column, max_gap_h=1.5)
    assert ingest.fill_weather(hourly, TAGGED, chosen)[0][AIR.column].notna().all()
    assert ingest.fill_weather(hourly, TAGGED, allow(chosen, AIR.column, max_gap_h=1))[1].empty


@pytest.mark.parametrize("air", [[NAN, NAN, 5.0, 6.0], [5.0, 6.0, NAN], [NAN, NAN]])
def test_nothing_is_filled_before_the_first_value_or_after_the_last(air: list[float]) -> None:
    hourly = build_gaps(air)
    filled, found = ingest.fill_weather(hourly, TAGGED, allow(build_settings(), AIR.column, max_gap_h=6))
    pd.testing.assert_frame_equal(filled, hourly)
    assert found.empty


@pytest.mark.parametrize("column", [GAS, LOAD])
def test_energy_and_production_are_never_filled(column: str) -> None:
    hourly = build_gaps([10, NAN, 16])
    filled, found = ingest.fill_weather(hourly, TAGGED, allow(build_settings(), column, max_gap_h=6))
    pd.testing.assert_frame_equal(filled, hourly)
    assert found.empty


def test_nothing_is_filled_between_chosen_intervals() -> None:
    hourly = build_gaps([10, NAN, 16])
    chosen = allow(build_settings(is_continuous=False), AIR.column, max_gap_h=6)
    assert ingest.fill_weather(hourly, TAGGED, chosen)[1].empty
