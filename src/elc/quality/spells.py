"""Spells in which values are shifted as if one unit had been mistaken for another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from elc.quality.edges import Edged, find_edged, find_jumps
from elc.quality.mixups import Mixup, Shift, find_shift, list_mixups
from elc.quality.relation import Relation
from elc.quality.sheet import Array, Doubt, Explained, Mask, Run, Sheet, build_kind, find_runs, sum_window

RATIO, JUMP = (build_kind("unit", name, "ratio", "shown", "true") for name in ("ratio", "jump"))
OFFSET = build_kind("unit", "offset", "offset", "shown", "true")
# ASSUME: a shift that lasts most of a day is not an upset. A plant that started less than a day ago is not judged.
SPELL_H = 18
# ASSUME: what is up to a fifth too high may as well be what the plant takes, unless it is so many times as far off as
# usual: feed goes with the load to half a per cent, and fuel, which is what crews can waste, to three.
WASTE_FACTOR, WASTE_REACH = 1.2, 6.0
SETTLE_H = 24
# ASSUME: a week tells what a spell is; what comes after it does not change that.
JUDGED_H = 7 * 24
SPELL_FRAC = 0.8
SURE_REACH = 2.5
NEAR_FRAC = 0.15
SISTER_WEIGHT = 0.3
SHARED_FRAC = 0.85
SAY_WEIGHT = 0.05


def find_mixups(sheet: Sheet, relation: Relation) -> tuple[Doubt, Doubt]:
    """Find spells in which a column is off what its related columns say by what a known mix-up of its unit makes, or
    which begin and end with a jump by that much.

    A column is judged for the mix-ups that stand out of its usual distance, or its usual jumps. A spell of a column
    with a related one that is further off, for its usual, is that one's.

    Returns:
        What is not to be used; and consumption that reads a little too high, which is told and used: it may be waste,
        and waste must not be hidden. What reads too low would pass for the least that the plant can run on.
    """
    distance = np.where(_find_settled(sheet), relation.distance, np.nan)
    marked, high = np.zeros(distance.shape, dtype=bool), np.zeros(distance.shape, dtype=bool)
    named: dict[tuple[int, int], Explained] = {}
    shifts = [list_mixups(sheet, relation, column) for column in range(len(sheet.tags))]
    spells = list(_find_spells(sheet, relation, distance, shifts))
    for run, mixup in spells:
        head = _find_head(sheet, run)
        if any(_is_led(relation, distance, head, other) for other, _ in spells):
            continue
        mask = high if _may_be_waste(sheet, relation, run, mixup) else marked
        mask[run.column, run.start : run.stop] = True
        named[run.column, run.start] = _explain(relation, distance, head, mixup)
    for edged, mixup in _find_edged(sheet, relation, shifts):
        run = edged.run
        if not (marked | high)[run.column, run.start : run.stop].any():
            mask = high if _may_be_waste(sheet, relation, run, mixup) else marked
            mask[run.column, run.start : run.stop] = True
            named[run.column, run.start] = _explain_edged(edged, mixup)

    def explain(run: Run) -> Explained:
        return named[run.column, run.start]

    used = Doubt(RATIO.check, high & ~marked, explain, is_maskable=False)
    return Doubt(RATIO.check, marked, explain, is_maskable=True), used


def _may_be_waste(sheet: Sheet, relation: Relation, run: Run, mixup: Mixup) -> bool:
    if not sheet.is_bought[run.column] or mixup.offset or not 1 < mixup.factor <= WASTE_FACTOR:
        return False
    return bool(np.log(mixup.factor) <= WASTE_REACH * relation.reach[run.column])


def _find_settled(sheet: Sheet) -> Mask:
    """Intervals of a plant that has run for a day."""
    hours = np.arange(len(sheet.is_running))
    stopped = np.maximum.accumulate(np.where(sheet.is_running, -1, hours))
    return np.asarray((stopped < 0) | ((hours - stopped) * sheet.width_h > SETTLE_H))


def _find_spells(
    sheet: Sheet, relation: Relation, distance: Array, shifts: list[list[Shift]]
) -> Iterator[tuple[Run, Mixup]]:
    sure = [[shift for shift in listed if _is_sure(relation, column, shift)] for column, listed in enumerate(shifts)]
    least = np.array([min((abs(size) for _, size in listed), default=np.inf) for listed in sure])
    judged = np.flatnonzero(np.isfinite(least))
    limit = np.maximum(0.5 * least, relation.reach)[judged, None]
    count = sum_window(~np.isnan(distance[judged]), _count_spell(sheet))
    for sign in (1.0, -1.0):
        spells = _close(sheet, sign * distance[judged] > limit, count)
        for row, start, stop in zip(*find_runs(spells), strict=True):
            run = Run(int(judged[row]), int(start), int(stop))
            head = _find_head(sheet, run)
            mixup = _find_nearest(relation, distance, head, sure[run.column])
            if mixup and not _is_shared(relation, distance, head):
                yield run, mixup


def _find_head(sheet: Sheet, run: Run) -> Run:
    """Find the part of a spell that it is judged by, so that its verdict stays while it goes on."""
    return Run(run.column, run.start, min(run.stop, run.start + max(round(JUDGED_H / sheet.width_h), 2)))


def _find_edged(sheet: Sheet, relation: Relation, shifts: list[list[Shift]]) -> list[tuple[Edged, Mixup]]:
    """Find the spells between edges, best fit first."""
    columns = np.flatnonzero(relation.is_log & np.array([len(listed) > 0 for listed in shifts]))
    if not sheet.is_continuous or len(columns) == 0:
        return []
    jumps = find_jumps(sheet, relation, columns)
    fits = [
        (abs(edged.shift - shift[1]), edged, shift[0])
        for row, column in enumerate(columns)
        for shift in shifts[column]
        for edged in find_edged(sheet, jumps, row, shift[1], is_sure=_is_sure(relation, int(column), shift))
    ]
    return [(edged, mixup) for _, edged, mixup in sorted(fits, key=lambda fit: fit[0])]


def _is_sure(relation: Relation, column: int, shift: Shift) -> bool:
    """Whether the shift of a mix-up stands out of the column's usual distance."""
    return bool(abs(shift[1]) > SURE_REACH * relation.reach[column])


