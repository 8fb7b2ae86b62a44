"""The additive part of the response: a straight line and bends for each column, fitted by least squares.

What no column says about energy lasts for hours, and so do the set-points: plain least squares then takes one for the
other. Each hour is therefore compared with the hour before it, less the share of the error that lasts (Prais and
Winsten, Cowles Commission 383 (1954)). A set-point costs more the farther it is from where it is best, so its bends
only go up: non-negative least squares (Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import nnls

Array = NDArray[np.float64]
# ASSUME: this many bends, evenly spread, hold the shape of a driver's cost and of a set-point's.
DRIVER_BENDS, SETPOINT_BENDS = 4, 8
ENDS = (0.005, 0.995)  # quantiles between which bends lie: beyond them hours are too few to tell
RIDGE = 1e-4  # of the mean diagonal of the normal equations
ROUNDS = 2  # in which the lasting share and the fit are found from each other
MOST_LASTING = 0.95
DECIMALS = 4  # kept of what is solved: kinds of processor round the last ones otherwise


@dataclass(frozen=True)
class Bends:
    """Where the scaled columns bend: `column` and `knot` of each bend (bends,), and whether it may only go up."""

    column: NDArray[np.int64]
    knot: Array
    is_upward: NDArray[np.bool_]

    def apply(self, scaled: Array) -> Array:
        """Build terms (rows, 1 + columns + bends): one, the scaled columns, and how far each is past its bends."""
        past = np.maximum(scaled[:, self.column] - self.knot, 0.0)
        return np.concatenate([np.ones((len(scaled), 1)), scaled, past], axis=1)


def find_bends(scaled: Array, setpoints: int, straight: list[int]) -> Bends:
    """Spread bends evenly over each scaled column (rows, columns), of which the last `setpoints` are set-points.

    `straight` are the columns without a bend.
    """
    count = scaled.shape[1]
    low, high = np.quantile(scaled, ENDS, axis=0)
    wanted = np.where(np.arange(count) < count - setpoints, DRIVER_BENDS, SETPOINT_BENDS)
    wanted[straight] = 0
    knots = [np.linspace(low[index], high[index], bends + 2)[1:-1] for index, bends in enumerate(wanted)]
    column = np.repeat(np.arange(count), wanted)
    return Bends(column, np.concatenate(knots), column >= count - setpoints)


def fit_bends(terms: Array, target: Array, weights: Array, times: pd.Series, bends: Bends) -> Array:
    """Fit coefficients (members, 1 + columns + bends) of terms (rows, ...) to a target (rows,).

    Args:
        weights: (rows, members), how much each hour counts for each member; the first sees every hour.
        times: (rows,), in order; an hour that does not follow the one before it is compared with nothing.
    """
    follows = _find_followers(times)
    straight = terms.shape[1] - len(bends.column)
    is_upward = np.concatenate([np.zeros(straight, bool), bends.is_upward])
    lasting = 0.0
    for _ in range(ROUNDS):
        found = _solve(*_compare(terms, target, follows, lasting), weights[:, 0], is_upward)
        lasting = _find_lasting(target - terms @ found, follows)
    compared = _compare(terms, target, follows, lasting)
    return np.array([_solve(*compared, counted, is_upward) for counted in weights.T])


def _find_followers(times: pd.Series) -> NDArray[np.bool_]:
    """Mark the hours (rows,) that follow the row before them by the usual step."""
    steps = times.diff()
    usual = steps.mode()
    return np.asarray(steps == usual.iloc[0]) if len(usual) else np.zeros(len(times), bool)


def _find_lasting(errors: Array, follows: NDArray[np.bool_]) -> float:
    """The share of an error that is still there one row later, between 0 and `MOST_LASTING`."""
    here = np.flatnonzero(follows)
    before = errors[here - 1]
    size = float(before @ before)
    share = errors[here] @ before / size if size > 0 else 0.0
    return round(float(np.clip(share, 0.0, MOST_LASTING)), DECIMALS)


def _compare(terms: Array, target: Array, follows: NDArray[np.bool_], lasting: float) -> tuple[Array, Array]:
    """Subtract the lasting share of the row before; a row without one is scaled to the same variance."""
    kept = np.where(follows, lasting, 0.0)
    alone = np.where(follows, 1.0, np.sqrt(1 - lasting**2))
    both = np.column_stack([terms, target])
    both = alone[:, None] * both - kept[:, None] * np.roll(both, 1, axis=0)
    return both[:, :-1], both[:, -1]


def _solve(terms: Array, target: Array, weights: Array, is_upward: NDArray[np.bool_]) -> Array:
    """Solve weighted least squares; coefficients marked upward are not below zero."""
    weighted = terms * weights[:, None]
    normal = terms.T @ weighted
    ridge = RIDGE * np.trace(normal) / len(normal) * np.ones(len(normal))
    ridge[0] *= 1e-4  # the level is not held back
    root = np.linalg.cholesky(normal + np.diag(ridge)).T
    wanted = np.linalg.solve(root.T, weighted.T @ target)
    free = np.flatnonzero(~is_upward)  # as the difference of two that are not negative
    found, _ = nnls(np.concatenate([root, -root[:, free]], axis=1), wanted, maxiter=100 * len(root))
    solved = found[: len(root)].copy()
    solved[free] -= found[len(root) :]
    return np.asarray(solved.round(DECIMALS) + 0.0)  # and no negative zero
