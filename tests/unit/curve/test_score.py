"""The gap and its cost, worked out by hand on a linear curve: best = 10 load + 2 air, typical 5 above it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, settings
from elc.fields import (
    BEST,
    BEST_HIGH,
    BEST_LOW,
    ENERGY,
    GAP,
    GAP_FRAC,
    GAP_HIGH,
    GAP_LOW,
    HIGH,
    IS_OUTSIDE,
    IS_STEADY,
    TIME,
    TYPICAL,
)
from elc.paths import Project

LOAD, AIR = "load_t_per_h", "air_temp_degc"
NAN = float("nan")


class LinearCurve:
    """Stands where an ONNX Runtime session does."""

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        load, air = feeds["features"].astype(float).T
        best = 10 * load + 2 * air
        return [np.column_stack([best, best + 5, best + 10, best - 3, best + 4])]


@pytest.fixture
def package() -> curve.Package:
    columns = {LOAD: (0.0, 100.0), AIR: (-10.0, 30.0)}
    features = [
        {"column": column, "low": low, "high": high, "median": (low + high) / 2}
        for column, (low, high) in columns.items()
    ]
    load, air = np.meshgrid(*(np.linspace(low, high, 21) for low, high in columns.values()))
    hours = pd.DataFrame({LOAD: load.ravel(), AIR: air.ravel()})
    groups = np.arange(len(hours)) % 2
    envelope = curve.build_envelope(hours, [LOAD, AIR], groups, margin_frac=0.0, prototypes=100)
    card = {"throughput": LOAD, "features": features, "setpoints": []}
    return curve.Package(card, pd.DataFrame(), envelope, LinearCurve(), LinearCurve())


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


def test_interval_of_the_gap_is_that_of_best(package: curve.Package) -> None:
    scored = curve.score_hours(build_hours([(60.0, 5.0, 620.0, True), (50.0, 0.0, 490.0, True)]), package)
    assert scored[BEST_LOW].tolist() == [607.0, 497.0]
    assert scored[BEST_HIGH].tolist() == [614.0, 504.0]
    assert scored[GAP_LOW].tolist() == [6.0, -14.0]
    assert scored[GAP_HIGH].tolist() == [13.0, -7.0]
    assert (scored[GAP_LOW] <= scored[GAP]).all()
    assert (scored[GAP] <= scored[GAP_HIGH]).all()


def test_no_gap_where_the_comparison_means_nothing(package: curve.Package) -> None:
    rows = [
        (60.0, 5.0, 620.0, False),  # unsteady
        (60.0, 35.0, 700.0, True),  # outside the envelope
        (60.0, 5.0, NAN, True),  # no energy
        (60.0, NAN, 620.0, True),  # no driver
        (60.0, 5.0, 620.0, True),
    ]
    scored = curve.score_hours(build_hours(rows), package)
    for column in (GAP, GAP_FRAC, GAP_LOW, GAP_HIGH):
        assert scored[column].isna().tolist() == [True, True, True, True, False]
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
    at = pd.Timestamp("2026-06-30 21:00", tz="UTC")
    cost = curve.build_cost(20.0, plant.model_copy(update={"carriers": carriers, "gap_carrier": "gas"}), at=at)
    assert (cost.energy_gj, cost.money, cost.co2_t) == pytest.approx((20.0, 210.0, 1.122))
    cost = curve.build_cost(-20.0, plant.model_copy(update={"carriers": carriers, "gap_carrier": "electricity"}), at=at)
    assert (cost.energy_gj, cost.money, cost.co2_t) == pytest.approx((-20.0, -320.0, -0.16))


def test_each_hour_has_the_price_of_its_day_in_site_time() -> None:
    plant = settings.read_plant(Project(Path(__file__).parents[3]), "fjord").plant
    gas = settings.Carrier(
        price_per_gj={"2026-01-01": 10.0, "2026-02-01": 20.0}, co2_kg_per_gj={"2025-01-01": 50.0, "2026-01-31": 60.0}
    )
    entry = plant.model_copy(update={"carriers": {"gas": gas}, "gap_carrier": "gas", "time_zone": "Europe/Oslo"})
    # 23:00 UTC on the last day of January is midnight in Oslo.
    times = pd.Series(pd.to_datetime(["2026-01-30 12:00", "2026-01-31 22:00", "2026-01-31 23:00"], utc=True))
    cost = curve.sum_costs(pd.Series([1.0, 2.0, 4.0]), times, entry)
    assert (cost.energy_gj, cost.money, cost.co2_t) == pytest.approx((7.0, 10 + 20 + 80, (50 + 120 + 240) / 1000))
    cost = curve.sum_costs(pd.Series([1.0, np.nan, 4.0]), times, entry)
    assert (cost.energy_gj, cost.money) == pytest.approx((5.0, 90.0))
    early = curve.sum_costs(
        pd.Series([1.0, 2.0]), pd.to_datetime(pd.Series(["2025-12-31", "2026-01-05"]), utc=True), entry
    )
    assert np.isnan(early.money)
    assert early.co2_t == pytest.approx(0.15)
    nothing = curve.sum_costs(pd.Series([], dtype=float), times.iloc[:0], entry)
    assert (nothing.energy_gj, nothing.money, nothing.co2_t) == (0.0, 0.0, 0.0)


def test_last_hour_is_the_latest_in_any_order() -> None:
    hours = build_hours([(load, 5.0, 620.0, True) for load in (50.0, 51.0, 52.0, 53.0)])
    assert curve.find_last(hours.iloc[[2, 3, 0, 1]])[LOAD] == 53.0


def rate(package: curve.Package) -> curve.Package:
    card = package.card | {"rated_load": 50.0}
    return curve.Package(card, pd.DataFrame(), package.envelope, LinearCurve(), LinearCurve())


def build_table() -> pd.DataFrame:
    times = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC")
    load = np.where(np.arange(48) == 30, 0.0, 50.0)
    return pd.DataFrame({TIME: times, LOAD: load, AIR: 10.0, ENERGY: 10 * load + 30})


def test_table_of_ingest_is_scored_in_one_call(package: curve.Package) -> None:
    chosen = settings.read_plant(Project(Path(__file__).parents[3]), "fjord")
    hourly, rated = build_table(), rate(package)
    scored, unfit = curve.score_table(hourly, rated, chosen)
    assert unfit.empty
    assert not scored[IS_STEADY].iloc[30]
    assert scored[GAP].iloc[20:29].tolist() == [10.0] * 9  # the first hours have no past
    assert np.isnan(scored[GAP].iloc[30])
    scored, unfit = curve.score_table(hourly.drop(columns=AIR), rated, chosen)
    assert unfit["column"].tolist() == [AIR]
    assert scored[GAP].isna().all()


def test_table_that_is_remembered_is_the_one_that_was_asked_for(package: curve.Package) -> None:
    chosen = settings.read_plant(Project(Path(__file__).parents[3]), "fjord")
    hourly, rated = build_table(), rate(package)
    first, _ = curve.score_table(hourly, rated, chosen)
    first[GAP] = 0.0  # whoever writes to it changes nothing for the next
    hourly.loc[25, ENERGY] += 1.0
    second, _ = curve.score_table(hourly, rated, chosen)
    assert second[GAP].iloc[24:27].tolist() == [10.0, 11.0, 10.0]
    assert curve.score_table(hourly, rated, chosen)[0].equals(second)
    assert second.equals(curve.score_table(hourly, rate(package), chosen)[0])
    late = replace(chosen, plant=chosen.plant.model_copy(update={"events": []}))
    assert curve.score_table(hourly, rated, late)[0].equals(second)
    higher = replace(rated, card=rated.card | {"rated_load": 5000.0})
    assert not curve.score_table(hourly, higher, chosen)[0].equals(second)
    assert curve.score_table(hourly.iloc[:40], rated, chosen)[0].equals(second.iloc[:40])
