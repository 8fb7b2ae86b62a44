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
    is_meter = np.array([tag.role in ("energy", "throughput") for tag in sheet.tags])
    meters = np.flatnonzero(is_meter & relation.is_log)
    own = _find_steps(relation.distance[meters], width)
    usual = MAD_TO_DEVIATION * find_quantile(np.abs(own[:, sheet.find_learnt(width)]), 0.5)
    limits = np.fmax(STEP_DEVIATIONS * usual, SMALLEST_STEP)
    peaks = [_find_peaks(np.abs(size), float(limit), width) for size, limit in zip(own, limits, strict=True)]
    marked = np.zeros(sheet.values.shape, dtype=bool)
    found: dict[tuple[int, int], float] = {}
    every = _find_steps(np.where(relation.is_log[:, None], relation.distance, np.nan), width) if any(peaks) else own
    for column, moments in zip(meters.tolist(), peaks, strict=True):
        for at in moments:
            if _is_shared(relation, every[:, at], column):
                continue
            marked[column, at - width : at] = True
            found[column, at - width] = round(float(np.expm1(every[column, at])), 4)

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
    while left.max(initial=0.0) > limit:
        at = int(left.argmax())
        peaks.append(at)
        left[max(at - width, 0) : at + width + 1] = 0.0
    return peaks
