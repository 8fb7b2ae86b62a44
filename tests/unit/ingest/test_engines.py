"""Spark and DuckDB make the same of the same export."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import ingest
from elc.errors import ElcError
from elc.ingest.engine import connect
from elc.settings import Tag, TagList
from tests.unit.ingest.exports import AIR, TAGS, build_settings

TOTAL = Tag("FQ-1", "steam_energy_gj_per_h", "state", "", 1.0, 0.0, None, None, "", is_totaliser=True)
MIXED = TagList("fjord", (*TAGS.tags, AIR, TOTAL))
NEEDED = {"a Java runtime": shutil.which("java"), "pyspark": importlib.util.find_spec("pyspark")}
MISSING = " and ".join(name for name, found in NEEDED.items() if not found)
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"{MISSING} not installed: Spark cannot run."),
    pytest.mark.long(reason="starts Spark, which takes a minute for what DuckDB does in a second"),
]


def build_local(tag: str, values: np.ndarray, step_min: int) -> pd.DataFrame:
    """Build readings of three days as the clocks of Oslo showed them when summer time ended."""
    utc = pd.date_range("2024-10-25 22:00", periods=len(values), freq=f"{step_min}min", tz="UTC")
    shown = utc.tz_convert("Europe/Oslo").tz_localize(None)
    return pd.DataFrame({"time": shown, "tag": tag, "value": values, "quality": "Good"})


def write_mixed(folder: Path) -> None:
    """Write what a plant gathers over the years: four tags in five files of four layouts."""
    rng = np.random.default_rng(5)
    gas = build_local("FT-1", rng.normal(100, 30, 900), 5)
    gas["quality"] = rng.choice(["Good", "Bad", "Uncertain", "I/O Timeout"], len(gas), p=[0.9, 0.05, 0.04, 0.01])
    again = gas.iloc[::7].assign(quality="Bad")
    other = gas.iloc[::11].assign(value=gas["value"] + 5)
    pd.concat([gas, gas[::5], again, other]).sample(frac=1, random_state=1).to_parquet(folder / "a.parquet")
    load = build_local("FT-2", rng.normal(50, 2, 450), 10)
    wide = load.rename(columns={"value": "FT-2"})[["time", "FT-2"]].astype({"FT-2": "object"})
    wide.loc[[20, 21], "FT-2"] = ["No Data", ""]
    wide.to_csv(folder / "b.csv", index=False)
    counter = build_local("FQ-1", np.cumsum(rng.uniform(0, 3, 300)), 17)
    counter.loc[150:, "value"] -= 200.0
    counter.loc[40:43, "quality"] = "Bad"
    counter.iloc[:200].to_parquet(folder / "c.parquet")
    counter.iloc[190:].assign(time=counter["time"].astype("datetime64[ns]")).to_parquet(folder / "d.parquet")
    air = build_local("TI-1", rng.normal(10, 5, 150), 31)
    zoned = (air["time"] - pd.Timedelta("2h")).dt.strftime("%Y-%m-%dT%H:%M:%S.250Z")
    rows = [
        {"time": time, "tag": "TI-1", "value": value, "quality": "Good"}
        for time, value in zip(zoned, air["value"], strict=True)
    ]
    rows[3]["value"] = 1e20
    (folder / "e.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def read_alike(folder: Path, cache: Path, tags: TagList, **given: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read an export with either engine, and see that they make the same of it."""
    found = {}
    for engine in ("duckdb", "spark"):
        found[engine] = ingest.read_export(folder, tags, build_settings(engine=engine, **given), cache=cache / engine)
    (hourly, traces, findings), (by_spark, traces_by_spark, findings_by_spark) = found["duckdb"], found["spark"]
    pd.testing.assert_frame_equal(by_spark, hourly, rtol=1e-9, atol=0)
    for name in ("low", "high", "readings", "changes"):
        pd.testing.assert_frame_equal(getattr(traces_by_spark, name), getattr(traces, name), rtol=1e-9, atol=0)
    pd.testing.assert_frame_equal(findings_by_spark, findings)
    return hourly, findings


@pytest.fixture(scope="module", autouse=True)
def session() -> Iterator[None]:
    """One Spark for all tests: it takes seconds to start."""
    with connect(build_settings(engine="spark").engine, "test"):
        yield


@pytest.mark.parametrize(("interval", "accept_uncertain"), [("10min", False), ("1h", True)])
def test_spark_finds_what_duckdb_finds(tmp_path: Path, interval: str, accept_uncertain: bool) -> None:
    export = tmp_path / "export"
    export.mkdir()
    write_mixed(export)
    hourly, findings = read_alike(
        export,
        tmp_path,
        MIXED,
        interval=interval,
        max_hold_h=1.5,
        min_coverage_frac=0.3,
        accept_uncertain=accept_uncertain,
        time_zone="Europe/Oslo",
    )
    assert {"clock_change", "replaced", "text_value", "large_value"} <= set(findings["check"])
    assert hourly.drop(columns="time_utc").notna().mean().min() > 0.3


def test_spark_reads_cells_as_duckdb_does(tmp_path: Path) -> None:
    """Letters in a time format, units behind numbers, cells that are empty because nothing new was read."""
    times = pd.date_range("2024-06-03", periods=96, freq="15min").strftime("%Y%m%dT%H%M%SZ")
    power = [f"{16 + row / 96:.3f} GJ/h" for row in range(96)]
    load = [f"{50 + row / 96:.2f} t/h" if row % 4 == 0 else "" for row in range(96)]
    export = tmp_path / "export"
    export.mkdir()
    pd.DataFrame({"time": times, "FT-1": power, "FT-2": load}).to_csv(export / "a.csv", index=False)
    tags = TagList("fjord", (replace(TAGS.tags[0], unit="GJ/h"), replace(TAGS.tags[1], unit="t/h")))
    given = {"time_format": "%Y%m%dT%H%M%SZ", "time_zone": "Europe/Oslo", "empty_cells": "held"}
    hourly, findings = read_alike(export, tmp_path, tags, **given)
    assert hourly["time_utc"].iloc[0] == pd.Timestamp("2024-06-03", tz="UTC")
    assert hourly.drop(columns="time_utc").notna().all(axis=None)
    assert findings.empty


def test_what_spark_alone_cannot_read_is_said(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (export / "a.csv").write_text('time,FT-1,FT-2,remark\n2024-06-03 00:00:00,16,50,"meter\nrestarted"\n')
    with pytest.raises(ElcError, match=r"a file cannot be read: .*a\.csv.*or let DuckDB read it \(engine\.name\)"):
        ingest.read_export(export, TAGS, build_settings(engine="spark"), cache=tmp_path / "cache")
