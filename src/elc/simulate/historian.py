"""What a historian would export of a simulated plant: long readings on change with quality, one file a local day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from elc.fields import TIME
from elc.settings import PlantSettings, Tag
from elc.simulate.physics import Array

HEARTBEAT_S = 4 * 3600
ANALYSER_S = 900
SECONDS = "seconds"  # since 1970 (UTC), of the moment that an export shows in its own time zone
QUALITIES = ("GOOD", "UNCERTAIN", "BAD")
REGULAR = ("gj_per_h", "t_per_h")
ANALYSERS = ("feed_c2plus_pct", "feed_lhv_mj_per_nm3", "flue_o2_pct", "h2_n2_ratio", "loop_inerts_pct")


@dataclass
class Readings:
    """The readings of one tag: seconds since 1970 (UTC), values in the tag's unit, index into `QUALITIES`."""

    tag: Tag
    seconds: NDArray[np.int64]
    values: Array
    quality: NDArray[np.int8]

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Keep only the readings under a mask."""
        self.seconds, self.values, self.quality = self.seconds[mask], self.values[mask], self.quality[mask]


def build_readings(hours: pd.DataFrame, tag: Tag, step_min: int, rng: np.random.Generator) -> Readings:
    """Build one tag's readings from the true hours; the mean over each hour is the true hourly value."""
    per_hour = 60 // step_min
    truth = hours[tag.column].to_numpy(dtype=float)
    if tag.column.startswith("product_total"):
        signal = np.interp(np.arange(len(truth) * per_hour) / per_hour, np.arange(len(truth)) + 1, truth)
    else:
        signal = (truth[:, None] + _build_wobble(truth, tag, per_hour, rng)).ravel()
    start = int(hours[TIME].iloc[0].timestamp())
    seconds = start + np.arange(len(signal), dtype=np.int64) * step_min * 60
    mask = _find_reports(signal, seconds, tag)
    values = (signal[mask] - tag.offset) / tag.factor
    return Readings(tag, seconds[mask], values, np.zeros(int(mask.sum()), dtype=np.int8))


def _span(tag: Tag, signal: Array) -> float:
    if tag.low is not None and tag.high is not None:
        return tag.high - tag.low
    return float(np.ptp(signal))


def _build_wobble(truth: Array, tag: Tag, per_hour: int, rng: np.random.Generator) -> Array:
    """Movement inside each hour (hours, steps per hour) whose mean is exactly zero."""
    moving = 0.004 * np.abs(truth)
    size = moving if tag.column.endswith(REGULAR) else np.where(truth == 0, 0, 0.002 * _span(tag, truth))
    wobble = rng.normal(0, 1, (len(truth), per_hour)) * size[:, None]
    return np.asarray(wobble - wobble.mean(axis=1, keepdims=True))


def _find_reports(signal: Array, seconds: NDArray[np.int64], tag: Tag) -> NDArray[np.bool_]:
    """Find the steps at which the historian stores a reading: flows always, analysers on their cycle, others on change.

    ASSUME: exception reporting by 1 % of span, and a heartbeat every four hours.
    """
    if tag.column.endswith(REGULAR):
        return np.ones(len(signal), dtype=bool)
    if tag.column in ANALYSERS:
        return np.asarray(seconds % ANALYSER_S == 0)
    level = np.round(signal / (0.01 * _span(tag, signal)))
    changed = np.r_[True, np.diff(level) != 0]
    return np.asarray(changed | (seconds % HEARTBEAT_S == 0))


def build_export(readings: list[Readings], plant: PlantSettings) -> pa.Table:
    """Build the rows of an export (time, tag, value, quality), times in its time zone; `SECONDS` is when they were."""
    names = pa.array([reading.tag.tag for reading in readings])
    count = [len(reading.seconds) for reading in readings]
    moments = np.concatenate([reading.seconds for reading in readings])
    shown = _to_wall_clock(moments, plant.export.time_zone)
    tag = np.repeat(np.arange(len(readings), dtype=np.int16), count)
    order = np.lexsort((tag, shown))
    values = np.concatenate([reading.values for reading in readings])[order]
    quality = np.concatenate([reading.quality for reading in readings])[order]
    zone = "UTC" if plant.export.time_zone == "UTC" else None
    return pa.table(
        {
            "time": pa.array(shown[order] * 1000, pa.timestamp("ms", zone)),
            "tag": pa.DictionaryArray.from_arrays(tag[order], names),
            "value": pa.array(values),
            "quality": pa.DictionaryArray.from_arrays(quality, pa.array(QUALITIES)),
            SECONDS: pa.array(moments[order]),
        }
    )


def split_days(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Split rows in the order of their times into the days of the export, named as in `2024-06-20`."""
    days = table["time"].to_numpy().astype("datetime64[D]")
    starts = np.r_[np.flatnonzero(np.r_[True, days[1:] != days[:-1]]), len(days)] if len(days) else [0]
    for begin, end in pairwise(starts):
        yield str(days[begin]), table.slice(begin, end - begin)


def write_export(folder: Path, readings: list[Readings], plant: PlantSettings) -> None:
    """Write the readings as `<day>.parquet` (time, tag, value, quality), days and times in the export's time zone."""
    for day, rows in split_days(build_export(readings, plant)):
        write_day(folder / f"{day}.parquet", rows)


def write_day(path: Path, rows: pa.Table) -> None:
    """Write one day's rows of an export."""
    pq.write_table(rows.drop_columns(SECONDS), path, compression="zstd")


def _to_wall_clock(seconds: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """Shift seconds since 1970 to what the site's clock showed; the repeated hour in autumn overlaps itself."""
    if zone == "UTC":
        return seconds
    hours, inverse = np.unique(seconds // 3600, return_inverse=True)
    shown = (
        pd.DatetimeIndex(pd.to_datetime(hours * 3600, unit="s", utc=True)).tz_convert(ZoneInfo(zone)).tz_localize(None)
    )
    shift = shown.as_unit("s").asi8 - hours * 3600
    return np.asarray(seconds + shift[inverse])
