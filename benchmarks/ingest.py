"""What ingest costs, with all findings, beside the same readings averaged by DuckDB and by pandas.

The readings are made here: 60 tags, a file a day for a year, in time order, every reading at a moment of its own.
Each job runs in a fresh process, first on a handful of readings; its wall time and peak memory are its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.figures import Figure
from elc import findings, ingest, quality, settings
from elc.paths import Project
from elc.settings import Tag, TagList

ROOT = Path(__file__).resolve().parents[1]
DAYS, TAGS, DAY_US = 365, 60, 86_400_000_000
FIRST_DAY = np.datetime64("2025-01-01")
LARGE, SMALL, FEW = 100_000_000, (1_000_000, 10_000_000), 5_000_000  # readings
TINY = {"DAYS": 3, "LARGE": 40_000, "SMALL": (20_000,), "FEW": 20_000}
JOB = "import sys; from benchmarks import ingest; ingest.run_job(*sys.argv[1:])"

# The reference: each value holds until its tag's next reading, file by file. And the floor: no weights at all.
QUERIES = {
    "time_weighted": """
    SELECT tag, date_trunc('hour', time) AS hour, sum(value * held) / sum(held) AS value
    FROM (SELECT tag, time, value, epoch_us(lead(time) OVER (PARTITION BY tag ORDER BY time)) - epoch_us(time) AS held
          FROM read_parquet($path) WHERE quality = 'GOOD')
    GROUP BY ALL""",
    "average": """
    SELECT tag, date_trunc('hour', time) AS hour, avg(value) AS value
    FROM read_parquet($path) WHERE quality = 'GOOD' GROUP BY ALL""",
}


def measure() -> Iterator[Figure]:
    """Measure ingest against both, its growth, a new day, and its peak memory."""
    with tempfile.TemporaryDirectory() as name:
        folder, many = Path(name), _name_count(LARGE)
        large = folder / "large"
        write_readings(large, LARGE)
        bare = _run("time_weighted", large, folder)
        yield from _report(many, "bare time-weighted", bare, None)
        floor = _run("average", large, folder)
        yield from _report(many, "plain average", floor, ("bare time-weighted", bare))
        full = _run("ingest", large, folder)
        yield from _report(many, "ingest", full, ("bare time-weighted", bare))
        per_floor = full["wall_s"] / floor["wall_s"]
        yield Figure("ingest", many, "ingest beside average", full["wall_s"], "s", "plain average", per_floor)
        again = _run("ingest", large, folder)
        yield from _report("nothing new", "ingest", again, (many, full))
        write_day(large, DAYS, LARGE // DAYS // TAGS)
        day = _run("ingest", large, folder)
        yield from _report("a day more", "ingest", day, (many, full))
        shutil.rmtree(large)
        for count in SMALL:
            small = folder / f"of{count}"
            write_readings(small, count)
            found = _run("ingest", small, folder)
            per = found["wall_s"] / count / (full["wall_s"] / LARGE)
            yield Figure("ingest", _name_count(count), "wall", found["wall_s"], "s", f"a reading of {many}", per)
        few = folder / "few"
        write_readings(few, FEW)
        slow, fast = _run("pandas", few, folder), _run("ingest", few, folder)
        yield from _report(_name_count(FEW), "pandas", slow, None)
        yield from _report(_name_count(FEW), "ingest", fast, ("pandas", slow))


def _name_count(count: int) -> str:
    return f"{count / 1_000_000:g} M readings"


def _run(job: str, folder: Path, work: Path) -> dict[str, float]:
    """Run a job in a process of its own; ingest keeps its cache beside the readings."""
    done = subprocess.run(
        [sys.executable, "-c", JOB, job, str(folder), str(work / f"cache_{folder.name}")],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _report(
    case: str, figure: str, found: dict[str, float], reference: tuple[str, dict[str, float]] | None
) -> Iterator[Figure]:
    against = (reference[0], found["wall_s"] / reference[1]["wall_s"]) if reference else (None, None)
    yield Figure("ingest", case, figure, found["wall_s"], "s", *against)
    yield Figure("ingest", case, f"{figure}, peak", found["peak_gib"], "GiB")


def run_job(job: str, folder: str, cache: str) -> None:
    """Run one job and print its wall time and peak memory; it ran on a handful of readings before."""
    run = {"ingest": _ingest, "pandas": _run_pandas}.get(job, partial(_run_sql, QUERIES.get(job, "")))
    with tempfile.TemporaryDirectory() as name:
        few = Path(name) / "few"
        few.mkdir()
        write_day(few, 0, 48)
        run(few, Path(name) / "cache")
    start = time.perf_counter()
    run(Path(folder), Path(cache))
    wall_s = time.perf_counter() - start
    sys.stdout.write(json.dumps({"wall_s": wall_s, "peak_gib": _read_peak_gib()}) + "\n")


def _read_peak_gib() -> float:
    """Read the peak memory of this process alone; getrusage counts in that of the process it was forked from."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024**2


