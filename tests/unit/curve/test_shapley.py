"""Exact Shapley values of many steps at once: the definition by orders, groups, and sums that close."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from elc.curve import build_shares, shapley

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def predict(rows: Array) -> Array:
    return np.asarray(np.tanh(rows[:, 0] * rows[:, 1]) * 100 + rows[:, 2] ** 2 * rows[:, 3] + rows[:, 0] * rows[:, 3])


def share_by_orders(now: Array, then: Array, players: list[list[int]]) -> Array:
    """The definition: the mean over all orders of what a player adds when it comes."""
    shares, orders = np.zeros(len(players)), list(permutations(range(len(players))))
    for order in orders:
        row = now.copy()
        row[[column for columns in players for column in columns]] = then[[c for columns in players for c in columns]]
        for player in order:
            before = predict(row[None])[0]
            row[players[player]] = now[players[player]]
            shares[player] += (predict(row[None])[0] - before) / len(orders)
    return shares


@pytest.mark.parametrize("players", [[[0], [1], [2], [3]], [[0, 1], [2], [3]], [[3], [1]], [[0, 1, 2, 3]]])
def test_shares_are_those_of_the_definition(players: list[list[int]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapley, "CHUNK_ROWS", 40)  # two or three steps a call
    rng = np.random.default_rng(2)
    now, then = rng.normal(0, 1, (2, 7, 4))
    found = build_shares(predict, now, then, players)
    assert found.shape == (7, len(players))
    for index in range(7):
        np.testing.assert_allclose(found[index], share_by_orders(now[index], then[index], players), atol=1e-10)


def test_shares_close_to_rounding_where_values_are_of_32_bits() -> None:
    rng = np.random.default_rng(4)
    now, then = rng.normal(0, 1, (2, 50, 4))

    def predict_32(rows: Array) -> Array:
        return 1700 + predict(rows).astype(np.float32).astype(float)

    shares = build_shares(predict_32, now, then, [[0], [1], [2], [3]])
    np.testing.assert_allclose(shares.sum(axis=1), predict_32(now) - predict_32(then), rtol=0, atol=1e-9)
