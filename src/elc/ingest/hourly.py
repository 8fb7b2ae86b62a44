"""From partial results to the hourly table: values are carried from one interval into the next, and get their units.

A value holds until the next reading of its tag, at most `max_hold_h`, and less where a tag is silent that is read all
the time (see `habits`). An interval's value is the mean weighted by that time, and its coverage is the share of the
interval with good time. So the sum over intervals is the integral of the readings. A totaliser is differenced (see
`counters`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from elc.fields import TIME, coverage
from elc.findings import Finding
from elc.ingest.amounts import find_odd_amounts
from elc.ingest.breaks import check_counters, find_breaks
from elc.ingest.counters import Counter, difference
from elc.ingest.derived import add_energy
from elc.ingest.ending import Ending, build_silences, find_doubts, find_ending, leave_out_ahead
from elc.ingest.grid import Grid, build_grid
from elc.ingest.habits import Habits, find_habits, find_silences
from elc.ingest.markers import leave_out_markers
from elc.ingest.partials import HOUR_S, MICRO
from elc.ingest.traces import Traces
from elc.settings import StageSettings, Tag, TagList

Array = NDArray[np.float64]


@dataclass(frozen=True)
class HeldValues:
    """What held in each interval, as arrays (intervals, tags) in the units of the readings.

    `integral` is value x microseconds of good time, and `is_changed` tells where a good reading differs from the one
    before.
    """

    integral: Array
    good_us: Array
    low: Array
    high: Array
    is_changed: NDArray[np.bool_]


def build_hourly(
    partials: pa.Table, tags: TagList, settings: StageSettings
) -> tuple[pd.DataFrame, Traces, list[Finding]]:
    """Build the hourly table: every interval from first to last, a column and its coverage per mapped quantity.

    An interval covered less than `min_coverage_frac` is missing. `energy_gj_per_h` is the sum over carriers, exports
    against; it is missing where any carrier is.

    Returns:
        hourly (intervals, columns), what the readings did inside each interval, and a finding for each reset counter,
        and for each doubt about the end of the export (see `ending`).

    Raises:
        ElcError: a tag whose unit makes it a totaliser falls time and again.
    """
    used, ahead = leave_out_ahead(partials, tags)
    grid = build_grid(used, tags, settings)
    ending = find_ending(grid.has, grid.columns["last_us"], grid.width_us)
    is_continuous = settings.plant.export.is_continuous
    habits = find_habits(grid.has, grid.columns["readings"], grid.columns["last_value"], grid.width_us)
    markers = leave_out_markers(grid, tags)
    limit = _limit_hold(grid, habits) if is_continuous else np.broadcast_to(grid.hold_us, grid.has.shape)
    held = _hold(grid, limit, ending.until_us if is_continuous else np.inf)
    places = [(position, tag) for position, tag in enumerate(tags) if tag.is_totaliser]
    counters = {tag.tag: _difference(grid, held, position, tag) for position, tag in places}
    check_counters(counters, grid, tags)
    hourly = add_energy(_build_table(held, grid, tags, settings), tags, settings.plant.carriers)
    doubts = _find_doubts(grid, ending, habits, tags) if is_continuous else []
    suspects = [*ahead, *markers, *doubts, *find_breaks(counters, grid, tags), *find_odd_amounts(grid, tags)]
    return hourly, _build_traces(held, grid, tags), suspects


def _find_doubts(grid: Grid, ending: Ending, habits: Habits, tags: TagList) -> list[Finding]:
    silences = find_silences(grid.has, grid.columns["first_us"], grid.columns["last_us"], habits, grid.width_us)
    start = grid.index[0]
    return [*find_doubts(ending, habits, tags, start, grid.width_us), *build_silences(silences, tags, start)]


def _build_table(held: HeldValues, grid: Grid, tags: TagList, settings: StageSettings) -> pd.DataFrame:
    """Put mean and coverage of each tag side by side, the mean in the column's unit."""
    factor, offset = _read_scales(tags)
    covered = held.good_us / grid.width_us
    least = [tag.find_coverage_frac(settings.ingest.min_coverage_frac) for tag in tags]
    is_covered = (covered >= least) & (held.good_us > 0)
    mean = np.full_like(covered, np.nan)
    np.divide(held.integral, held.good_us, out=mean, where=is_covered)
    pairs = np.stack([mean * factor + offset, covered], axis=2).reshape(len(mean), -1)
    names = [name for tag in tags for name in (tag.column, coverage(tag.column))]
    table = pd.DataFrame(pairs, columns=names)
    table.insert(0, TIME, grid.index)
    return table


