"""Two years of the demo plants' tags from a PostgreSQL, and an hour more: what it takes, and that nothing is missed.

One table of the database holds the readings of all plants. Each plant's day files are compared with it, and the hourly
table that they make with that of its export as files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from benchmarks.figures import Figure
from benchmarks.pipeline import copy_project
from elc import ingest
from elc.paths import Project
from elc.settings import read_plant, read_tags
from elc.simulate import find_end, simulate_plant
from elc.simulate.cache import draw_rows
from elc.simulate.historian import SECONDS
from elc.simulate.simulation import read_simulation
from tests.unit.fetch.postgres import MISSING, PASSWORD, PROGRAMS, Postgres

PLANTS = ("fjord", "delta", "steppe")
DAYS = 731
TINY = {"PLANTS": ("fjord",), "DAYS": 20}
HOUR = timedelta(hours=1)
COLUMNS = ["time", "tag", "value", "quality"]
CREATE = "create table readings (time timestamptz, tag text, value double precision, quality text)"
INDEX = "create index on readings (tag, time)"
# A process of its own, which says its peak of memory. getrusage would count in that of the process it was forked from.
FETCH = """
import sys
from datetime import datetime
from pathlib import Path
from elc.fetch import Wanted, fetch_plant
from elc.paths import Project
root, plant, since, now = sys.argv[1:]
moments = [datetime.fromisoformat(text) for text in (since, now)]
fetched = fetch_plant(Project(Path(root)), plant, Wanted(since=moments[0]), get_now=lambda: moments[1])
assert not fetched.failures, fetched.failures
lines = Path("/proc/self/status").read_text().splitlines()
print(fetched.taken.new, next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""


@dataclass(frozen=True)
class Run:
    """What one fetch brought (readings), how long it took (s), and its peak of memory (MiB)."""

    count: int
    wall_s: float
    peak_mib: float


def measure() -> Iterator[Figure]:
    """Measure the history of all plants, then an hour more, beside a bare copy of the same rows.

    Raises:
        RuntimeError: a reading is missing or doubled, or the hourly tables differ.
    """
    if PROGRAMS is None:
        sys.exit(f"benchmark fetch: {MISSING}")
    with tempfile.TemporaryDirectory() as name, closing(Postgres()) as postgres:
        postgres.start()
        project = _make_project(Path(name) / "project", postgres.url)
        ends = {plant: find_end(project, plant) for plant in PLANTS}
        _fill(project, postgres, ends)
        tags = sum(len(list(read_tags(project.tags(plant), plant).read)) for plant in PLANTS)
        case = f"{DAYS} days, {tags} tags"
        bare_s = _copy_bare(postgres, Path(name) / "bare.csv")
        runs = [_fetch(project, plant, ends[plant]) for plant in PLANTS]
        count, wall_s = sum(run.count for run in runs), sum(run.wall_s for run in runs)
        yield Figure("fetch", case, "readings", count, "")
        yield Figure("fetch", case, "wall", wall_s, "s", "a bare copy of the rows", wall_s / bare_s)
        yield Figure("fetch", case, "readings a second", count / wall_s, "1/s")
        yield Figure("fetch", case, "peak", max(run.peak_mib for run in runs), "MiB")
        later = [_fetch(project, plant, ends[plant] + HOUR) for plant in PLANTS]
        yield Figure("fetch", "an hour more, a plant", "readings", sum(run.count for run in later) / len(PLANTS), "")
        yield Figure("fetch", "an hour more, a plant", "wall", sum(run.wall_s for run in later) / len(PLANTS), "s")
        for plant in PLANTS:
            _compare_readings(project, postgres, plant)
        _compare_tables(project, Path(name) / "files", ends)


def _make_project(folder: Path, url: str) -> Project:
    """Make a copy of the project in which the database is the source of each plant."""
    folder.mkdir()
    copy_project(folder)
    project = Project(folder)
    content = yaml.safe_load(project.params.read_text(encoding="utf-8"))
    content["simulate"]["days"] = DAYS
    source = {"kind": "sql", "url": url, "table": "readings", "quality_column": "quality"}
    for plant in PLANTS:
        content["plants"][plant]["sources"] = [source]
    project.params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return project


def _fill(project: Project, postgres: Postgres, ends: dict[str, datetime]) -> None:
    """Fill the database with what the historians have up to an hour after the export, each reading once."""
    postgres.run(CREATE)
    for plant in PLANTS:
        simulation = read_simulation(project, plant)
        rows = draw_rows(simulation, simulation.start, pd.Timestamp(ends[plant] + HOUR)).to_pandas()
        rows["time"] = pd.to_datetime(rows.pop(SECONDS), unit="s", utc=True)
        postgres.copy("readings", rows[COLUMNS].drop_duplicates().astype(object).itertuples(index=False, name=None))
    postgres.run(INDEX, "analyze readings")


def _copy_bare(postgres: Postgres, path: Path) -> float:
    """Write all rows as text, as fast as the database gives them."""
    start = time.perf_counter()
    with (
        postgres.connect() as connection,
        path.open("wb") as file,
        connection.cursor().copy("copy readings to stdout (format csv)") as copy,
    ):
        for part in copy:
            file.write(part)
    return time.perf_counter() - start


def _fetch(project: Project, plant: str, end: datetime) -> Run:
    start, since = time.perf_counter(), read_simulation(project, plant).start
    done = subprocess.run(
        [sys.executable, "-c", FETCH, str(project.root), plant, since.isoformat(), end.isoformat()],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "ELC_SQL_PASSWORD": PASSWORD},
    )
    count, peak_kib = map(int, done.stdout.split())
    return Run(count, time.perf_counter() - start, peak_kib / 1024)


