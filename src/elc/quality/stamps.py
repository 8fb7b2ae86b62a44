"""Values stamped at the other end of their interval: an energy that moves with the throughput of another interval."""

from __future__ import annotations

import numpy as np

from elc.quality.sheet import Array, Doubt, Mask, Sheet, build_doubt, build_kind, find_quantile, find_steps

LEAST_DAYS = 5
LEAST_FIT = 0.3  # ASSUME: correlation of the movements of energy and throughput; below it, no interval fits
LEAST_LEAD = 0.03  # ASSUME: by how much the other interval fits better; a slow plant leads by less
LEAST_SCATTER = 3.0  # standard errors of that lead, from day to day
ENDS = 0.98
LATE, EARLY = build_kind("stamps", "late"), build_kind("stamps", "early")


def find_stamps(sheet: Sheet) -> Doubt:
    """Find energies with a reading an interval whose movements fit those of the throughput an interval away."""
    marked = np.zeros(sheet.values.shape, dtype=bool)
    step = -1 if sheet.is_end_stamped else 1
    if sheet.is_continuous and sheet.is_learnt.sum() * sheet.width_h >= LEAST_DAYS * 24:
        load = next(row for row, tag in enumerate(sheet.tags) if tag.role == "throughput")
        for row, tag in enumerate(sheet.tags):
            if tag.role == "energy" and _is_read_once(sheet, row):
                moved, led = (_find_moves(sheet.values[one], sheet.is_learnt) for one in (row, load))
                marked[row] = _fits_another(moved, led, step, round(24 / sheet.width_h)) & sheet.is_learnt
    return build_doubt(EARLY if sheet.is_end_stamped else LATE, marked, is_maskable=False)


def _is_read_once(sheet: Sheet, row: int) -> bool:
    """Tell whether a tag has a reading an interval; of one that is read more often, stamps hardly move the mean."""
    return bool(find_quantile(sheet.readings[row : row + 1, sheet.is_learnt], 0.5)[0] == 1)


def _find_moves(values: Array, is_learnt: Mask) -> Array:
    """Steps from one interval to the next, none where one is missing; a jump shall not outweigh days."""
    moved = find_steps(values)
    moved[~is_learnt] = np.nan
    top = find_quantile(np.abs(moved)[None], ENDS)[0]
    return np.nan_to_num(np.clip(moved, -top, top))


def _fits_another(moved: Array, led: Array, step: int, day: int) -> bool:
    size = np.sqrt(np.sum(moved**2) * np.sum(led**2))
    if size == 0:
        return False
    same, other = moved * led, np.roll(moved, -step) * led
    days = len(led) // day * day
    leads = (other - same)[:days].reshape(-1, day).sum(axis=1)
    leads = leads[leads != 0]
    if len(leads) < LEAST_DAYS:
        return False
    is_clear = leads.mean() > LEAST_SCATTER * leads.std(ddof=1) / np.sqrt(len(leads))
    return bool(is_clear and other.sum() > LEAST_FIT * size and leads.sum() > LEAST_LEAD * size)
