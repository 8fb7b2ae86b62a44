"""How a value moves: not at all for longer than is its habit, or away and back at once."""

from __future__ import annotations

import numpy as np

from elc.quality.sheet import (
    Array,
    Doubt,
    Index,
    Mask,
    Sheet,
    build_doubt,
    build_kind,
    carry_back,
    carry_forward,
    find_quantile,
    find_quantiles,
    find_runs,
    find_steps,
    mark_runs,
)
from elc.settings import IngestSettings

FROZEN, SPIKE = build_kind("frozen"), build_kind("spike")
FROZEN_RUN_FRAC, OFTEN_FRAC = 0.01, 0.1
# ASSUME: a habit seen n times is known to within 10/sqrt(n) of itself.
HABIT_DOUBT = 10.0
HELD_INTERVALS = 6
SPIKE_QUANTILE = 0.99
STEP_QUANTILE = 0.5  # ASSUME: what jumps away and back goes further than the usual step from one interval to the next
NORMAL_QUANTILE = 2.326  # of a normal distribution at 0.99
BODY_QUANTILE = 0.9
# ASSUME: heights of a sound tag have fat tails, yet not so fat that one in a hundred is ten times one in ten.
TAIL_RATIO = 10.0


def find_frozen(sheet: Sheet, settings: IngestSettings, related: Mask) -> Doubt:
    """Find values that do not move while the plant runs, for longer than the tag's own habit of reporting.

    A spell is the time from one change to the next; its length counts known intervals of a running plant. A tag
    whose related tags (`related`, columns by columns) are known and stand still as well is not accused.
    """
    moved = _find_moves(sheet)
    counted = ~moved & ~np.isnan(sheet.values) & sheet.is_running & ~_find_rest(sheet)
    row, start, stop = find_runs(~moved)
    length = _sum_runs(counted, row, start, stop) * sheet.width_h
    limit = np.maximum(_find_habit(sheet, moved, row, start, stop), settings.frozen_h)
    marked = np.zeros(moved.shape, dtype=bool)
    for place in np.flatnonzero(length > limit[row]):
        inside = slice(start[place], stop[place])
        others = related[row[place]]
        if moved[others, inside].any() or np.isnan(sheet.values[others, inside]).all():
            marked[row[place], inside] = True
    return build_doubt(FROZEN, marked & counted, is_maskable=True)


def _find_moves(sheet: Sheet) -> Mask:
    """Intervals with a change; of chosen intervals, those whose value differs from the one before."""
    if sheet.is_continuous:
        return sheet.changes > 0
    known = carry_forward(sheet.values)
    return np.asarray(np.diff(known, axis=1, prepend=np.nan) != 0)


def _find_rest(sheet: Sheet) -> Mask:
    """Values at which a tag may rest: nothing, the ends of its limits, and what is counted."""
    rest: Mask = sheet.values == 0
    for row, tag in enumerate(sheet.tags):
        rest[row] |= tag.column.endswith("_count")
        for end in (tag.low, tag.high):
            if end is not None:
                rest[row] |= sheet.values[row] == end
    return rest


def _sum_runs(marked: Mask, row: Index, start: Index, stop: Index) -> Index:
    total = np.pad(np.cumsum(marked, axis=1), ((0, 0), (1, 0)))
    return np.asarray(total[row, stop] - total[row, start])


def _find_habit(sheet: Sheet, moved: Mask, row: Index, start: Index, stop: Index) -> Array:
    """The longest spell (h) that the habit of each column explains; more where moves are few.

    It is the one that one in a hundred of its learnt moves exceeds, and what so many moves add to that where spells
    have a tail, as those of weather in whole degrees.
    """
    moves = (moved & sheet.is_learnt).sum(axis=1)
    learnt = sheet.is_learnt[start]
    until = np.minimum(stop, int(sheet.is_learnt.sum()))  # how a spell goes on after them is not learnt
    row, length = row[learnt], (until - start)[learnt] * sheet.width_h
    order = np.lexsort((-length, row))
    first = np.searchsorted(row[order], np.arange(len(moves)))
    count = np.bincount(row, minlength=len(moves))
    usual, often = (
        np.append(length[order], 0.0)[np.where(rank < count, first + rank, len(order))]
        for rank in (np.ceil(share * moves).astype(np.int64) for share in (FROZEN_RUN_FRAC, OFTEN_FRAC))
    )
    # Of a tail that falls as an exponential does, the longest of so many lies so far beyond one in a hundred.
    tail = (usual - often) / np.log(OFTEN_FRAC / FROZEN_RUN_FRAC) * np.log(np.maximum(FROZEN_RUN_FRAC * moves, 1))
    return np.asarray((usual + tail) * (1 + HABIT_DOUBT / np.sqrt(np.maximum(moves, 1))))


