"""What the training hours showed of one feature, and how far beyond it an hour may lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from elc.curve.envelope.distance import Array
from elc.dataset import find_age_bounds
from elc.fields import AGE

ROBUST_SPAN = (0.01, 0.99)


@dataclass(frozen=True)
class Range:
    """The training hours' range of one feature, what is allowed, and the span that distance is counted in.

    All values are in the column's own unit: `low` and `high` were seen, `least` and `most` are allowed.
    """

    column: str
    low: float
    high: float
    least: float
    most: float
    scale: float


def build_range(column: str, values: Array, margin_frac: float) -> Range:
    """Build the range of a feature from its training values (hours,); `margin_frac` is the margin as a share of it."""
    low, high = float(values.min()), float(values.max())
    slack = margin_frac * (high - low)
    least, most = low - slack, high + slack
    if column == AGE:
        least, most = find_age_bounds(low, high)
    first, last = np.quantile(values, ROBUST_SPAN)
    # A feature that hardly ever moves is scaled by its whole range; one that never moves, by its unit.
    scale = float(last - first) or (high - low) or 1.0
    return Range(column, low, high, least, most, scale)
