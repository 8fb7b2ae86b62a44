"""What the curve promises by construction, under weights that no training would give, in Keras and ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnxruntime as ort
import pytest

from elc.train.basis import Term, build_additive, build_bounds, build_inputs, build_scale
from elc.train.network import (
    LEAST_SLOPE,
    QUANTILES,
    Shape,
    Weights,
    build_curve,
    build_trainee,
    curve_loss,
    ensemble_loss,
    pinball_loss,
    set_seed,
)
from tests.unit.train.simulated import FEATURES, build_hours

MEMBERS, UNITS, PAIRS = 3, 4, 20_000
RAW = build_hours(400, 1)[FEATURES].to_numpy(np.float64)
NONE = np.zeros(3)
HALVES = (1.0, 0.0)
# Air rises, pressure falls.
SIGNS = {"load": 0, "air": 1, "pressure": 2}
TERMS = (Term("step", 0.2), Term("bend", -0.5), Term("pair", driver=1), Term("pair", driver=2))

# What tf2onnx asks NumPy for, and how Keras copies a variable: both warn, neither is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore:In the future .np.object. will be defined:FutureWarning"),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:keras"
    ),
]


def build_shape(spread: float, terms: Sequence[Term] = ()) -> Shape:
    scale = build_scale(RAW)
    scaled = scale.apply(RAW)
    additive = build_additive(scaled, [4, 1, 1], terms)
    low = np.array([LEAST_SLOPE * scale.spread[0] / spread, 0.0, -np.inf])
    high = np.array([np.inf, np.inf, 0.0])
    inputs = build_inputs(scaled, 4, [])
    return Shape(scale, additive, inputs, np.log(30), spread, *build_bounds(additive, low, high))


def build_random(seed: int, size: float, terms: Sequence[Term] = ()) -> tuple[Shape, keras.Model, Weights]:
    """A trainee of random weights, large and of either sign; its additive slopes keep no bound."""
    shape = build_shape(0.02, terms)
    pieces = len(shape.additive.start)
    trainee, members = build_trainee(
        shape, np.zeros((MEMBERS, pieces, len(QUANTILES))), np.zeros((MEMBERS, len(QUANTILES))), UNITS
    )
    rng = np.random.default_rng(seed)
    trainee.set_weights([rng.normal(0, size, value.shape).astype(np.float32) for value in trainee.get_weights()])
    return shape, trainee, members.read_weights()


def build_pairs(feature: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows over three times the training range, and the same with more of one feature."""
    rng = np.random.default_rng(seed)
    low, high = RAW.min(axis=0), RAW.max(axis=0)
    first, second = (rng.uniform(low - (high - low), high + (high - low), (PAIRS, 3)) for _ in range(2))
    ends = np.sort(np.column_stack([first[:, feature], second[:, feature]]), axis=1)
    less, more = first.copy(), first.copy()
    less[:, feature], more[:, feature] = ends.T
    return less.astype(np.float32), more.astype(np.float32)


def run_onnx(model: keras.Model, path: Path, rows: np.ndarray) -> np.ndarray:
    model(rows)  # a network that was never called cannot be exported
    model.export(path, format="onnx", verbose=False)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {session.get_inputs()[0].name: rows})[0])


def find_rise(model: keras.Model, feature: int) -> np.ndarray:
    """How much ln(energy) rises from the one to the other of each pair (pairs, 3)."""
    less, more = (np.asarray(model(rows), np.float64)[:, :3] for rows in build_pairs(feature, 5))
    assert np.isfinite(less).all()
    assert np.isfinite(more).all()
    return np.asarray(np.log(more) - np.log(less))


@pytest.mark.parametrize("terms", [(), TERMS], ids=["pieces", "terms"])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("feature", SIGNS)
def test_energy_goes_the_declared_way_whatever_the_weights(seed: int, feature: str, terms: Sequence[Term]) -> None:
    shape, _, weights = build_random(seed, 4.0, terms)
    rise = find_rise(build_curve(shape, weights, NONE, HALVES), SIGNS[feature])
    if feature == "pressure":
        rise = -rise
    assert rise.min() > -1e-4  # the rounding of a sum of large numbers
    assert (rise > 1e-3).mean() > 0.5  # and it does move


