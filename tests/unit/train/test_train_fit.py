"""Fitting the curve: what it learns from hours whose quantiles are known, and what it leaves alone."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from elc.dataset import LEAST_WEEKS, Split
from elc.errors import ElcError
from elc.fields import AGE, BEST, ENERGY, HIGH, TIME, TYPICAL
from elc.settings import TrainSettings
from elc.train.design import arrange_hours
from elc.train.fit import CurveFit, fit_curve, fit_design
from elc.train.folds import build_folds
from elc.train.network import curve_loss
from tests.unit.train.simulated import (
    AIR,
    FEATURES,
    LOAD,
    PRESSURE,
    SETTINGS,
    Z10,
    Array,
    build_hours,
    build_tags,
    find_aged,
    find_bent,
    find_straight,
    split_hours,
)

# How Keras copies a variable.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:keras"
)
QUANTILES = (0.1, 0.5, 0.9)
LONGER = {"epochs": 20, "hidden_units": 8, "learning_rate": 0.01, "batch_size": 128, "block_days": 3}


def fit_quantiles(
    train: pd.DataFrame,
    valid: pd.DataFrame,
    features: list[str],
    signs: dict[str, int],
    settings: TrainSettings,
    *,
    fixed: float = 0.0,
) -> CurveFit:
    return fit_design(arrange_hours(train, valid, features, signs, settings, fixed_gj_per_h=fixed), settings)


def predict(fit: CurveFit, hours: pd.DataFrame, features: list[str]) -> Array:
    return np.asarray(fit.model(hours[features].to_numpy(np.float32)), np.float64)


def find_truth(hours: pd.DataFrame, sec: Callable[[pd.DataFrame], Array], deviation: float) -> Array:
    return np.asarray(hours[LOAD].to_numpy() * np.exp(sec(hours) - Z10 * deviation))


@pytest.fixture(scope="module")
def straight() -> CurveFit:
    train, valid = split_hours(build_hours(1500, 1), 1200)
    return fit_quantiles(train, valid, FEATURES, {LOAD: 1}, SETTINGS)


@pytest.fixture(scope="module")
def earlier() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and validation hours that several tests change."""
    return split_hours(build_hours(1500, 4), 1000)


@pytest.fixture(scope="module")
def plain(earlier: tuple[pd.DataFrame, pd.DataFrame]) -> CurveFit:
    """What these hours give as they are, with no sign declared but that of load."""
    return fit_quantiles(*earlier, FEATURES, {LOAD: 1}, SETTINGS)


@pytest.fixture(scope="module")
def bent() -> CurveFit:
    train, valid = split_hours(build_hours(1500, 2, find_bent), 1100)
    chosen = SETTINGS.model_copy(update=LONGER)
    return fit_quantiles(train, valid, FEATURES, {LOAD: 1}, chosen)


def test_straight_truth_keeps_the_additive_part(straight: CurveFit) -> None:
    assert straight.kept == 0
    assert len(straight.history) == 1 + SETTINGS.epochs
    assert list(straight.history) == ["loss", "val_loss"]


def test_known_best_is_found_within_a_hundredth(straight: CurveFit) -> None:
    hours = build_hours(500, 9)
    found = predict(straight, hours, FEATURES)
    assert np.abs(found[:, 0] / find_truth(hours, find_straight, 0.01) - 1).max() < 0.01
    assert np.abs(found[:, 2] / find_truth(hours, find_straight, -0.01) - 1).max() < 0.01
    shares = (hours[ENERGY].to_numpy()[:, None] <= found[:, :3]).mean(axis=0)
    assert shares == pytest.approx(QUANTILES, abs=0.06)


def test_interval_holds_the_true_best_of_most_hours(straight: CurveFit) -> None:
    hours = build_hours(500, 9)
    found = predict(straight, hours, FEATURES)
    truth = find_truth(hours, find_straight, 0.01)
    assert ((found[:, 3] < truth) & (truth < found[:, 4])).mean() > 0.6
    assert (found[:, 4] / found[:, 3] - 1).max() < 0.05  # and it says something


