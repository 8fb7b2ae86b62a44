"""The columns that the curve is made of: pieces that add up, slopes that are known, the same in NumPy and Keras."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from keras import ops

from elc.train.basis import TINY_LOAD, Pieces, Term, build_additive, build_bounds, build_inputs, build_scale

RNG = np.random.default_rng(4)
RAW = np.column_stack([RNG.uniform(30, 60, 400), RNG.normal(10, 8, 400), RNG.gamma(2, 1, 400)])
SCALE = build_scale(RAW)
SCALED = SCALE.apply(RAW)
BUILT = {
    "additive": build_additive(SCALED, [5, 1, 1]),
    "inputs": build_inputs(SCALED, 6, []),
    "straight": build_inputs(SCALED, 6, [2]),
}
WIDTH = 0.02
TERMS = build_additive(
    SCALED, [5, 1, 1], [Term("pair", driver=2), Term("step", 0.3), Term("bend", -0.2), Term("step", -1.0)], WIDTH
)
WIDE = RNG.uniform(-6, 6, (500, 3))  # far beyond the training range


def find_knots(pieces: Pieces, feature: int) -> np.ndarray:
    own = pieces.feature == feature
    ends = np.concatenate([(pieces.start + pieces.low)[own], (pieces.start + pieces.high)[own]])
    return np.unique(ends[np.abs(ends) < 1e6].round(12))


def test_scale_centres_ln_load_and_the_drivers_as_they_are() -> None:
    logged = np.column_stack([np.log(RAW[:, 0]), RAW[:, 1:]])
    np.testing.assert_allclose(SCALED, (logged - logged.mean(axis=0)) / logged.std(axis=0), atol=1e-12)


def test_load_of_zero_or_less_is_a_tiny_one() -> None:
    rows = np.tile(RAW[:1], (3, 1))
    rows[:, 0] = [0.0, -5.0, TINY_LOAD]
    found = SCALE.apply(rows)
    assert np.isfinite(found).all()
    assert len(set(found[:, 0])) == 1


def test_columns_of_a_feature_add_up_to_it_wherever_it_is() -> None:
    pieces = BUILT["additive"]
    columns = pieces.apply(WIDE)
    assert [int((pieces.feature == feature).sum()) for feature in range(3)] == [5, 1, 1]
    for feature in range(3):
        total = columns[:, pieces.feature == feature].sum(axis=1)
        shift = total - WIDE[:, feature]
        np.testing.assert_allclose(shift, shift[0], atol=1e-9)  # but for a constant, that the level takes up


def test_pieces_of_load_hold_equally_many_hours() -> None:
    counts, _ = np.histogram(SCALED[:, 0], [-np.inf, *find_knots(BUILT["additive"], 0), np.inf])
    assert counts.tolist() == [80] * 5


def test_encoding_shows_how_far_along_its_range_a_feature_is() -> None:
    pieces = BUILT["inputs"]
    columns = pieces.apply(WIDE)
    for feature in range(3):
        own = columns[:, pieces.feature == feature]
        np.testing.assert_allclose(own[:, 0], WIDE[:, feature])  # the feature itself, and then its bins
        bins = own[:, 1:]
        assert bins.shape[1] == 6
        assert ((bins >= 0) & (bins <= 1 + 1e-12)).all()
        is_full = bins >= 1 - 1e-12
        assert ((bins[:, 1:] <= 0) | is_full[:, :-1]).all()  # a bin fills after the one before it


def test_straight_features_are_no_inputs() -> None:
    assert set(BUILT["straight"].feature) == {0, 1}


@pytest.mark.parametrize("kind", BUILT)
@pytest.mark.parametrize("feature", range(3))
def test_slopes_are_those_of_the_columns_in_every_cell(kind: str, feature: int) -> None:
    pieces = BUILT[kind]
    edges = np.concatenate([[-9.0], find_knots(pieces, feature), [9.0]])
    found = pieces.find_slopes(feature)
    for low, high in itertools.pairwise(edges):
        # From 10 to 90 % of the cell, at any values of the other features.
        ends = np.repeat(WIDE[:1], 2, axis=0)
        ends[:, feature] = [low + 0.1 * (high - low), low + 0.9 * (high - low)]
        columns = pieces.apply(ends)
        slopes = (columns[1] - columns[0]) / (0.8 * (high - low))
        assert np.abs(found - slopes).max(axis=1).min() < 1e-9  # one of the cells has these slopes


@pytest.mark.parametrize("pieces", [*BUILT.values(), TERMS], ids=[*BUILT, "terms"])
def test_keras_builds_the_same_columns(pieces: Pieces) -> None:
    found = pieces.apply_ops(ops.convert_to_tensor(WIDE.astype(np.float32)))
    np.testing.assert_allclose(ops.convert_to_numpy(found), pieces.apply(WIDE), rtol=1e-5, atol=1e-4)


def test_terms_follow_the_pieces_and_stand_alone() -> None:
    assert TERMS.sides.tolist() == [0, 0, 0, 0, 0, 0, 1, 2, -9, -10, -11]  # six pieces of load: one more for the bend
    assert -0.2 in find_knots(TERMS, 0)
    assert TERMS.pairs == 1


def test_step_rises_from_0_to_1_at_its_load() -> None:
    rows = np.zeros((4, 3))
    rows[:, 0] = [-4.0, 0.3 - WIDTH, 0.3 + WIDTH, 4.0]
    np.testing.assert_allclose(TERMS.apply(rows)[:, 8], [0.0, 0.0, 1.0, 1.0], atol=1e-9)


def test_pair_is_the_product_of_how_far_load_and_driver_are_along_their_ranges() -> None:
    low, high = SCALED.min(axis=0), SCALED.max(axis=0)
    middle = (low + high) / 2
    rows = np.array([low, high, middle, [high[0], 0.0, middle[2]], [high[0], 0.0, low[2]], high + 9.0])
    np.testing.assert_allclose(TERMS.apply(rows)[:, -1], [0.0, 1.0, 0.25, 0.5, 0.0, 1.0], atol=1e-9)


@pytest.mark.parametrize(("sign", "bounds"), [(0, (-np.inf, np.inf)), (1, (0.0, np.inf)), (-1, (-np.inf, 0.0))])
def test_pair_goes_the_way_of_its_driver_and_a_step_goes_up(sign: int, bounds: tuple[float, float]) -> None:
    least = np.array([-3.0, -np.inf, 0.0 if sign > 0 else -np.inf])
    most = np.array([np.inf, np.inf, 0.0 if sign < 0 else np.inf])
    low, high = build_bounds(TERMS, least, most)
    assert low.tolist() == [-3.0] * 6 + [-np.inf, least[2], 0.0, 0.0, bounds[0]]
    assert high.tolist() == [np.inf] * 7 + [most[2], np.inf, np.inf, bounds[1]]


def test_constant_feature_has_a_spread_of_1_and_no_bins() -> None:
    rows = RAW.copy()
    rows[:, 1] = 12.5
    scale = build_scale(rows)
    scaled = scale.apply(rows)
    assert scale.spread[1] == 1.0
    np.testing.assert_array_equal(scaled[:, 1], 0.0)
    pieces = build_inputs(scaled, 6, [])
    assert int((pieces.feature == 1).sum()) == 1
    assert np.isfinite(pieces.apply(WIDE)).all()


def test_constant_load_is_one_piece() -> None:
    rows = RAW.copy()
    rows[:, 0] = 50.0
    pieces = build_additive(build_scale(rows).apply(rows), [5, 1, 1])
    assert pieces.feature.tolist() == [0, 1, 2]
    assert pieces.find_slopes(0).tolist() == [[1.0, 0.0, 0.0]]


def test_ties_make_fewer_pieces_and_none_without_width() -> None:
    scaled = SCALED.copy()
    scaled[:300, 0] = 0.25  # three quarters of the hours at one load
    scaled[:, 1] = np.repeat([-1.0, 1.0], 200)  # a driver with two values
    additive, inputs = build_additive(scaled, [5, 1, 1]), build_inputs(scaled, 6, [])
    assert 1 <= int((additive.feature == 0).sum()) < 5
    for pieces in (additive, inputs):
        assert (pieces.high > pieces.low).all()
        assert np.isfinite(pieces.scale).all()
        assert np.isfinite(pieces.apply(WIDE)).all()
    load = additive.apply(WIDE)[:, additive.feature == 0].sum(axis=1) - WIDE[:, 0]
    np.testing.assert_allclose(load, load[0], atol=1e-9)
