"""The baseline of savings: a model of what the plant took in a declared period, and what it has avoided since.

ISO 50006 and IPMVP option C (the whole facility): avoided energy is the adjusted baseline less actual energy, where the
adjusted baseline is what the plant of the baseline period would take under present conditions. Uncertainty is that of
ASHRAE Guideline 14 for autocorrelated data (annex B; Reddy and Claridge, HVAC&R Research 6 (2000) 3), without its share
of avoided energy, so that it is known where nothing was avoided:

    error = t 1.26 CV(RMSE) adjusted baseline sqrt(n / n' (1 + 2 / n') / m),   n' = n (1 - lag) / (1 + lag)

for n intervals of the baseline with the autocorrelation `lag` of its errors, and m intervals compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from elc.curve import Cost, sum_costs
from elc.fields import ADJUSTMENT, ENERGY, GAP, TIME, TYPICAL
from elc.settings import PlantSettings

FACTOR = 1.26  # of Reddy and Claridge, for what the uncertainty of the model's coefficients adds
PARAMETERS = 1  # ASSUME: the ratio alone is fitted to the baseline; the curve has far more hours than weights
LEAST_EFFECTIVE = 10.0  # ASSUME: fewer independent intervals tell no error


@dataclass(frozen=True)
class Baseline:
    """The model of a baseline period: `ratio` times typical, with what its errors there were.

    ASSUME: the typical curve holds for the baseline period up to a ratio. It is learnt from a longer history, some of
    it later, and the ratio puts its level to that of the baseline.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    intervals: int
    ratio: float
    mean: float
    adjustment: float
    cv_rmse: float
    nmbe: float
    lag: float
    effective: float

    def find_error(self, adjusted_gj: float, intervals: int, interval_frac: float) -> float:
        """Find half the width of the interval of avoided energy (GJ), for an adjusted baseline of some intervals."""
        width = float(stdtrit(self.effective - PARAMETERS, 0.5 + interval_frac / 2))
        ratio = self.intervals / self.effective * (1 + 2 / self.effective) / intervals
        return width * FACTOR * self.cv_rmse * abs(adjusted_gj) * math.sqrt(ratio)


def fit_baseline(scored: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> Baseline | None:
    """Fit the model to the judged intervals from `start` until before `end` (UTC); None where they tell too little.

    `scored` are hours from `curve.score_table`.
    """
    is_inside = (scored[TIME] >= start) & (scored[TIME] < end) & scored[GAP].notna()
    hours = scored[is_inside].sort_values(TIME)
    actual, typical = (hours[name].to_numpy(float) for name in (ENERGY, TYPICAL))
    count = len(hours)
    if count <= LEAST_EFFECTIVE or actual.sum() <= 0 or typical.sum() <= 0:
        return None
    ratio, mean = float(actual.sum() / typical.sum()), float(actual.mean())
    errors = actual - ratio * typical
    lag = find_lag(hours[TIME], errors)
    effective = count * (1 - lag) / (1 + lag)
    if effective < LEAST_EFFECTIVE:
        return None
    return Baseline(
        start,
        end,
        count,
        ratio,
        mean,
        float(np.nan_to_num(hours[ADJUSTMENT]).mean()) if ADJUSTMENT in hours else 0.0,
        math.sqrt(float((errors**2).sum()) / (count - PARAMETERS)) / mean,
        float(errors.sum()) / (count - PARAMETERS) / mean,
        lag,
        effective,
    )


def find_lag(times: pd.Series, errors: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Autocorrelation of errors (rows,) of intervals that follow each other; 0 where it is negative or not known."""
    centred = errors - errors.mean()
    variance = float((centred**2).mean())
    steps = times.diff()
    follows = steps.eq(steps.min()).to_numpy()
    pairs = np.flatnonzero(follows)
    if variance == 0 or len(pairs) < 2:
        return 0.0
    return max(float((centred[pairs] * centred[pairs - 1]).mean()) / variance, 0.0)


@dataclass(frozen=True)
class Avoided:
    """Avoided energy of some intervals, with the terms of its sum (GJ) and half the width of its interval."""

    intervals: int
    actual: float
    baseline: float
    routine: float
    non_routine: float
    adjusted: float
    cost: Cost
    error: Cost


def find_avoided(
    hours: pd.DataFrame, adjusted: pd.Series, baseline: Baseline, plant: PlantSettings, interval_frac: float
) -> Avoided | None:
    """Find what was avoided in judged intervals, of which `adjusted` is the adjusted baseline (GJ/h); None without any.

    Declared events since the baseline are adjusted for as `curve.add_condition` measured them, less what it held of
    them in the baseline period.
    """
    known = hours[adjusted.notna() & hours[ENERGY].notna()]
    if known.empty:
        return None
    width_h, model = plant.interval_h, adjusted[known.index]
    events = known[ADJUSTMENT].fillna(0.0) if ADJUSTMENT in known else pd.Series(0.0, index=known.index)
    total, actual = float(model.sum() * width_h), float(known[ENERGY].sum() * width_h)
    before = float((model * (1 + baseline.adjustment) / (1 + events)).sum() * width_h)
    usual = baseline.mean * len(known) * width_h
    cost = sum_costs((model - known[ENERGY]) * width_h, known[TIME], plant)
    error = baseline.find_error(total, len(known), interval_frac)
    rate = sum_costs(pd.Series(1.0, index=known.index), known[TIME], plant)
    return Avoided(
        len(known),
        actual,
        usual,
        before - usual,
        total - before,
        total,
        cost,
        # ASSUME: the error is spread evenly over the intervals, so it is priced at their mean price.
        Cost(error, error * rate.money / len(known), error * rate.co2_t / len(known)),
    )
