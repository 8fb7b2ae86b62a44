"""Precedents: the nearest best hours, what they did, and what energy would follow a change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve

LOAD, AIR, FLUE, RATIO = "load_t_per_h", "air_temp_degc", "flue_o2_pct", "steam_to_carbon_ratio"


class LinearResponse:
    """Two members: 10 load + air + 3 flue O2 + 5 ratio, and the same with twice the set-points."""

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        load, air, flue, ratio = feeds["features"].astype(float).T
        base, cost = 10 * load + air, 3 * flue + 5 * ratio
        return [np.column_stack([base + cost, base + 2 * cost])]


def build_package(precedents: pd.DataFrame, air_high: float = 30.0) -> curve.Package:
    def describe(column: str, low: float, high: float) -> dict[str, object]:
        return {"column": column, "low": low, "high": high}

    card = {
        "throughput": LOAD,
        "features": [describe(LOAD, 40.0, 60.0), describe(AIR, -10.0, air_high)],
        "setpoints": [describe(FLUE, 1.0, 5.0), describe(RATIO, 2.5, 3.5)],
    }
    hours = pd.DataFrame({LOAD: np.linspace(40, 60, 20), AIR: np.linspace(-10, air_high, 20)})
    envelope = curve.build_envelope(hours, [LOAD, AIR], np.arange(20) % 2, margin_frac=0.02, prototypes=10)
    return curve.Package(card, precedents, envelope, LinearResponse(), LinearResponse())


PRECEDENTS = pd.DataFrame(
    {
        LOAD: [40.0, 50.0, 52.0, 50.0, 60.0],
        AIR: [0.0, 0.0, 0.0, 8.0, 30.0],
        FLUE: [1.0, 2.0, 3.0, 4.0, 5.0],
        RATIO: [3.0, 3.1, 2.9, 3.4, 3.3],
    }
)
HOUR = pd.Series({LOAD: 50.0, AIR: 0.0, FLUE: 4.0, RATIO: 3.2, "name": "text"})


def test_distance_is_in_shares_of_the_training_range() -> None:
    found = curve.find_precedents(build_package(PRECEDENTS), HOUR, 4)
    # 2 t/h are a tenth of the range of load, 8 degC a fifth of that of air, 10 t/h half the range of load.
    assert found["distance"].tolist() == pytest.approx([0.0, 0.1, 0.2, 0.5])
    assert found[FLUE].tolist() == [2.0, 3.0, 4.0, 1.0]
    assert found.index.tolist() == [0, 1, 2, 3]


def test_both_conditions_count_in_a_distance() -> None:
    found = curve.find_precedents(build_package(PRECEDENTS), HOUR, 5)
    assert found["distance"].iloc[-1] == pytest.approx(np.hypot(10 / 20, 30 / 40))


def test_fewer_precedents_than_asked_for_are_all_taken() -> None:
    assert len(curve.find_precedents(build_package(PRECEDENTS), HOUR, 200)) == 5


def test_driver_that_never_moved_is_no_division_by_zero() -> None:
    still = PRECEDENTS.assign(**{AIR: -10.0})
    found = curve.find_precedents(build_package(still, air_high=-10.0), HOUR, 3)
    assert found["distance"].tolist() == pytest.approx([10.0, 10.0, np.hypot(10, 0.1)])


def test_precedents_of_the_package_are_left_as_they_are() -> None:
    package = build_package(PRECEDENTS.copy())
    curve.find_precedents(package, HOUR, 3)
    pd.testing.assert_frame_equal(package.precedents, PRECEDENTS)


def test_other_set_points_leave_the_drivers() -> None:
    package = build_package(PRECEDENTS)
    tried = np.array([[HOUR[[FLUE, RATIO]], [2.0, 3.0], [4.0, 3.0]]], float)
    found = curve.predict_energy(package, pd.DataFrame([HOUR]), tried)
    np.testing.assert_allclose(found, [[[528, 556], [521, 542], [527, 554]]], rtol=1e-6)


class BowlResponse:
    """One member: 10 load + 3 (flue O2 - air / 10)^2 + 20 |ratio - 3.1|."""

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        load, air, flue, ratio = feeds["features"].astype(float).T
        return [np.column_stack([10 * load + 3 * (flue - air / 10) ** 2 + 20 * np.abs(ratio - 3.1)])]


def build_bowl(count: int) -> curve.Package:
    rng = np.random.default_rng(3)
    precedents = pd.DataFrame({LOAD: rng.uniform(40, 60, count), AIR: rng.uniform(-10, 30, count)})
    precedents[FLUE], precedents[RATIO] = rng.uniform(1, 5, count), rng.uniform(2.5, 3.5, count)
    package = build_package(precedents)
    return curve.Package(package.card, precedents, package.envelope, BowlResponse(), BowlResponse())


def test_like_hours_of_many_are_those_of_each() -> None:
    package = build_bowl(40)
    hours = package.precedents.head(300 // 40).sample(300, replace=True, random_state=1)  # more than one chunk
    rows, distance = curve.find_like(package, hours, 7)
    assert rows.shape == distance.shape == (300, 7)
    for index in (0, 299):
        one = curve.find_precedents(package, hours.iloc[index], 7)
        np.testing.assert_allclose(distance[index], one["distance"])
        np.testing.assert_array_equal(package.precedents[FLUE].to_numpy()[rows[index]], one[FLUE])


def test_best_practice_is_lowest_within_what_precedents_did() -> None:
    package = build_bowl(400)
    hours = pd.DataFrame({LOAD: 50.0, AIR: [30.0, -10.0, np.nan]})
    found = curve.build_best_practice(package, hours, 400)
    # 3 % is best at 30 degC; at -10 degC it is below all that was done, so the end of most hours' range is taken.
    assert found.loc[0, FLUE] == pytest.approx(3.0, abs=0.25)
    assert found.loc[1, FLUE] == pytest.approx(package.precedents[FLUE].quantile(0.1))
    assert found[RATIO].iloc[:2].tolist() == pytest.approx([3.1, 3.1], abs=0.06)
    assert found.loc[2].isna().all()


def test_best_practice_without_precedents_is_missing() -> None:
    found = curve.build_best_practice(build_package(PRECEDENTS.iloc[:0]), HOUR.to_frame().T, 5)
    assert found.isna().all(axis=None)
    assert found.shape == (1, 2)


def test_set_point_that_costs_nothing_stays_at_the_median() -> None:
    package = build_bowl(50)

    class Flat:
        def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
            return [feeds["features"][:, :1].astype(float)]

    flat = curve.Package(package.card, package.precedents, package.envelope, Flat(), Flat())
    found = curve.build_best_practice(flat, HOUR.to_frame().T, 50)
    assert found.iloc[0].to_dict() == pytest.approx(package.precedents[[FLUE, RATIO]].median().to_dict())


def test_precedents_under_the_conditions_of_an_hour() -> None:
    found = curve.predict_precedents(build_package(PRECEDENTS), HOUR.to_frame().T, 5)
    # 500 + 0, and 1.5 times the mean cost of 3 * 3 + 5 * 3.14.
    assert found.tolist() == pytest.approx([500 + 1.5 * (9 + 15.7)])
