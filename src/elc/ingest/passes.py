"""Which pass of an hour that the clock showed twice a reading belongs to: a file written as readings came tells it.

Where its local times fall back once, what stands before that is of the first pass, and what follows of the second. A
file that grows and has not fallen back yet is still in the first. A file that was put in order by its local times tells
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.ingest.clock import ClockChange, show_time
from elc.ingest.engine import Engine

AROUND = pd.Timedelta("3h")  # looked at before and after the hours that were shown twice
# ASSUME: tags of one moment are written within some minutes of each other; a file without a reading for half of the
# repeated time, or with half as many again as before it, may be in its second pass already.
JITTER_FRAC, PAUSE_FRAC, CROWD = 1 / 12, 1 / 2, 1.5

Times = NDArray[np.int64]


@dataclass(frozen=True)
class ToldPasses:
    """Readings (as `readers.read_readings` gives them) of the repeated time, those that could be told in UTC.

    `untold` are the moments (UTC) of the changes of which some could not; `single` are those of them at which the file
    goes on, without a time that it shows twice.
    """

    readings: pd.DataFrame
    untold: tuple[pd.Timestamp, ...]
    single: tuple[pd.Timestamp, ...] = ()


def tell_passes(engine: Engine, readings: ir.Table, changes: Sequence[ClockChange]) -> ToldPasses:
    """Tell the passes apart around each change at which the clock went back.

    Args:
        readings: of one file, in the order of its rows, with times as written.
    """
    tables, untold, single = [], [], []
    for change in changes:
        begin, end = _find_repeated(change)
        is_near = (readings.time >= ibis.timestamp(begin - AROUND)) & (readings.time < ibis.timestamp(end + AROUND))
        near = engine.execute(readings.filter(is_near & ~readings.is_utc))
        is_inside = near["time"].between(begin, end, inclusive="left")
        inside = near[is_inside]
        if inside.empty:
            continue
        passes = find_passes(near["time"], near["tag"], change)[is_inside.to_numpy()]
        offset = np.where(passes == 1, change.offset, change.former)
        utc = inside["time"] - pd.to_timedelta(offset, unit="s")
        is_told = passes >= 0
        tables.append(inside.assign(time=inside["time"].mask(is_told, utc), is_utc=is_told))
        untold += [] if is_told.all() else [change.moment]
        goes_on = bool((near["time"] >= end).any() and (near["time"] < begin).any())
        if not is_told.any() and goes_on and not inside.duplicated(["time", "tag"]).any():
            single.append(change.moment)
    return ToldPasses(pd.concat(tables) if tables else pd.DataFrame(), tuple(untold), tuple(single))


def select_others(readings: ir.Table, changes: Sequence[ClockChange]) -> ir.Table:
    """Select the readings that are not of the repeated time of a change."""
    is_inside = ibis.literal(False)
    for change in changes:
        begin, end = (ibis.timestamp(moment) for moment in _find_repeated(change))
        is_inside |= (readings.time >= begin) & (readings.time < end) & ~readings.is_utc
    return readings.filter(~is_inside)


def _find_repeated(change: ClockChange) -> tuple[pd.Timestamp, pd.Timestamp]:
    return show_time(change, change.offset), show_time(change, change.former)


def find_passes(times: pd.Series, tags: pd.Series, change: ClockChange) -> NDArray[np.int8]:
    """Find the pass of each reading near a change, in the order of the file: 0, 1, or -1 where that is unknown.

    All tags together tell it where the file is in the order of time; else each tells it for itself.
    """
    moments = times.to_numpy().astype("datetime64[us]").astype(np.int64)
    begin, end = (np.datetime64(moment, "us").astype(np.int64) for moment in _find_repeated(change))
    names = tags.to_numpy(dtype=str)
    whole = _tell(moments, names, int(begin), int(end))
    if whole is not None:
        return whole
    passes = np.full(len(moments), -1, dtype=np.int8)
    for name in np.unique(names):
        own = names == name
        found = _tell(moments[own], names[own], int(begin), int(end))
        if found is not None:
            passes[own] = found
    return passes


def _tell(times: Times, names: NDArray[np.str_], begin: int, end: int) -> NDArray[np.int8] | None:
    jitter = int(JITTER_FRAC * (end - begin))
    falls = _find_falls(times, jitter)
    if len(falls) == 1:
        former, later = times[: falls[0]], times[falls[0] :]
        is_sound = bool((former < end).all() and (later >= begin - jitter).all())
        return (np.arange(len(times)) >= falls[0]).astype(np.int8) if is_sound else None
    is_first = not falls and _is_in_first_pass(times, names, begin, end)
    return np.zeros(len(times), dtype=np.int8) if is_first else None


def _find_falls(times: Times, jitter: int) -> list[int]:
    """Find where the times fall back by more than a jitter, each time counted from the fall before."""
    falls, start = [], 0
    while start < len(times):
        part = times[start:]
        below = np.flatnonzero(part < np.maximum.accumulate(part) - jitter)
        if not len(below):
            break
        start += int(below[0])
        falls.append(start)
    return falls


def _is_in_first_pass(times: Times, names: NDArray[np.str_], begin: int, end: int) -> bool:
    """Tell whether times that never fall back are those of a first pass, which the file has not left yet."""
    before, inside = times[times < begin], times[times >= begin]
    is_doubled = pd.DataFrame({"time": times, "tag": names})[times >= begin].duplicated().any()
    if not len(before) or not len(inside) or inside.max() >= end or is_doubled:
        return False
    steps = np.diff(np.r_[before.max(), np.sort(inside)])
    rate = len(before) / max(begin - before.min(), 1)
    most = CROWD * rate * (inside.max() - begin) + 2 * len(np.unique(names))
    return bool(steps.max() <= PAUSE_FRAC * (end - begin) and len(inside) <= most)
