"""What a package keeps of its own errors and its plant's habits, so that monitoring can tell a change from a habit."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd

from elc import curve
from elc.curve.levels import Array
from elc.dataset import LEAST_WEEKS, Split, build_statistics
from elc.fields import BEST, ENERGY, TIME, TYPICAL
from elc.records.quality import Distance, Distances, Estimate, Habit, ModelErrors, Quality
from elc.settings import StageSettings, TagList
from elc.train.fit import CurveFit
from elc.train.response import ResponseFit

# ASSUME: a week of running hours tells a column's distribution, and is short enough to be of use.
WINDOW_H = 168.0
STEP_H = 24.0


def build_quality(
    curve_fit: CurveFit, response_fit: ResponseFit, split: Split, tags: TagList, settings: StageSettings
) -> Quality:
    """Build the baseline of errors and habits.

    Each error is that of members that did not learn from the hour.
    """
    width_h = settings.plant.interval_h
    seed = settings.train.seed
    held, response = _recalibrate(curve_fit), response_fit.held_out
    below = np.asarray(held[ENERGY] < held[BEST], np.float64)
    return Quality(
        version=1,
        models={
            "typical": _build_model(held, TYPICAL, below, width_h=width_h, seed=seed),
            "response": _build_model(response, TYPICAL, None, width_h=width_h, seed=seed),
        },
        condition=curve.build_condition_baseline(
            response[TIME],
            _find_log(response),
            width_h=width_h,
            half_life_days=curve_fit.recency.half_life_days,
        ),
        setpoints=_build_setpoints(response_fit.model, split, tags, width_h=width_h),
        distances=_build_distances(split.learnt, tags, width_h=width_h),
        tags={tag.column: tag.tag for tag in tags},
        energy={column: tags.find(column).carrier for column in tags.columns("energy")},
        columns=sorted(str(name) for name in split.train.columns),
    )


def _recalibrate(fit: CurveFit) -> pd.DataFrame:
    """The held-out hours as the package predicts them: its shifts are those of the logarithm, less the fixed part."""
    learnt = fit.held_out[[BEST, TYPICAL]] - fit.fixed
    return fit.held_out.assign(
        **{
            name: fit.fixed + learnt[name] * np.exp(fit.shifts[key])
            for name, key in ((BEST, "best"), (TYPICAL, "typical"))
        }
    )


def _find_log(hours: pd.DataFrame) -> Array:
    return np.asarray(np.log(hours[ENERGY].to_numpy(np.float64) / hours[TYPICAL].to_numpy(np.float64)))


def _predict(response: keras.Model, rows: pd.DataFrame) -> Array:
    if rows.empty:
        return np.empty(0)
    members: Array = np.asarray(response(rows.to_numpy(np.float32)), np.float64)
    return np.asarray(members.mean(axis=1))


def _build_model(
    hours: pd.DataFrame, column: str, below: Array | None, *, width_h: float, seed: int
) -> ModelErrors | None:
    """Errors of one model, in GJ/h and as shares of what it predicts; None where there are too few hours."""
    if len(hours) < 2:
        return None
    actual, predicted = hours[ENERGY].to_numpy(np.float64), hours[column].to_numpy(np.float64)
    error = actual / predicted - 1
    quantities = {"error": error, "absolute": np.abs(error), "square": error**2}
    quantities |= {} if below is None else {"below_best": below}
    references = {"error": 0.0}
    errors = curve.measure_errors(actual, predicted, seed=seed)
    return ModelErrors(
        n=len(hours),
        weeks=curve.count_known_weeks(curve.build_days(hours[TIME], error, width_h=width_h)),
        metrics={name: Estimate.model_validate(figure) for name, figure in errors.items()},
        residual_sd_gj_per_h=float((actual - predicted).std()),
        residual_sd_frac=float(error.std()),
        residual_lag=curve.find_lag(error),
        coverage_best_frac=None if below is None else float(below.mean()),
        levels={
            name: curve.build_level(hours[TIME], values, width_h=width_h, reference=references.get(name))
            for name, values in quantities.items()
        },
    )


def _build_setpoints(response: keras.Model, split: Split, tags: TagList, *, width_h: float) -> dict[str, Habit | None]:
    """What each set-point costs against its median in the training hours, as a share of energy."""
    setpoints = tags.columns("setpoint")
    columns = tags.features + setpoints
    hours = split.learnt.dropna(subset=columns).reset_index(drop=True)
    present = _predict(response, hours[columns])
    found: dict[str, Habit | None] = {}
    for name in setpoints:
        median = float(hours[name].median()) if len(hours) else float("nan")
        cost = present / _predict(response, hours[columns].assign(**{name: median})) - 1
        level = curve.build_level(hours[TIME], cost, width_h=width_h, reference=None)
        found[name] = None if level is None else Habit(median=median, cost=level)
    return found


def _build_distances(train: pd.DataFrame, tags: TagList, *, width_h: float) -> Distances:
    """How far windows of running hours lie from all of them: a season, or a long memory, takes a week far."""
    size, step = round(WINDOW_H / width_h), max(round(STEP_H / width_h), 1)
    found: dict[str, Distance | None] = {}
    is_long = len(train) // size >= LEAST_WEEKS
    for feature in build_statistics(train, tags)["features"]:
        sketch, values = curve.read_sketch(feature), train[feature["name"]].to_numpy(np.float64)
        starts = range(0, len(values) - size + 1, step)
        far = [curve.measure_distance(sketch, values[start : start + size]) for start in starts] if sketch else []
        known = [one for one in far if np.isfinite(one)]
        found[feature["name"]] = (
            Distance(high=float(np.quantile(known, 0.99)), most=max(known)) if known and is_long else None
        )
    return Distances(window_h=WINDOW_H, columns=found)
