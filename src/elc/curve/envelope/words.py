"""Why an hour is outside the envelope, in plain words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.curve.envelope.distance import Array
from elc.curve.envelope.ranges import Range
from elc.fields import AGE, say_label, say_sign, say_value
from elc.language import format_number, say, say_list

# The features that make up this share of the squared distance are named as the odd combination.
NAMED_SHARE = 0.8


def explain_missing(features: list[str], values: Array) -> list[str]:
    """Name the features (features,) that are missing: no sentence or one."""
    missing = [name for name, value in zip(features, values, strict=True) if np.isnan(value)]
    labels = [say("days since the turnaround") if name == AGE else say_label(name) for name in missing]
    if not missing:
        return []
    if len(missing) == 1 and missing != [AGE]:
        return [say("{columns} is missing", columns=labels[0])]
    return [say("{columns} are missing", columns=say_list(labels))]


def explain_ranges(ranges: tuple[Range, ...], values: Array) -> list[str]:
    """Name which values (features,) leave the range of their feature: one sentence each."""
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
    words = [f"{say_label(name)} {say_value(float(hour[name]), name, with_unit=True)}" for name in names]
    far = format_number(ratio, 2 if ratio < 1.1 else 1)
    if len(words) == 1:
        return say(
            "{value}, which the training hours did not show ({far} times as far from them as hours of an unseen week)",
            value=words[0],
            far=far,
        )
    return say(
        "a combination of {values} that the training hours did not show ({far} times as far from them as hours of an "
        "unseen week)",
        values=say_list(words),
        far=far,
    )


def _explain_range(found: Range, value: float) -> str:
    if found.column == AGE:
        days = {"age": value, "least": found.least, "most": found.most, "low": found.low, "high": found.high}
        return say(
            "{age} days since the turnaround are beyond the {least} to {most} days that the curve may be extended to "
            "from the {low} to {high} days of the training hours",
            **{name: format_number(value, 0) for name, value in days.items()},
        )
    unit = say_sign(found.column)
    bound = found.high if value > found.most else found.low
    digits = _find_digits(value, bound)
    shown, low, high = (format_number(number, digits) for number in (value, found.low, found.high))
    spaced = f" {unit}" if unit else ""
    seen = say("{low} to {high}", low=low, high=high) if found.low < found.high else low
    places = {"column": say_label(found.column), "value": shown + spaced, "range": seen + spaced}
    if value > found.most:
        return say("{column} {value} is above the {range} of the training hours", **places)
    return say("{column} {value} is below the {range} of the training hours", **places)


def _find_digits(value: float, bound: float) -> int:
    """Find the digits that the size of a bound deserves, and more where the value would read the same."""
    size = abs(bound)
    least = 2 if size < 10 else 1 if size < 100 else 0
    return next((digits for digits in range(least, 9) if f"{value:.{digits}f}" != f"{bound:.{digits}f}"), 9)
