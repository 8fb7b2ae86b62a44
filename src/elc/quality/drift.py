"""Steps of a meter against its related tags, as a recalibration leaves them."""

from __future__ import annotations

import numpy as np

from elc.quality.relation import MAD_TO_DEVIATION, Relation
from elc.quality.sheet import Array, Doubt, Explained, Run, Sheet, build_kind, find_quantile

STEP = build_kind("drift", "", "step_frac")
# ASSUME: two weeks on either side tell a step from the plant's own movement, where it is five times the usual and
# no less than 1 %.
WINDOW_H = 14 * 24
STEP_DEVIATIONS = 5.0
SMALLEST_STEP = 0.01
SAY_WEIGHT = 0.05
SHARED_FRAC = 0.7


def find_drift(sheet: Sheet, relation: Relation) -> Doubt:
    """Find steps of energy and throughput meters; a finding stands on the two weeks before the step.

    Only what is judged by ratios has steps. How long the meter had been off before is not known.
    """
    width = round(WINDOW_H / sheet.width_h)
    steps = _find_steps(np.where(relation.is_log[:, None], relation.distance, np.nan), width)
    usual = MAD_TO_DEVIATION * find_quantile(np.abs(steps[:, sheet.find_learnt(width)]), 0.5)
    limit = np.fmax(STEP_DEVIATIONS * usual, SMALLEST_STEP)
    limit[[tag.role not in ("energy", "throughput") for tag in sheet.tags]] = np.inf
    marked = np.zeros(steps.shape, dtype=bool)
    found: dict[tuple[int, int], float] = {}
    for column in np.flatnonzero((np.nan_to_num(np.abs(steps)) > limit[:, None]).any(axis=1)):
        for at in _find_peaks(np.abs(steps[column]), float(limit[column]), width):
            if _is_shared(relation, steps[:, at], int(column)):
                continue
            marked[column, at - width : at] = True
            found[int(column), at - width] = round(float(np.expm1(steps[column, at])), 4)

    def explain(run: Run) -> Explained:
        return STEP, {"step_frac": found[run.column, run.start]}

    return Doubt(STEP.check, marked, explain, is_maskable=True)


def _find_steps(distance: Array, width: int) -> Array:
    """Mean of the window from each interval on, less that of the window before it; missing where little is known."""
    steps = np.full(distance.shape, np.nan)
    if distance.shape[1] < 2 * width:
        return steps
    known = ~np.isnan(distance)
    total = np.pad(np.cumsum(np.where(known, distance, 0.0), axis=1), ((0, 0), (1, 0)))
    count = np.pad(np.cumsum(known, axis=1), ((0, 0), (1, 0)))
    held = count[:, width:] - count[:, :-width]
    mean = np.where(held > width // 2, (total[:, width:] - total[:, :-width]) / np.maximum(held, 1), np.nan)
    steps[:, width : mean.shape[1]] = mean[:, width:] - mean[:, :-width]
    return steps


def _is_shared(relation: Relation, steps: Array, column: int) -> bool:
    """Whether a related column steps about as much at the same time: then it is the plant, not the meter."""
    size = np.nan_to_num(np.abs(steps) / relation.reach)
    weights = np.abs(relation.weights)
    is_related = np.maximum(weights[column], weights[:, column]) > SAY_WEIGHT
    return bool((size[is_related] > SHARED_FRAC * size[column]).any())


def _find_peaks(size: Array, limit: float, width: int) -> list[int]:
    """Find the largest steps above a limit, no two of them within a window of each other."""
    left, peaks = np.nan_to_num(size), []
    while left.max() > limit:
        at = int(left.argmax())
        peaks.append(at)
        left[max(at - width, 0) : at + width + 1] = 0.0
    return peaks