def _ingest(folder: Path, cache: Path) -> None:
    """The ingest notebook: the hourly table with all findings, written."""
    base = settings.read_plant(Project(ROOT), "fjord")
    chosen = replace(base, plant=base.plant.model_copy(update={"train_until": None, "turnarounds": []}))
    tags = build_tags()
    hourly, traces, doubts = ingest.read_export(folder, tags, chosen, cache=cache / "partials")
    checked, suspects = quality.check_hourly(hourly, traces, tags, chosen)
    filled, gaps = ingest.fill_weather(checked, tags, chosen)
    ingest.write_hourly(cache / "hourly", filled, findings.join(doubts, suspects, gaps), tags, chosen)


def _run_sql(query: str, folder: Path, _: Path) -> None:
    connection = duckdb.connect()
    for path in sorted(folder.iterdir()):
        connection.sql(query, params={"path": str(path)}).to_arrow_table()


def _run_pandas(folder: Path, _: Path) -> None:
    """The same weights, coverage and bounds, without any finding: whole columns, no loop over tags or hours."""
    hour = pd.Timedelta("1h")
    readings = pd.concat([pd.read_parquet(path) for path in sorted(folder.iterdir())], ignore_index=True)
    readings = readings.sort_values(["tag", "time"]).drop_duplicates(["tag", "time"])
    limit = readings["time"] + 6 * hour
    end = readings.groupby("tag", observed=True)["time"].shift(-1).fillna(limit).clip(upper=limit)
    first = readings["time"].dt.floor("h")
    count = ((end - first - pd.Timedelta("1us")) // hour + 1).clip(lower=1)
    parts = readings.assign(end=end, first=first)[readings["quality"] == "GOOD"]
    parts = parts.loc[parts.index.repeat(count[parts.index])]
    start = parts["first"] + parts.groupby(level=0).cumcount() * hour
    seconds = (parts["end"].clip(upper=start + hour) - parts["time"].clip(lower=start)).dt.total_seconds()
    weighted = parts.assign(start=start, seconds=seconds, weighted=parts["value"] * seconds)
    hourly = weighted.groupby(["tag", "start"], observed=True).agg(
        weighted=("weighted", "sum"),
        seconds=("seconds", "sum"),
        low=("value", "min"),
        high=("value", "max"),
        readings=("value", "size"),
    )
    hourly = hourly.assign(value=hourly["weighted"] / hourly["seconds"], covered=hourly["seconds"] / 3600)
    hourly[["value", "covered", "low", "high"]].unstack("tag")


def build_tags() -> TagList:
    """Build a tag list of 60: energy, throughput, drivers, set-points and states."""
    roles = ["energy", "throughput"] + ["driver"] * 4 + ["setpoint"] * 14 + ["state"] * 40
    columns = ["gas_energy_gj_per_h", "load_t_per_h", *(f"place_{index}_temp_degc" for index in range(2, TAGS))]
    pairs = enumerate(zip(columns, roles, strict=True))
    return TagList(
        "fjord",
        tuple(
            Tag(_name(index), column, role, "gas" if role == "energy" else "", 1.0, 0.0, 0.0, 500.0, "")
            for index, (column, role) in pairs
        ),
    )


def _name(index: int) -> str:
    return f"T{index:03d}"


def write_readings(folder: Path, count: int) -> None:
    """Write about `count` readings of a year, a file a day."""
    folder.mkdir(parents=True)
    for day in range(DAYS):
        write_day(folder, day, count // DAYS // TAGS)


def write_day(folder: Path, day: int, per_tag: int) -> None:
    """Write one day: every tag wanders around a level of its own that follows the load."""
    rng = np.random.default_rng([day, per_tag])
    step = DAY_US // per_tag
    times = (np.arange(per_tag) * step)[:, None] + rng.integers(0, step, (per_tag, TAGS))
    load = 60 + 5 * np.sin(2 * np.pi * (day + np.arange(per_tag) / per_tag) / 9)
    values = np.round(load[:, None] * (1 + 0.05 * np.arange(TAGS)) + rng.normal(0, 0.5, (per_tag, TAGS)), 3)
    order = np.argsort(times, axis=None, kind="stable")
    names = pa.array([_name(index) for index in range(TAGS)])
    tags = np.broadcast_to(np.arange(TAGS, dtype=np.int16), (per_tag, TAGS)).ravel()[order]
    quality = rng.choice(3, len(order), p=[0.998, 0.001, 0.001]).astype(np.int8)
    start = (FIRST_DAY + day).astype("datetime64[us]").astype(np.int64)
    table = pa.table(
        {
            "time": pa.array(start + times.ravel()[order] // 1000 * 1000, pa.timestamp("us")),
            "tag": pa.DictionaryArray.from_arrays(tags, names),
            "value": values.ravel()[order],
            "quality": pa.DictionaryArray.from_arrays(quality, pa.array(["GOOD", "UNCERTAIN", "BAD"])),
        }
    )
    pq.write_table(table, folder / f"{FIRST_DAY + day}.parquet", compression="zstd")
