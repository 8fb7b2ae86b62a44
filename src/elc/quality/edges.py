"""Shifts that begin and end at a moment: a jump, and within days the same jump back, or a stop of the plant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from elc.quality.relation import Relation
from elc.quality.sheet import Array, Index, Mask, Run, Sheet, find_quantile, sum_window

# ASSUME: a mix-up that ends is noticed within a week, and not on the day itself.
SHORTEST_H, LONGEST_H = 18, 7 * 24
JUMP_QUANTILE = 0.99
NORMAL_QUANTILE = 2.576  # what a normal value's size exceeds in 1 %
# ASSUME: a jump and the jump back tell a mix-up where each is near it, by a third or by twice the tag's usual jump,
# and their mean is near it and 3.5 times the usual jump.
EDGE_NEAR_FRAC, PAIR_NEAR_FRAC = 0.33, 0.15
EDGE_DEVIATIONS, PAIR_DEVIATIONS = 2.0, 1.4
STANDS_OUT = 3.5
# What was there for four intervals, and is there for four, has changed by about the jump.
HELD_INTERVALS = 4
SAY_WEIGHT = 0.05


@dataclass(frozen=True)
class Jumps:
    """How far some columns jump at the start of, or within, each interval, as logarithms.

    `size` (columns, intervals), and `held`: the change of the mean over some intervals before and after. `usual`
    (columns): the deviation of their jumps. `leads` (columns, columns): which others have a say in a column's level,
    where it is judged against them. `distance` (columns, intervals): of the relation.
    """

    columns: Index
    size: Array
    held: Array
    usual: Array
    leads: Mask
    distance: Array

    def is_led(self, row: int, at: Index) -> Mask:
        """Whether a column that has a say in this one's level jumps as well at some intervals, and more unusually."""
        own, others = (
            np.nan_to_num(np.abs(self.size[rows[:, None], at]) / self.usual[rows, None])
            for rows in (np.array([row]), np.flatnonzero(self.leads[row]))
        )
        return np.asarray(others.max(axis=0, initial=0.0) > own[0])


@dataclass(frozen=True)
class Edged:
    """A spell between two edges, and the shift (a logarithm) that these show."""

    run: Run
    shift: float