def _compare_readings(project: Project, postgres: Postgres, plant: str) -> None:
    """Check that the day files hold every reading of a plant once."""
    tags = [tag.tag for tag in read_tags(project.tags(plant), plant).read]
    names = ", ".join(f"'{tag}'" for tag in tags)
    wanted = postgres.run(f"select time, tag, value, quality from readings where tag in ({names})")
    files = sorted((project.raw(plant) / "fetched").glob("*.parquet"))
    held = pa.concat_tables(pq.read_table(path, partitioning=None) for path in files).to_pandas()[COLUMNS]
    expected = pd.DataFrame(wanted, columns=COLUMNS).assign(time=lambda rows: pd.to_datetime(rows["time"], utc=True))
    lost = len(expected.merge(held, how="left", indicator=True, on=COLUMNS).query("_merge == 'left_only'"))
    if lost or len(held) != len(expected):
        raise RuntimeError(f"fetch: {lost} of {len(expected)} readings of {plant} are lost, {len(held)} are held.")


def _compare_tables(project: Project, files: Path, ends: dict[str, datetime]) -> None:
    """Check that the hourly table of a plant is that of its export as files."""
    for plant in PLANTS:
        other = Project(files)
        other.tags(plant).parent.mkdir(parents=True)
        other.tags(plant).write_bytes(project.tags(plant).read_bytes())
        other.params.write_bytes(project.params.read_bytes())
        simulate_plant(other, plant)
        found, expected = (_read_hourly(one, plant, ends[plant]) for one in (project, other))
        if not found.equals(expected):
            columns = [name for name in expected if not found[name].equals(expected[name])]
            raise RuntimeError(f"fetch: the hourly tables of {plant} differ in {', '.join(columns)}.")


def _read_hourly(project: Project, plant: str, end: datetime) -> pd.DataFrame:
    tags = read_tags(project.tags(plant), plant)
    settings = read_plant(project, plant)
    hourly, *_ = ingest.read_export([project.raw(plant)], tags, settings, cache=project.cache(plant))
    whole: pd.DataFrame = hourly[hourly["time_utc"] < pd.Timestamp(end)].reset_index(drop=True)
    return whole
