"""How an hourly quantity usually moves: its level, its spread by day, and how far whole weeks lie off.

Neighbouring hours resemble each other, so days are counted, not hours: their means are nearly independent, and what
memory they have left widens their spread (a first-order process: (1 + lag) / (1 - lag) on the variance). What days
do not explain, as when a curve knows a season less well, shows in the means of weeks.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.dataset import LEAST_WEEKS
from elc.fields import TIME
from elc.records.quality import Level, Quality

Array = NDArray[np.float64]
MEAN, KNOWN_H = "mean", "known_h"
LEAST_H = 6.0  # ASSUME: fewer known hours tell nothing of a day
LEAST_PAIRS = 10  # ASSUME: fewer pairs of days tell no memory
DAYS_PER_WEEK = 7
LEAST_DAYS_PER_WEEK = 3
MOST_LAG = 0.8
DAY_H = 24.0


def build_days(times: pd.Series, values: Array, *, width_h: float) -> pd.DataFrame:
    """Build the mean of each UTC day that has enough known hours, in time order: time_utc, mean, known_h."""
    known = np.isfinite(np.asarray(values, np.float64))
    moments = times.to_numpy("datetime64[us]")[known].astype("datetime64[D]")
    days, places, counts = np.unique(moments, return_inverse=True, return_counts=True)
    means = np.bincount(places, weights=np.asarray(values, np.float64)[known], minlength=len(days)) / counts
    is_enough = counts * width_h >= LEAST_H
    starts = pd.to_datetime(days[is_enough].astype("datetime64[us]"), utc=True)
    return pd.DataFrame({TIME: starts, MEAN: means[is_enough], KNOWN_H: counts[is_enough] * width_h})


def build_level(times: pd.Series, values: Array, *, width_h: float, reference: float | None) -> Level | None:
    """Build the level of a quantity (hours,) in hours that are known to be sound; None where the weeks are too few.

    Args:
        width_h: length of an interval.
        reference: what weeks are compared with; the mean where None. An error is compared with 0: what a model is
            off in its own baseline, it may be off later.
    """
    days = build_days(times, values, width_h=width_h)
    if count_known_weeks(days) < LEAST_WEEKS:
        return None
    means = days[MEAN].to_numpy()
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    mean = float(known.mean())
    spread = float(means.std(ddof=1))
    level = Level(
        mean=mean, hour_sd=float(known.std()), day_sd=spread, day_lag=_find_lag(days), slow_sd=0.0, days=len(days)
    )
    slow = _find_slow(days, level.spread, mean if reference is None else reference)
    return level.model_copy(update={"slow_sd": slow})


def _find_lag(days: pd.DataFrame) -> float:
    """Autocorrelation of days that follow each other; none is assumed where it would be negative."""
    follows = days[TIME].diff().eq(pd.Timedelta(1, "D")).to_numpy()
    means = days[MEAN].to_numpy() - days[MEAN].mean()
    pairs = np.flatnonzero(follows)
    variance = float((means**2).mean())
    if len(pairs) < LEAST_PAIRS or variance == 0:
        return 0.0
    return float(np.clip((means[pairs] * means[pairs - 1]).mean() / variance, 0.0, MOST_LAG))


def _find_slow(days: pd.DataFrame, spread: float, reference: float) -> float:
    found = _find_weeks(days)
    excess = ((found["mean"] - reference) ** 2 - spread**2 / found["size"]).mean()
    return math.sqrt(max(float(excess), 0.0))


def count_known_weeks(days: pd.DataFrame) -> int:
    """Count the weeks of which enough days are known (see `build_days`)."""
    return 0 if days.empty else len(_find_weeks(days))


def count_trained_weeks(quality: Quality, *, width_h: float) -> int | None:
    """Count the weeks of running hours that a package's curve was trained on; None where it holds no baseline."""
    if not quality.models:
        return None
    typical = quality.models.get("typical")
    if typical is None:
        return 0
    return int(typical.n * width_h / DAY_H) // DAYS_PER_WEEK if typical.weeks is None else typical.weeks


def _find_weeks(days: pd.DataFrame) -> pd.DataFrame:
    """The mean and size (days) of each week of which enough days are known, counted from the first day."""
    week = (days[TIME] - days[TIME].iloc[0]).dt.days // DAYS_PER_WEEK
    weeks = days.groupby(week)[MEAN].agg(["mean", "size"])
    chosen: pd.DataFrame = weeks[weeks["size"] >= LEAST_DAYS_PER_WEEK]
    return chosen


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
