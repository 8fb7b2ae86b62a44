"""Readings as arrays in one order, whatever order they came in, cut into the intervals of their tags."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

SAME_FRAC = 1e-6  # ASSUME: values that differ by less are one value, written with more digits or fewer

Places = NDArray[np.intp]
Whole = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Readings of some tags, and the intervals that have any.

    The order is by tag, then time, then what is not good, then the largest value: of readings at the same moment only
    the last holds for any time, a good one before another.

    `time` (readings) is in microseconds since 1970; `value` (readings) is NaN where it is not good. `begin` (intervals)
    is the place of each interval's first reading, `code` and `start` (intervals) are its tag and its beginning. After
    each of the readings at `doubled` stands another of the same moment.
    """

    time: Whole
    value: Values
    begin: Places
    code: Places
    start: Whole
    doubled: Places

    @property
    def end(self) -> Places:
        """The place of each interval's last reading."""
        return np.append(self.begin[1:], len(self.time)) - 1

    @property
    def count(self) -> Whole:
        """How many readings each interval has."""
        return (self.end - self.begin + 1).astype(np.int64)

    def find_lengths(self) -> Whole:
        """Find how long each reading lasts, in microseconds; 0 for the last of an interval."""
        lengths = np.diff(self.time, append=0)
        lengths[self.end] = 0
        return lengths

    def spread(self, values: Whole) -> Whole:
        """Give each reading the value of its interval."""
        return np.repeat(values, self.count)

    def sum_up(self, values: Values) -> Values:
        """Sum over each interval, one reading after the other: the same readings give the same bits."""
        # Not by np.add.reduceat: how that groups the readings is not said anywhere.
        place = self.spread(np.arange(len(self.begin)))
        return np.bincount(place, weights=values, minlength=len(self.begin)).astype(np.float64)

    def count_clashes(self) -> Whole:
        """Count the good readings that differ from the good one before at the same moment."""
        own, following = self.value[self.doubled], self.value[self.doubled + 1]
        is_clash = np.abs(own - following) > SAME_FRAC * np.abs(own)  # never where one is NaN
        place = np.searchsorted(self.begin, self.doubled[is_clash], side="right") - 1
        return np.bincount(place, minlength=len(self.begin))

    def drop_doubles(self) -> Series:
        """Keep the last of the readings at the same moment."""
        return replace(
            self,
            time=np.delete(self.time, self.doubled),
            value=np.delete(self.value, self.doubled),
            begin=self.begin - np.searchsorted(self.doubled, self.begin),
            doubled=self.doubled[:0],
        )


def build_series(code: NDArray[np.integer], time: Whole, value: Values, width_us: int) -> Series:
    """Put readings in order and cut them into intervals of a width.

    Args:
        code: tag of each reading, as a number; one of few bytes is sorted fastest.
        time: in microseconds since 1970.
        value: NaN where it is not good.
    """
    count = np.bincount(code)
    tags = np.flatnonzero(count)
    first = (np.cumsum(count) - count)[tags]
    time, value = _sort(code, time, value, first)
    doubled = np.flatnonzero(time[1:] == time[:-1])
    doubled = doubled[~np.isin(doubled + 1, first)]
    _sort_doubles(time, value, doubled, first)
    slot = time // width_us
    is_begin = np.zeros(len(time), dtype=bool)
    np.not_equal(slot[1:], slot[:-1], out=is_begin[1:])
    is_begin[first] = True
    begin = np.flatnonzero(is_begin)
    own = np.searchsorted(first, begin, side="right") - 1
    return Series(time, value, begin, tags[own], slot[begin] * width_us, doubled)


def _sort(code: NDArray[np.integer], time: Whole, value: Values, first: Places) -> tuple[Whole, Values]:
    """Sort readings by tag and time; `first` is where each tag begins then."""
    order = np.argsort(code, kind="stable")
    moments = np.take(time, order)  # which takes many rows faster than an index in brackets
    falls = np.flatnonzero(moments[1:] < moments[:-1]) + 1
    if np.isin(falls, first).all():
        return moments, np.take(value, order)  # most exports are in the order of time
    by_time = np.argsort(time, kind="stable")
    order = np.take(by_time, np.argsort(np.take(code, by_time), kind="stable"))
    return np.take(time, order), np.take(value, order)


def _sort_doubles(time: Whole, value: Values, doubled: Places, first: Places) -> None:
    """Sort the values of each moment that has several, in place."""
    is_double = np.zeros(len(time), dtype=bool)
    is_double[doubled] = is_double[doubled + 1] = True
    places = np.flatnonzero(is_double)
    own = value[places]
    negated = np.where(np.isnan(own), -np.inf, -own)
    tag = np.searchsorted(first, places, side="right")
    value[places] = own[np.lexsort((negated, time[places], tag))]
