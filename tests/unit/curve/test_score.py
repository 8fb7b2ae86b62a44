"""The gap and its cost, worked out by hand on a linear curve: best = 10 load + 2 air, typical 5 above it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, settings
from elc.fields import BEST, ENERGY, GAP, GAP_FRAC, HIGH, IS_OUTSIDE, IS_STEADY, TIME, TYPICAL
from elc.paths import Project

LOAD, AIR = "load_t_per_h", "air_temp_degc"
NAN = float("nan")


class LinearCurve:
    """Stands where an ONNX Runtime session does."""

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="features")]

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        load, air = feeds["features"].astype(float).T
        best = 10 * load + 2 * air
        return [np.column_stack([best, best + 5, best + 10])]


@pytest.fixture
def package() -> curve.Package:
    features = [
        {"column": LOAD, "low": 0.0, "high": 100.0, "median": 50.0},
        {"column": AIR, "low": -10.0, "high": 30.0, "median": 10.0},
    ]
    card = {"throughput": LOAD, "features": features, "setpoints": [], "settings": {"envelope_margin_frac": 0.0}}
    return curve.Package(card, pd.DataFrame(), LinearCurve(), LinearCurve())


def build_hours(rows: list[tuple[float, float, float, bool]]) -> pd.DataFrame:
    """Build hours from (load, air, energy, is_steady)."""
    hours = pd.DataFrame(rows, columns=[LOAD, AIR, ENERGY, IS_STEADY])
    hours.insert(0, TIME, pd.date_range("2024-01-01", periods=len(rows), freq="h", tz="UTC"))
    return hours


def test_gap_is_actual_less_best(package: curve.Package) -> None:
    scored = curve.score_hours(build_hours([(60.0, 5.0, 620.0, True), (50.0, 0.0, 490.0, True)]), package)
    assert scored[BEST].tolist() == [610.0, 500.0]
    assert scored[TYPICAL].tolist() == [615.0, 505.0]
    assert scored[HIGH].tolist() == [620.0, 510.0]
    assert scored[GAP].tolist() == [10.0, -10.0]
    assert scored[GAP_FRAC].tolist() == pytest.approx([10 / 610, -10 / 500])
    assert scored[IS_OUTSIDE].tolist() == [False, False]


def test_no_gap_where_the_comparison_means_nothing(package: curve.Package) -> None:
    rows = [
        (60.0, 5.0, 620.0, False),  # unsteady
        (60.0, 35.0, 700.0, True),  # outside the envelope
        (60.0, 5.0, NAN, True),  # no energy
        (60.0, NAN, 620.0, True),  # no driver
        (60.0, 5.0, 620.0, True),
    ]
    scored = curve.score_hours(build_hours(rows), package)
    assert scored[GAP].isna().tolist() == [True, True, True, True, False]
    assert scored[GAP_FRAC].isna().tolist() == [True, True, True, True, False]
    assert scored[IS_OUTSIDE].tolist() == [False, True, False, True, False]
    assert scored[BEST].notna().tolist() == [True, True, True, False, True]


def test_scoring_leaves_the_given_hours_as_they_are(package: curve.Package) -> None:
    hours = build_hours([(60.0, 5.0, 620.0, True)])
    before = hours.copy()
    curve.score_hours(hours, package)
    pd.testing.assert_frame_equal(hours, before)


def test_cost_of_energy_by_hand() -> None:
    plant = settings.read_plant(Project(Path(__file__).parents[3]), "fjord").plant
    carriers = {
        "gas": settings.Carrier(price_per_gj=10.5, co2_kg_per_gj=56.1),
        "electricity": settings.Carrier(price_per_gj=16, co2_kg_per_gj=8),
    }
    cost = curve.build_cost(20.0, plant.model_copy(update={"carriers": carriers, "gap_carrier": "gas"}))
    assert (cost.energy_gj, cost.money, cost.co2_t) == pytest.approx((20.0, 210.0, 1.122))
    cost = curve.build_cost(-20.0, plant.model_copy(update={"carriers": carriers, "gap_carrier": "electricity"}))
    assert (cost.energy_gj, cost.money, cost.co2_t) == pytest.approx((-20.0, -320.0, -0.16))


def test_last_hour_is_the_latest_in_any_order() -> None:
    hours = build_hours([(load, 5.0, 620.0, True) for load in (50.0, 51.0, 52.0, 53.0)])
    assert curve.find_last(hours.iloc[[2, 3, 0, 1]])[LOAD] == 53.0


def test_moving_takes_the_weather_out_and_nothing_else(package: curve.Package) -> None:
    scored = curve.score_hours(build_hours([(60.0, 5.0, 620.0, True), (50.0, -4.0, 520.0, True)]), package)
    today = scored.iloc[0]
    moved = curve.move_to(scored, today, package)
    assert moved.iloc[0] == scored[ENERGY].iloc[0]  # at today's own conditions an hour stays
    assert moved.iloc[1] == 520.0 + 2 * (5.0 - -4.0)  # the other keeps its own load and its own gap


def test_moving_at_own_conditions_changes_nothing_on_a_trained_curve(demo_project: Project) -> None:
    package = curve.read(demo_project.model("fjord"))
    hours = pd.read_parquet(demo_project.processed("fjord") / "test.parquet").head(200)
    scored = pd.concat([hours, package.predict(hours)], axis=1)
    for row in (0, 77, 199):
        moved = curve.move_to(scored, scored.iloc[row], package)
        assert moved.iloc[row] == pytest.approx(scored[ENERGY].iloc[row], abs=1e-9)
        assert not np.allclose(moved, scored[ENERGY])


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
    assert view.now.to_dict() == pytest.approx({"load": last, "sec": 640 / last, "best": (10 * last + 10) / last})
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
