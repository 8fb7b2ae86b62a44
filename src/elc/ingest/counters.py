"""Counters (totalisers): their rise between two readings is spread over the time between them.

A counter that falls, or rises by more than it can count, was misread for a moment where it comes back, and was reset or
replaced where it does not. What is misread is left out and loses nothing; of a reset nobody knows what was counted
between the reading before it and the one after, and these intervals are not used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from elc.ingest.grid import Grid
from elc.ingest.habits import HOUR_US
from elc.settings import Tag

USUAL_QUANTILE, MOST_USUAL = 0.99, 10.0  # ASSUME: no counter rises ten times as fast as in 99 of 100 of its rises
MOST_HIGH = 1.25  # ASSUME: nor much faster than the range in its tag list allows; a reading may be seconds late
BACK_POINTS = 12  # ASSUME: first and last readings of intervals within which a misread counter is back
DIP_FRAC = 0.9  # ASSUME: two data servers differ by less than a tenth of what a counter shows
LEAST_LEFT = 0.3  # ASSUME: without its dips, at least that share is left of all that a counter seems to rise

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class EndReadings:
    """The first and the last reading of each interval, in the order of time: row, microseconds and value."""

    row: NDArray[np.intp]
    us: Array
    value: Array


@dataclass(frozen=True)
class Limit:
    """How far a counter can rise: `rate` a microsecond, over `least_us` at least, and `step` more."""

    rate: float
    least_us: float
    step: float

    def find(self, length_us: Array) -> Array:
        return self.rate * np.maximum(length_us, self.least_us) + self.step


@dataclass(frozen=True)
class Break:
    """Where a counter does not go on: between two times (microseconds since the start of the grid), from and to."""

    row: int
    since_us: float
    until_us: float
    before: float
    after: float


@dataclass(frozen=True)
class Counter:
    """A counter: its rise, microseconds covered and whether it broke, by interval; where it did; how often it fell.

    `total` is all that it rose; `misread` says how often it was, of how many `readings` at ends of intervals.
    """

    rise: Array
    covered: Array
    is_lost: Mask
    breaks: list[Break]
    falls: int
    total: float
    misread: int = 0
    readings: int = 0


def difference(grid: Grid, position: int, tag: Tag) -> Counter:
    """Difference one counter of a grid."""
    raw = {name: values[:, position] for name, values in grid.columns.items()}
    points = _read_points(raw, grid.has[:, position], float(grid.width_us))
    limit = _build_limit(_select(points, grid.is_learnt[points.row]), tag)
    column, misread = _leave_out(raw, points, _find_misread(points, limit), limit, float(grid.width_us))
    counter, plain = (
        _spread(grid, column, limit, grid.hold_us[position]),
        _count_falls(raw, limit, float(grid.width_us)) if misread else None,
    )
    is_counter = plain is None or counter.total >= LEAST_LEFT * plain[1]
    falls = counter.falls if plain is None or is_counter else plain[0]
    return replace(counter, falls=falls, misread=misread, readings=len(points.value))


def _read_points(column: dict[str, Array], has: Mask, width: float) -> EndReadings:
    rows = np.flatnonzero(has)
    us = rows[:, None] * width + np.stack([column["first_us"][rows], column["last_us"][rows]], axis=1)
    value = np.stack([column["first_value"][rows], column["last_value"][rows]], axis=1)
    is_own = np.stack([np.ones(len(rows), dtype=bool), us[:, 1] > us[:, 0]], axis=1)
    return EndReadings(np.repeat(rows, 2)[is_own.ravel()], us[is_own], value[is_own])


def _select(points: EndReadings, chosen: Mask) -> EndReadings:
    return EndReadings(points.row[chosen], points.us[chosen], points.value[chosen])


def _build_limit(points: EndReadings, tag: Tag) -> Limit:
    """Find how far a counter can rise: by the range in its tag list, else by what it usually does, as it was learnt."""
    step, length = np.diff(points.value), np.diff(points.us)
    is_rise = step > 0
    is_rise[1:] &= step[:-1] >= 0  # what comes back from a fall is not a rise
    if is_rise.sum() < 2:
        return Limit(np.inf, 1.0, 0.0)
    least_us = float(np.median(length))
    rates = step[is_rise] / np.maximum(length[is_rise], least_us)
    usual = float(np.quantile(rates, USUAL_QUANTILE, method="lower"))
    rate = MOST_USUAL * usual
    if tag.high is not None and tag.factor > 0:
        rate = max(MOST_HIGH * (tag.high - tag.offset) / tag.factor / HOUR_US, usual)
    return Limit(rate, least_us, float(step[is_rise].min()))


def _find_misread(points: EndReadings, limit: Limit) -> Mask:
    """Find the points that lie below, or far above, a counter that goes on after them as before."""
    step, length = np.diff(points.value), np.diff(points.us)
    suspects = np.flatnonzero((step < 0) | (step > limit.find(length)))
    is_bad, done = np.zeros(len(points.value), dtype=bool), 0
    for place in suspects:
        if place < done:
            continue
        back = _find_back(points, int(place), limit)
        if back is not None:
            is_bad[place + 1 : back] = True
            done = back
    return is_bad


def _find_back(points: EndReadings, place: int, limit: Limit) -> int | None:
    """Find where a counter goes on that is misread after a point."""
    value, us = points.value, points.us
    later = slice(place + 2, place + 2 + BACK_POINTS)
    rise = value[later] - value[place]
    is_up = value[place + 1] > value[place]
    is_above = value[later] >= value[place + 1]  # what jumped up is back only where it falls again
    goes_on = np.flatnonzero((rise >= 0) & (rise <= limit.find(us[later] - us[place])) & ~(is_up & is_above))
    if not len(goes_on):
        return None
    back = place + 2 + int(goes_on[0])
    if is_up:
        return back
    jump = value[back] - value[back - 1]
    is_jump = jump > limit.find(us[back : back + 1] - us[back - 1])[0]
    return back if is_jump or value[place + 1 : back].min() >= DIP_FRAC * value[place] else None


def _leave_out(
    column: dict[str, Array], points: EndReadings, is_bad: Mask, limit: Limit, width: float
) -> tuple[dict[str, Array], int]:
    """Leave misread points out of the partial results, and what is misread between two good ones of an interval."""
    column = {name: values.copy() for name, values in column.items()}
    for row in np.unique(points.row[is_bad]):
        own = np.flatnonzero((points.row == row) & ~is_bad)
        _reduce(column, int(row), points, int(own[0]) if len(own) else None, width)
    inside = np.flatnonzero(np.nan_to_num(column["resets"]) > 0)
    span, length = column["last_value"] - column["first_value"], column["last_us"] - column["first_us"]
    most = limit.find(length)
    is_dip = column["low"] >= DIP_FRAC * column["first_value"]
    is_back = (span >= 0) & (span <= most) & (is_dip | (column["integral"] > most))
    inside = inside[is_back[inside]]
    column["integral"][inside], column["resets"][inside] = span[inside], 0
    return column, int(is_bad.sum()) + len(inside)


def _reduce(column: dict[str, Array], row: int, points: EndReadings, kept: int | None, width: float) -> None:
    """Reduce an interval to the one reading that is kept of it, or to none."""
    for name in ("integral", "good_us", "resets"):
        column[name][row] = 0
    for end in ("first", "last"):
        column[f"{end}_us"][row] = np.nan if kept is None else points.us[kept] - row * width
        column[f"{end}_value"][row] = np.nan if kept is None else points.value[kept]


def _find_steps(column: dict[str, Array], width: float) -> tuple[NDArray[np.intp], Array, Array, Array]:
    """Find the intervals with readings, and between two of them begin, end (microseconds) and rise of the counter."""
    rows = np.flatnonzero(~np.isnan(column["first_value"]))
    begin = rows[:-1] * width + column["last_us"][rows[:-1]]
    end = rows[1:] * width + column["first_us"][rows[1:]]
    return rows, begin, end, column["first_value"][rows[1:]] - column["last_value"][rows[:-1]]


def _count_falls(column: dict[str, Array], limit: Limit, width: float) -> tuple[int, float]:
    """Count the falls of a counter, and sum its rises that can be."""
    _, begin, end, step = _find_steps(column, width)
    inside = np.nan_to_num(column["integral"])
    most = limit.find(np.nan_to_num(column["last_us"] - column["first_us"]))
    total = step[(step > 0) & (step <= limit.find(end - begin))].sum() + inside[inside <= most].sum()
    return int(np.nansum(column["resets"])) + int((step < 0).sum()), float(total)


def _spread(grid: Grid, column: dict[str, Array], limit: Limit, hold_us: float) -> Counter:
    """Spread each rise over the time between its two readings, where that is no longer than `hold_us`."""
    width = float(grid.width_us)
    rows, begin, end, step = _find_steps(column, width)
    rise, covered = np.nan_to_num(column["integral"]), np.nan_to_num(column["good_us"])
    is_broken = (step < 0) | (step > limit.find(end - begin))
    is_lost, breaks = _find_inside(column, limit, width)
    for index in np.flatnonzero(end - begin <= hold_us):
        touched = np.arange(rows[index], rows[index + 1] + 1)
        inside = np.minimum(end[index], (touched + 1) * width) - np.maximum(begin[index], touched * width)
        rise[touched] += step[index] * inside / (end[index] - begin[index])
        covered[touched] += inside
        if is_broken[index]:
            lost = touched[inside > 0]
            is_lost[lost] = True
            ends = column["last_value"][rows[index]], column["first_value"][rows[index + 1]]
            breaks += [Break(int(row), float(begin[index]), float(end[index]), *map(float, ends)) for row in lost]
    return Counter(rise, covered, is_lost, breaks, *_count_falls(column, limit, width))


def _find_inside(column: dict[str, Array], limit: Limit, width: float) -> tuple[Mask, list[Break]]:
    """Find the intervals inside which a counter breaks."""
    length = column["last_us"] - column["first_us"]
    is_jump = column["last_value"] - column["first_value"] > limit.find(length)
    is_lost = (np.nan_to_num(column["resets"]) > 0) | is_jump
    before = np.where(is_jump, column["first_value"], column["high"])
    since, until = (np.arange(len(length)) * width + column[name] for name in ("first_us", "last_us"))
    breaks = [
        Break(int(row), float(since[row]), float(until[row]), float(before[row]), float(column["last_value"][row]))
        for row in np.flatnonzero(is_lost)
    ]
    return is_lost, breaks
