"""The figures of a curve on later hours than it was trained on: error of typical, loss and coverage of quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve import Package
from elc.dataset import LEAST_WEEKS, Split
from elc.errors import ElcError
from elc.evaluate.resample import Array, Blocks, build_blocks, find_interval, find_mean_interval
from elc.fields import BEST, ENERGY, HIGH, TIME, TYPICAL
from elc.settings import StageSettings

QUANTILES = {BEST: 0.1, TYPICAL: 0.5, HIGH: 0.9}
NAMES = {BEST: "best", TYPICAL: "typical", HIGH: "high"}
# ASSUME: the mean of a day says something from half a day of intervals on.
MIN_DAY_FRAC = 0.5


def score_test(split: Split, package: Package) -> pd.DataFrame:
    """Score the test hours: the split's columns with what the package predicts added."""
    return pd.concat([split.test, package.predict(split.test)], axis=1)


def drop_unscored(scored: pd.DataFrame, plant: str) -> pd.DataFrame:
    """Keep the hours with an energy and all three quantiles.

    Raises:
        ElcError: no hour is left.
    """
    kept = scored.dropna(subset=[ENERGY, *QUANTILES]).reset_index(drop=True)
    if kept.empty:
        raise ElcError(
            f"plant {plant}: none of {len(scored)} test intervals could be scored, expected at least one. Run "
            f"dvc repro train@{plant}, so that curve and dataset have the same drivers."
        )
    return kept


def measure_errors(actual: Array, predicted: Array, parameters: int) -> dict[str, float]:
    """Measure how far a prediction (rows,) is off, in GJ/h and as shares of the mean; an error is predicted - actual.

    NMBE divides by n - p, CV(RMSE) here by n. Source: ASHRAE Guideline 14-2014, section 5.2.11.
    """
    error = predicted - actual
    mean = float(actual.mean())
    rmse = float(np.sqrt(np.mean(error**2)))
    spread = float(np.sum((actual - mean) ** 2))
    return {
        "rmse_gj_per_h": rmse,
        "cv_rmse_frac": rmse / mean,
        "bias_gj_per_h": float(error.mean()),
        "nmbe_frac": float(error.sum()) / (max(len(actual) - parameters, 1) * mean),
        "mae_gj_per_h": float(np.abs(error).mean()),
        "r2": 1 - float(np.sum(error**2)) / spread if spread else float("nan"),
    }


def measure_typical(
    scored: pd.DataFrame, parameters: int, blocks: Blocks, *, interval: str, zone: str
) -> dict[str, float]:
    """Measure the error of typical with the intervals of its shares, by interval and by day of the site."""
    actual, predicted = scored[ENERGY].to_numpy(float), scored[TYPICAL].to_numpy(float)
    error, scale = predicted - actual, len(actual) / max(len(actual) - parameters, 1)
    parts = np.column_stack([np.ones(len(error)), error, error**2, actual])
    cv_low, cv_high = find_interval(blocks, parts, lambda n, _, square, total: np.sqrt(square / n) / (total / n))
    bias_low, bias_high = find_interval(blocks, parts, lambda _, off, __, total: scale * off / total)
    return {
        **measure_errors(actual, predicted, parameters),
        "cv_rmse_low_frac": cv_low,
        "cv_rmse_high_frac": cv_high,
        "nmbe_low_frac": bias_low,
        "nmbe_high_frac": bias_high,
        "cv_rmse_daily_frac": _measure_daily(scored, interval, zone),
    }


def _measure_daily(scored: pd.DataFrame, interval: str, zone: str) -> float:
    """CV(RMSE) of the means of days; missing where no day is known for long enough."""
    days = scored[TIME].dt.tz_convert(zone).dt.date
    daily = scored[[ENERGY, TYPICAL]].groupby(days).agg(["mean", "size"])
    long = daily[daily[ENERGY, "size"] * pd.Timedelta(interval) >= pd.Timedelta(MIN_DAY_FRAC, "D")]
    if long.empty:
        return float("nan")
    error = long[TYPICAL, "mean"] - long[ENERGY, "mean"]
    return float(np.sqrt((error**2).mean()) / long[ENERGY, "mean"].mean())