def find_jumps(sheet: Sheet, relation: Relation, columns: Index) -> Jumps:
    """Find the jumps of columns judged by ratios, as they are or against their related ones, whichever is stiller."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shown, low, high = (
            np.log(np.where(one > 0, one, np.nan))
            for one in (sheet.values[columns], sheet.low[columns], sheet.high[columns])
        )
    distance = relation.distance[columns]
    both = [_measure(level, low - shown, high - shown) for level in (shown, distance)]
    learnt = sheet.find_learnt(2)  # a jump within an interval is told by the one after it
    usual = [find_quantile(np.abs(size[:, learnt]), JUMP_QUANTILE) / NORMAL_QUANTILE for size in both]
    usual = [np.where(one > 0, one, np.inf) for one in usual]
    is_related = usual[1] < usual[0]
    size = np.where(is_related[:, None], both[1], both[0])
    held = _measure_held(np.where(is_related[:, None], distance, shown), HELD_INTERVALS)
    has_say = np.abs(relation.weights[np.ix_(columns, columns)]) > SAY_WEIGHT
    return Jumps(columns, size, held, np.minimum(*usual), has_say & is_related[:, None], distance)


def _measure(level: Array, below: Array, above: Array) -> Array:
    """Measure the gap between the readings of an interval and of the one before; where larger, the jump within.

    That one is what the readings span, as far as the level differs from the interval before to the one after.
    `below`, `above`: the lowest and highest reading over the interval's value.
    """
    size = np.full(level.shape, np.nan)
    low, high = level + below, level + above
    gap = np.maximum(low[:, 1:] - high[:, :-1], 0.0) - np.maximum(low[:, :-1] - high[:, 1:], 0.0)
    size[:, 1:] = gap
    change = level[:, 2:] - level[:, :-2]
    within = np.sign(change) * np.minimum(np.abs(change), (above - below)[:, 1:-1])
    size[:, 1:-1] = np.where(np.nan_to_num(np.abs(within)) > np.nan_to_num(np.abs(gap[:, :-1])), within, gap[:, :-1])
    return size


def _measure_held(level: Array, width: int) -> Array:
    """Measure the mean of the `width` intervals after each one, less that of those before it."""
    held = np.full(level.shape, np.nan)
    if level.shape[1] <= 2 * width:
        return held
    is_known = ~np.isnan(level)
    count = sum_window(is_known, width)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sum_window(np.where(is_known, level, 0.0), width) / count
    held[:, width:-1] = mean[:, width + 1 :] - mean[:, : -width - 1]
    return held


def find_edged(sheet: Sheet, jumps: Jumps, row: int, shift: float, *, is_sure: bool) -> list[Edged]:
    """Find the spells of one of the columns that a mix-up of this shift begins and ends, no two of them at once.

    The plant may have been stopped at one end of it, where the distance `is_sure` to show the shift.
    """
    deviation = float(jumps.usual[row]) / abs(shift)
    if STANDS_OUT * deviation > 1:
        return []
    size = jumps.size[row] / shift
    at = np.flatnonzero(np.abs(np.abs(size) - 1) <= max(EDGE_NEAR_FRAC, EDGE_DEVIATIONS * deviation))
    near = max(EDGE_NEAR_FRAC, EDGE_DEVIATIONS * deviation * np.sqrt(HELD_INTERVALS))
    at = at[~jumps.is_led(row, at) & (np.abs(jumps.held[row, at] / shift - np.sign(size[at])) <= near)]
    begin, end = at[size[at] > 0], at[size[at] < 0]
    pairs = list(_find_pairs(sheet, size, deviation, begin, end))
    if is_sure:
        pairs += _find_cut(sheet, size, jumps.distance[row] / shift, begin, end)
    spells: list[Edged] = []
    for start, stop, share in pairs:
        if all(stop <= other.run.start or start >= other.run.stop for other in spells):
            spells.append(Edged(Run(int(jumps.columns[row]), start, stop), share * shift))
    return spells


def _find_pairs(
    sheet: Sheet, size: Array, deviation: float, begin: Index, end: Index
) -> Iterator[tuple[int, int, float]]:
    """Pair jumps with jumps back, best fit first; sizes and their deviation count in shifts."""
    lasts = (end - begin[:, None]) * sheet.width_h
    mean = (size[begin][:, None] - size[end]) / 2
    off = np.abs(mean - 1)
    fits = (lasts >= SHORTEST_H) & (lasts <= LONGEST_H) & (mean >= STANDS_OUT * deviation)
    fits &= off <= max(PAIR_NEAR_FRAC, PAIR_DEVIATIONS * deviation)
    first, last = np.nonzero(fits)
    for at in np.argsort(off[fits], kind="stable"):
        yield int(begin[first[at]]), int(end[last[at]]) + 1, float(mean[first[at], last[at]])


def _find_cut(sheet: Sheet, size: Array, distance: Array, begin: Index, end: Index) -> Iterator[tuple[int, int, float]]:
    """Find what is off, in shifts, from a jump to the plant's next stop, or from its last start to a jump back."""
    longest, day = round(LONGEST_H / sheet.width_h), round(24 / sheet.width_h)
    turns = np.diff(sheet.is_running.astype(np.int8), prepend=0)
    starts, stops = np.flatnonzero(turns > 0), np.flatnonzero(turns < 0)
    for at in begin:
        for stop in stops[(stops > at) & (stops <= at + longest)][:1]:
            inside, outside = distance[at + 1 : stop], distance[max(at - day, 0) : at]
            if _is_off(inside, 1.0) and _is_off(outside, 0.0):
                yield int(at), int(stop), float(size[at])
    for at in end:
        for start in starts[(starts < at) & (starts >= at - longest)][-1:]:
            inside, outside = distance[start:at], distance[at + 1 : at + 1 + day]
            if _is_off(inside, 1.0) and _is_off(outside, 0.0):
                yield int(start), int(at) + 1, float(-size[at])


def _is_off(distance: Array, by: float) -> bool:
    """Whether enough of a distance is known, and is about so much."""
    measured = distance[~np.isnan(distance)]
    return len(measured) >= HELD_INTERVALS and bool(abs(np.median(measured) - by) < EDGE_NEAR_FRAC)
