"""Spark and DuckDB make the same of the same export."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import ingest
from elc.ingest.engine import connect
from elc.settings import Tag, TagList
from tests.unit.ingest.exports import AIR, TAGS, build_settings

TOTAL = Tag("FQ-1", "steam_energy_gj_per_h", "state", "", 1.0, 0.0, None, None, "", is_totaliser=True)
MIXED = TagList("fjord", (*TAGS.tags, AIR, TOTAL))
NEEDED = {"a Java runtime": shutil.which("java"), "pyspark": importlib.util.find_spec("pyspark")}
MISSING = " and ".join(name for name, found in NEEDED.items() if not found)
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"{MISSING} not installed: Spark cannot run.")


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
    found = {}
    for engine in ("duckdb", "spark"):
        chosen = build_settings(
            interval=interval,
            max_hold_h=1.5,
            min_coverage_frac=0.3,
            accept_uncertain=accept_uncertain,
            engine=engine,
            time_zone="Europe/Oslo",
        )
        found[engine] = ingest.read_export(export, MIXED, chosen, cache=tmp_path / engine)
    (hourly, traces, findings), (by_spark, traces_by_spark, findings_by_spark) = found["duckdb"], found["spark"]
    pd.testing.assert_frame_equal(by_spark, hourly, rtol=1e-9, atol=0)
    for name in ("low", "high", "readings", "changes"):
        pd.testing.assert_frame_equal(getattr(traces_by_spark, name), getattr(traces, name), rtol=1e-9, atol=0)
    pd.testing.assert_frame_equal(findings_by_spark, findings)
    assert {"clock_change", "replaced", "text_value", "large_value"} <= set(findings["check"])
    assert hourly.drop(columns="time_utc").notna().mean().min() > 0.3
