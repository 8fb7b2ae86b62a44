"""Readings, tag lists and settings that the tests of ingest read."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from elc import settings
from elc.paths import Project
from elc.settings import StageSettings, Tag, TagList

ROOT = Path(__file__).resolve().parents[3]
GAS, LOAD = "gas_energy_gj_per_h", "load_t_per_h"
COVERED = GAS + "_coverage_frac"
TAGS = TagList(
    "fjord",
    (
        Tag("FT-1", GAS, "energy", "gas", 1.0, 0.0, None, None, ""),
        Tag("FT-2", LOAD, "throughput", "", 1.0, 0.0, None, None, ""),
    ),
)
AIR = Tag("TI-1", "air_temp_degc", "driver", "", 1.0, 0.0, None, None, "")
CHICAGO = "America/Chicago"
Row = tuple[str, float] | tuple[str, float, str]


def build_settings(
    *,
    interval: str = "1h",
    max_hold_h: float = 6.0,
    min_coverage_frac: float = 0.0,
    accept_uncertain: bool = False,
    engine: str = "duckdb",
    turnarounds: list[str] | None = None,
    **export: object,
) -> StageSettings:
    """Build settings of ingest; every covered second counts unless told otherwise."""
    base = settings.read_plant(Project(ROOT), "fjord")
    given = {"max_hold_h": max_hold_h, "min_coverage_frac": min_coverage_frac, "accept_uncertain": accept_uncertain}
    export_settings = settings.Export.model_validate(export)
    plant = {"interval": interval, "export": export_settings, "turnarounds": turnarounds or []}
    return replace(
        base,
        plant=base.plant.model_copy(update=plant),
        ingest=base.ingest.model_copy(update=given),
        engine=base.engine.model_copy(update={"name": engine, "master": "local[2]", "memory_gib": 1}),
    )


def build_readings(rows: list[Row], tag: str = "FT-1", other: str = "FT-2") -> pd.DataFrame:
    """Build readings of one tag on 2024-06-01, and steady ones of another at the first and last moment."""
    full = [(row[0], tag, row[1], row[2] if len(row) == 3 else "Good") for row in rows]
    full += [(rows[0][0], other, 50.0, "Good"), (rows[-1][0], other, 50.0, "Good")]
    frame = pd.DataFrame(full, columns=["time", "tag", "value", "quality"])
    frame["time"] = pd.to_datetime("2024-06-01 " + frame["time"])
    return frame


def build_random(seed: int, count: int = 300) -> pd.DataFrame:
    """Build readings of both tags at odd moments over some four days, with bad ones and gaps of up to half a day."""
    rng = np.random.default_rng(seed)
    tables = []
    for tag in ("FT-1", "FT-2"):
        minutes = np.cumsum(rng.choice([1, 7, 13, 29, 61, 720], count, p=[0.3, 0.3, 0.2, 0.1, 0.08, 0.02]))
        table = pd.DataFrame({"time": pd.Timestamp("2024-06-01") + pd.to_timedelta(minutes, unit="min"), "tag": tag})
        table["value"] = rng.normal(100, 30, count)
        table["quality"] = rng.choice(["Good", "Bad", "Uncertain"], count, p=[0.9, 0.06, 0.04])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def build_days(first: str, days: int, *, step_min: int = 10) -> pd.DataFrame:
    """Build good readings of both tags over whole days, no two alike."""
    moments = pd.date_range(first, periods=days * 24 * 60 // step_min, freq=f"{step_min}min")
    minute = (moments - pd.Timestamp("2024-01-01")) / pd.Timedelta("1min")
    tables = [
        pd.DataFrame({"time": moments, "tag": tag, "value": level + np.sin(minute / 97.0), "quality": "Good"})
        for tag, level in (("FT-1", 100.0), ("FT-2", 50.0))
    ]
    return pd.concat(tables, ignore_index=True)


def build_minutes(readings: pd.DataFrame, tag: str, max_hold_h: float, width_min: int) -> pd.Series:
    """The readings of one tag as a step function, minute by minute; no value where nothing good holds."""
    rows = readings[readings["tag"] == tag].sort_values("time")
    end = readings["time"].max().floor(f"{width_min}min") + pd.Timedelta(width_min, "min")
    steps = pd.Series(np.nan, index=pd.date_range(rows["time"].min().floor("D"), end, freq="min", inclusive="left"))
    following = [*rows["time"][1:], end]
    for (_, row), until in zip(rows.iterrows(), following, strict=True):
        stop = min(until, row["time"] + pd.Timedelta(max_hold_h, "h"), end) - pd.Timedelta(1, "min")
        steps[row["time"] : stop] = row["value"] if row["quality"] == "Good" else np.nan
    return steps


def build_zoned(start: str, hours: int, zone: str, *, step_min: int = 30) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same readings in UTC and as the clocks of a zone showed them, by tag and in the order of time."""
    moments = pd.date_range(start, periods=hours * 60 // step_min, freq=f"{step_min}min", tz="UTC")
    tables = [
        pd.DataFrame({"time": moments, "tag": tag, "value": np.arange(float(len(moments))) + more, "quality": "Good"})
        for tag, more in (("FT-1", 100), ("FT-2", 0))
    ]
    utc = pd.concat(tables, ignore_index=True)
    shown = utc["time"].dt.tz_convert(zone).dt.tz_localize(None)
    return utc.assign(time=utc["time"].dt.tz_localize(None)), utc.assign(time=shown)


def build_bytes(hourly: pd.DataFrame) -> bytes:
    """The bytes that the table is written as."""
    written = io.BytesIO()
    hourly.to_parquet(written, index=False)
    return written.getvalue()