@pytest.mark.parametrize("feature", SIGNS)
def test_additive_slopes_that_break_a_bound_are_bent_to_it(feature: str) -> None:
    shape, trainee, _ = build_random(0, 1.0)
    slopes, *others = trainee.get_weights()
    for index, wrong in enumerate((-20.0, -5.0, 5.0)):
        slopes[:, shape.additive.feature == index] = wrong
    trainee.set_weights([slopes, *others])
    bounded = trainee.get_layer("members").read_weights()
    sign = -1 if feature == "pressure" else 1
    for weights, is_kept in ((bounded, True), (replace(bounded, slopes=slopes), False)):
        rise = sign * find_rise(build_curve(shape, weights, NONE, HALVES), SIGNS[feature])
        assert (rise.min() > -1e-4) == is_kept


def test_load_costs_something_at_every_step() -> None:
    shape, _, weights = build_random(1, 2.0)
    less, more = build_pairs(0, 5)
    rise = find_rise(build_curve(shape, weights, NONE, HALVES), 0)
    positive = less[:, 0] > 1
    wide = positive & (np.log(np.maximum(more[:, 0], 1) / np.maximum(less[:, 0], 1)) > 0.2)
    assert wide.sum() > 1000
    assert rise[wide].min() > 0.0015  # (1 + LEAST_SLOPE) * 0.2, less rounding


def test_onnx_keeps_all_of_it(tmp_path: Path) -> None:
    shape, _, weights = build_random(2, 2.0)
    model = build_curve(shape, weights, np.array([0.3, -0.2, 0.1]), (1.5, 0.1))
    for feature, sign in ((0, 1), (1, 1), (2, -1)):
        less, more = build_pairs(feature, 6)
        found = run_onnx(model, tmp_path / f"{feature}.onnx", np.concatenate([less, more])).astype(np.float64)
        rise = np.log(found[PAIRS:, :3]) - np.log(found[:PAIRS, :3])
        assert (sign * rise).min() > -1e-4
        assert (np.diff(found[:, :3], axis=1) >= 0).all()
        assert (found[:, 3] <= found[:, 0]).all()
        assert (found[:, 0] <= found[:, 4]).all()
        np.testing.assert_allclose(found, np.asarray(model(np.concatenate([less, more]))), rtol=2e-4)


@pytest.mark.parametrize("seed", range(4))
def test_quantiles_never_cross_whatever_the_weights(seed: int) -> None:
    shape, trainee, weights = build_random(seed, 3.0)
    rows, _ = build_pairs(0, seed)
    best, typical, high = np.asarray(build_curve(shape, weights, NONE, HALVES)(rows)).T[:3]
    assert (best <= typical).all()
    assert (typical <= high).all()
    assert (best < typical).mean() > 0.99
    # Unsorted they do cross.
    scaled = shape.scale.apply(rows)
    columns = np.concatenate([shape.additive.apply(scaled), shape.inputs.apply(scaled)], axis=1)
    each = np.asarray(trainee(columns.astype(np.float32))).mean(axis=1)
    assert (np.diff(each, axis=1) < 0).any()


