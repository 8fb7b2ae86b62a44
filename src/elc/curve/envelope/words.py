"""Why an hour is outside the envelope, in plain words."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from elc.curve.envelope.distance import Array
from elc.curve.envelope.ranges import Range
from elc.fields import AGE, format_value, read_label, read_unit

# The features that make up this share of the squared distance are named as the odd combination.
NAMED_SHARE = 0.8
AGE_LABEL = "days since the turnaround"


def explain_missing(features: list[str], values: Array) -> list[str]:
    """Name the features (features,) that are missing: no sentence or one."""
    missing = [name for name, value in zip(features, values, strict=True) if np.isnan(value)]
    labels = [AGE_LABEL if name == AGE else read_label(name) for name in missing]
    verb = "is" if len(missing) == 1 and missing != [AGE] else "are"
    return [f"{_join(labels)} {verb} missing"] if missing else []


def explain_ranges(ranges: tuple[Range, ...], values: Array) -> list[str]:
    """Say which values (features,) leave the range of their feature: one sentence each."""
    pairs = zip(ranges, values, strict=True)
    return [_explain_range(found, float(value)) for found, value in pairs if value < found.least or value > found.most]


def explain_combination(hour: pd.Series, squares: pd.Series, ratio: float) -> str:
    """Name the features that lie farthest from the nearest training hours.

    `squares` (features,) are the parts of the squared distance; `ratio` is the distance as a share of the limit.
    """
    parts = squares.sort_values(ascending=False, kind="stable").cumsum()
    reached = int(np.searchsorted(parts.to_numpy(), NAMED_SHARE * float(squares.sum()))) + 1
    count = max(reached, 2)  # one value alone is inside its range; only together are they new
    names = [name for name in squares.index if name in parts.index[:count]]
    words = [f"{read_label(name)} {format_value(float(hour[name]), name, with_unit=True)}" for name in names]
    what = f"a combination of {_join(words)} that" if len(words) > 1 else f"{words[0]}, which"
    far = f"{ratio:.2f}" if ratio < 1.1 else f"{ratio:.1f}"
    return f"{what} the training hours did not show ({far} times as far from them as hours of an unseen week)"


def _explain_range(found: Range, value: float) -> str:
    if found.column == AGE:
        return (
            f"{value:.0f} {AGE_LABEL} are beyond the {found.least:.0f} to {found.most:.0f} days that the "
            f"curve may be extended to from the {found.low:.0f} to {found.high:.0f} days of the training hours"
        )
    unit = read_unit(found.column).sign
    side, bound = ("above", found.high) if value > found.most else ("below", found.low)
    digits = _find_digits(value, bound)
    shown, low, high = (f"{number:z.{digits}f}" for number in (value, found.low, found.high))
    spaced = f" {unit}" if unit else ""
    seen = f"{low} to {high}" if found.low < found.high else low
    return f"{read_label(found.column)} {shown}{spaced} is {side} the {seen}{spaced} of the training hours"


def _find_digits(value: float, bound: float) -> int:
    """Find the digits that the size of a bound deserves, and more where the value would read the same."""
    size = abs(bound)
    least = 2 if size < 10 else 1 if size < 100 else 0
    return next((digits for digits in range(least, 9) if f"{value:.{digits}f}" != f"{bound:.{digits}f}"), 9)


def _join(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
