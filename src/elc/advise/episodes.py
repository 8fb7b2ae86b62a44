"""Cases of advice: hours on end with the same advised move, and whether the set-point was then moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from elc.fields import TIME
from elc.settings import AdviseSettings

Array = NDArray[np.float64]
FOLLOWED, PARTLY, NOT, UNKNOWN, OPEN = "followed", "partly", "not", "unknown", "open"
FOLLOWED_FRAC = 0.5
PARTLY_FRAC = 0.2  # ASSUME: of the advised step; less is how set-points wander by themselves
HOUR_NS = 3600 * 10**9
# ASSUME: a set-point goes by itself as far as on four of five like occasions: within 2 h of the same time of day, and
# of these the third from which it set out nearest to where it is; fewer than 14 occasions tell no habit.
HABIT_QUANTILE, HABIT_NEAR_H, HABIT_PARTS, HABIT_LEAST = 0.8, 2, 3, 14
LEAST_KNOWN_FRAC = 0.5  # of the hours that must show whether a move was made, and that it stayed


@dataclass(frozen=True)
class Episode:
    """Hours on end in which a set-point was advised to go the same way, and what became of it.

    `advice` is the log's row of its first hour; `end` its last advised hour; `is_shown` whether anybody could see it.
    `outcome` is the verdict as far as the hours tell it, and `due` the last hour in which a move would have counted.
    `moved_at` and `held_h` tell when the set-point was moved and how long it stayed; None and 0 where it was not.
    `done_frac` is how much of the step was done by the hours after that, or at most until then.
    """

    advice: pd.Series
    end: pd.Timestamp
    hours: int
    is_shown: bool
    outcome: str
    due: pd.Timestamp
    moved_at: pd.Timestamp | None
    held_h: float
    done_frac: float


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
    times, apart = pd.DatetimeIndex(hourly[TIME]), pd.Timedelta(settings.judged_h, "h")
    found: list[Episode] = []
    for column, rows in log[log["setpoint"].isin(hourly.columns)].groupby("setpoint", sort=True):
        values = hourly[str(column)].to_numpy(float)
        told = _find_told(closed[closed["setpoint"] == column], apart)
        for spell in _split(rows, apart):
            is_shown = bool(spell["is_shown"].any())
            if is_shown or spell[TIME].iloc[0] > log[TIME].min() + apart:
                is_seen = spell["is_shown"].cummax() if is_shown else True
                left = spell[~(spell[TIME] <= told) & is_seen]
                found += _follow(left, times, values, settings, is_shown=is_shown)
    return sorted(found, key=lambda case: (case.advice[TIME], case.advice["setpoint"]))


def _find_told(closed: pd.DataFrame, apart: pd.Timedelta) -> pd.Timestamp:
    """The last advised hour that the closed cases of a set-point account for; NaT where there are none."""
    moved = closed["moved_at"] + apart - pd.Timedelta(1, "us")
    return moved.where(closed["outcome"].eq(FOLLOWED), closed["end"]).max()


def _split(rows: pd.DataFrame, apart: pd.Timedelta) -> Iterator[pd.DataFrame]:
    """Split the rows of one set-point where advice pauses, turns round, or comes from another version."""
    way = rows["to"] > rows["now"]
    is_new = rows[TIME].diff().gt(apart) | way.ne(way.shift()) | rows["version"].ne(rows["version"].shift())
    for _, spell in rows.groupby(is_new.cumsum().to_numpy()):
        yield spell


def _follow(
    rows: pd.DataFrame, times: pd.DatetimeIndex, values: Array, settings: AdviseSettings, *, is_shown: bool
) -> Iterator[Episode]:
    """Follow one spell of advice: each move that was made ends a case, and what is still advised begins the next."""
    follow, pause = (pd.Timedelta(hours, "h") for hours in (settings.follow_h, settings.judged_h))
    count = count_rows(times, settings.judged_h)
    least = max(int(np.ceil(LEAST_KNOWN_FRAC * count)), 1)
    while len(rows):
        first, due = rows.iloc[0], rows[TIME].iloc[-1] + follow
        start, end, beyond = (int(times.searchsorted(at, side="right")) for at in (first[TIME], due, due + pause))
        done = (values[start:beyond] - first["now"]) / (first["to"] - first["now"])
        stays = _look_ahead(done, count, least)[: end - start]
        habit = _find_habit(times, values, first, slice(start, end), settings)
        is_moved = (done[: end - start] >= FOLLOWED_FRAC) & (stays >= FOLLOWED_FRAC) & (stays > habit)
        if not is_moved.any():
            most = max(stays[np.isfinite(stays)], default=float("nan"))
            needed = count_rows(times, (due + pause - first[TIME]) / pd.Timedelta("1h"))
            name = _name(most, habit, known_frac=float(np.isfinite(done).sum()) / needed)
            yield Episode(first, rows[TIME].iloc[-1], len(rows), is_shown, name, due, None, 0.0, most)
            return
        row = int(is_moved.argmax())
        moved_at = times[start + row]
        told = rows.iloc[: int(rows[TIME].searchsorted(moved_at))]
        held = _find_held(times, values, first, start + row, settings.hold_h)
        done_frac = float(stays[row])
        yield Episode(first, told[TIME].iloc[-1], len(told), is_shown, FOLLOWED, due, moved_at, held, done_frac)
        rows = rows.iloc[int(rows[TIME].searchsorted(moved_at + pause)) :]


def count_rows(times: pd.DatetimeIndex, hours: float) -> int:
    """How many rows of a table cover so many hours, by its usual step; one at least."""
    steps = np.diff(times.as_unit("ns").asi8)
    step_h = float(np.median(steps)) / HOUR_NS if len(steps) else 1.0
    return max(round(hours / step_h), 1)


def _look_ahead(done: Array, count: int, least: int) -> Array:
    """The mean of each hour and those after it, `count` in all; NaN where fewer than `least` of them are known."""
    if not len(done):
        return done
    windows = sliding_window_view(np.append(done, np.full(count - 1, np.nan)), count)
    known = np.isfinite(windows).sum(axis=1)
    return np.where(known >= least, np.nansum(windows, axis=1) / np.maximum(known, 1), np.nan)


def _find_habit(
    times: pd.DatetimeIndex, values: Array, first: pd.Series, window: slice, settings: AdviseSettings
) -> float:
    """How much of the advised step a set-point does by itself in a case's `window`; 0 where no habit is known."""
    since = int(times.searchsorted(first[TIME] - pd.Timedelta(settings.log_days, "D")))
    count, width = count_rows(times, settings.judged_h), window.stop - window.start
    known = values[since : window.start]
    begins = len(known) - width - count  # what sets out later is not over before the case begins
    if begins < HABIT_LEAST:
        return 0.0
    stays = _look_ahead(known, count, max(int(np.ceil(LEAST_KNOWN_FRAC * count)), 1))
    hour = np.asarray((times[since : since + begins] - first[TIME]) / pd.Timedelta("1h"))
    is_like = (np.abs((hour + 12) % 24 - 12) <= HABIT_NEAR_H) & np.isfinite(known[:begins])
    rows = np.flatnonzero(is_like)
    if len(rows) < HABIT_LEAST:
        return 0.0
    nearest = np.argsort(np.abs(known[rows] - first["now"]), kind="stable")[: -(-len(rows) // HABIT_PARTS)]
    rows = rows[nearest]
    ahead = sliding_window_view(stays, width)[rows + 1]
    done = (ahead - known[rows, None]) / (first["to"] - first["now"])
    return max(float(np.quantile(np.max(done, axis=1, where=np.isfinite(done), initial=0.0), HABIT_QUANTILE)), 0.0)


def _name(most: float, habit: float, *, known_frac: float) -> str:
    if known_frac < LEAST_KNOWN_FRAC:
        return UNKNOWN
    return PARTLY if most >= PARTLY_FRAC and most > habit else NOT


def _find_held(times: pd.DatetimeIndex, values: Array, first: pd.Series, row: int, hold_h: float) -> float:
    """Hours from a row on until less than half of the step is left on the mean of three, `hold_h` at most."""
    end = int(times.searchsorted(times[row] + pd.Timedelta(hold_h, "h")))
    done = (values[row:end] - first["now"]) / (first["to"] - first["now"])
    is_back = _look_ahead(done[::-1], 3, 1)[::-1] < FOLLOWED_FRAC
    left = times[row + int(is_back.argmax())] if is_back.any() else times[end - 1] + pd.Timedelta("1h")
    return float((left - times[row]) / pd.Timedelta("1h"))
