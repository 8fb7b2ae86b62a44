"""What usually goes with what: each tag as the others have it, and how far it is from that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from elc.fields import read_unit
from elc.quality.sheet import Array, Mask, Sheet, find_quantile, sum_window

MAD_TO_DEVIATION = 1.4826
LARGEST_DEVIATIONS = 5.0
RIDGE = 0.003
SMALLEST_VARIANCE = 1e-9
# ASSUME: tags that share a quarter of each other's variance are related.
RELATED_CORRELATION = 0.5
# ASSUME: less than a tenth of the time is faulty; 1.4 times that quantile is what a normal distance exceeds in 2 %.
REACH_H = 12
REACH_QUANTILE = 0.9
REACH_FACTOR = 1.4
SMALLEST_REACH = 0.001
MIN_PRESENT_FRAC = 0.8


@dataclass(frozen=True)
class Relation:
    """How each column follows from the others while the plant runs; arrays are (columns, intervals).

    `is_log`: the column is judged by ratios. `level`: what the others say that it should show, in its unit.
    `distance`: the logarithm of shown over that where `is_log`, else their difference. `weights` (columns, columns):
    how much each other column says. `reach` (columns): what half a day's mean distance seldom exceeds. `is_related`
    (columns, columns): they move together.
    """

    is_log: Mask
    level: Array
    distance: Array
    weights: Array
    reach: Array
    is_related: Mask


def fit_relation(sheet: Sheet, is_doubtful: Mask) -> Relation:
    """Fit every column to all others by ridge regression, on the learnt intervals of a running plant.

    Doubtful values (columns, intervals) say nothing about others, but have a distance of their own. An interval
    whose related columns are missing has none.
    """
    learnt = sheet.is_learnt & sheet.is_running
    is_log = _find_log(sheet, learnt)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        shown = np.where(is_log, np.log(np.where(sheet.values > 0, sheet.values, np.nan)), sheet.values)
    shown[:, ~sheet.is_running] = np.nan
    size, centre, scale = _standardise(np.where(is_doubtful, np.nan, shown), learnt)
    correlation, weights = _fit_weights(np.nan_to_num(size[:, learnt]))
    present = np.abs(weights) @ ~np.isnan(size)
    is_told = present >= MIN_PRESENT_FRAC * np.abs(weights).sum(axis=1, keepdims=True)
    expected = centre + scale * (weights @ np.nan_to_num(size))
    distance = np.where(is_told, shown - expected, np.nan)
    usual = find_quantile(distance[:, learnt], 0.5)[:, None]
    distance -= usual
    expected += usual
    level = np.where(is_log, np.exp(np.where(is_log, expected, 0.0)), expected)
    related = (np.abs(correlation) > RELATED_CORRELATION) & ~np.eye(len(correlation), dtype=bool)
    return Relation(is_log[:, 0], level, distance, weights, _find_reach(distance, sheet), related)


def _standardise(shown: Array, learnt: Mask) -> tuple[Array, Array, Array]:
    """Bring each column to its usual size, clipped; with the centre and scale (columns, 1). A still one is missing."""
    centre = find_quantile(shown[:, learnt], 0.5)[:, None]
    scale = MAD_TO_DEVIATION * find_quantile(np.abs(shown[:, learnt] - centre), 0.5)[:, None]
    scale = np.where(scale > 0, scale, np.nan)
    return np.clip((shown - centre) / scale, -LARGEST_DEVIATIONS, LARGEST_DEVIATIONS), centre, scale


def _find_log(sheet: Sheet, learnt: Mask) -> Mask:
    """Columns that stay above nothing and have no zero of their own making are judged by ratios."""
    lowest = find_quantile(sheet.values[:, learnt], 0.02)
    is_ratio = np.array([read_unit(tag.column).suffix not in ("degc", "count", "pct") for tag in sheet.tags])
    return np.asarray((lowest > 0) & is_ratio)


def _fit_weights(size: Array) -> tuple[Array, Array]:
    """Correlations of the columns, and the weights of all others in each one's regression, from their inverse."""
    common = size @ size.T / max(size.shape[1], 1)
    usual = np.sqrt(np.maximum(np.diag(common), SMALLEST_VARIANCE))
    correlation = common / np.outer(usual, usual)
    inverse = np.linalg.inv(correlation + RIDGE * np.eye(len(size)))
    weights = -inverse / np.diag(inverse)[:, None] * usual[:, None] / usual
    np.fill_diagonal(weights, 0.0)
    return correlation, weights


def _find_reach(distance: Array, sheet: Sheet) -> Array:
    """Find what the mean distance of a window seldom exceeds; infinite where no window is known."""
    width = max(round(REACH_H / sheet.width_h), 1)
    known = ~np.isnan(distance)
    count = sum_window(known, width)
    total = sum_window(np.where(known, distance, 0.0), width)
    mean = np.where(count > width // 2, total / np.maximum(count, 1), np.nan)
    reach = REACH_FACTOR * find_quantile(np.abs(mean[:, sheet.find_learnt(width)]), REACH_QUANTILE)
    return np.asarray(np.fmax(np.where(np.isnan(reach), np.inf, reach), SMALLEST_REACH))
