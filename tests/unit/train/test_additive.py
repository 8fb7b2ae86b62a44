"""Linear quantile regression with bounded slopes, against known truths and the exact linear program."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.stats import norm

from elc.train.additive import fit_lines

QUANTILES = (0.1, 0.5, 0.9)
FREE = np.array([np.inf, np.inf])


def fit(
    columns: np.ndarray, target: np.ndarray, weights: np.ndarray, quantile: float, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Fit columns that are each of a feature of its own."""
    return fit_lines(columns, target, weights, quantile, low, high, np.arange(columns.shape[1]))


def build_rows(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns x and y in [-2, 2], and a target of unit spread or so whose own spread rises with x."""
    rng = np.random.default_rng(seed)
    columns = rng.uniform(-2, 2, (count, 2))
    target = 0.3 + 0.6 * columns[:, 0] - 0.4 * columns[:, 1] + (0.5 + 0.15 * columns[:, 0]) * rng.normal(0, 1, count)
    return columns, target


def measure_pinball(columns: np.ndarray, target: np.ndarray, point: np.ndarray, quantile: float) -> float:
    error = target - point[0] - columns @ point[1:]
    return float(np.maximum(quantile * error, (quantile - 1) * error).mean())


def solve_exactly(columns: np.ndarray, target: np.ndarray, quantile: float) -> np.ndarray:
    """The linear program of Koenker and Bassett: error is over - under, and over and under are not negative."""
    count = len(target)
    design = np.hstack([np.ones((count, 1)), columns, np.eye(count), -np.eye(count)])
    cost = np.concatenate([np.zeros(3), np.full(count, quantile), np.full(count, 1 - quantile)])
    bounds = [(None, None)] * 3 + [(0, None)] * (2 * count)
    return np.asarray(linprog(cost, A_eq=design, b_eq=target, bounds=bounds, method="highs").x[:3])


@pytest.mark.parametrize("quantile", QUANTILES)
def test_known_quantile_line_is_found(quantile: float) -> None:
    columns, target = build_rows(20_000, 1)
    found = fit(columns, target, np.ones(len(target)), quantile, -FREE, FREE)
    z = norm.ppf(quantile)
    assert found == pytest.approx([0.3 + 0.5 * z, 0.6 + 0.15 * z, -0.4], abs=0.03)


@pytest.mark.parametrize("quantile", QUANTILES)
def test_smoothed_fit_is_as_good_as_the_exact_one(quantile: float) -> None:
    columns, target = build_rows(400, 2)
    exact = measure_pinball(columns, target, solve_exactly(columns, target, quantile), quantile)
    found = fit(columns, target, np.ones(len(target)), quantile, -FREE, FREE)
    assert exact <= measure_pinball(columns, target, found, quantile) <= 1.01 * exact
    nothing = np.array([np.quantile(target, quantile), 0.0, 0.0])
    assert measure_pinball(columns, target, nothing, quantile) > 1.2 * exact


@pytest.mark.parametrize("quantile", QUANTILES)
def test_falling_truth_under_a_least_slope_of_0_is_flat(quantile: float) -> None:
    columns, target = build_rows(2000, 3)
    found = fit(columns, target, np.ones(len(target)), quantile, np.array([-np.inf, 0.0]), FREE)
    assert found[2] == 0.0
    assert found[1] > 0.3  # the other is as free as it was
    level = np.quantile(target - columns[:, 0] * found[1], quantile)
    assert found[0] == pytest.approx(level, abs=0.03)


def test_both_ends_of_a_bound_are_kept() -> None:
    columns, target = build_rows(2000, 3)
    for low, high in (((0.9, -0.1), (1.2, 0.2)), ((-1.0, -2.0), (0.1, -1.0))):
        found = fit(columns, target, np.ones(len(target)), 0.1, np.array(low), np.array(high))
        assert (found[1:] >= low).all()
        assert (found[1:] <= high).all()


def test_bound_that_the_truth_keeps_changes_nothing() -> None:
    columns, target = build_rows(2000, 3)
    weights = np.ones(len(target))
    free = fit(columns, target, weights, 0.1, -FREE, FREE)
    bounded = fit(columns, target, weights, 0.1, np.array([0.0, -FREE[0]]), np.array([FREE[0], 0.0]))
    np.testing.assert_allclose(bounded, free, atol=1e-3)


def test_row_of_weight_0_is_left_out() -> None:
    columns, target = build_rows(1000, 4)
    weights = np.ones(1000)
    weights[::3] = 0.0
    spoiled = np.where(weights > 0, target, 50.0)
    # An optimiser from another start, so near is all that can be asked.
    alone = fit(columns[weights > 0], target[weights > 0], np.ones(666), 0.5, -FREE, FREE)
    found = fit(columns, spoiled, weights, 0.5, -FREE, FREE)
    np.testing.assert_allclose(found, alone, atol=2e-3)
    assert np.abs(fit(columns, spoiled, np.ones(1000), 0.5, -FREE, FREE) - alone).max() > 0.1


def test_weights_count_as_rows_do() -> None:
    columns, target = build_rows(300, 5)
    weights = np.random.default_rng(1).integers(0, 4, 300)
    repeated = fit(
        np.repeat(columns, weights, axis=0), np.repeat(target, weights), np.ones(weights.sum()), 0.9, -FREE, FREE
    )
    found = fit(columns, target, weights.astype(float), 0.9, -FREE, FREE)
    np.testing.assert_allclose(found, repeated, atol=2e-3)


def test_like_columns_share_a_slope() -> None:
    columns, target = build_rows(2000, 6)
    twins = columns[:, [0, 0]]
    found = fit(twins, target, np.ones(2000), 0.5, -FREE, FREE)
    assert found[1] == pytest.approx(found[2], abs=0.02)
    assert found[1] + found[2] == pytest.approx(0.6, abs=0.05)


def test_pieces_of_one_feature_bend_less_than_features_do() -> None:
    columns, target = build_rows(2000, 7)
    weights, bound = np.ones(2000), FREE
    apart = fit_lines(columns, target, weights, 0.5, -bound, bound, np.array([0, 1]))
    joined = fit_lines(columns, target, weights, 0.5, -bound, bound, np.array([0, 0]))
    assert 0 < (apart[1] - apart[2]) - (joined[1] - joined[2]) < 0.05  # slopes of 0.6 and -0.4: calmer, not flat


def test_order_of_the_rows_moves_no_digit() -> None:
    """Sums in another order differ in their last digits, as those of another processor do; what is found does not."""
    columns, target = build_rows(2000, 5)
    first = fit(columns, target, np.ones(len(target)), 0.1, -FREE, FREE)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(target))
        np.testing.assert_array_equal(fit(columns[order], target[order], np.ones(len(target)), 0.1, -FREE, FREE), first)


def test_few_rows_are_fitted() -> None:
    columns, target = build_rows(3, 6)
    assert np.isfinite(fit(columns, target, np.ones(3), 0.1, -FREE, FREE)).all()
