"""Partial results as arrays: a row per interval from first to last, a column per tag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from elc.fields import TIME
from elc.ingest.conflicts import COUNTED
from elc.ingest.learnt import mark_learnt
from elc.ingest.partials import to_micros
from elc.settings import StageSettings, TagList

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Partial results as arrays (intervals, tags); times in microseconds, NaN where a tag has no reading.

    `hold_us` (tags) is how long a value holds at most. `is_learnt` (intervals) marks those that teach (see `learnt`).
    `before` is the row of the last interval with readings strictly before each interval, -1 for none.
    """

    start: pd.Timestamp
    width_us: int
    hold_us: Array
    is_learnt: NDArray[np.bool_]
    has: NDArray[np.bool_]
    before: NDArray[np.intp]
    columns: dict[str, Array]

    @property
    def index(self) -> pd.DatetimeIndex:
        step = pd.Timedelta(self.width_us, "us")
        return pd.date_range(self.start, periods=len(self.has), freq=step, tz="UTC", name=TIME, unit="us")

    def carry(self, values: Array | NDArray[np.bool_]) -> Array:
        """Take what is known of the last interval with readings before each interval; NaN where there is none."""
        return _take(values, self.before)

    def carry_good(self, values: Array) -> Array:
        """Take the last known of the values before each interval; NaN where there is none."""
        return _take(values, _find_before(~np.isnan(values)))

    def find_since(self) -> Array:
        """Microseconds from the last reading before each interval to the start of that interval."""
        row = np.arange(len(self.has))[:, None]
        return (row - self.before) * float(self.width_us) - self.carry(self.columns["last_us"])


def build_grid(partials: pa.Table, tags: TagList, settings: StageSettings) -> Grid:
    width_us = int(settings.plant.interval_length / pd.Timedelta("1us"))
    is_continuous = settings.plant.export.is_continuous
    usual_h = settings.ingest.max_hold_h
    hold_us = np.array([to_micros(tag.find_hold_h(usual_h)) if is_continuous else width_us for tag in tags], float)
    start = partials["start"].cast("timestamp[us]").cast("int64").to_numpy()
    rows = (start - start.min()) // width_us
    names = pa.array([tag.tag for tag in tags])
    tag = partials["tag"].combine_chunks()
    positions = pc.index_in(tag.dictionary, names).to_numpy()[tag.indices.to_numpy()]
    shape = (int(rows.max()) + 1, len(names))
    columns, places = {}, rows * len(names) + positions
    for name in partials.column_names:
        if name not in ("tag", "start", *COUNTED):
            columns[name] = np.full(shape, np.nan)
            columns[name].reshape(-1)[places] = partials[name].to_numpy()
    has = ~np.isnan(columns["readings"])
    begin = pd.Timestamp(int(start.min()), unit="us")
    times = pd.date_range(begin, periods=shape[0], freq=pd.Timedelta(width_us, "us"), tz="UTC")
    is_learnt = mark_learnt(times, settings.plant.train_until)
    return Grid(begin, width_us, hold_us, is_learnt, has, _find_before(has), columns)


def _find_before(has: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Find the last marked row strictly before each one, -1 for none."""
    before = np.full(has.shape, -1)
    np.maximum.accumulate(np.where(has, np.arange(len(has))[:, None], -1)[:-1], axis=0, out=before[1:])
    return before


def _take(values: Array | NDArray[np.bool_], row: NDArray[np.intp]) -> Array:
    """Take the values of some rows (intervals, tags), each in its column; NaN for those before the first."""
    places = np.maximum(row, 0) * row.shape[1] + np.arange(row.shape[1])
    return np.where(row >= 0, np.take(values, places), np.nan)
