"""Bent lines by least squares: a known cost is found, upward where that is asked for, in spite of errors that last."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc.train.bends import DECIMALS, find_bends, fit_bends

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
TIMES = pd.Series(pd.date_range("2024-01-01", periods=3000, freq="h", tz="UTC"))


def wander(rng: np.random.Generator, memory_h: float) -> Array:
    keep = np.exp(-1 / memory_h)
    found = np.zeros(len(TIMES))
    for index, step in enumerate(rng.normal(0, np.sqrt(1 - keep**2), len(TIMES))):
        found[index] = keep * found[index - 1] + step
    return found


def find_cost(point: Array) -> Array:
    return np.asarray(np.where(point < 0.3, 0.3 - point, 0.5 * (point - 0.3)))


def fit(seed: int, *, memory_h: float, times: pd.Series = TIMES) -> tuple[Array, Array, Array]:
    """Fit a driver and a set-point; the coefficients, and the cost found and true on a grid, level apart."""
    rng = np.random.default_rng(seed)
    scaled = np.column_stack([wander(rng, 60), wander(rng, 30)])
    target = 0.5 * scaled[:, 0] + find_cost(scaled[:, 1]) + 0.7 * wander(rng, memory_h)
    bends = find_bends(scaled, 1, [])
    found = fit_bends(bends.apply(scaled), target, np.ones((len(scaled), 1)), times, bends)
    grid = np.column_stack([np.zeros(41), np.linspace(-1.8, 1.8, 41)])
    cost, wanted = bends.apply(grid) @ found[0], find_cost(grid[:, 1])
    return found, cost - cost.mean(), wanted - wanted.mean()


def test_bends_lie_inside_the_columns() -> None:
    scaled = np.random.default_rng(1).normal(0, 1, (500, 3))
    bends = find_bends(scaled, 2, [])
    assert np.bincount(bends.column).tolist() == [4, 8, 8]
    assert bends.is_upward.tolist() == [False] * 4 + [True] * 16
    assert np.abs(bends.knot).max() < np.abs(scaled).max()
    terms = bends.apply(scaled[:2])
    assert terms.shape == (2, 1 + 3 + 20)
    assert terms[1, 4] == pytest.approx(max(scaled[1, 0] - bends.knot[0], 0))


def test_cost_of_a_set_point_is_found_and_only_bends_upward() -> None:
    found, cost, wanted = fit(1, memory_h=0.2)
    np.testing.assert_allclose(cost, wanted, atol=0.12)
    assert (found[0, -8:] >= 0).all()


def test_comparing_with_the_hour_before_takes_out_what_lasts() -> None:
    every_third = pd.Series(pd.date_range("2024-01-01", periods=3000, freq="h", tz="UTC"))
    apart = every_third + pd.to_timedelta(np.cumsum(np.arange(3000)), unit="h")  # no hour follows another
    errors = [
        [np.abs(np.subtract(*fit(seed, memory_h=20, times=times)[1:])).mean() for seed in range(3)]
        for times in (TIMES, apart)
    ]
    assert np.mean(errors[0]) < 0.6 * np.mean(errors[1])


def test_an_hour_of_no_weight_does_not_count() -> None:
    rng = np.random.default_rng(3)
    scaled = rng.normal(0, 1, (400, 2))
    target = scaled[:, 0] + np.abs(scaled[:, 1])
    target[200:] = -50.0
    weights = np.ones((400, 2))
    weights[200:, 1] = 0.0
    bends = find_bends(scaled, 1, [])
    times = TIMES[:400] + pd.to_timedelta(np.cumsum(np.arange(400)), unit="h")
    found = fit_bends(bends.apply(scaled), target, weights, times, bends)
    errors = np.abs(bends.apply(scaled[:200]) @ found.T - target[:200, None]).mean(axis=0)
    assert errors[1] < 0.05 < 5 < errors[0]


def test_what_is_solved_keeps_no_digit_that_processors_round_otherwise() -> None:
    rng = np.random.default_rng(3)
    scaled = rng.normal(size=(400, 3))
    found = find_bends(scaled, 1, [])
    target = scaled[:, 0] - 0.3 * scaled[:, 2] ** 2 + rng.normal(0, 0.1, 400)
    times = pd.Series(pd.date_range("2026-01-01", periods=400, freq="h", tz="UTC"))
    solved = fit_bends(found.apply(scaled), target, np.ones((400, 2)), times, found)
    assert (solved == solved.round(DECIMALS)).all()
    assert (solved == 0.0).any()
    assert not np.signbit(solved[solved == 0.0]).any()
