"""The additive part of the curve, where training starts: linear quantile regression with bounded slopes.

The pinball loss is smoothed over a narrow band around zero, which makes a convex and smooth problem of it: Fernandes,
Guerre and Horta, J. Bus. Econ. Stat. 39 (2021) 338. It is solved by Newton's method, projected on the bounds:
Bertsekas, SIAM J. Control Optim. 20 (1982) 221. A dozen steps reach the last digits, so that every processor finds the
same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BAND = 0.1  # half width of the smoothed part of the loss, in standard deviations of the target
RIDGE = 1e-4  # on squared slopes: what keeps two like drivers apart
BEND = 1e-3  # on squared changes of slope from one piece of a feature to the next: what keeps the curve calm
ITERATIONS = 200
TINY = 1e-9  # on the diagonal of the curvature, and the step at which it is solved
DESCENT = 1e-4  # share of the promised gain that a step must bring (Armijo)
DECIMALS = 4  # of the result: how processors add up differs far beyond, and must not change a model's bytes


def fit_lines(
    columns: Array,
    target: Array,
    weights: Array,
    quantile: float,
    low: Array,
    high: Array,
    feature: NDArray[np.int64],
) -> Array:
    """Fit one quantile of a target to columns.

    Args:
        columns: (rows, pieces).
        target: (rows,), scaled to unit variance.
        weights: (rows,), not negative.
        quantile: between 0 and 1.
        low: (pieces,), least slope; -inf where it is free.
        high: (pieces,), greatest slope.
        feature: (pieces,), which feature a piece is of; its pieces stand side by side.

    Returns:
        The level and the slopes (1 + pieces,).
    """
    loss = _Loss(_add_level(columns), target, weights, quantile, _build_penalty(feature))
    least, most = np.concatenate([[-np.inf], low]), np.concatenate([[np.inf], high])
    point = np.concatenate([[np.quantile(target, quantile)], np.clip(0.0, low, high)])
    for _ in range(ITERATIONS):
        slope = loss.find_slope(point)
        is_held = ((point <= least) & (slope > 0)) | ((point >= most) & (slope < 0))
        step = loss.find_step(point, slope, ~is_held)
        moved = _search(loss, point, slope, step, least, most)
        size = float(np.abs(moved - point).max())
        point = moved
        if size < TINY:
            break
    return np.asarray(point.round(DECIMALS))


class _Loss:
    """The smoothed pinball loss with its penalty: value, slope and Newton's step at a point (1 + pieces,)."""

    def __init__(self, columns: Array, target: Array, weights: Array, quantile: float, penalty: Array) -> None:
        self._columns, self._target, self._penalty = columns, target, penalty
        self._weights, self._tilt = weights / weights.sum(), quantile - 0.5

    def measure(self, point: Array) -> float:
        error = self._find_errors(point)
        size = np.abs(error)
        rounded = np.where(size < BAND, (error**2 / BAND + BAND) / 2, size)
        loss = float(np.sum(self._weights * (rounded / 2 + self._tilt * error)))
        return loss + float(np.einsum("p,pq,q->", point, self._penalty, point)) / 2

    def find_slope(self, point: Array) -> Array:
        error = self._find_errors(point)
        steep = np.clip(error / BAND, -1.0, 1.0) / 2 + self._tilt
        pull = np.einsum("np,n->p", self._columns, self._weights * steep)
        return np.asarray(np.einsum("pq,q->p", self._penalty, point) - pull)

    def find_step(self, point: Array, slope: Array, is_free: NDArray[np.bool_]) -> Array:
        """Find the step to the least value, as the curvature at the point says, of the coefficients that are free."""
        is_near = np.abs(self._find_errors(point)) < BAND
        near = self._columns[is_near][:, is_free]
        curvature = np.einsum("np,n,nq->pq", near, self._weights[is_near] / (2 * BAND), near)
        curvature += self._penalty[np.ix_(is_free, is_free)] + TINY * np.eye(int(is_free.sum()))
        step = np.zeros(len(point))
        step[is_free] = -np.linalg.solve(curvature, slope[is_free])
        return step

    def _find_errors(self, point: Array) -> Array:
        # einsum: sums in one order whatever the number of processors
        return np.asarray(self._target - np.einsum("np,p->n", self._columns, point))


def _search(loss: _Loss, point: Array, slope: Array, step: Array, least: Array, most: Array) -> Array:
    """Halve a step, projected on the bounds, until it brings what it promises."""
    now, share = loss.measure(point), 1.0
    while share > TINY:
        moved = np.clip(point + share * step, least, most)
        if loss.measure(moved) <= now + DESCENT * float(slope @ (moved - point)):
            return np.asarray(moved)
        share /= 2
    return point


def _add_level(columns: Array) -> Array:
    return np.concatenate([np.ones((len(columns), 1)), columns], axis=1)


def _build_penalty(feature: NDArray[np.int64]) -> Array:
    """The curvature (1 + pieces, 1 + pieces) of what slopes and their bends cost; the level costs nothing."""
    bends = np.diff(np.eye(len(feature)), axis=0)[np.diff(feature) == 0]
    penalty = np.zeros((len(feature) + 1, len(feature) + 1))
    penalty[1:, 1:] = 2 * RIDGE * np.eye(len(feature)) + 2 * BEND * bends.T @ bends
    return penalty