def test_losses_are_shares_of_energy(straight: CurveFit) -> None:
    # The pinball loss of a normal distribution at its own quantiles: deviation times density, mean of the three.
    density = math.exp(-(Z10**2) / 2) / math.sqrt(2 * math.pi)
    wanted = 0.01 * (2 * density + 1 / math.sqrt(2 * math.pi)) / 3
    assert straight.history["loss"].iloc[0] == pytest.approx(wanted, rel=0.05)
    assert straight.history["val_loss"].iloc[0] == pytest.approx(wanted, rel=0.1)


def test_bent_truth_keeps_the_network(bent: CurveFit) -> None:
    assert bent.kept > 0
    assert bent.history["val_loss"].idxmin() == bent.kept
    assert bent.history["val_loss"].min() < 0.8 * bent.history["val_loss"].iloc[0]
    hours = build_hours(500, 9, find_bent)
    error = predict(bent, hours, FEATURES)[:, 0] / find_truth(hours, find_bent, 0.01) - 1
    assert np.sqrt((error**2).mean()) < 0.01
    plain = find_truth(hours, find_straight, 0.01) / find_truth(hours, find_bent, 0.01) - 1
    assert np.sqrt((plain**2).mean()) > 0.015  # what there was to learn


def test_gain_of_the_networks_is_that_of_weeks_not_learnt_from(bent: CurveFit, straight: CurveFit) -> None:
    assert bent.gain.is_sure
    assert bent.gain.mean > 0.0005  # of energy
    assert not straight.gain.is_sure


@pytest.mark.parametrize(
    "members", [3, pytest.param(8, marks=pytest.mark.long(reason="trains eight members; three are trained each time"))]
)
def test_no_network_stays_in_a_history_of_few_weeks(members: int) -> None:
    train, valid = split_hours(build_hours(1500, 2, find_bent), 1100)
    chosen = SETTINGS.model_copy(update=LONGER | {"block_days": 7, "members": members})
    fit = fit_quantiles(train, valid, FEATURES, {LOAD: 1}, chosen)
    assert fit.gain.blocks == 7  # whole weeks, however many members there are
    assert fit.gain.blocks < LEAST_WEEKS
    assert fit.kept == 0


def test_last_fit_learns_from_the_validation_hours_too(
    earlier: tuple[pd.DataFrame, pd.DataFrame], plain: CurveFit
) -> None:
    train, valid = earlier
    risen = valid.assign(**{ENERGY: 1.05 * valid[ENERGY]})
    fit = fit_quantiles(train, risen, FEATURES, {LOAD: 1}, SETTINGS)
    hours = build_hours(200, 9)
    ratio = predict(fit, hours, FEATURES)[:, 2] / predict(plain, hours, FEATURES)[:, 2]
    assert ratio.mean() == pytest.approx(1.04, abs=0.02)  # the highest tenth of all is in the risen third


def test_held_out_hours_are_all_that_were_learnt_from(straight: CurveFit) -> None:
    hours = pd.concat(split_hours(build_hours(1500, 1), 1200), ignore_index=True)
    found = straight.held_out
    pd.testing.assert_frame_equal(found[[TIME, ENERGY, *FEATURES]], hours[[TIME, ENERGY, *FEATURES]])
    assert (found[BEST] <= found[TYPICAL]).all()
    assert (found[TYPICAL] <= found[HIGH]).all()
    shares = [(found[ENERGY] <= found[column]).mean() for column in (BEST, TYPICAL, HIGH)]
    assert shares == pytest.approx(QUANTILES, abs=0.05)


def test_held_out_hours_are_predicted_by_the_member_that_did_not_see_them() -> None:
    train, valid = split_hours(build_hours(1500, 3), 1200)
    hours = pd.concat([train, valid], ignore_index=True)
    folds = build_folds(np.ones(len(hours)), SETTINGS.members)
    spoiled = hours.assign(**{ENERGY: hours[ENERGY] * np.where(folds == 0, 1.2, 1.0)})
    found = fit_quantiles(*split_hours(spoiled, 1200), FEATURES, {LOAD: 1}, SETTINGS).held_out
    truth = hours[LOAD] * np.exp(find_straight(hours))
    ratio = (found[HIGH] / truth).to_numpy()
    # Its own member saw no spoiled hour; both others saw that more than a tenth of the hours are.
    assert np.quantile(ratio[folds == 0], 0.9) < 1.05
    assert np.quantile(ratio[folds != 0], 0.1) > 1.1