def _build_traces(held: HeldValues, grid: Grid, tags: TagList) -> Traces:
    factor, offset = _read_scales(tags)
    ends = np.stack([held.low * factor + offset, held.high * factor + offset])
    names = [tag.column for tag in tags]
    arrays = (
        ends.min(axis=0),
        ends.max(axis=0),
        np.nan_to_num(grid.columns["readings"]),
        held.is_changed.astype(float),
    )
    low, high, readings, changes = (pd.DataFrame(values, columns=names) for values in arrays)
    return Traces(low=low, high=high, readings=readings, changes=changes)


def _read_scales(tags: TagList) -> tuple[Array, Array]:
    return np.array([tag.factor for tag in tags]), np.array([tag.offset for tag in tags])


def _limit_hold(grid: Grid, habits: Habits) -> Array:
    """Limit how long the last value before each interval holds: less in a silence of a tag read all the time."""
    row = np.arange(len(grid.has))[:, None]
    is_silent = (grid.carry(habits.is_regular) == 1) & ((row - grid.before > 1) | ~grid.has)
    return np.where(is_silent, np.fmin(grid.carry(habits.hold_us), grid.hold_us), grid.hold_us)


def _hold(grid: Grid, limit: Array, end_us: float) -> HeldValues:
    """Hold each value until the next reading of its tag, for as long as it may, or until the export ends.

    Args:
        limit: how long the last value before each interval holds (intervals, tags).
    """
    width = float(grid.width_us)
    open_us = np.clip(end_us - np.arange(len(grid.has))[:, None] * width, 0, width)  # of each interval, read so far
    former, last = grid.carry(grid.columns["last_value"]), grid.columns["last_value"]
    until = np.where(grid.has, grid.columns["first_us"], width)
    carried_us = np.clip(np.minimum(limit - grid.find_since(), until), 0, open_us)
    carried_us = np.where(np.isnan(former) | np.isnan(carried_us), 0, carried_us)
    own_us = np.where(np.isnan(last), 0, np.clip(open_us - grid.columns["last_us"], 0, grid.hold_us))
    inner, inner_us = (np.nan_to_num(grid.columns[name]) for name in ("integral", "good_us"))
    seen = np.where(carried_us > 0, former, np.nan)
    low, high = grid.columns["low"], grid.columns["high"]
    return HeldValues(
        integral=inner + np.where(carried_us > 0, former, 0) * carried_us + np.where(own_us > 0, last, 0) * own_us,
        good_us=inner_us + carried_us + own_us,
        low=np.fmin(low, seen),
        high=np.fmax(high, seen),
        is_changed=(low < high) | (np.abs(low - grid.carry_good(last)) > 0),
    )


def _difference(grid: Grid, held: HeldValues, position: int, tag: Tag) -> Counter:
    """Difference a totaliser in place (see `counters`)."""
    counter = difference(grid, position, tag)
    lost, covered = counter.is_lost, counter.covered
    per_hour = np.where(covered > 0, counter.rise * HOUR_S * MICRO / np.maximum(covered, 1), np.nan)
    held.integral[:, position] = np.where(lost, 0, counter.rise * HOUR_S * MICRO)
    held.good_us[:, position] = np.where(lost, 0, covered)
    held.low[:, position] = held.high[:, position] = np.where(lost, np.nan, per_hour)
    return counter
