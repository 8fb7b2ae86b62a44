"""The hourly table as arrays, a row per mapped column, and runs of marked intervals in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.fields import TIME, coverage
from elc.findings import Finding, Kind
from elc.ingest.learnt import mark_learnt
from elc.ingest.traces import Traces
from elc.settings import StageSettings, Tag, TagList

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]
Explained = tuple[Kind, Mapping[str, Any]]


@dataclass(frozen=True)
class Sheet:
    """What the checks see; arrays are (columns, intervals).

    `values` lose what an earlier check has marked. `is_learnt`: intervals from which habits are taken, the first ones
    (see `ingest.learnt`), so that a new day does not change the verdict on an old one. `is_running` (intervals): a
    sensor should behave. `is_untold` (intervals): the clock showed them twice, and nothing is known of them.
    `is_bought` (columns): an energy that the plant takes, so that a higher reading is a larger consumption.
    `is_end_stamped`: the export's values are of the interval before their time.
    """

    tags: tuple[Tag, ...]
    times: pd.DatetimeIndex
    values: Array
    low: Array
    high: Array
    readings: Array
    changes: Array
    coverage: Array
    is_running: Mask
    is_learnt: Mask
    is_untold: Mask
    is_bought: Mask
    width_h: float
    is_continuous: bool
    is_end_stamped: bool

    def find_learnt(self, width: int) -> slice:
        """Find the intervals from which on the next `width`, itself included, are all learnt from."""
        return slice(max(int(self.is_learnt.sum()) - width + 1, 0))


@dataclass(frozen=True)
class Run:
    """Unbroken marked intervals of one column: its row in the sheet, first interval, and the one after the last."""

    column: int
    start: int
    stop: int


@dataclass(frozen=True)
class Doubt:
    """What one check marks (columns, intervals), and how it explains a run of it: a kind of finding, and values."""

    check: str
    marked: Mask
    explain: Callable[[Run], Explained]
    is_maskable: bool  # else what is marked stays in use, whatever `ingest.masks` says


def build_kind(check: str, name: str = "", *needs: str) -> Kind:
    """Build a kind of finding about a run of a tag, which says whether the run is used."""
    return Kind(check, name, ("tag", "is_used", *needs))


def build_doubt(kind: Kind, marked: Mask, *, is_maskable: bool) -> Doubt:
    """Build the doubt of a check that says the same of every run."""
    return Doubt(kind.check, marked, lambda _: (kind, {}), is_maskable=is_maskable)


def build_sheet(hourly: pd.DataFrame, traces: Traces, tags: TagList, settings: StageSettings) -> Sheet:
    """Build the arrays of the mapped columns."""
    used = tuple(tags)
    columns = [tag.column for tag in used]
    values = _turn(hourly, columns)
    times = pd.DatetimeIndex(hourly[TIME])
    is_learnt = mark_learnt(times, settings.plant.train_until)
    return Sheet(
        tags=used,
        times=times,
        values=values,
        low=_turn(traces.low, columns),
        high=_turn(traces.high, columns),
        readings=_turn(traces.readings, columns),
        changes=_turn(traces.changes, columns),
        coverage=_turn(hourly, [coverage(name) for name in columns]),
        is_running=_find_running(values[columns.index(tags.throughput)], is_learnt, settings.dataset.min_load_frac),
        is_learnt=is_learnt,
        is_untold=_find_untold(times, traces, settings),
        is_bought=_find_bought(used, settings),
        width_h=settings.plant.interval_h,
        is_continuous=settings.plant.export.is_continuous,
        is_end_stamped=settings.plant.export.stamps == "end",
    )


def _find_bought(tags: Sequence[Tag], settings: StageSettings) -> Mask:
    carriers = settings.plant.carriers
    return np.array([tag.role == "energy" and not carriers[tag.carrier].is_export for tag in tags])


def _find_untold(times: pd.DatetimeIndex, traces: Traces, settings: StageSettings) -> Mask:
    untold = np.zeros(len(times), dtype=bool)
    for start, end in traces.untold:
        untold |= np.asarray((times < end) & (times + settings.plant.interval_length > start))
    return untold


def _turn(frame: pd.DataFrame, columns: list[str]) -> Array:
    return np.ascontiguousarray(frame[columns].to_numpy(dtype=float).T)


def _find_running(load: Array, is_learnt: Mask, least_frac: float) -> Mask:
    """Intervals at more than a share of the usual highest load; where the load is missing, the one before decides."""
    usual = find_quantile(load[None, is_learnt], 0.98)
    with np.errstate(invalid="ignore"):
        running: Mask = carry_forward(load[None])[0] > least_frac * usual
    return running


def carry_forward(values: Array) -> Array:
    """Put the last known value of each row where one is missing."""
    known = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    return np.asarray(np.take_along_axis(values, np.maximum.accumulate(known, axis=1), axis=1))


def carry_back(values: Array) -> Array:
    """Put the next known value of each row where one is missing."""
    return carry_forward(values[:, ::-1])[:, ::-1]


def find_steps(values: Array) -> Array:
    """Find how far each value is from the one before it; NaN for the first of a row."""
    steps = np.full(values.shape, np.nan)
    np.subtract(values[..., 1:], values[..., :-1], out=steps[..., 1:])
    return steps


def find_quantile(values: Array, quantile: float) -> Array:
    """Find a quantile of each row's known values, a value that occurs; NaN where none is known."""
    return np.asarray(find_quantiles(values, quantile)[0])