def find_spikes(sheet: Sheet, settings: IngestSettings) -> Doubt:
    """Find readings that jump away and back, further than the tag ever does.

    The height of an interval is how far its highest reading stands above both what was before and what came after,
    or its lowest below both: steps and ramps have none, and noise has little.
    """
    around = _find_around(sheet)
    step = _find_step(sheet)
    marked = np.zeros(sheet.values.shape, dtype=bool)
    for sign, readings in ((1.0, sheet.high), (-1.0, sheet.low)):
        high = np.where(np.isnan(sheet.values), np.nan, sign * readings)
        before, after = sign * around[0], sign * around[1]
        limit = _find_limit(sheet, high, np.maximum(before, after), settings.spike_deviations, step)
        marked |= mark_runs(marked.shape, *_find_jumps(sheet, high, before, after, limit))
    before_after = np.lib.stride_tricks.sliding_window_view(np.pad(sheet.is_running, 1, mode="edge"), 3)
    return build_doubt(SPIKE, marked & before_after.all(axis=1), is_maskable=True)


def _find_around(sheet: Sheet) -> tuple[Array, Array]:
    """The last known value before each interval, and the next one after it."""
    return _shift(carry_forward(sheet.values), -1), _shift(carry_back(sheet.values), 1)


def _find_jumps(sheet: Sheet, high: Array, before: Array, after: Array, limit: Array) -> tuple[Index, Index, Index]:
    """Find intervals whose height is too much, up to the one in which the next reading ends the jump."""
    row, start = np.nonzero((sheet.changes > 0) & (high - before > limit[:, None]))
    # A historian that reports on change holds the jump until its next reading, perhaps hours later.
    back = _find_next(sheet, row, start)
    is_held = (high[row, back] == high[row, start]) & (back - start <= HELD_INTERVALS)
    found = []
    for end, is_ended in ((start, True), (back, is_held)):
        is_jump = is_ended & (high[row, start] - after[row, end] > limit[row])
        found.append((row[is_jump], start[is_jump], end[is_jump] + 1))
    row, start, stop = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return row, start, stop


def _find_next(sheet: Sheet, row: Index, start: Index) -> Index:
    """Find the next interval with a change after each of some; the last one where there is none."""
    hours = sheet.changes.shape[1]
    changes = np.flatnonzero(sheet.changes > 0)
    following = np.append(changes, sheet.changes.size)[np.searchsorted(changes, row * hours + start, side="right")]
    return np.asarray(np.minimum(following - row * hours, hours - 1))


def _find_limit(sheet: Sheet, high: Array, around: Array, deviations: float, step: Array) -> Array:
    """Find the height of each column that is too much, from the heights of learnt intervals over those around them.

    Of an interval without a later known value that is learnt from no height is learnt.
    """
    hours = np.arange(high.shape[1])
    last = np.where(~np.isnan(sheet.values) & sheet.is_learnt, hours, -1).max(axis=1, keepdims=True, initial=-1)
    is_counted = (sheet.changes > 0) & (hours < last)
    learnt = sheet.is_learnt & sheet.is_running
    usual = _find_usual(np.where(is_counted, high - around, np.nan)[:, learnt])
    return np.where(usual > 0, np.maximum(deviations * usual, step), np.inf)


def _find_usual(height: Array) -> Array:
    """Find the usual height of each column, which faults in up to a tenth of the intervals do not raise."""
    tail, body = find_quantiles(height, SPIKE_QUANTILE, BODY_QUANTILE)
    return np.asarray(np.where(body > 0, np.minimum(tail, TAIL_RATIO * body), tail) / NORMAL_QUANTILE)


def _find_step(sheet: Sheet) -> Array:
    """Find how far each column usually goes from one interval to the next: the crest of a wave is lower than that."""
    steps = np.abs(find_steps(sheet.values))[:, sheet.is_learnt & sheet.is_running]
    return np.asarray(np.nan_to_num(find_quantile(steps, STEP_QUANTILE)))


def _shift(values: Array, by: int) -> Array:
    """Bring to each interval what is `by` intervals later; missing beyond the ends."""
    moved = np.full(values.shape, np.nan)
    if by > 0:
        moved[:, :-by] = values[:, by:]
    else:
        moved[:, -by:] = values[:, :by]
    return moved
