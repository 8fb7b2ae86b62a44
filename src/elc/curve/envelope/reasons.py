"""Why an hour is outside the envelope, as data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.curve.envelope.distance import Array
from elc.curve.envelope.ranges import Range
from elc.findings import Reason

# The features that make up this share of the squared distance are named as the odd combination.
NAMED_SHARE = 0.8


def find_missing(features: list[str], values: Array) -> list[Reason]:
    """Find the features (features,) that are missing: no reason or one."""
    missing = [name for name, value in zip(features, values, strict=True) if np.isnan(value)]
    return [Reason("feature_missing", {"columns": missing})] if missing else []


def find_left(ranges: tuple[Range, ...], values: Array) -> list[Reason]:
    """Find the values (features,) that leave the range of their feature: a reason each."""
    return [
        Reason("range_left", {"value": float(value), **vars(found)})
        for found, value in zip(ranges, values, strict=True)
        if value < found.least or value > found.most
    ]


def find_combination(hour: pd.Series, squares: pd.Series, ratio: float) -> Reason:
    """Find the features that lie farthest from the nearest training hours.

    `squares` (features,) are the parts of the squared distance; `ratio` is the distance as a share of the limit.
    """
    parts = squares.sort_values(ascending=False, kind="stable").cumsum()
    reached = int(np.searchsorted(parts.to_numpy(), NAMED_SHARE * float(squares.sum()))) + 1
    count = max(reached, 2)  # one value alone is inside its range; only together are they new
    names = [name for name in squares.index if name in parts.index[:count]]
    return Reason("combination_new", {"values": {name: float(hour[name]) for name in names}, "ratio": ratio})