def test_curve_is_the_mean_of_the_members_and_its_shifts() -> None:
    shape, trainee, weights = build_random(3, 0.5)
    shifts = np.array([0.4, -0.1, 0.2])
    scaled = shape.scale.apply(RAW)
    columns = np.concatenate([shape.additive.apply(scaled), shape.inputs.apply(scaled)], axis=1)
    each = np.asarray(trainee(columns.astype(np.float32)), np.float64)
    for added in (NONE, shifts):
        mean = np.sort(each.mean(axis=1) + added, axis=1)
        wanted = np.exp(shape.level + shape.spread * mean) * RAW[:, :1]
        found = np.asarray(build_curve(shape, weights, added, HALVES)(RAW.astype(np.float32)))[:, :3]
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("halves", [(0.5, 0.0), (2.0, 0.0), (0.0, 0.7), (1.5, 0.7)])
def test_interval_is_as_many_deviations_of_the_members_and_what_is_the_same_everywhere(
    halves: tuple[float, float],
) -> None:
    shape, trainee, weights = build_random(3, 0.5)
    scaled = shape.scale.apply(RAW)
    columns = np.concatenate([shape.additive.apply(scaled), shape.inputs.apply(scaled)], axis=1)
    spread = np.asarray(trainee(columns.astype(np.float32)), np.float64)[:, :, 0].std(axis=1)
    wanted = shape.spread * np.sqrt((halves[0] * spread) ** 2 + halves[1] ** 2)
    logged = np.log(np.asarray(build_curve(shape, weights, NONE, halves)(RAW.astype(np.float32)), np.float64))
    np.testing.assert_allclose(logged[:, 4] - logged[:, 0], wanted, rtol=1e-2)
    np.testing.assert_allclose(logged[:, 0] - logged[:, 3], wanted, rtol=1e-2)


def test_untrained_curve_is_its_additive_part() -> None:
    shape = build_shape(0.02)
    slopes = np.zeros((MEMBERS, len(shape.additive.start), len(QUANTILES)))
    slopes[:, shape.additive.feature == 1] = 0.5
    levels = np.tile([-1.0, 0.0, 1.0], (MEMBERS, 1))
    _, members = build_trainee(shape, slopes, levels, UNITS)
    found = np.asarray(build_curve(shape, members.read_weights(), NONE, HALVES)(RAW.astype(np.float32)))
    air = (RAW[:, 1] - shape.scale.centre[1]) / shape.scale.spread[1]
    wanted = np.exp(np.log(30) + 0.02 * (0.5 * air[:, None] + [-1.0, 0.0, 1.0])) * RAW[:, :1]
    np.testing.assert_allclose(found[:, :3], wanted, rtol=1e-5)
    np.testing.assert_allclose(found[:, 3:], wanted[:, [0, 0]], rtol=1e-5)  # members that agree leave no doubt


def test_seed_makes_the_same_start() -> None:
    found = []
    for seed in (3, 3, 4):
        set_seed(seed)
        shape = build_shape(0.02)
        pieces = len(shape.additive.start)
        trainee, _ = build_trainee(shape, np.zeros((MEMBERS, pieces, 3)), np.zeros((MEMBERS, 3)), UNITS)
        found.append(np.concatenate([value.ravel() for value in trainee.get_weights()]))
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.allclose(found[0], found[2])


def test_losses_by_hand() -> None:
    # Two hours, two members: ln(SEC), then each member's weight.
    target = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 1.0]], np.float32)
    predicted = np.array([[[0.0, 1.0, 2.0], [9.0, 9.0, 9.0]], [[2.0, 2.0, 2.0], [3.0, 0.0, 2.0]]], np.float32)
    # Hour 1: 0.1 * 1, 0, 0.1 * 1 for the first member, none for the second. Hour 2: nothing; then 0.9 * 1, 0.5 * 2, 0.
    assert float(curve_loss(target, predicted)) == pytest.approx((0.1 + 0.1 + 0.9 + 1.0) / 12, rel=1e-6)
    # The mean of the members: hour 1 is 4.5, 5, 5.5; hour 2 is 2.5, 1, 2.
    wanted = (0.9 * 3.5 + 0.5 * 4 + 0.1 * 4.5 + 0.9 * 0.5 + 0.5 * 1) / 6
    assert float(ensemble_loss(target, predicted)) == pytest.approx(wanted, rel=1e-6)


def test_pinball_loss_is_least_at_the_quantiles() -> None:
    actual = np.random.default_rng(1).normal(0, 1, (20_001, 1)).astype(np.float32)
    quantiles = np.quantile(actual, QUANTILES)

    def measure(shift: np.ndarray) -> np.ndarray:
        return np.asarray(pinball_loss((actual - quantiles - shift).astype(np.float32))).mean(axis=0)

    for step in (-0.1, 0.1):
        assert (measure(np.full(3, step)) > measure(np.zeros(3))).all()
