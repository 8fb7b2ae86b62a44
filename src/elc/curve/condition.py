"""The condition of a plant: what it takes beyond what its load, drivers and set-points explain.

Fouling, a changed plant or a meter moves energy at the same set-points; a set-point left off does not, for the response
knows it. Condition is the median over four weeks, a day late, of ln(energy / response) less the same in training: one
day's waste does not move it, and no hour excuses itself. Its standard error joins what such windows were off in
training with how far the members of the response disagree now. It is named only where it is sure, and stays until it is
plainly gone; where set-points lie beyond what was learnt nobody can tell, and the last one stands.

A declared event (the non-routine adjustment of ISO 50006 and ASHRAE Guideline 14) makes the step that it brought part
of best: the median of the four weeks after it less that of the four weeks before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from elc.curve.levels import Array
from elc.curve.package import Package
from elc.curve.weights import find_median, weigh_hours
from elc.fields import ADJUSTMENT, CONDITION_FRAC, CONDITION_HIGH, CONDITION_LOW, CONDITION_SINCE, ENERGY, GAP, TIME
from elc.records.quality import ConditionBaseline

WINDOW, DELAY = pd.Timedelta(28, "D"), pd.Timedelta(1, "D")
KNOWN_H = 168.0  # ASSUME: fewer known hours in a window tell a week's weather from the plant no better than chance
LEAST_WINDOWS = 6  # ASSUME: fewer tell no scatter
SURE, GONE = 3.0, 1.5  # standard errors beyond which a condition is named, and below which it ends
LEAST_LOG = 0.005  # ASSUME: of less than half a per cent of energy nobody can be sure
INTERVAL = 0.8


def build_condition_baseline(
    times: pd.Series, log: Array, *, width_h: float, half_life_days: float | None = None
) -> ConditionBaseline | None:
    """Build what windows were off in training, from ln(energy / response) of hours (rows,) in time order.

    With a half-life, best is that of the latest hours, and so is the level: what best has followed is not forgiven once
    more. What windows were off is then told against the level of the hours before them. None where there are too few
    windows with enough hours.
    """
    if len(log) == 0:
        return None
    level = _find_level(times, log, half_life_days)
    window = ((times - times.iloc[0]) // WINDOW).to_numpy()
    found = pd.Series(log).groupby(window).agg(["median", "size"])
    medians = found.loc[found["size"] * width_h >= KNOWN_H, "median"]
    if len(medians) < LEAST_WINDOWS:
        return None
    off = medians - level
    if half_life_days is not None:
        earlier = [window < later for later in medians.index[1:]]
        off = medians.iloc[1:] - [_find_level(times[rows], log[rows], half_life_days) for rows in earlier]
    scatter = math.sqrt(float((off**2).sum()) / (len(medians) - 1))
    return ConditionBaseline(level=level, scatter=scatter, windows=len(medians))


def _find_level(times: pd.Series, log: Array, half_life_days: float | None) -> float:
    return float(np.median(log)) if half_life_days is None else find_median(log, weigh_hours(times, half_life_days))


@dataclass(frozen=True)
class Day:
    """What is known as a day begins: condition and its standard error as logarithms, and what events made of best.

    `since` is about when a named condition began; None where none is named. A condition is NaN while none is known.
    """

    condition: float
    error: float
    adjustment: float
    since: pd.Timestamp | None


NOTHING = Day(math.nan, math.nan, 0.0, None)


class PlantCondition:
    """The condition of a plant on each day after training, from its scored hours (see `score_hours`)."""

    def __init__(self, scored: pd.DataFrame, package: Package, width_h: float, events: Sequence[datetime] = ()) -> None:
        """Measure each day; `events` are the starts of declared events, aware, in time order."""
        self._baseline = package.baseline.quality.condition
        self._least = math.ceil(KNOWN_H / width_h)
        self._first, self._days = pd.Timestamp(0, tz="UTC"), list[Day]()
        hours = _find_usable(scored, package)
        if self._baseline is not None and len(hours):
            self._times = pd.DatetimeIndex(hours[TIME]).tz_convert("UTC")
            log = np.log(hours[ENERGY].to_numpy(np.float64)[:, None] / package.predict_response(hours))
            self._log = np.asarray(log - self._baseline.level)
            self._middle = self._log.mean(axis=1)
            self._events = [pd.Timestamp(at).tz_convert("UTC") for at in events]
            self._first = self._times[0].ceil("D")
            self._days = self._measure(pd.date_range(self._first, scored[TIME].max(), freq="D"))

    def _measure(self, days: pd.DatetimeIndex) -> list[Day]:
        measured, last = [], NOTHING
        ends = days - DELAY
        starts, stops = self._times.searchsorted(ends - WINDOW), self._times.searchsorted(ends)
        for day, start, stop in zip(days, starts, stops, strict=True):
            last = self._measure_day(day, slice(start, stop), last)
            measured.append(last)
        return measured

    def _measure_day(self, day: pd.Timestamp, window: slice, before: Day) -> Day:
        until = day - DELAY
        steps = [(event, self._find_step(event, until)) for event in self._events if event < until]
        adjustment = sum(step for _, step in steps)
        times, middle = self._times[window], self._middle[window]
        if len(middle) < self._least:
            return replace(before, adjustment=adjustment)
        explained = np.sum([step * np.asarray(times >= event) for event, step in steps], axis=0)
        condition, error = float(np.median(middle - explained)), self._find_error(self._log[window])
        return Day(condition, error, adjustment, _find_since(day, condition, error, before))

    def _find_step(self, event: pd.Timestamp, until: pd.Timestamp) -> float:
        """The step (logarithm) that an event brought, as far as is known at a moment; 0 while too little is."""
        first, middle, last = self._times.searchsorted([event - WINDOW, event, min(event + WINDOW, until)])
        if min(middle - first, last - middle) < self._least:
            return 0.0
        return float(np.median(self._middle[middle:last]) - np.median(self._middle[first:middle]))

    def _find_error(self, window: Array) -> float:
        assert self._baseline is not None
        members = window[:, 1:].mean(axis=0)  # the first member saw every hour alike: it is none of those drawn
        spread = float(members.std(ddof=1)) if len(members) > 1 else 0.0
        return math.hypot(spread, self._baseline.scatter)

    def build_columns(self, times: pd.Series) -> pd.DataFrame:
        """Build the columns of each moment (rows,): what events made of best, the condition, and since when."""
        days = pd.DataFrame([NOTHING, *self._days], columns=[one.name for one in fields(Day)])
        windows = LEAST_WINDOWS if self._baseline is None else self._baseline.windows
        reach = float(stdtrit(windows - 1, 0.5 + INTERVAL / 2)) * days["error"]
        known = pd.DataFrame(
            {
                ADJUSTMENT: np.expm1(days["adjustment"]),
                CONDITION_FRAC: np.expm1(days["condition"]),
                CONDITION_LOW: np.expm1(days["condition"] - reach),
                CONDITION_HIGH: np.expm1(days["condition"] + reach),
                CONDITION_SINCE: days["since"].astype("datetime64[us, UTC]"),
            }
        )
        places = np.maximum(((times - self._first) // pd.Timedelta(1, "D")).to_numpy() + 1, 0) if self._days else 0
        return known.iloc[np.broadcast_to(places, len(times))].set_index(times.index)


def _find_usable(scored: pd.DataFrame, package: Package) -> pd.DataFrame:
    """Find the judged hours after training whose set-points all lie where the response has learnt, in time order."""
    until = package.trained_until
    usable = scored[GAP].notna() if until is None else scored[GAP].notna() & (scored[TIME] > until)
    for setpoint in package.card["setpoints"]:
        usable &= scored[setpoint["column"]].between(setpoint["low"], setpoint["high"])
    return scored[usable].sort_values(TIME, ignore_index=True)


def _find_since(day: pd.Timestamp, value: float, error: float, before: Day) -> pd.Timestamp | None:
    """Find about when a named condition began: named once it is sure, until it is plainly gone or turns; else None."""
    if before.since is not None and value * math.copysign(1.0, before.condition) >= max(GONE * error, LEAST_LOG / 2):
        return before.since
    if abs(value) <= max(SURE * error, LEAST_LOG):
        return None
    return day - WINDOW / 2 - DELAY  # a median over a window crosses when half of the window has changed
