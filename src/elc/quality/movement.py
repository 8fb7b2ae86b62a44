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
    find_runs,
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
    moving, known = (
        _sum_runs(related.astype(np.float32) @ marked.astype(np.float32) > 0, row, start, stop) > 0
        for marked in (moved, ~np.isnan(sheet.values))
    )
    bad = (length > limit[row]) & (moving | ~known)
    marked = mark_runs(moved.shape, row[bad], start[bad], stop[bad]) & counted
    return build_doubt(FROZEN, marked, is_maskable=True)


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
    marked = np.zeros(sheet.values.shape, dtype=bool)
    for sign, readings in ((1.0, sheet.high), (-1.0, sheet.low)):
        high = np.where(np.isnan(sheet.values), np.nan, sign * readings)
        row, start, stop = _find_jumps(sheet, high, sign, around, settings.spike_deviations)
        marked |= mark_runs(marked.shape, row, start, stop)
    before_after = np.lib.stride_tricks.sliding_window_view(np.pad(sheet.is_running, 1, mode="edge"), 3)
    return build_doubt(SPIKE, marked & before_after.all(axis=1), is_maskable=True)


def _find_around(sheet: Sheet) -> tuple[Array, Array, Index]:
    """The last known value before each interval, the next one after it, and the next interval with a reading."""
    hours = np.arange(sheet.values.shape[1])
    before, after = _shift(carry_forward(sheet.values), -1), _shift(carry_back(sheet.values), 1)
    following = carry_back(_shift(np.where(sheet.changes > 0, hours, np.nan), 1))
    return before, after, np.nan_to_num(following, nan=hours[-1] if len(hours) else 0).astype(np.int64)


def _find_jumps(
    sheet: Sheet, high: Array, sign: float, around: tuple[Array, Array, Index], deviations: float
) -> tuple[Index, Index, Index]:
    """Find intervals whose height is too much, up to the one in which the next reading ends the jump."""
    hours = np.arange(high.shape[1])
    before, after, back = sign * around[0], sign * around[1], around[2]
    # A historian that reports on change holds the jump until its next reading, perhaps hours later.
    is_held = (np.take_along_axis(high, back, axis=1) == high) & (back - hours <= HELD_INTERVALS)
    later = np.where(is_held, np.take_along_axis(after, back, axis=1), np.nan)
    height, held = (np.where(sheet.changes > 0, high - np.maximum(before, level), np.nan) for level in (after, later))
    learnt = sheet.is_learnt & sheet.is_running
    usual = _find_usual(np.where(_is_followed(sheet), height, np.nan)[:, learnt])[:, None]
    step = _find_step(sheet, learnt)
    found = []
    for size, stop in ((height, np.broadcast_to(hours + 1, back.shape)), (held, back + 1)):
        row, start = np.nonzero((size > deviations * usual) & (usual > 0) & (size > step))
        found.append((row, start, stop[row, start]))
    row, start, stop = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return row, start, stop


def _is_followed(sheet: Sheet) -> Mask:
    """Intervals (columns, intervals) with a later known value that is learnt from: of others no height is learnt."""
    hours = np.arange(sheet.values.shape[1])
    last = np.where(~np.isnan(sheet.values) & sheet.is_learnt, hours, -1).max(axis=1, keepdims=True, initial=-1)
    return np.asarray(hours < last)


def _find_usual(height: Array) -> Array:
    """Find the usual height of each column, which faults in up to a tenth of the intervals do not raise."""
    tail, body = find_quantile(height, SPIKE_QUANTILE), find_quantile(height, BODY_QUANTILE)
    return np.where(body > 0, np.minimum(tail, TAIL_RATIO * body), tail) / NORMAL_QUANTILE


def _find_step(sheet: Sheet, learnt: Mask) -> Array:
    """Find how far each column usually goes from one interval to the next: the crest of a wave is lower than that."""
    steps = np.abs(np.diff(sheet.values, axis=1, prepend=np.nan))
    return np.nan_to_num(find_quantile(steps[:, learnt], STEP_QUANTILE)[:, None])


def _shift(values: Array, by: int) -> Array:
    """Bring to each interval what is `by` intervals later; missing beyond the ends."""
    moved = np.full(values.shape, np.nan)
    if by > 0:
        moved[:, :-by] = values[:, by:]
    else:
        moved[:, -by:] = values[:, :by]
    return moved
