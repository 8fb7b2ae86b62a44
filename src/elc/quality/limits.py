"""Values that the instrument or its limits forbid: less than nothing at rest, out of range, clipped."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.quality.sheet import Array, Doubt, Explained, Index, Mask, Run, Sheet, build_doubt, build_kind, find_runs
from elc.settings import Tag

NEGATIVE_ZERO, CLIPPED = build_kind("negative_zero"), build_kind("clipped")
OUTSIDE, DEAD = build_kind("range", "outside", "low", "high"), build_kind("range", "dead")
# ASSUME: a flow that shows less than nothing by up to 1 % of its span is at rest (a meter's zero).
NEGATIVE_ZERO_FRAC = 0.01
# ASSUME: a plateau is one value, reached again and again over days, that tops all others and is far more frequent. It
# has ended where the value is passed, or not reached for two weeks.
CLIPPED_HOURS = 12
CLIPPED_PAUSE_H = 14 * 24
# ASSUME: a carrier that was at nothing three times, or in a hundredth of the learnt hours of running, can do without.
REST_SPELLS, REST_FRAC = 3, 0.01
CLIPPED_VISITS = 3
CLIPPED_SPAN_H = 3 * 24
CLIPPED_TIMES = 3


def find_negative_zero(sheet: Sheet) -> Doubt:
    """Find flows that show a little less than nothing."""
    floor = np.array([_find_floor(tag) for tag in sheet.tags])[:, None]
    marked = (sheet.values < 0) & (sheet.values >= floor)
    return build_doubt(NEGATIVE_ZERO, marked, is_maskable=True)


def _find_floor(tag: Tag) -> float:
    """The least value that still counts as nothing; above 0 where none does."""
    return -NEGATIVE_ZERO_FRAC * tag.high if tag.low == 0 and tag.high is not None else 0.0


def find_out_of_range(sheet: Sheet) -> Doubt:
    """Find values outside the tag's limits, be it for a part of the interval.

    A stopped plant's temperatures and ratios are out of any range: only energy and throughput are judged there. An
    energy meter that shows nothing at all while the plant runs, which it never did, is dead: that is not a value
    either."""
    low = np.array([-np.inf if tag.low is None else tag.low for tag in sheet.tags])[:, None]
    high = np.array([np.inf if tag.high is None else tag.high for tag in sheet.tags])[:, None]
    floor = np.where(low == 0, np.array([_find_floor(tag) for tag in sheet.tags])[:, None], low)
    lowest, highest = np.fmin(sheet.low, sheet.values), np.fmax(sheet.high, sheet.values)
    always = np.array([tag.role in ("energy", "throughput") for tag in sheet.tags])[:, None]
    marked = ((lowest < floor) | (highest > high)) & (always | sheet.is_running) & ~np.isnan(sheet.values)
    dead = _find_dead(sheet)

    def explain(run: Run) -> Explained:
        if dead[run.column, run.start : run.stop].all():
            return DEAD, {}
        tag = sheet.tags[run.column]
        return OUTSIDE, {"low": tag.low, "high": tag.high}

    return Doubt(OUTSIDE.check, marked | dead, explain, is_maskable=True)


def find_beyond_formulas(sheet: Sheet, outside: Mask) -> Doubt:
    """Find interval means beyond a limit that is a formula of other columns, each as far as it is not itself `outside`.

    Which of them is wrong such a limit cannot tell, so what is found stays in use.
    """
    marked = np.zeros(sheet.values.shape, dtype=bool)
    limits: dict[int, tuple[Array, Array]] = {}
    formulated = [row for row, tag in enumerate(sheet.tags) if tag.limit_parts]
    if formulated:
        known = np.where(outside, np.nan, sheet.values)
        columns = pd.DataFrame(known.T, columns=[tag.column for tag in sheet.tags])
        for row in formulated:
            low, high = limits[row] = sheet.tags[row].build_limits(columns)
            marked[row] = ((known[row] < low) | (known[row] > high)) & sheet.is_running

    def explain(run: Run) -> Explained:
        low, high = (end[run.start : run.stop] for end in limits[run.column])
        # Of a run, the limits that are closest to each other.
        ends = {"low": float(np.fmax.reduce(low)), "high": float(np.fmin.reduce(high))}
        return OUTSIDE, {name: end if np.isfinite(end) else None for name, end in ends.items()}

    return Doubt(OUTSIDE.check, marked, explain, is_maskable=False)


def _find_dead(sheet: Sheet) -> Mask:
    """Find intervals in which an energy meter shows nothing but 0 in a running plant, though that is not its habit."""
    nothing: Mask = (sheet.values == 0) & ~(sheet.low != 0) & ~(sheet.high != 0) & sheet.is_running
    known = ~np.isnan(sheet.values) & sheet.is_running & sheet.is_learnt
    spells = np.bincount(find_runs(nothing & known)[0], minlength=len(known))
    rests = (spells >= REST_SPELLS) | ((nothing & known).sum(axis=1) > REST_FRAC * known.sum(axis=1))
    is_energy = np.array([tag.role == "energy" for tag in sheet.tags])
    return np.asarray(nothing & (is_energy & known.any(axis=1) & ~rests)[:, None])


def find_clipped(sheet: Sheet) -> Doubt:
    """Find plateaus: one value that a tag reaches again and again over days, and never passes.

    What rests at nothing, or at the low end of its limits, is not accused, nor is anything in a stopped plant.
    """
    marked = np.zeros(sheet.values.shape, dtype=bool)
    hidden = np.isnan(sheet.values) | ~sheet.is_running
    for readings, sign in ((sheet.high, 1.0), (sheet.low, -1.0)):
        tops = np.where(hidden, np.nan, sign * readings)
        # Each visit of a plateau has half of its least span on one side of it, and is not passed there.
        is_high = _find_high(tops, max(int(CLIPPED_SPAN_H / sheet.width_h) // 2, 1))
        for column, tag in enumerate(sheet.tags):
            values, counts = np.unique(tops[column, is_high[column]], return_counts=True)
            levels = [value for value in values[counts >= CLIPPED_HOURS] if not _is_rest(tag, sign * value)]
            if levels:
                marked[column] |= _mark_plateaus(tops[column], levels, sheet.width_h)
    return build_doubt(CLIPPED, marked, is_maskable=True)


def _find_high(values: Array, width: int) -> Mask:
    """Find what is the highest of the `width` intervals that begin, or that end, with it."""
    highest, reach = np.where(np.isnan(values), -np.inf, values), 1
    while reach < width:
        step = min(reach, width - reach)
        highest, reach = np.maximum(highest[:, :-step], highest[:, step:]), reach + step
    is_high = np.zeros(values.shape, dtype=bool)
    whole = highest.shape[1]
    is_high[:, :whole] = values[:, :whole] == highest
    is_high[:, width - 1 :] |= values[:, width - 1 :] == highest
    return is_high


def _mark_plateaus(tops: Array, levels: list[float], width_h: float) -> Mask:
    """Mark the intervals from the first to the last visit of each of some values of one column that is a plateau."""
    marked = np.zeros(len(tops), dtype=bool)
    known = np.flatnonzero(~np.isnan(tops))
    shown = tops[known]
    for value in levels:
        at = np.flatnonzero(shown == value)
        passed = np.cumsum(shown > value)[at]
        is_end = (np.diff(passed) > 0) | (np.diff(known[at]) * width_h > CLIPPED_PAUSE_H)
        for visits in np.split(at, np.flatnonzero(is_end) + 1):
            last = _find_last_visit(shown, known, visits, width_h)
            if last is not None:
                marked[known[visits[0]] : known[last] + 1] = True
    return marked


def _find_last_visit(shown: Array, known: Index, at: Index, width_h: float) -> int | None:
    """Find the last visit (`at`) up to which a value that is not passed makes a plateau; None where it never does.

    The visits so far tell it at each one, so that a later one takes nothing back.
    """
    if len(at) < CLIPPED_HOURS:
        return None
    count = np.arange(1, len(at) + 1)
    visits = np.cumsum(np.diff(at, prepend=at[0] - 2) > 1)
    lasts = (known[at] + 1 - known[at[0]]) * width_h
    is_long = (count >= CLIPPED_HOURS) & (visits >= CLIPPED_VISITS) & (lasts >= CLIPPED_SPAN_H)
    if not is_long.any():
        return None
    inside = shown[at[0] : at[-1] + 1]
    others = pd.Series(inside).groupby(inside).cumcount().to_numpy() + 1
    others[at - at[0]] = 0
    most = np.maximum.accumulate(others)[at - at[0]]
    found = at[is_long & (count >= CLIPPED_TIMES * most)]
    return int(found[-1]) if len(found) else None


def _is_rest(tag: Tag, value: float) -> bool:
    """Whether a tag may rest at a value: nothing, as its meter shows it, the low end of its limits, or any count."""
    return value == tag.low or _find_floor(tag) <= value <= 0 or tag.column.endswith("_count")
