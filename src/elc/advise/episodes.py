"""Cases of advice: hours on end with the same advised move, and whether the set-point was then moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from elc.fields import TIME
from elc.settings import AdviseSettings

FOLLOWED, PARTLY, NOT, OPEN = "followed", "partly", "not", "open"
FOLLOWED_FRAC = 0.5
PARTLY_FRAC = 0.2  # ASSUME: of the advised step; less is how set-points wander by themselves
HOUR_NS = 3600 * 10**9
LEAST_KNOWN_FRAC = 0.5  # of the hours that must show that a move stayed


@dataclass(frozen=True)
class Episode:
    """Hours on end in which a set-point was advised to go the same way, and what became of it.

    `advice` is the log's row of its first hour; `end` its last advised hour. `moved_at` and `held_h` tell when the
    set-point was moved and how long it stayed; None and 0 where it was not. `done_frac` is how much of the step was
    done by the hours after that, or at most until then.
    """

    advice: pd.Series
    end: pd.Timestamp
    hours: int
    outcome: str
    moved_at: pd.Timestamp | None
    held_h: float
    done_frac: float


def find_episodes(log: pd.DataFrame, hourly: pd.DataFrame, settings: AdviseSettings) -> list[Episode]:
    """Find the cases of advice in a log, ordered by start and set-point.

    Advice given again within `judged_h` is the same case, until the set-point was moved. It was followed where the
    set-point went at least half of the advised step, within `follow_h` of the last hour that advised it, and was still
    there on the mean of the next `judged_h`.

    Args:
        log: see `log.build_log`.
        hourly: `time_utc` and the set-points of those hours and later ones, in time order.
        settings: of advise.
    """
    times = pd.DatetimeIndex(hourly[TIME])
    found: list[Episode] = []
    for column, rows in log[log["setpoint"].isin(hourly.columns)].groupby("setpoint", sort=True):
        values = pd.Series(hourly[str(column)].to_numpy(float), index=times)
        for spell in _split(rows, pd.Timedelta(settings.judged_h, "h")):
            found += _follow(spell, values, settings)
    return sorted(found, key=lambda case: (case.advice[TIME], case.advice["setpoint"]))


def _split(rows: pd.DataFrame, apart: pd.Timedelta) -> Iterator[pd.DataFrame]:
    """Split the rows of one set-point where advice pauses, turns round, or comes from another version."""
    way = rows["to"] > rows["now"]
    is_new = rows[TIME].diff().gt(apart) | way.ne(way.shift())
    is_new |= rows["version"].ne(rows["version"].shift()) | rows["is_shown"].ne(rows["is_shown"].shift())
    for _, spell in rows.groupby(is_new.cumsum().to_numpy()):
        yield spell


def _follow(rows: pd.DataFrame, values: pd.Series, settings: AdviseSettings) -> Iterator[Episode]:
    """Follow one spell of advice: each move that was made ends a case, and what is still advised begins the next."""
    follow, pause = (pd.Timedelta(hours, "h") for hours in (settings.follow_h, settings.judged_h))
    count = count_rows(pd.DatetimeIndex(values.index), settings.judged_h)
    while len(rows):
        first = rows.iloc[0]
        due = rows[TIME].iloc[-1] + follow
        ahead = values[(values.index > first[TIME]) & (values.index <= due + pause)]
        done = (ahead - first["now"]) / (first["to"] - first["now"])
        stays = _look_ahead(done, count)
        is_moved = (done >= FOLLOWED_FRAC) & (stays >= FOLLOWED_FRAC) & (done.index <= due)
        if not is_moved.any():
            most = float(stays[stays.index <= due].max())
            yield Episode(first, rows[TIME].iloc[-1], len(rows), _name(most, due, values.index[-1]), None, 0.0, most)
            return
        moved_at = pd.Timestamp(is_moved.idxmax())
        told = rows[rows[TIME] < moved_at]
        held = _find_held(values, first, moved_at, settings.hold_h)
        yield Episode(first, told[TIME].iloc[-1], len(told), FOLLOWED, moved_at, held, float(stays[moved_at]))
        rows = rows[rows[TIME] >= moved_at + pause]


def count_rows(times: pd.DatetimeIndex, hours: float) -> int:
    """How many rows of a table cover so many hours, by its usual step; one at least."""
    steps = np.diff(times.as_unit("ns").asi8)
    step_h = float(np.median(steps)) / HOUR_NS if len(steps) else 1.0
    return max(round(hours / step_h), 1)


def _look_ahead(done: pd.Series, count: int) -> pd.Series:
    """The mean of each hour and those after it, `count` in all; NaN where fewer than half of them are known."""
    least = max(int(np.ceil(LEAST_KNOWN_FRAC * count)), 1)
    return done[::-1].rolling(count, min_periods=least).mean()[::-1]


def _name(most: float, due: pd.Timestamp, last: pd.Timestamp) -> str:
    if due > last:
        return OPEN
    return PARTLY if most >= PARTLY_FRAC else NOT


def _find_held(values: pd.Series, first: pd.Series, moved_at: pd.Timestamp, hold_h: float) -> float:
    """Hours until less than half of the step is left on the mean, `hold_h` at most."""
    after = values[(values.index >= moved_at) & (values.index < moved_at + pd.Timedelta(hold_h, "h"))]
    done = ((after - first["now"]) / (first["to"] - first["now"])).rolling(3, min_periods=1).mean()
    is_back = done < FOLLOWED_FRAC
    end = is_back.idxmax() if is_back.any() else after.index[-1] + pd.Timedelta("1h")
    return float((pd.Timestamp(end) - moved_at) / pd.Timedelta("1h"))
