"""The additive part of the curve, where training starts: linear quantile regression with bounded slopes.

The pinball loss is smoothed over a narrow band around zero, which makes a convex and smooth problem of it: Fernandes,
Guerre and Horta, J. Bus. Econ. Stat. 39 (2021) 338. What is bounded stays bounded: box constraints of L-BFGS-B.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]
BAND = 0.1  # half width of the smoothed part of the loss, in standard deviations of the target
RIDGE = 1e-4  # on squared slopes: what keeps two like drivers apart
BEND = 1e-3  # on squared changes of slope from one piece of a feature to the next: what keeps the curve calm
ITERATIONS = 500
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
    total = float(weights.sum())
    is_next = np.diff(feature) == 0

    def measure(point: Array) -> tuple[float, Array]:
        # einsum: sums in one order whatever the number of processors
        error = target - point[0] - np.einsum("np,p->n", columns, point[1:])
        size = np.abs(error)
        is_small = size < BAND
        rounded = np.where(is_small, (error**2 / BAND + BAND) / 2, size)
        slope = np.where(is_small, error / BAND, np.sign(error))
        loss = float(np.sum(weights * (rounded / 2 + (quantile - 0.5) * error))) / total
        step = -weights * (slope / 2 + quantile - 0.5) / total
        slopes = point[1:]
        bends = np.diff(slopes) * is_next
        penalty = RIDGE * float(np.sum(slopes**2)) + BEND * float(np.sum(bends**2))
        pull = 2 * RIDGE * slopes - 2 * BEND * np.diff(bends, prepend=0.0, append=0.0)
        return loss + penalty, np.concatenate([[step.sum()], np.einsum("np,n->p", columns, step) + pull])

    start = np.concatenate([[np.quantile(target, quantile)], np.clip(0.0, low, high)])
    bounds = [(None, None), *zip(low, high, strict=True)]
    options = {"maxiter": ITERATIONS, "ftol": 1e-10, "gtol": 1e-7}
    found = minimize(measure, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x.round(DECIMALS))
