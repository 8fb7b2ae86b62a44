"""The response to set-points: it finds a known optimum, its members differ, and it is the same in every run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc.dataset import Split
from elc.fields import AGE, ENERGY, TIME, TYPICAL
from elc.settings import TrainSettings
from elc.train.response import ResponseFit, fit_response, weighted_loss
from tests.unit.train.simulated import (
    AIR,
    FEATURES,
    FLUE,
    LOAD,
    PRESSURE,
    SETTINGS,
    Array,
    build_hours,
    build_tags,
    find_straight,
    split_hours,
)

# How Keras copies a variable.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:keras"
)
COLUMNS = [*FEATURES, AGE, FLUE]


def find_parabola(hours: pd.DataFrame) -> Array:
    """2 % of energy is lost two points of flue O2 from its best, 2.5 %."""
    return np.asarray(find_straight(hours) + 0.005 * (hours[FLUE].to_numpy() - 2.5) ** 2)


def build_split() -> Split:
    train, rest = split_hours(build_hours(1200, 1, find_parabola), 800)
    train.loc[3, FLUE] = np.nan
    return Split(62.5, train, *split_hours(rest, 200))


def fit(settings: TrainSettings) -> ResponseFit:
    return fit_response(build_split(), build_tags(), settings)


@pytest.fixture(scope="module")
def fitted() -> ResponseFit:
    return fit(SETTINGS)


def predict(found: ResponseFit, flue: list[float], load: float = 50.0) -> Array:
    """Energy (flue, members) at one set of drivers."""
    rows = pd.DataFrame({LOAD: load, AIR: 10.0, PRESSURE: 30.0, AGE: 110.0, FLUE: flue})
    return np.asarray(found.model(rows[COLUMNS].to_numpy(np.float32)), np.float64)


def test_response_has_one_output_a_member_and_they_differ(fitted: ResponseFit) -> None:
    energy = predict(fitted, [2.0, 4.0])
    assert energy.shape == (2, SETTINGS.members)
    assert (energy.std(axis=1) > 0).all()
    assert (energy.std(axis=1) / energy.mean(axis=1) < 0.02).all()


def test_known_optimum_is_found_by_every_member(fitted: ResponseFit) -> None:
    flue = np.linspace(1, 5, 41)
    best = flue[predict(fitted, flue.tolist()).argmin(axis=0)]
    np.testing.assert_allclose(best, 2.5, atol=0.4)


def test_known_saving_is_found(fitted: ResponseFit) -> None:
    best, worse = predict(fitted, [2.5, 4.5]).mean(axis=1)
    assert worse / best - 1 == pytest.approx(np.expm1(0.02), abs=0.005)


def test_history_is_of_scaled_sec(fitted: ResponseFit) -> None:
    assert list(fitted.history) == ["loss", "val_loss"]
    assert fitted.history.index.tolist() == [0, 1, 2]  # the bent lines alone, then two epochs
    assert fitted.kept in (0, int(fitted.history["val_loss"].argmin()))
    assert 0 < fitted.history["val_loss"].min() < 1  # the mean alone has a loss of 1


def test_equal_seeds_give_equal_weights(fitted: ResponseFit) -> None:
    for one, two in zip(fitted.model.get_weights(), fit(SETTINGS).model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    other = fit(SETTINGS.model_copy(update={"seed": 8}))
    assert not np.allclose(predict(other, [2.0]), predict(fitted, [2.0]), rtol=1e-6)


def test_hours_are_held_out_by_members_that_did_not_draw_them(fitted: ResponseFit) -> None:
    held, learnt = fitted.held_out, build_split().learnt
    assert list(held) == [TIME, ENERGY, TYPICAL]
    assert held[TIME].is_monotonic_increasing
    assert set(held[TIME]) <= set(learnt.loc[learnt[FLUE].notna(), TIME])
    assert len(held) > 0.3 * len(learnt)  # two members, of which one sees all
    if fitted.kept == 0:
        assert held[TIME].max() > build_split().valid[TIME].min()  # the last hours are learnt from, and held out, too
    error = np.log(held[ENERGY] / held[TYPICAL])
    assert abs(float(error.median())) < 0.005
    assert float(error.std()) < 0.03


def test_ageing_is_one_straight_line_beyond_what_was_learnt(fitted: ResponseFit) -> None:
    ages = np.linspace(50.0, 400.0, 8)
    rows = pd.DataFrame({LOAD: 50.0, AIR: 10.0, PRESSURE: 30.0, AGE: ages, FLUE: 2.5})
    energy = np.asarray(fitted.model(rows[COLUMNS].to_numpy(np.float32)), np.float64)
    if fitted.kept == 0:
        np.testing.assert_allclose(np.diff(energy, n=2, axis=0) / energy[1:-1], 0.0, atol=1e-5)


def test_weighted_loss_by_hand() -> None:
    # Two hours, two members: scaled SEC, then weights.
    target = np.array([[10.0, 1.0, 2.0], [20.0, 3.0, 0.0]], np.float32)
    predicted = np.array([[11.0, 12.0], [19.0, 25.0]], np.float32)
    assert float(weighted_loss(target, predicted)) == pytest.approx((1 * 1 + 2 * 4 + 3 * 1 + 0 * 25) / 4)
