"""The errors of the models on hours outside their training period, with limits that know the days and their memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from elc.curve import Package, build_days, measure_errors
from elc.curve.levels import DAY_H, DAYS_PER_WEEK, KNOWN_H, Array
from elc.fields import ADJUSTMENT, BEST, ENERGY, GAP, TIME, TYPICAL
from elc.records.quality import Level
from elc.settings import StageSettings

RESPONSE = "energy_response_gj_per_h_pred"
ERROR, RESPONSE_ERROR, BELOW = "error_frac", "response_error_frac", "is_below_best"
WITHIN = 0.99865  # ASSUME: of sound months, on either side: three deviations, where the baseline is long
LEAST_DAYS = 1.0


@dataclass(frozen=True)
class Figure:
    """One figure of a model: now, with its standard deviation, in the package's baseline, and its control limits.

    A limit is None where nothing is limited there, all are where the baseline tells nothing.
    """

    model: str
    name: str
    unit: str
    now: float
    deviation: float | None
    baseline: float | None
    low: float | None
    high: float | None

    @property
    def is_violated(self) -> bool:
        return (self.low is not None and self.now < self.low) or (self.high is not None and self.now > self.high)


def build_judged(scored: pd.DataFrame, package: Package) -> pd.DataFrame:
    """Build the hours on which a model can be judged: steady, inside the envelope, with energy, later than it learnt.

    Adds the error of typical, that of the response (missing where a set-point is) as shares of what they predict, and
    whether energy is below best.
    """
    until = package.trained_until
    judged = scored[scored[GAP].notna()]
    if until is not None:
        judged = judged[judged[TIME] > until]
    judged = judged.reset_index(drop=True)
    response = np.full(len(judged), np.nan)
    if len(judged) and package.baseline.quality.models:
        response = package.predict_response(judged).mean(axis=1)
        response *= 1 + judged.get(ADJUSTMENT, 0.0)
    return judged.assign(
        **{
            RESPONSE: response,
            ERROR: judged[ENERGY] / judged[TYPICAL] - 1,
            RESPONSE_ERROR: judged[ENERGY] / response - 1,
            BELOW: (judged[ENERGY] < judged[BEST]).astype(float),
        }
    )


def find_level(package: Package, model: str, name: str) -> Level | None:
    """Find the level of a quantity of a model in the package's baseline."""
    errors = package.baseline.quality.models.get(model)
    return None if errors is None else errors.levels.get(name)


def measure_models(judged: pd.DataFrame, package: Package, settings: StageSettings) -> list[Figure]:
    """Measure both models on the judged hours of the last `health_days`; no figure where they make no whole day."""
    recent = find_recent_hours(judged, settings)
    found: list[Figure] = []
    for model, predicted, error in (("typical", TYPICAL, ERROR), ("response", RESPONSE, RESPONSE_ERROR)):
        rows = recent[recent[error].notna()]
        if _count_days(rows, error, settings) >= LEAST_DAYS:
            found += _measure_model(rows, model, predicted, error, package, settings)
    return found


def find_recent_hours(judged: pd.DataFrame, settings: StageSettings) -> pd.DataFrame:
    """The judged hours of the last `health_days`, counted from the last judged one."""
    if judged.empty:
        return judged
    first = judged[TIME].max() - pd.Timedelta(settings.monitor.health_days, "D")
    recent: pd.DataFrame = judged[judged[TIME] > first]
    return recent


def _count_days(rows: pd.DataFrame, column: str, settings: StageSettings) -> float:
    """Count whole days: hours of days that are known in part count for their part."""
    width_h = settings.plant.interval_h
    days = build_days(rows[TIME], rows[column].to_numpy(float), width_h=width_h)
    return float(days[KNOWN_H].sum() / DAY_H)


def _measure_model(
    rows: pd.DataFrame, model: str, predicted: str, error: str, package: Package, settings: StageSettings
) -> list[Figure]:
    days = _count_days(rows, error, settings)
    share = rows[error].to_numpy(float)
    actual = rows[ENERGY].to_numpy(float)
    scale = float(rows[predicted].mean())
    known = measure_errors(actual, rows[predicted].to_numpy(float), seed=settings.train.seed)
    base = package.baseline.quality.models.get(model)
    trained = {} if base is None else {name: estimate.value for name, estimate in base.metrics.items()}

    def build(name: str, low: float | None, high: float | None) -> Figure:
        one, unit = known[name], "" if name == "r2" else "GJ/h"
        return Figure(
            model, name, unit, float(one["value"] or 0.0), one["standard_deviation"], trained.get(name), low, high
        )

    levels = {name: find_level(package, model, name) for name in ("error", "absolute", "square", "below_best")}
    bias = _find_bias_limit(levels["error"], days, settings.monitor.max_bias_frac)
    square, absolute = (_find_high(levels[name], days) for name in ("square", "absolute"))
    figures = [
        build("rmse", None, None if square is None else scale * math.sqrt(square)),
        build("mae", None, None if absolute is None else scale * absolute),
        build("bias", None if bias is None else -scale * bias, None if bias is None else scale * bias),
        build("r2", None, None),
    ]
    if model == "typical":
        spread = 0.0 if levels["error"] is None else levels["error"].hour_sd
        shift = bias / spread if bias is not None and spread > 0 else 0.0
        figures.append(_measure_coverage(rows[BELOW].to_numpy(float), levels["below_best"], days, shift))
    return [one for one in figures if math.isfinite(one.now) and len(share)]


def _find_reach(level: Level, days: float) -> float:
    """How far a mean over days may lie from its baseline: more where the baseline had few weeks (Student's t)."""
    weeks = max(level.days // DAYS_PER_WEEK, 2)
    return float(stdtrit(weeks - 1, WITHIN)) * level.find_error(days)


def _find_high(level: Level | None, days: float) -> float | None:
    return None if level is None else level.mean + _find_reach(level, days)


def _find_bias_limit(level: Level | None, days: float, least: float) -> float | None:
    return None if level is None else max(_find_reach(level, days), least)


def _measure_coverage(below: Array, level: Level | None, days: float, shift: float) -> Figure:
    """Measure the share of hours below best; a bias that is allowed, `shift` deviations of an hour, moves it so far."""
    share = float(below.mean())
    if level is None:
        return Figure("typical", "coverage of best", "share", share, None, None, None, None)
    reach = _find_reach(level, days)
    deviation = level.spread / math.sqrt(max(days, 1.0))
    fewest, most = _move_share(level.mean, -shift), _move_share(level.mean, shift)
    # A share is neither below 0 nor above 1: a limit beyond that limits nothing.
    low = min(level.mean - reach, fewest) if level.mean > reach else None
    high = max(level.mean + reach, most) if level.mean + reach < 1 else None
    return Figure("typical", "coverage of best", "share", share, deviation, level.mean, low, high)


def _move_share(share: float, shift: float) -> float:
    """The share of hours below a limit that moves by so many of their deviations, spread as a normal distribution."""
    normal = NormalDist()
    return normal.cdf(normal.inv_cdf(share) + shift) if 0 < share < 1 else share
