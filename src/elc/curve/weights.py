"""How much hours count by their age, where a plant is better described by its latest ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]


def weigh_hours(times: pd.Series, half_life_days: float | None) -> Array:
    """Weigh hours (rows,) 1 for the last, half as much for each half-life before it; all 1 without one."""
    if half_life_days is None:
        return np.ones(len(times))
    return np.asarray(0.5 ** ((times.max() - times) / pd.Timedelta(half_life_days, "D")), np.float64)


def find_median(values: Array, weights: Array) -> float:
    """Find the value (of rows) below and above which lies half of the weight (rows,)."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(total, total[-1] / 2)]])
