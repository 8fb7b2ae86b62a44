"""Cases of advice: hours on end with the same advised move, and whether the set-point was then moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from elc.advise.clock import HOUR_NS, NEVER, Times, count_ns, count_rows, find_same_time, find_step_h, read_times
from elc.fields import TIME
from elc.settings import AdviseSettings

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
FOLLOWED, PARTLY, NOT, UNKNOWN, OPEN = "followed", "partly", "not", "unknown", "open"
FOLLOWED_FRAC = 0.5
PARTLY_FRAC = 0.2  # ASSUME: of the advised step; less is how set-points wander by themselves
# ASSUME: a set-point goes by itself as far as on four of five like occasions: within 2 h of the same time of day, and
# of these the third from which it set out nearest to where it is; fewer than 14 occasions tell no habit.
HABIT_QUANTILE, HABIT_NEAR_H, HABIT_PARTS, HABIT_LEAST = 0.8, 2, 3, 14
LEAST_KNOWN_FRAC = 0.5  # of the hours that must show whether a move was made, and that it stayed


@dataclass(frozen=True)
class Episode:
    """Hours on end in which a set-point was advised to go the same way, and what became of it.

    `row` is the log's row of its first hour; `end` its last advised hour; `is_shown` whether anybody could see it.
    `outcome` is the verdict as far as the hours tell it, and `due` the last hour in which a move would have counted.
    `moved_at` and `held_h` tell when the set-point was moved and how long it stayed; NEVER and 0 where it was not.
    `done_frac` is how much of the step was done by the hours after that, or at most until then.
    Times are those of `clock`.
    """

    row: int
    end: int
    hours: int
    is_shown: bool
    outcome: str
    due: int
    moved_at: int
    held_h: float
    done_frac: float


@dataclass(frozen=True)
class _Log:
    """The log as arrays (rows,): when a move was advised, from where and to where, by which version, whether shown."""

    at: Times
    now: Array
    to: Array
    version: Rows
    is_shown: NDArray[np.bool_]


@dataclass(frozen=True)
class _Move:
    """A move that was advised at a time: from where a set-point was then, and to where."""

    at: int
    now: float
    to: float

    def measure(self, values: Array) -> Array:
        """How much of the step is done where the set-point has these values."""
        return (values - self.now) / (self.to - self.now)


def find_episodes(
    log: pd.DataFrame, hourly: pd.DataFrame, settings: AdviseSettings, *, closed: pd.DataFrame
) -> list[Episode]:
    """Find the cases of advice in a log that are not closed yet, ordered by start and set-point.

    Advice given again within `judged_h` is the same case, until the set-point was moved. It was followed where the
    set-point went at least half of the advised step, within `follow_h` of the last hour that advised it, and was still
    there on the mean of the next `judged_h`, farther than it goes by itself at that time of day, as the `log_days`
    before the case tell; it is unknown where fewer than half of those hours are known.

    A case of which any hour was shown begins with the first that was. One that nobody saw tells what set-points do by
    themselves; it is left out at the log's old end, which may have cut its beginning off.

    Args:
        log: see `log.build_log`.
        hourly: `time_utc` and the set-points of those hours and later ones, in time order.
        settings: of advise.
        closed: the cases that are closed, as `outcomes.build_outcomes` records them: their hours are told.
    """
    times, given, apart = read_times(hourly[TIME]), _read_log(log), count_ns(settings.judged_h)
    told, names = _find_told(closed, apart), log["setpoint"].to_numpy()
    found: list[Episode] = []
    for column in sorted({*names} & {*hourly.columns}):
        course = _Course(times, hourly[column].to_numpy(float), settings)
        for spell in _split(np.flatnonzero(names == column), given, apart):
            is_shown = given.is_shown[spell]
            if is_shown.any() or given.at[spell[0]] > given.at.min() + apart:
                left = spell[is_shown.argmax() :]  # from the first on that was shown, or from the first
                left = left[given.at[left] > told.get(column, NEVER)]
                found += _follow(left, given, course, is_shown=bool(is_shown.any()))
    return sorted(found, key=lambda case: given.at[case.row])


def _read_log(log: pd.DataFrame) -> _Log:
    now, to = (log[name].to_numpy(float) for name in ("now", "to"))
    version = pd.factorize(log["version"])[0]
    return _Log(read_times(log[TIME]), now, to, version, log["is_shown"].to_numpy(bool))


def _find_told(closed: pd.DataFrame, apart: int) -> dict[str, int]:
    """The last time that the closed cases of each set-point account for."""
    end, moved_at = read_times(closed["end"]), read_times(closed["moved_at"])
    told = pd.Series(np.where(closed["outcome"] == FOLLOWED, moved_at + apart - 1, end))
    return {str(name): int(last) for name, last in told.groupby(closed["setpoint"].to_numpy()).max().items()}


def _split(rows: Rows, log: _Log, apart: int) -> list[Rows]:
    """Split the rows of one set-point where advice pauses, turns round, or comes from another version."""
    is_up = log.to[rows] > log.now[rows]
    is_new = (np.diff(log.at[rows]) > apart) | np.diff(is_up) | (np.diff(log.version[rows]) != 0)
    return np.split(rows, np.flatnonzero(is_new) + 1)


def _follow(spell: Rows, log: _Log, course: _Course, *, is_shown: bool) -> Iterator[Episode]:
    """Follow one spell of advice: each move that was made ends a case, and what is still advised begins the next."""
    while len(spell):
        first, at = int(spell[0]), log.at[spell]
        move, due = _Move(int(at[0]), log.now[first], log.to[first]), int(at[-1]) + course.follow
        start, end, beyond = course.times.searchsorted([move.at, due, due + course.pause], side="right")
        done = move.measure(course.values[start:beyond])
        stays = _look_ahead(done, course.count, course.least)[: end - start]
        most = max(stays[np.isfinite(stays)], default=float("nan"))
        habit = course.find_habit(move, start, end) if most >= PARTLY_FRAC else 0.0
        is_moved = (done[: end - start] >= FOLLOWED_FRAC) & (stays >= FOLLOWED_FRAC) & (stays > habit)
        if not is_moved.any():
            needed = count_rows((due + course.pause - move.at) / HOUR_NS, course.step_h)
            name = _name(most, habit, known_frac=float(np.isfinite(done).sum()) / needed)
            yield Episode(first, int(at[-1]), len(spell), is_shown, name, due, NEVER, 0.0, most)
            return
        row = int(is_moved.argmax())
        moved_at = int(course.times[start + row])
        told, next_told = at.searchsorted([moved_at, moved_at + course.pause])
        held_h = course.find_held(move, start + row)
        yield Episode(first, int(at[told - 1]), int(told), is_shown, FOLLOWED, due, moved_at, held_h, stays[row])
        spell = spell[next_told:]


class _Course:
    """Where a set-point was at each time, and what settings say of following it."""

    def __init__(self, times: Times, values: Array, settings: AdviseSettings) -> None:
        self.times, self.values = times, values
        self.follow, self.pause, self.hold = map(count_ns, (settings.follow_h, settings.judged_h, settings.hold_h))
        self.look_back = count_ns(24 * settings.log_days)
        self.step_h = find_step_h(times)
        self.count = count_rows(settings.judged_h, self.step_h)
        self.least = max(int(np.ceil(LEAST_KNOWN_FRAC * self.count)), 1)
        self.stays = _look_ahead(values, self.count, self.least)

    def find_habit(self, move: _Move, start: int, end: int) -> float:
        """How much of an advised step the set-point does by itself from row `start` to `end`; 0 where it is unknown."""
        since, width = int(self.times.searchsorted(move.at - self.look_back)), end - start
        begins = slice(since, start - width - self.count)  # what sets out later is not over before the case begins
        if begins.stop - since < HABIT_LEAST:
            return 0.0
        is_like = find_same_time(self.times[begins], move.at, HABIT_NEAR_H) & np.isfinite(self.values[begins])
        rows = since + np.flatnonzero(is_like)
        if len(rows) < HABIT_LEAST:
            return 0.0
        nearest = np.argsort(np.abs(self.values[rows] - move.now), kind="stable")[: -(-len(rows) // HABIT_PARTS)]
        rows = rows[nearest]
        ahead = sliding_window_view(self.stays, width)[rows + 1]
        done = (ahead - self.values[rows, None]) / (move.to - move.now)
        most = np.max(done, axis=1, where=np.isfinite(done), initial=0.0)
        return max(float(np.quantile(most, HABIT_QUANTILE)), 0.0)

    def find_held(self, move: _Move, row: int) -> float:
        """Hours from a row on until less than half of the step is left on the mean of three, `hold_h` at most."""
        end = int(self.times.searchsorted(self.times[row] + self.hold))
        done = move.measure(self.values[row:end])
        is_back = _look_ahead(done[::-1], 3, 1)[::-1] < FOLLOWED_FRAC
        left = self.times[row + int(is_back.argmax())] if is_back.any() else self.times[end - 1] + HOUR_NS
        return float((left - self.times[row]) / HOUR_NS)


def _look_ahead(done: Array, count: int, least: int) -> Array:
    """The mean of each hour and those after it, `count` in all; NaN where fewer than `least` of them are known."""
    if not len(done):
        return done
    windows = sliding_window_view(np.append(done, np.full(count - 1, np.nan)), count)
    is_known = np.isfinite(windows)
    known = is_known.sum(axis=1)
    sums = np.where(is_known, windows, 0.0).sum(axis=1)
    return np.where(known >= least, sums / np.maximum(known, 1), np.nan)


def _name(most: float, habit: float, *, known_frac: float) -> str:
    if known_frac < LEAST_KNOWN_FRAC:
        return UNKNOWN
    return PARTLY if most >= PARTLY_FRAC and most > habit else NOT
