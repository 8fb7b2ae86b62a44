"""How an hourly quantity usually moves: its level, its spread by day, and how far whole weeks lie off.

Neighbouring hours resemble each other, so days are counted, not hours: their means are nearly independent, and what
memory they have left widens their spread (a first-order process: (1 + lag) / (1 - lag) on the variance). What days
do not explain, as when a curve knows a season less well, shows in the means of weeks.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.fields import TIME

Array = NDArray[np.float64]
MEAN, KNOWN_H = "mean", "known_h"
LEAST_H = 6.0  # ASSUME: fewer known hours tell nothing of a day
LEAST_DAYS = 10  # ASSUME: fewer days tell no spread
DAYS_PER_WEEK = 7
LEAST_DAYS_PER_WEEK = 3
MOST_LAG = 0.8
DAY_H = 24.0


@dataclass(frozen=True)
class Level:
    """The level of a quantity and how far it strays from it, all in the quantity's own unit.

    `day_sd` is that of the means of days, `day_lag` their lag-1 autocorrelation; `slow_sd` is how far weeks lie from
    the reference beyond what their days explain.
    """

    mean: float
    hour_sd: float
    day_sd: float
    day_lag: float
    slow_sd: float
    days: int

    @property
    def spread(self) -> float:
        """The standard deviation of a day's mean, widened for the memory of days."""
        return self.day_sd * math.sqrt((1 + self.day_lag) / (1 - self.day_lag))

    def find_error(self, days: float) -> float:
        """The standard error of the mean over a number of days, as long as nothing has changed."""
        return math.sqrt(self.spread**2 / max(days, 1.0) + self.slow_sd**2)


def build_days(times: pd.Series, values: Array, *, width_h: float) -> pd.DataFrame:
    """Build the mean of each UTC day that has enough known hours, in time order: time_utc, mean, known_h."""
    rows = pd.DataFrame({TIME: times.reset_index(drop=True), MEAN: np.asarray(values, np.float64)})
    rows = rows[np.isfinite(rows[MEAN])]
    days = rows.groupby(rows[TIME].dt.floor("D"))[MEAN].agg(["mean", "size"]).reset_index()
    days = days.rename(columns={"size": KNOWN_H}).astype({KNOWN_H: np.float64})
    days[KNOWN_H] *= width_h
    chosen: pd.DataFrame = days[days[KNOWN_H] >= LEAST_H].reset_index(drop=True)
    return chosen


def build_level(times: pd.Series, values: Array, *, width_h: float, reference: float | None) -> Level | None:
    """Build the level of a quantity (hours,) in hours that are known to be sound; None where the days are too few.

    Args:
        width_h: length of an interval.
        reference: what weeks are compared with; the mean where None. An error is compared with 0: what a model is
            off in its own baseline, it may be off later.
    """
    days = build_days(times, values, width_h=width_h)
    if len(days) < LEAST_DAYS:
        return None
    means = days[MEAN].to_numpy()
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    mean = float(known.mean())
    spread = float(means.std(ddof=1))
    level = Level(mean, float(known.std()), spread, _find_lag(days), 0.0, len(days))
    slow = _find_slow(days, level.spread, mean if reference is None else reference)
    return Level(mean, level.hour_sd, spread, level.day_lag, slow, len(days))


def _find_lag(days: pd.DataFrame) -> float:
    """Autocorrelation of days that follow each other; none is assumed where it would be negative."""
    follows = days[TIME].diff().eq(pd.Timedelta(1, "D")).to_numpy()
    means = days[MEAN].to_numpy() - days[MEAN].mean()
    pairs = np.flatnonzero(follows)
    variance = float((means**2).mean())
    if len(pairs) < LEAST_DAYS or variance == 0:
        return 0.0
    return float(np.clip((means[pairs] * means[pairs - 1]).mean() / variance, 0.0, MOST_LAG))


def _find_slow(days: pd.DataFrame, spread: float, reference: float) -> float:
    week = (days[TIME] - days[TIME].iloc[0]).dt.days // DAYS_PER_WEEK
    found = days.groupby(week)[MEAN].agg(["mean", "size"])
    found = found[found["size"] >= LEAST_DAYS_PER_WEEK]
    if found.empty:
        return 0.0
    excess = ((found["mean"] - reference) ** 2 - spread**2 / found["size"]).mean()
    return math.sqrt(max(float(excess), 0.0))


def write_level(level: Level | None) -> dict[str, Any] | None:
    """Write a level for JSON."""
    return None if level is None else asdict(level)


def read_level(content: dict[str, Any] | None) -> Level | None:
    """Read a level back from JSON."""
    return None if content is None else Level(**content)


def measure_errors(actual: Array, predicted: Array, *, seed: int) -> dict[str, dict[str, float | None]]:
    """Measure rmse, mae and bias (unit of energy) and r2 of predictions, each with its standard deviation.

    The standard deviation is that of 5 random resamples of 80 % of the rows, as Amazon SageMaker Model Monitor gives
    it; None below 200 rows, where it says nothing. Hours that resemble each other make it smaller than the truth, so
    no limit rests on it. Needs at least two rows.
    """
    rng = np.random.default_rng(seed)
    count = len(actual)
    whole = _measure(actual, predicted)
    parts = [rng.choice(count, round(0.8 * count), replace=False) for _ in range(5)] if count >= 200 else []
    resampled = [_measure(actual[part], predicted[part]) for part in parts]
    return {
        name: {
            "value": value,
            "standard_deviation": float(np.std([one[name] for one in resampled])) if resampled else None,
        }
        for name, value in whole.items()
    }


def _measure(actual: Array, predicted: Array) -> dict[str, float]:
    error = actual - predicted
    square = float((error**2).mean())
    spread = float(actual.var())
    return {
        "rmse": math.sqrt(square),
        "mae": float(np.abs(error).mean()),
        "bias": float(error.mean()),
        "r2": 1 - square / spread if spread else 0.0,
    }


def find_lag(values: Array) -> float:
    """Lag-1 autocorrelation of rows that follow each other (rows,); 0 where they do not vary."""
    centred = values - values.mean()
    variance = float((centred**2).mean())
    return float((centred[1:] * centred[:-1]).mean() / variance) if variance > 0 and len(values) > 1 else 0.0
