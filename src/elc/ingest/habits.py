"""How a tag usually sends: one that is read all the time is missed at once, one that reports on change is not.

A habit is taken from the weeks before a silence, never from the silence itself, so that neither its length nor what
comes after it changes what is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HABIT_DAYS = 28  # ASSUME: long enough to tell how far an export reaches into an interval, and how often a tag is read
LEAST_HABIT = 24  # ASSUME: fewer intervals tell no habit
# ASSUME: a tag whose silences, however long, are fewer than one in a hundred of the intervals that it was read in is
# read in all; one that reports on change, or now and then, has more.
SILENCE_FRAC = 0.01
QUIET_INTERVALS = 2  # without a reading make a silence that is named
HELD_STEPS, HELD_FRAC = (
    1.25,
    0.5,
)  # ASSUME: of a tag's mean step, or of an interval: so long a missed reading is late only
REST_FRAC = 0.02  # ASSUME: a meter below that share of the most that it ever showed is at rest, and has nothing to send
HOUR_US = 3_600_000_000

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Habits:
    """What tags usually did up to each interval, as arrays (intervals, tags).

    `is_regular`: a tag is read all the time. `hold_us`: how long its value then holds where an interval has no reading.
    """

    is_regular: Mask
    hold_us: Array


@dataclass(frozen=True)
class Silence:
    """A time without a reading of a tag, by its place, from its last reading to its next, in microseconds."""

    place: int
    since_us: float
    until_us: float


def find_habits(has: Mask, readings: Array, last_value: Array, width_us: int) -> Habits:
    """Find the habits up to each interval: from whether it has readings, how many, and the last value in it."""
    reach = int(HABIT_DAYS * 24 * HOUR_US / width_us)
    begins = np.zeros(has.shape, dtype=bool)
    begins[1:] = has[:-1] & ~has[1:]
    read, silences, count = (_sum_past(one, reach) for one in (has, begins, np.nan_to_num(readings)))
    size = np.abs(last_value)
    is_resting = size <= REST_FRAC * np.fmax.accumulate(size, axis=0)
    step_us = width_us * read / np.maximum(count, 1)
    return Habits(
        is_regular=(read >= LEAST_HABIT) & (silences <= SILENCE_FRAC * read) & ~is_resting,
        hold_us=np.maximum(HELD_STEPS * step_us, HELD_FRAC * width_us),
    )


def _sum_past(values: Array | Mask, reach: int) -> Array:
    """Sum the `reach` intervals up to each one, itself included."""
    total = np.cumsum(values, axis=0, dtype=float)
    total[reach:] -= total[:-reach].copy()
    return total


def find_silences(has: Mask, first_us: Array, last_us: Array, habits: Habits, width_us: int) -> Iterator[Silence]:
    """Find the silences of regular tags that are over: intervals without a reading in which other tags were read."""
    is_read = np.cumsum(has.any(axis=1))
    for place in range(has.shape[1]):
        rows = np.flatnonzero(has[:, place])
        before, after = rows[:-1], rows[1:]
        is_long = (is_read[after - 1] - is_read[before] >= QUIET_INTERVALS) & habits.is_regular[before, place]
        for begin, end in zip(before[is_long], after[is_long], strict=True):
            since, until = begin * width_us + last_us[begin, place], end * width_us + first_us[end, place]
            yield Silence(place, float(since), float(until))
