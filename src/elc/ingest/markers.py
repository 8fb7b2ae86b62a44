"""Numbers that stand for no data, at places where a tag never is: -9999 among temperatures."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.findings import Finding, Kind
from elc.ingest.grid import Grid
from elc.ingest.series import SAME_FRAC
from elc.settings import Tag, TagList

# ASSUME: these numbers, which loggers, weather services and drivers write for no data, are not readings where they
# stand further from all others than these from each other.
NINES = [99.9, 99.99, 999.0, 999.9, 999.99, 9999.0, 9999.9, 9999.99, 99999.0, 999999.0, 9999999.0, 8888.0, 888.8]
KNOWN = np.array([*NINES, *(-value for value in NINES), -99.0, -1.0, 32767.0, -32768.0, 65535.0, -6999.0, -7999.0])
MARKER = Kind("marker", needs=("tag", "intervals", "markers"))
LEAST_OTHERS = 24  # ASSUME: fewer other intervals do not tell where a tag is

Array = NDArray[np.float64]


def leave_out_markers(grid: Grid, tags: TagList) -> list[Finding]:
    """Leave out, in place, the intervals in which a tag shows a known marker where it never is: a finding for each."""
    found = []
    for position, tag in enumerate(tags):
        if tag.is_totaliser:
            continue  # it is misread there, which loses nothing (see `counters`)
        low, high = (grid.columns[name][:, position] for name in ("low", "high"))
        shown = _find_shown(low, high)
        if not shown:
            continue
        least, most = _find_range(low, high, shown, grid.is_learnt)
        is_hit = _is_far(low, shown, least, most) | _is_far(high, shown, least, most)
        if is_hit.any():
            markers = [value for value in shown if (low[is_hit] == value).any() or (high[is_hit] == value).any()]
            _leave_out(grid, position, is_hit, markers)
            found.append(_build_finding(grid, tag, tags.plant, is_hit, markers))
    return found


def _find_shown(low: Array, high: Array) -> list[float]:
    """Find the values that are known markers, in order."""
    values = np.r_[low, high]
    reach = 2 * SAME_FRAC * np.abs(KNOWN)  # further than the same value can be, written with fewer digits
    is_inside = (KNOWN + reach >= np.fmin.reduce(values)) & (KNOWN - reach <= np.fmax.reduce(values))
    shown: set[float] = set()
    for marker, off in zip(KNOWN[is_inside], reach[is_inside], strict=True):
        near = values[np.abs(values - marker) <= off]
        shown.update(near[np.isclose(near, marker, rtol=SAME_FRAC)].tolist())
    return sorted(shown)


def _find_range(low: Array, high: Array, shown: list[float], is_learnt: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Find between what a tag was, without markers, in the intervals that teach and up to each later one.

    Missing where that is too little.
    """
    low, high = (np.where(np.isin(one, shown), np.nan, one) for one in (low, high))
    count = np.cumsum(~np.isnan(low), dtype=float) + np.cumsum(~np.isnan(high))
    least, most = np.fmin.accumulate(np.fmin(low, high)), np.fmax.accumulate(np.fmax(low, high))
    learnt = int(is_learnt.sum())
    for known in (count, least, most):
        known[:learnt] = known[learnt - 1]
    is_known = count >= LEAST_OTHERS
    return np.where(is_known, least, np.nan), np.where(is_known, most, np.nan)


def _is_far(values: Array, shown: list[float], least: Array, most: Array) -> NDArray[np.bool_]:
    """Tell where markers stand further from all other readings than these from each other."""
    span = most - least
    return np.isin(values, shown) & ((values < least - span) | (values > most + span))


def _leave_out(grid: Grid, position: int, is_hit: NDArray[np.bool_], markers: list[float]) -> None:
    for name in ("integral", "good_us"):
        grid.columns[name][is_hit, position] = 0
    last = grid.columns["last_value"][:, position]
    # A good reading at the end holds on into the next interval, but the rest of its own is not judged.
    grid.columns["last_us"][is_hit, position] = grid.width_us
    last[is_hit & np.isin(last, markers)] = np.nan
    for name in ("low", "high"):
        grid.columns[name][is_hit, position] = np.nan


def _build_finding(grid: Grid, tag: Tag, plant: str, is_hit: NDArray[np.bool_], markers: list[float]) -> Finding:
    rows = np.flatnonzero(is_hit)
    start, end = grid.index[rows[0]], grid.index[rows[-1]] + pd.Timedelta(grid.width_us, "us")
    values = {"tag": tag.tag, "intervals": float(len(rows)), "markers": markers}
    return Finding(MARKER, plant, tag.column, start, end, values)
