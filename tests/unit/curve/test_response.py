"""Precedents: the nearest best hours, what they did, and what energy would follow a change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve
from elc.curve.likes import build_likes
from elc.fields import AGE, TIME

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


DAYS = pd.date_range("2025-01-01", periods=400, freq="D", tz="UTC")
PRECEDENTS = pd.DataFrame(
    {
        TIME: DAYS[:5],
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
    precedents = pd.DataFrame({TIME: DAYS[:count], LOAD: rng.uniform(40, 60, count), AIR: rng.uniform(-10, 30, count)})
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
    likes = build_likes(package, hours.iloc[:2], 400)
    assert found.loc[0, FLUE] == pytest.approx(3.0, abs=0.3)
    assert found.loc[1, FLUE] == pytest.approx(np.quantile(likes.setpoints[1, :, 0], 0.1) + likes.error[1, 0])
    assert found.loc[1, FLUE] == pytest.approx(package.precedents[FLUE].quantile(0.1), abs=0.3)
    assert found[RATIO].iloc[:2].tolist() == pytest.approx([3.1, 3.1], abs=0.06)
    assert found.loc[2].isna().all()


def build_tower(count: int, *, tracks: float, hours_a_day: int = 1) -> curve.Package:
    """Precedents whose flue O2 follows air by so much a degree, and whose ratio follows nothing."""
    rng = np.random.default_rng(5)
    times = DAYS[np.arange(count) // hours_a_day]
    precedents = pd.DataFrame({TIME: times, LOAD: rng.uniform(40, 60, count), AIR: rng.uniform(-10, 30, count)})
    precedents[FLUE] = 2.0 + tracks * precedents[AIR] + rng.uniform(0, 0.02, count)
    precedents[RATIO] = np.repeat(rng.uniform(2.5, 3.5, count // hours_a_day), hours_a_day)
    return build_package(precedents)


@pytest.mark.parametrize("air", [0.0, 10.0, 20.0])
def test_practice_of_a_set_point_that_follows_a_driver_moves_with_it(air: float) -> None:
    package = build_tower(200, tracks=0.1)
    hour = pd.DataFrame({LOAD: [50.0], AIR: [air]})
    likes = build_likes(package, hour, 50)
    floor = 2.0 + 0.1 * air
    # Precedents were up to some degrees colder, and their flue O2 up to 0.4 lower: none of that is possible here.
    assert package.precedents[FLUE].to_numpy()[curve.find_like(package, hour, 50)[0]].min() < floor - 0.2
    assert likes.setpoints[0, :, 0].min() == pytest.approx(floor, abs=0.005)
    assert likes.setpoints[0, :, 0].max() == pytest.approx(floor + 0.02, abs=0.005)
    found = curve.build_best_practice(package, hour, 50)
    assert floor <= found[FLUE].iloc[0] <= floor + 0.02


def test_practice_of_a_set_point_that_follows_nothing_is_as_it_was() -> None:
    package = build_tower(200, tracks=0.1, hours_a_day=20)
    hour = pd.DataFrame({LOAD: [50.0], AIR: [10.0]})
    likes = build_likes(package, hour, 200)
    # Ten days of one ratio each: their slopes are chance, however many hours there are.
    np.testing.assert_allclose(likes.setpoints[0, :, 1], package.precedents[RATIO].to_numpy()[_find(package, hour)])


def _find(package: curve.Package, hour: pd.DataFrame) -> np.ndarray:
    return curve.find_like(package, hour, 200)[0][0]


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
    hour = pd.DataFrame([HOUR])
    found = curve.build_best_practice(flat, hour, 50)
    np.testing.assert_allclose(found, np.median(build_likes(flat, hour, 50).setpoints, axis=1))


def test_precedents_under_the_conditions_of_an_hour() -> None:
    found = curve.predict_precedents(build_package(PRECEDENTS), HOUR.to_frame().T, 3)
    # 500 + 0, and 1.5 times the mean cost of 3 * 3 + 5 * 3.1333; three precedents tell no slope.
    assert found.tolist() == pytest.approx([500 + 1.5 * (9 + 5 * 9.4 / 3)])


@pytest.mark.parametrize("air", [60.0, -40.0])
def test_practice_is_not_carried_beyond_the_conditions_that_were_seen(air: float) -> None:
    package = build_tower(200, tracks=0.1)
    likes = build_likes(package, pd.DataFrame({LOAD: [50.0], AIR: [air]}), 50)
    nearest = package.precedents.iloc[curve.find_like(package, pd.DataFrame({LOAD: [50.0], AIR: [air]}), 50)[0][0]]
    edge = nearest[AIR].max() if air > 0 else nearest[AIR].min()
    np.testing.assert_allclose(likes.setpoints[0, :, 0], 2.0 + 0.1 * edge, atol=0.03)


def test_practice_does_not_follow_the_age_of_the_plant() -> None:
    """Crews of one year ran at 2 %, those of the next at 4 %: in between, both is possible, and neither is moved."""
    rng = np.random.default_rng(6)
    precedents = pd.DataFrame({TIME: DAYS[:100], LOAD: rng.uniform(40, 60, 100)})
    precedents[AGE] = np.where(np.arange(100) < 50, rng.uniform(0, 20, 100), rng.uniform(400, 420, 100))
    precedents[FLUE] = np.where(precedents[AGE] < 200, 2.0, 4.0) + rng.uniform(0, 0.02, 100)
    precedents[RATIO] = 3.0
    package = build_package(precedents)
    features = [package.card["features"][0], {**package.card["features"][1], "column": AGE, "low": 0.0, "high": 420.0}]
    package = replace(package, card={**package.card, "features": features})
    likes = build_likes(package, pd.DataFrame({LOAD: [50.0], AGE: [660.0]}), 100)
    np.testing.assert_allclose(np.sort(likes.setpoints[0, :, 0]), np.sort(precedents[FLUE]), atol=0.1)