def test_shifts_of_a_sound_fit_are_small(straight: CurveFit) -> None:
    assert list(straight.shifts) == ["best", "typical", "high"]
    assert max(abs(value) for value in straight.shifts.values()) < 0.003


@pytest.mark.parametrize(("name", "sign"), [(AIR, -1), (PRESSURE, 1)])
def test_declared_sign_holds_against_the_hours(
    earlier: tuple[pd.DataFrame, pd.DataFrame], plain: CurveFit, name: str, sign: int
) -> None:
    # The truth goes the other way in both.
    fit = fit_quantiles(*earlier, FEATURES, {LOAD: 1, name: sign}, SETTINGS)
    rows = build_hours(200, 5)
    moved = rows.assign(**{name: rows[name] + 2})
    kept, free = (predict(one, moved, FEATURES)[:, :3] / predict(one, rows, FEATURES)[:, :3] for one in (fit, plain))
    assert (sign * (kept - 1)).min() > -1e-5
    assert (sign * (free - 1)).max() < -1e-3


def test_age_goes_on_as_a_straight_line() -> None:
    features = [*FEATURES, AGE]
    train, valid = split_hours(build_hours(1500, 6, find_aged), 1200)
    chosen = SETTINGS.model_copy(update={"epochs": 4, "learning_rate": 0.01, "block_days": 4})
    fit = fit_quantiles(train, valid, features, {LOAD: 1, AGE: 1}, chosen)
    ages = np.linspace(0, 300, 13)  # trained on 100 to 160 days
    rows = pd.DataFrame({LOAD: 50.0, AIR: 10.0, PRESSURE: 30.0, AGE: ages})
    logged = np.log(predict(fit, rows, features)[:, :3])
    slopes = np.diff(logged, axis=0) / np.diff(ages)[:, None]
    np.testing.assert_allclose(slopes, slopes[:1].repeat(12, axis=0), rtol=0.01, atol=1e-7)
    assert slopes[0] == pytest.approx([1e-4] * 3, abs=6e-5)


def test_falling_age_is_flat() -> None:
    features = [*FEATURES, AGE]
    hours = build_hours(900, 6, lambda hours: find_straight(hours) - 0.0005 * hours[AGE].to_numpy())
    chosen = SETTINGS.model_copy(update={"block_days": 2})
    fit = fit_quantiles(*split_hours(hours, 700), features, {LOAD: 1, AGE: 1}, chosen)
    rows = pd.DataFrame({LOAD: 50.0, AIR: 10.0, PRESSURE: 30.0, AGE: [0.0, 100.0, 500.0]})
    found = predict(fit, rows, features)[:, :3]
    np.testing.assert_allclose(found, found[:1].repeat(3, axis=0), rtol=1e-5)


def test_age_of_a_few_weeks_is_left_out() -> None:
    features = [*FEATURES, AGE]
    hours = build_hours(900, 6, lambda hours: find_straight(hours) + 0.001 * hours[AGE].to_numpy())
    fit = fit_quantiles(*split_hours(hours, 700), features, {LOAD: 1, AGE: 1}, SETTINGS)
    rows = pd.DataFrame({LOAD: 50.0, AIR: 10.0, PRESSURE: 30.0, AGE: [0.0, 100.0, 500.0]})
    found = predict(fit, rows, features)[:, :3]
    np.testing.assert_allclose(found, found[:1].repeat(3, axis=0), rtol=1e-5)