def find_quantiles(values: Array, *quantiles: float) -> Array:
    """Find some quantiles of each row (quantiles, rows), as `find_quantile` does."""
    if values.shape[1] == 0:
        return np.full((len(quantiles), len(values)), np.nan)
    count = np.sum(~np.isnan(values), axis=1)
    ranks = np.maximum(np.ceil(np.outer(count, quantiles)).astype(np.int64) - 1, 0)
    # In order at the places that are asked for only; NaN comes last. Asked for one place alone, numpy takes another
    # way, which was three times as slow where it was measured (AMD EPYC), so each is asked for twice.
    found = [np.partition(row, (*places, *places))[places] for row, places in zip(values, ranks, strict=True)]
    return np.reshape(found, ranks.shape).T


def find_runs(marked: Mask) -> tuple[Index, Index, Index]:
    """Find the unbroken runs of marked intervals: their rows, first intervals, and the ones after the last."""
    rows, hours = marked.shape
    # One row after the other, with an unmarked interval before each and after the last: edges begin and end in turn.
    line = np.zeros(rows * (hours + 1) + 1, dtype=bool)
    line[:-1].reshape(rows, hours + 1)[:, 1:] = marked
    edges = np.flatnonzero(line[1:] != line[:-1])
    row, start = np.divmod(edges[::2], hours + 1)
    return row, start, edges[1::2] - row * (hours + 1)


def mark_runs(shape: tuple[int, ...], row: Index, start: Index, stop: Index) -> Mask:
    """Mark the intervals of some runs; the opposite of `find_runs`."""
    edge = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
    np.add.at(edge, (row, start), 1)
    np.add.at(edge, (row, stop), -1)
    return np.asarray(np.cumsum(edge, axis=1)[:, :-1] > 0)


def sum_window(values: Array | Mask, width: int) -> Array:
    """Sum the window of `width` intervals that begins at each interval, as far as there are any."""
    hours = values.shape[1]
    total = np.zeros((len(values), hours + 1))
    np.cumsum(values.astype(float, copy=False), axis=1, out=total[:, 1:])
    windows = np.empty(values.shape)
    whole = max(hours + 1 - width, 0)
    np.subtract(total[:, width:], total[:, :whole], out=windows[:, :whole])
    np.subtract(total[:, -1:], total[:, whole:-1], out=windows[:, whole:])
    return windows


def build_findings(sheet: Sheet, doubt: Doubt, plant: str, *, is_masked: bool) -> list[Finding]:
    """Build a finding per run, with the lowest and highest reading in it."""
    columns, starts, stops = find_runs(doubt.marked)
    begins, ends = sheet.times[starts], sheet.times[stops - 1] + pd.Timedelta(sheet.width_h, "h")
    findings = []
    for column, first, stop, start, end in zip(columns.tolist(), starts, stops, begins, ends, strict=True):
        tag = sheet.tags[column]
        kind, values = doubt.explain(Run(column, int(first), int(stop)))
        inside = (column, slice(first, stop))
        low, high = float(np.fmin.reduce(sheet.low[inside])), float(np.fmax.reduce(sheet.high[inside]))
        shown = {} if np.isnan(low) else {"lowest": low, "highest": high}
        told = {"tag": tag.tag, "is_used": not is_masked, **values, **shown}
        findings.append(Finding(kind, plant, tag.column, start, end, told))
    return findings
