"""When did it begin: the day of a change in the means of days, with the days between which it lies.

Each day may be the one, and the change from it on a step or a rise over one of `RISES_DAYS`. How well each fits gives
its weight: the likelihood of a normal error with level, size and spread unknown and alike before they are seen, as in
Chernoff and Zacks, Annals of Mathematical Statistics 35 (1964) 999. Days have a memory, so they count for fewer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from elc.curve.levels import MEAN, Array
from elc.fields import TIME

CHANCE = 0.8  # that the day lies in the interval
RISES_DAYS = (0, 7, 14, 28, 56)
LEAST_DAYS = 3  # on either side
MOST_LAG = 0.8


@dataclass(frozen=True)
class Since:
    """The likeliest day (UTC) that something began, and the days from and to which it did with 80 % chance.

    `size` is how far the level moved, in its unit, `spread` what days scatter around it, and `is_step` whether it
    moved at once rather than over a week or more.
    """

    day: pd.Timestamp
    first: pd.Timestamp
    last: pd.Timestamp
    size: float
    spread: float
    is_step: bool

    def overlaps(self, other: Since) -> bool:
        return self.first <= other.last and other.first <= self.last

    def sharpen(self, other: Since) -> Since:
        """Take the date of another change that is the same event, where its interval is the shorter one."""
        if not self.overlaps(other) or other.last - other.first >= self.last - self.first:
            return self
        return replace(self, day=other.day, first=other.first, last=other.last)


def date_change(days: pd.DataFrame) -> Since | None:
    """Date the largest change in the means of days (see `curve.build_days`); None where they are too few or still."""
    values, times = days[MEAN].to_numpy(float), days[TIME].reset_index(drop=True)
    count = len(values)
    if count < 2 * LEAST_DAYS or float(np.ptp(values)) == 0:
        return None
    at = np.arange(LEAST_DAYS, count - LEAST_DAYS + 1)
    shapes = np.concatenate([_build_shapes(count, at, rise) for rise in RISES_DAYS])
    centred = shapes - shapes.mean(axis=1, keepdims=True)
    own = values - values.mean()
    power = (centred**2).sum(axis=1)
    size = centred @ own / power
    left = np.maximum((own**2).sum() - size**2 * power, np.finfo(float).tiny)
    best = int(left.argmin())
    free = max(count * _find_share(own - size[best] * centred[best]) - 2, 1.0)
    weight = -0.5 * free * np.log(left / left[best]) - 0.5 * np.log(power)
    weight = np.exp(weight - weight.max()).reshape(len(RISES_DAYS), len(at))
    weight /= weight.sum()
    by_day = weight.sum(axis=0)
    chosen = _find_likeliest(by_day)
    place = int(by_day.argmax())
    kind = int(weight[:, place].argmax())
    return Since(
        times.iloc[at[place]],
        times.iloc[at[chosen.min()]],
        times.iloc[at[chosen.max()]],
        float(size[kind * len(at) + place]),
        float(np.sqrt(left[best] / count)),
        is_step=bool(weight[0].sum() > 1 - CHANCE),
    )


def _build_shapes(count: int, at: np.ndarray[tuple[int, ...], np.dtype[np.int64]], rise: int) -> Array:
    """Build what a change from each of some days on looks like (days that it may begin, days), 0 before and 1 after."""
    since = np.arange(count) - at[:, None]
    return np.asarray(np.clip((since + 1) / (rise + 1), 0.0, 1.0))


def _find_share(rest: Array) -> float:
    """Find for how much of its number each day counts, by the memory of what a change leaves unexplained."""
    total = float((rest**2).sum())
    lag = float(np.clip((rest[1:] * rest[:-1]).sum() / total, 0.0, MOST_LAG)) if total else 0.0
    return (1 - lag) / (1 + lag)


def _find_likeliest(by_day: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Find the fewest days that hold the chance together."""
    order = np.argsort(-by_day, kind="stable")
    needed = int(np.searchsorted(np.cumsum(by_day[order]), CHANCE)) + 1
    return np.asarray(order[:needed])