@pytest.mark.long(reason="trains three times; `test_reproduce` compares whole packages")
def test_equal_seeds_give_equal_weights() -> None:
    train, valid = split_hours(build_hours(700, 7, find_bent, deviation=0.002), 500)
    chosen = SETTINGS.model_copy(
        update={"epochs": 8, "learning_rate": 0.02, "batch_size": 64, "seed": 3, "block_days": 1}
    )
    first, second = (fit_quantiles(train, valid, FEATURES, {LOAD: 1}, chosen) for _ in range(2))
    assert first.kept > 0  # what was trained, not where it started
    for one, two in zip(first.model.get_weights(), second.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    pd.testing.assert_frame_equal(first.history, second.history)
    pd.testing.assert_frame_equal(first.held_out, second.held_out)


def test_load_alone_is_enough_and_each_step_is_traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    train, valid = split_hours(build_hours(500, 8), 400)
    traces: list[tuple[object, ...]] = []
    monkeypatch.setattr("elc.train.fit.curve_loss", lambda *given: traces.append(given) or curve_loss(*given))
    fit = fit_quantiles(train, valid, [LOAD], {LOAD: 1}, SETTINGS)
    assert np.isfinite(predict(fit, valid, [LOAD])).all()
    assert fit.kept == 0  # no network was trained again
    assert len(traces) == 2  # of a step on training and one on validation hours


def test_fixed_part_brings_the_curve_nearer_to_the_truth_at_low_load() -> None:
    fixed = 400.0  # of about 1,900 GJ/h
    hours = build_hours(1500, 8)
    hours[ENERGY] += fixed
    seen = hours[hours[LOAD] > 50].reset_index(drop=True)
    low = build_hours(300, 9)
    low = low[low[LOAD] < 42]
    truth = fixed + find_truth(low, find_straight, 0.01)
    off = {}
    for declared in (0.0, fixed):
        fit = fit_quantiles(*split_hours(seen, 600), FEATURES, {LOAD: 1}, SETTINGS, fixed=declared)
        found = predict(fit, low, FEATURES)
        off[declared] = float(np.abs(found[:, 0] / truth - 1).mean())
        assert (found[:, 3] <= found[:, 0]).all()
        assert (found[:, 0] <= found[:, 1]).all()
        assert fit.held_out[TYPICAL].mean() == pytest.approx(seen[ENERGY].mean(), rel=0.005)
        assert fit.fixed == declared
    assert off[fixed] < 0.008
    assert off[0.0] > 2 * off[fixed]


def test_fixed_part_above_the_least_energy_is_refused() -> None:
    train, rest = split_hours(build_hours(300, 8), 200)
    valid, test = split_hours(rest, 50)
    least = min(part[ENERGY].min() for part in (train, valid, test))
    with pytest.raises(ElcError) as raised:
        fit_curve(Split(60.0, train, valid, test), build_tags(), SETTINGS, fixed_gj_per_h=1500.0)
    assert re.fullmatch(
        rf"plant fjord: base\.fixed_gj_per_h is 1500 GJ/h, expected less than {least:.4g} GJ/h, the least energy of a "
        r"steady interval \(2024-01-\d\d \d\d:00 UTC\)\. Lower it in plants\.fjord of params\.yaml, or check the "
        r"energy tags of that interval\.",
        str(raised.value),
    )


def test_hours_that_cannot_make_a_curve_are_refused() -> None:
    train, rest = split_hours(build_hours(300, 8), 200)
    valid, test = split_hours(rest, 50)
    train.loc[3, AIR] = np.nan
    with pytest.raises(ElcError, match=r"^plant fjord: .*air_temp_degc"):
        fit_curve(Split(60.0, train, valid, test), build_tags(), SETTINGS, fixed_gj_per_h=0.0)


def test_what_was_found_of_each_quantile_is_described(straight: CurveFit) -> None:
    table = straight.describe()
    assert list(table["quantile"]) == ["best", "typical", "high"]
    assert list(table["wanted, %"]) == pytest.approx([10, 50, 90])
    below = [100 * (straight.held_out[ENERGY] <= straight.held_out[name]).mean() for name in (BEST, TYPICAL, HIGH)]
    assert list(table["found, %"]) == pytest.approx(below)
    assert list(table["shift, %"]) == pytest.approx([100 * value for value in straight.shifts.values()])