def _count_spell(sheet: Sheet) -> int:
    return max(round(SPELL_H / sheet.width_h), 2)


def _close(sheet: Sheet, is_off: Mask, count: Array) -> Mask:
    """Mark spells of most of a day in which nearly all known intervals are off, without the holes in them.

    `count`: how many intervals of the window from each one on are known.
    """
    width = _count_spell(sheet)
    is_full = (count >= width // 2) & (sum_window(is_off, width) >= SPELL_FRAC * count)
    # `is_full` stands at a window's first interval; its window reaches `width` onwards.
    hours = np.arange(is_off.shape[1])
    near = sum_window(np.pad(is_full, ((0, 0), (width - 1, 0))), width)[:, : len(hours)] > 0
    inside = near & is_off
    last = np.maximum.accumulate(np.where(inside, hours, -width), axis=1)
    following = np.flip(np.minimum.accumulate(np.flip(np.where(inside, hours, 2 * len(hours)), 1), axis=1), 1)
    closed = inside | (following - last <= width)
    # A mix-up begins and ends within an interval, which is then partly wrong.
    wider = np.pad(closed, ((0, 0), (1, 1)))
    return np.asarray(wider[:, :-2] | wider[:, 1:-1] | wider[:, 2:])


def _find_nearest(relation: Relation, distance: Array, run: Run, judged: list[Shift]) -> Mixup | None:
    """Find the mix-up that fits a spell, or none."""
    inside = (run.column, slice(run.start, run.stop))
    shown = float(np.nanmedian(distance[inside]))
    level = float(np.nanmedian(relation.level[inside]))
    is_log, reach = bool(relation.is_log[run.column]), float(relation.reach[run.column])
    fits = [(abs(shown - (shift := find_shift(mixup, level, is_log=is_log))), shift, mixup) for mixup, _ in judged]
    off, shift, mixup = min(fits, key=lambda fit: fit[0])
    # What the others leave open of the true value is scaled with it.
    uncertain = reach if is_log else reach * max(mixup.factor, 1.0)
    return mixup if off <= max(NEAR_FRAC * abs(shift), uncertain) else None


def _is_shared(relation: Relation, distance: Array, run: Run) -> bool:
    """Whether a sister, a column that says as much of this one as this of it, is about as far off: then it is the
    plant, not the tag.
    """
    off = np.abs(distance[:, run.start : run.stop]) / relation.reach[:, None]
    is_known = ~np.isnan(off)
    mean = np.where(is_known, off, 0.0).sum(axis=1) / np.maximum(is_known.sum(axis=1), 1)
    weights = np.abs(relation.weights)
    is_sister = relation.is_log & (np.minimum(weights[run.column], weights[:, run.column]) > SISTER_WEIGHT)
    return bool((mean[is_sister] > SHARED_FRAC * mean[run.column]).any())


def _is_led(relation: Relation, distance: Array, run: Run, other: Run) -> bool:
    """Whether another spell at the same time, of a column that has a say in this one's level, is further off by its
    end.
    """
    if other.start >= run.stop or other.stop <= run.start:
        return False
    if abs(relation.weights[run.column, other.column]) <= SAY_WEIGHT:
        return False
    mine, theirs = (
        abs(float(np.nanmedian(distance[spell.column, spell.start : min(spell.stop, run.stop)])))
        / relation.reach[spell.column]
        for spell in (run, other)
    )
    return bool(theirs > mine)


def _explain(relation: Relation, distance: Array, run: Run, mixup: Mixup) -> Explained:
    shown = float(np.nanmedian(distance[run.column, run.start : run.stop]))
    units = {"shown": mixup.shown, "true": mixup.true}
    if relation.is_log[run.column]:
        return RATIO, {"ratio": _round(float(np.exp(shown))), **units}
    return OFFSET, {"offset": _round(shown), **units}


def _explain_edged(edged: Edged, mixup: Mixup) -> Explained:
    return JUMP, {"ratio": _round(float(np.exp(edged.shift))), "shown": mixup.shown, "true": mixup.true}


def _round(value: float) -> float:
    """Round to the digits that are alike on every machine."""
    return float(f"{value:.6g}")