def measure_loss(actual: Array, predicted: Array, quantile: float) -> Array:
    """Pinball loss of each row (unit of the inputs). Source: Koenker and Bassett, Econometrica 46 (1978)."""
    error = actual - predicted
    return np.asarray(np.maximum(quantile * error, (quantile - 1) * error))


def pinball(actual: Array, predicted: Array, quantile: float) -> float:
    """Mean pinball loss (unit of the inputs)."""
    return float(measure_loss(actual, predicted, quantile).mean())


def measure_quantiles(scored: pd.DataFrame, blocks: Blocks, mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Measure loss and coverage of best, typical and high with intervals, over the rows of a mask (rows,)."""
    actual = scored[ENERGY].to_numpy(float)
    found = {}
    for column, quantile in QUANTILES.items():
        predicted = scored[column].to_numpy(float)
        loss, below = measure_loss(actual, predicted, quantile), (actual <= predicted).astype(float)
        loss_low, loss_high = find_mean_interval(blocks, loss, mask)
        low, high = find_mean_interval(blocks, below, mask)
        found[NAMES[column]] = {
            "pinball_gj_per_h": float(loss[mask].mean()),
            "pinball_low_gj_per_h": loss_low,
            "pinball_high_gj_per_h": loss_high,
            "coverage_frac": float(below[mask].mean()),
            "coverage_low_frac": low,
            "coverage_high_frac": high,
            "wanted_frac": quantile,
        }
    return found


def measure_groups(scored: pd.DataFrame, groups: pd.Series, blocks: Blocks) -> dict[str, Any]:
    """Measure error and quantiles of each group of rows; `groups` (rows,) names them."""
    found = {}
    for name in sorted(groups.unique()):
        mask = (groups == name).to_numpy()
        actual, typical = (scored.loc[mask, column].to_numpy(float) for column in (ENERGY, TYPICAL))
        errors = measure_errors(actual, typical, 0)
        found[str(name)] = {
            "intervals": int(mask.sum()),
            "bias_frac": errors["bias_gj_per_h"] / float(actual.mean()),
            "cv_rmse_frac": errors["cv_rmse_frac"],
            **measure_quantiles(scored, blocks, mask),
        }
    return found


def measure_bands(scored: pd.DataFrame, throughput: str, bands: int, blocks: Blocks) -> dict[str, Any]:
    """Measure by load band, each with about the same number of rows; the bands are numbered from the lowest load."""
    cut = pd.qcut(scored[throughput], bands, duplicates="drop")
    found = measure_groups(scored, cut.cat.codes + 1, blocks)
    for number, edge in enumerate(cut.cat.categories, start=1):
        if str(number) in found:
            found[str(number)] |= {"load_low": float(edge.left), "load_high": float(edge.right)}
    return {f"band_{number}": entry for number, entry in found.items()}


def measure_curve(scored: pd.DataFrame, package: Package, settings: StageSettings) -> dict[str, Any]:
    """Measure a curve on the hours that it scored: over all of them, by load band and by month of the site.

    There are no load bands where the weeks are too few: each would be the weather of a day or two.
    """
    zone, blocks = settings.plant.time_zone, build_blocks(scored[TIME], settings.evaluate, least_weeks=LEAST_WEEKS)
    bands = 0 if blocks.is_short else settings.evaluate.load_bands
    months = scored[TIME].dt.tz_convert(zone).dt.strftime("%Y-%m")
    parameters = len(package.features) + 1
    typical = measure_typical(scored, parameters, blocks, interval=settings.plant.interval, zone=zone)
    return {
        "weeks": blocks.weeks,
        "typical": typical,
        "quantiles": measure_quantiles(scored, blocks, np.ones(len(scored), dtype=bool)),
        "load_bands": measure_bands(scored, package.throughput, bands, blocks) if bands else {},
        "months": measure_groups(scored, months, blocks),
    }
