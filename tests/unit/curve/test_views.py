"""What pictures of the curve show, worked out by hand on a linear curve: best = 10 load + 2 air, typical 5 above it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve
from elc.fields import AGE, BEST, BEST_HIGH, BEST_LOW, ENERGY, GAP_HIGH, GAP_LOW, IS_STEADY, TIME

LOAD, AIR = "load_t_per_h", "air_temp_degc"
NAN = float("nan")
WATER = "cooling_water_temp_degc"
YEAR = pd.date_range("2024-01-01", periods=90, freq="h", tz="UTC")


class LinearCurve:
    """Stands where an ONNX Runtime session does."""

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        load, air = feeds["features"].astype(float).T
        best = 10 * load + 2 * air
        return [np.column_stack([best, best + 5, best + 10, best, best])]


def build_envelope(ranges: dict[str, tuple[float, float]]) -> curve.Envelope:
    """Everything in the ranges is inside: the training hours are two corners, each as far as the other."""
    hours = pd.DataFrame({column: list(ends) for column, ends in ranges.items()})
    return curve.build_envelope(hours, list(ranges), np.array([0, 1]), margin_frac=0.0, prototypes=2)


@pytest.fixture
def package() -> curve.Package:
    features = [
        {"column": LOAD, "low": 0.0, "high": 100.0, "median": 50.0},
        {"column": AIR, "low": -10.0, "high": 30.0, "median": 10.0},
    ]
    card = {"throughput": LOAD, "features": features, "setpoints": []}
    envelope = build_envelope({LOAD: (0.0, 100.0), AIR: (-10.0, 30.0)})
    return curve.Package(card, pd.DataFrame(), envelope, LinearCurve(), LinearCurve())


class SureCurve(curve.Package):
    """A curve that knows best to 1 GJ/h below and 2 above."""

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        energy = super().predict(frame)
        return energy.assign(**{BEST_LOW: energy[BEST] - 1, BEST_HIGH: energy[BEST] + 2})


class ManyDrivers:
    """Stands where a session does: best = 10 load + 2 air + 3 water + 9 age, typical 5 above it."""

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        best = feeds["features"].astype(float) @ np.array([10.0, 2.0, 3.0, 9.0])
        return [np.column_stack([best, best + 5, best + 10, best, best])]


def build_package(columns: list[str], session: Any) -> curve.Package:
    features = [{"column": column, "low": -100.0, "high": 100.0, "median": 0.0} for column in columns]
    card = {"throughput": LOAD, "features": features, "setpoints": []}
    envelope = build_envelope(dict.fromkeys(columns, (-100.0, 100.0)))
    return SureCurve(card, pd.DataFrame(), envelope, session, session)


@pytest.fixture
def aged() -> curve.Package:
    return build_package([LOAD, AIR, WATER, AGE], ManyDrivers())


def build_year() -> pd.DataFrame:
    """Build 90 hours in which water goes from 0 to 8.9 degC, and age and load with it; energy is typical and 4 more."""
    number = np.arange(90.0)
    hours = pd.DataFrame({LOAD: 40 + number / 10, AIR: number % 7, WATER: number / 10, AGE: number})
    return hours.assign(**{ENERGY: hours @ np.array([10.0, 2.0, 3.0, 9.0]) + 9, TIME: YEAR, IS_STEADY: True})


def build_hours(rows: list[tuple[float, float, float, bool]]) -> pd.DataFrame:
    """Build hours from (load, air, energy, is_steady)."""
    hours = pd.DataFrame(rows, columns=[LOAD, AIR, ENERGY, IS_STEADY])
    hours.insert(0, TIME, pd.date_range("2024-01-01", periods=len(rows), freq="h", tz="UTC"))
    return hours


def test_moving_takes_the_weather_out_and_nothing_else(package: curve.Package) -> None:
    scored = curve.score_hours(build_hours([(60.0, 5.0, 620.0, True), (50.0, -4.0, 520.0, True)]), package)
    today = scored.iloc[0]
    moved = curve.move_to(scored, today, package)
    assert moved.iloc[0] == scored[ENERGY].iloc[0]  # at today's own conditions an hour stays
    assert moved.iloc[1] == 520.0 + 2 * (5.0 - -4.0)  # the other keeps its own load and its own gap


def test_view_holds_the_judged_hours_of_the_last_days(package: curve.Package) -> None:
    rows = [(40.0 + hour / 10, 5.0, 640.0, hour % 2 == 1) for hour in range(72)]
    scored = curve.score_hours(build_hours(rows), package)
    view = curve.build_view(scored, package, days=2)
    assert view.throughput == LOAD
    assert len(view.points) == 24  # every second of the last 48 hours
    assert len(view.lines) == 200
    assert view.lines["load"].iloc[[0, -1]].tolist() == [view.points["load"].min(), view.points["load"].max()]
    load = view.lines["load"]
    np.testing.assert_allclose(view.lines["best"], (10 * load + 10) / load, rtol=1e-6)
    np.testing.assert_allclose(view.lines["typical"], (10 * load + 15) / load, rtol=1e-6)
    last = rows[-1][0]
    assert view.now is not None
    best = (10 * last + 10) / last
    gap = 640 / last - best  # of a curve that knows best exactly
    wanted = {"load": last, "sec": 640 / last, "best": best, "gap_low": gap, "gap_high": gap}
    assert view.now.to_dict() == pytest.approx(wanted)
    assert view.points["sec"].iloc[-1] == pytest.approx(view.now["sec"])


def test_view_has_no_mark_where_the_last_hour_has_no_gap(package: curve.Package) -> None:
    scored = curve.score_hours(build_hours([(60.0, 5.0, 620.0, True), (60.0, 5.0, 620.0, False)]), package)
    view = curve.build_view(scored, package, days=7)
    assert view.now is None
    assert len(view.points) == 1


def test_view_draws_the_last_known_conditions_where_todays_are_missing(package: curve.Package) -> None:
    scored = curve.score_hours(build_hours([(60.0, 5.0, 620.0, True), (60.0, NAN, 620.0, True)]), package)
    view = curve.build_view(scored, package, days=7)
    assert view.now is None
    assert view.lines["best"].iloc[0] == pytest.approx(610 / 60)


def test_view_of_nothing_judged_is_empty(package: curve.Package) -> None:
    scored = curve.score_hours(build_hours([(60.0, 5.0, 620.0, False)] * 3), package)
    view = curve.build_view(scored, package, days=7)
    assert (len(view.points), len(view.lines), view.now) == (0, 0, None)


def test_view_carries_the_interval_of_best_and_of_the_gap(package: curve.Package) -> None:
    sure = SureCurve(package.card, package.precedents, package.envelope, package._curve, package._response)
    scored = curve.score_hours(build_hours([(60.0, 5.0, 620.0, True), (50.0, 5.0, 540.0, True)]), sure)
    view = curve.build_view(scored.assign(**{GAP_LOW: 20.0, GAP_HIGH: 40.0}), sure, days=7)
    assert list(view.lines) == ["load", "best", "best_low", "best_high", "typical", "high"]
    load = view.lines["load"]
    np.testing.assert_allclose((view.lines["best"] - view.lines["best_low"]) * load, 1.0)
    np.testing.assert_allclose((view.lines["best_high"] - view.lines["best"]) * load, 2.0)
    assert view.now is not None
    assert (view.now["gap_low"], view.now["gap_high"]) == pytest.approx((20 / 50, 40 / 50))


def test_conditions_are_of_the_driver_that_moves_best_most_but_never_ageing(aged: curve.Package) -> None:
    view = curve.build_conditions(aged, build_year())
    assert view.driver == WATER
    values = ("0.9", "4.5", "8.0")  # the quantiles of 0, 0.1 … 8.9
    assert list(dict.fromkeys(view.lines["condition"])) == [f"cooling water temperature {value} °C" for value in values]
    weather = build_year().assign(**{AIR: np.arange(90.0)})  # ten times the water's range
    assert curve.build_conditions(aged, weather).driver == AIR


def test_conditions_hold_the_other_drivers_at_their_medians(aged: curve.Package) -> None:
    view = curve.build_conditions(aged, build_year())
    assert view.lines.groupby("condition", sort=False).size().tolist() == [100, 100, 100]
    first = view.lines.iloc[:100]
    load = first["load"]
    assert load.iloc[[0, -1]].tolist() == pytest.approx([40.0, 42.9])  # of the hours of the coldest third
    best = 10 * load + 2 * 3 + 3 * 0.89 + 9 * 44.5
    for name, extra in (("best", 0), ("best_low", -1), ("best_high", 2), ("typical", 5), ("high", 10)):
        np.testing.assert_allclose(first[name] * load, best + extra, rtol=1e-6)


def test_hours_moved_to_a_condition_keep_their_distance_from_typical(aged: curve.Package) -> None:
    view = curve.build_conditions(aged, build_year())
    assert view.points.groupby("condition", sort=False).size().tolist() == [30, 30, 30]
    for condition, points in view.points.groupby("condition"):
        lines = view.lines[view.lines["condition"] == condition]
        typical = np.interp(points["load"], lines["load"], lines["typical"] * lines["load"])
        np.testing.assert_allclose(points["sec"] * points["load"] - typical, 4.0, atol=1e-3)


def test_number_of_conditions_is_chosen(aged: curve.Package) -> None:
    view = curve.build_conditions(aged, build_year(), (0.0, 1.0))
    assert view.points.groupby("condition", sort=False).size().tolist() == [45, 45]
    assert view.lines["condition"].unique().tolist() == [f"cooling water temperature {v} °C" for v in ("0.0", "8.9")]


def test_names_have_the_digits_that_tell_conditions_apart(aged: curve.Package) -> None:
    wide = curve.build_conditions(aged, build_year().assign(**{WATER: np.arange(90.0) - 9.2}))
    assert wide.lines["condition"].iloc[0] == "cooling water temperature 0 °C"  # -0.3, and no minus before a zero
    narrow = curve.build_conditions(aged, build_year().assign(**{AIR: 1.0, WATER: 5 + np.arange(90.0) / 1000}))
    assert narrow.lines["condition"].iloc[0] == "cooling water temperature 5.009 °C"


def test_driver_that_never_moves_is_one_condition(aged: curve.Package) -> None:
    view = curve.build_conditions(aged, build_year().assign(**{AIR: 1.0, WATER: 5.0}))
    assert len(view.lines) == 100
    assert len(view.points) == 90


def test_hours_that_cannot_be_compared_are_left_out(aged: curve.Package) -> None:
    hours = build_year()
    hours.loc[0, ENERGY] = NAN
    hours.loc[1, AIR] = NAN
    hours.loc[2, AIR] = 101.0  # outside the envelope
    assert len(curve.build_conditions(aged, hours).points) == 87


def test_curve_without_drivers_has_one_condition() -> None:
    class LoadOnly(ManyDrivers):
        def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
            best = 10 * feeds["features"].astype(float)
            return [np.column_stack([best, best + 5, best + 10, best, best])]

    view = curve.build_conditions(build_package([LOAD], LoadOnly()), build_year())
    assert view.driver is None
    assert view.lines["condition"].unique().tolist() == ["all hours"]
    assert len(view.points) == 90


def test_no_hours_are_no_conditions(aged: curve.Package) -> None:
    view = curve.build_conditions(aged, build_year().iloc[:0])
    assert (view.driver, len(view.lines), len(view.points)) == (None, 0, 0)
    assert list(view.points) == ["condition", "load", "sec"]


def test_interval_is_summarised_by_band_of_load(package: curve.Package) -> None:
    sure = SureCurve(package.card, pd.DataFrame(), package.envelope, LinearCurve(), LinearCurve())
    hours = pd.DataFrame({LOAD: np.linspace(10.0, 90.0, 80), AIR: 0.0})
    hours[TIME] = pd.date_range("2024-01-01", periods=80, freq="D", tz="UTC")
    table = curve.summarise_interval(sure, hours)
    assert list(table["intervals"]) == [20, 20, 20, 20]
    assert list(table["load from"])[1:] == list(table["to"])[:-1]
    middles = [hours[LOAD].iloc[start : start + 20] for start in range(0, 80, 20)]
    wanted = [100 * (1.5 / (10 * part)).median() for part in middles]
    assert list(table["half width, %"]) == pytest.approx(wanted)
    assert list(curve.summarise_interval(sure, hours.iloc[:77])["intervals"]) == [77]  # eleven weeks, not by load
