"""Clocks that are an hour late: a tag that follows its related tags, or the sun, better when read an hour sooner."""

from __future__ import annotations

import numpy as np

from elc.fields import read_unit
from elc.quality.relation import MAD_TO_DEVIATION, Relation
from elc.quality.sheet import Array, Doubt, Mask, Sheet, build_doubt, build_kind, find_quantile, find_steps, sum_window

LATE = build_kind("clock")
# ASSUME: six days tell it against a tag that moves alike, four weeks against the sun.
SISTER_H, SUN_H = 6 * 24, 28 * 24
# The usual lead of "no shift" over "an hour late" must stand this far out of its own scatter to be a witness.
WITNESS_DEVIATIONS = 2.5
SUN_SHIFT, SUN_DEVIATIONS = 0.7, 3.0  # hours
QUIET_FRAC = 0.25


def find_clock(sheet: Sheet, relation: Relation) -> Doubt:
    """Find spells of days in which a tag runs an hour behind."""
    hour = round(1 / sheet.width_h)
    late = np.zeros(sheet.values.shape, dtype=bool)
    if sheet.is_continuous and hour:  # an hour is nothing in longer intervals
        late |= _find_late(sheet, relation.level, hour, round(SISTER_H / sheet.width_h))
        weather = [tag.role == "driver" and read_unit(tag.column).suffix == "degc" for tag in sheet.tags]
        late[weather] |= _find_late_by_sun(sheet, sheet.values[weather], round(SUN_H / sheet.width_h))
    return build_doubt(LATE, late, is_maskable=True)


def _find_late_by_sun(sheet: Sheet, values: Array, width: int) -> Mask:
    """Mark windows in which the day of each row is late against its usual day, by most of an hour.

    What is late by an hour shows its usual day less that day's slope (per hour).
    """
    day = round(24 / sheet.width_h)
    if values.shape[1] < 2 * width:
        return np.zeros(values.shape, dtype=bool)
    known = ~np.isnan(values)
    count = sum_window(known, day)
    mean = np.roll(sum_window(np.where(known, values, 0.0), day) / np.maximum(count, 1), day // 2, axis=1)
    swing = np.where(known, values - mean, 0.0)
    swing[:, : day // 2] = 0.0  # the day around them begins before the table
    slope = np.gradient(_build_day(sheet, values), sheet.width_h, axis=1) * known
    weight = sum_window(slope**2, width)
    shift = -sum_window(swing * slope, width) / np.where(weight > 0, weight, np.inf)
    learnt = sheet.find_learnt(width + day)
    usual = find_quantile(shift[:, learnt], 0.5)[:, None]
    scatter = MAD_TO_DEVIATION * find_quantile(np.abs(shift - usual)[:, learnt], 0.5)[:, None]
    is_late = (shift - usual > SUN_SHIFT) & (SUN_DEVIATIONS * scatter < SUN_SHIFT)
    return _reach_out(is_late, width)


def _reach_out(is_late: Mask, width: int) -> Mask:
    """Mark the whole windows that begin at the marked intervals; those that the table cuts off tell nothing."""
    is_late[:, is_late.shape[1] - width + 1 :] = False
    return sum_window(np.pad(is_late, ((0, 0), (width - 1, 0))), width)[:, : is_late.shape[1]] > 0


def _build_day(sheet: Sheet, values: Array) -> Array:
    """The usual day of each row by the time of day (UTC): what the sun makes of it."""
    _, slot = np.unique(sheet.times.hour * 60 + sheet.times.minute, return_inverse=True)
    day = np.empty(values.shape)
    for row, shown in enumerate(values):
        known = ~np.isnan(shown) & sheet.is_learnt
        count = np.bincount(slot[known], minlength=int(slot.max()) + 1)
        day[row] = (np.bincount(slot[known], weights=shown[known], minlength=len(count)) / np.maximum(count, 1))[slot]
    return day


def _find_late(sheet: Sheet, level: Array, hour: int, width: int) -> Mask:
    """Mark windows in which the movement of values an hour later fits that of `level` better, unlike usually."""
    if level.shape[1] < 2 * width:
        return np.zeros(level.shape, dtype=bool)
    learnt = sheet.find_learnt(width + hour)
    moved, led = (_clip(find_steps(array), sheet.find_learnt(1)) for array in (sheet.values, level))
    sizes = [sum_window(array**2, width) for array in (moved, led)]
    size = np.sqrt(sizes[0] * sizes[1])
    lead = sum_window((np.roll(moved, -hour, axis=1) - moved) * led, width) / np.where(size > 0, size, np.inf)
    usual = find_quantile(lead[:, learnt], 0.5)[:, None]
    is_late = (lead > -0.5 * usual) & (usual < 0)
    for row in np.flatnonzero(is_late.any(axis=1)):  # of few columns, so that only these are asked the rest
        scatter = MAD_TO_DEVIATION * find_quantile(np.abs(lead[row, learnt] - usual[row])[None], 0.5)
        is_late[row] &= usual[row] < -WITNESS_DEVIATIONS * scatter
        for one in sizes:
            is_late[row] &= one[row] > QUIET_FRAC * find_quantile(one[row, learnt][None], 0.5)
    return _reach_out(is_late, width)


def _clip(moved: Array, learnt: slice) -> Array:
    """Clip movements to the usual largest one: a step or spike beyond it shall not outweigh days."""
    top = np.nan_to_num(find_quantile(np.abs(moved[:, learnt]), 0.98))[:, None]
    return np.clip(np.nan_to_num(moved), -top, top)
