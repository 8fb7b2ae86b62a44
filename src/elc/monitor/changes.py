"""When did something change: the cumulative sum of daily errors, with the day that a change began and its size.

The tabular CUSUM (Page, Biometrika 41 (1954) 100; Montgomery, Introduction to Statistical Quality Control, chapter 9)
on the means of days, in units of their spread, which the memory of days has widened. Half the change that is looked for
is allowed each day, and no less than what weeks of the baseline were off: what a curve does not know of a season is not
a change. After an alarm the new level becomes the reference, so that a return, or a further step, is found as well."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from elc.curve import build_days
from elc.curve.levels import DAY_H, KNOWN_H, MEAN
from elc.fields import GAP, TIME
from elc.records.quality import Level

ALARM = 5.0  # ASSUME: in spreads of a day, as is usual: a false alarm in years at the allowance used here
SETTLING_DAYS = 5  # after an alarm, before the new level counts as known


@dataclass(frozen=True)
class LevelChange:
    """A lasting change of a quantity: the day it began, the end of the day that told so, the levels on either side.

    `until` is when the next one began, None for the last.
    """

    start: pd.Timestamp
    found: pd.Timestamp
    before: float
    after: float
    until: pd.Timestamp | None


def find_changes(
    times: pd.Series,
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    level: Level,
    *,
    smallest: float,
    reference: float,
    width_h: float,
    is_rise_only: bool,
) -> list[LevelChange]:
    """Find the lasting changes of an hourly quantity (hours,), in time order: of the days that are over.

    Args:
        level: how the quantity moves in the package's baseline.
        smallest: the change that is looked for, in the quantity's unit.
        reference: its level as long as nothing has changed.
        is_rise_only: a fall does not matter, except as the return from a rise.
    """
    days = build_days(times, values, width_h=width_h)
    # The hours of a day that goes on may take back what its first ones told.
    days = days[days[TIME] + pd.Timedelta(1, "D") <= times.max() + pd.Timedelta(width_h, "h")]
    spread = level.spread
    if days.empty or spread == 0:
        return []
    means, weights = days[MEAN].to_numpy(), np.minimum(days[KNOWN_H].to_numpy() / DAY_H, 1.0)
    allowed = max(smallest / 2, level.slow_sd)
    starts: list[tuple[int, int]] = []
    place, target, is_raised = 0, reference, False
    while (alarm := _find_alarm(means, weights, place, target, allowed, spread)) is not None:
        begin, end, is_rise = alarm
        if is_rise_only and not is_rise and not is_raised:
            place, target = end + 1, reference
            continue
        starts.append((begin, end))
        place = min(end + SETTLING_DAYS, len(means))
        target = float(np.average(means[begin:place], weights=weights[begin:place]))
        is_raised = target > reference + smallest / 2
    return _build_changes(days, means, weights, starts, reference)


def _find_alarm(
    means: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    first: int,
    target: float,
    allowed: float,
    spread: float,
) -> tuple[int, int, bool] | None:
    """Find the first alarm from a day on: the day its sum left zero, the day of the alarm, and whether it is a rise."""
    sums, begins = [0.0, 0.0], [first, first]
    for day in range(first, len(means)):
        for side, sign in enumerate((1.0, -1.0)):
            # A day known in part spreads wider, and counts less by the root of its part.
            step = math.sqrt(weights[day]) * (sign * (means[day] - target) - allowed) / spread
            sums[side] = max(0.0, sums[side] + step)
            if sums[side] == 0.0:
                begins[side] = day + 1
            elif sums[side] > ALARM:
                return begins[side], day, side == 0
    return None


def _build_changes(
    days: pd.DataFrame,
    means: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    starts: list[tuple[int, int]],
    reference: float,
) -> list[LevelChange]:
    times = days[TIME]
    edges = [begin for begin, _ in starts] + [len(means)]
    found, before = [], reference
    for index, (begin, end) in enumerate(starts):
        stop = max(edges[index + 1], begin + 1)
        after = float(np.average(means[begin:stop], weights=weights[begin:stop]))
        until = times.iloc[edges[index + 1]] if edges[index + 1] < len(means) else None
        found.append(LevelChange(times.iloc[begin], times.iloc[end] + pd.Timedelta(1, "D"), before, after, until))
        before = after
    return found


def find_active(changes: list[LevelChange], *, smallest: float, reference: float) -> LevelChange | None:
    """Find the change that lasts: the last level is off its reference, since the first of the steps to that side.

    `after` is the last level; a drift, which is found as one step after the other, begins with its first.
    """
    if not changes:
        return None
    off = changes[-1].after - reference
    if abs(off) < smallest / 2:
        return None
    begun = changes[-1]
    for change in reversed(changes[:-1]):
        if (change.after - reference) * off <= 0 or abs(change.after - reference) < smallest / 4:
            break
        begun = change
    return LevelChange(begun.start, begun.found, begun.before, changes[-1].after, None)


def build_cusum(judged: pd.DataFrame, changes: list[LevelChange], *, width_h: float) -> pd.DataFrame:
    """Build the cumulative energy above best (GJ) over the judged hours, a row a day: time_utc, cusum_gj, is_change.

    Its slope is the signal: a straight line is a steady gap, a bend is a change. `is_change` marks the days on which a
    change of the error began.
    """
    daily = (judged[GAP] * width_h).groupby(judged[TIME].dt.floor("D")).sum()
    frame = daily.cumsum().rename("cusum_gj").reset_index()
    return frame.assign(is_change=frame[TIME].isin([change.start for change in changes]))
