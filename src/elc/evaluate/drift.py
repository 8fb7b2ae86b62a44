"""Drift, said openly: does the plant use more or less than typical on later hours, and does that move?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.curve import Package
from elc.dataset import LEAST_WEEKS
from elc.evaluate.resample import Array, build_blocks, find_interval
from elc.fields import AGE, ENERGY, TIME, TYPICAL
from elc.findings import Finding, Kind
from elc.settings import EvaluateSettings, StageSettings

DRIFTED = Kind(
    "drift_of_curve",
    needs=(
        *("last", "has_age", "offset_frac", "offset_low_frac", "offset_high_frac"),
        *("slope_frac_per_year", "slope_low_frac_per_year", "slope_high_frac_per_year"),
    ),
)
YEAR = pd.Timedelta(365.25, "D")


def measure_drift(scored: pd.DataFrame, settings: EvaluateSettings) -> dict[str, float]:
    """Measure actual over typical, less 1: its mean, its slope a year, and the interval of each (fractions).

    Slope and intervals are missing where the weeks are too few.
    """
    share = (scored[ENERGY] / scored[TYPICAL] - 1).to_numpy(float)
    years = ((scored[TIME] - scored[TIME].min()) / YEAR).to_numpy(float)
    years = years - years.mean()
    parts = np.column_stack([np.ones(len(share)), years, years**2, share, years * share])
    blocks = build_blocks(scored[TIME], settings, least_weeks=LEAST_WEEKS)
    slope = float("nan") if blocks.is_short else float(_find_slope(*parts.sum(axis=0)[:, None])[0])
    low, high = find_interval(blocks, parts, lambda count, _, __, total, ___: total / count)
    slope_low, slope_high = find_interval(blocks, parts, _find_slope)
    return {
        "offset_frac": float(share.mean()),
        "offset_low_frac": low,
        "offset_high_frac": high,
        "slope_frac_per_year": slope,
        "slope_low_frac_per_year": slope_low,
        "slope_high_frac_per_year": slope_high,
    }


def _find_slope(count: Array, x: Array, xx: Array, y: Array, xy: Array) -> Array:
    """Slope of a line by least squares from sums, each (resamples,); missing where all hours are one."""
    spread = xx - x**2 / count
    safe = np.where(spread > 0, spread, np.nan)
    return np.asarray((xy - x * y / count) / safe)


def find_drift(scored: pd.DataFrame, package: Package, settings: StageSettings) -> list[Finding]:
    """Find whether a curve has drifted off its plant on later hours: one finding or none.

    There is one where the offset is beyond `max_offset_frac`, and the offset's or the slope's interval excludes 0.
    """
    drift = measure_drift(scored, settings.evaluate)
    is_sure = any(
        _excludes_zero(drift[f"{name}_low_{unit}"], drift[f"{name}_high_{unit}"])
        for name, unit in (("offset", "frac"), ("slope", "frac_per_year"))
    )
    if not is_sure or abs(drift["offset_frac"]) <= settings.evaluate.max_offset_frac:
        return []
    first, last = scored[TIME].min(), scored[TIME].max()
    values = {**drift, "last": last.isoformat(), "has_age": AGE in package.features}
    end = last + settings.plant.interval_length
    return [Finding(DRIFTED, settings.plant_id, ENERGY, first, end, values)]


def _excludes_zero(low: float, high: float) -> bool:
    return low > 0 or high < 0
