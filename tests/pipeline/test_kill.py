"""A run of ingest that is killed, or finds the disk full, leaves the former tables whole; the next run ends as ever."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
KILLS = 12
pytestmark = [pytest.mark.slow, pytest.mark.long(reason="kills a run twelve times, and starts it again")]
SCRIPT = """
import resource, sys
from pathlib import Path
from elc import ingest
from tests.unit.ingest.exports import TAGS, build_settings
root, limit_all, limit_write = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
chosen = build_settings()
def limit(size):
    if size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
print("ready", flush=True)
limit(limit_all)
hourly, _, found = ingest.read_export(root / "export", TAGS, chosen, cache=root / "cache")
limit(limit_write)
ingest.write_hourly(root / "hourly", hourly, found, TAGS, chosen)
"""


def start(root: Path, *, limit_all: int = 0, limit_write: int = 0) -> subprocess.Popen[str]:
    """Start a run and wait until its imports are done."""
    (root / "tmp").mkdir(exist_ok=True)
    run = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(root), str(limit_all), str(limit_write)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(root / "tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    return run


def finish(run: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = run.communicate()
    return run.returncode, errors


def write_days(export: Path, first: int, end: int) -> None:
    """Write a file a day of two tags every 20 seconds; every third is CSV, with a value that is no number."""
    rng = np.random.default_rng(first)
    for day in range(first, end):
        moments = pd.date_range(pd.Timestamp("2024-06-01") + pd.Timedelta(day, "D"), periods=4320, freq="20s")
        tables = [
            pd.DataFrame({"time": moments, "tag": tag, "value": rng.normal(100, 10, 4320), "quality": "Good"})
            for tag in ("FT-1", "FT-2")
        ]
        rows = pd.concat(tables, ignore_index=True)
        if day % 3:
            rows.to_parquet(export / f"{day}.parquet", index=False)
        else:
            rows.astype({"value": object}).replace({"value": {rows["value"][5]: "No Data"}}).to_csv(
                export / f"{day}.csv", index=False
            )


def read_tables(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((root / "hourly").iterdir()) if path.suffix == ".parquet"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An export of 30 days of which five have been ingested."""
    (tmp_path / "export").mkdir()
    write_days(tmp_path / "export", 0, 5)
    assert finish(start(tmp_path)) == (0, "")
    write_days(tmp_path / "export", 5, 30)
    return tmp_path


def ingest_undisturbed(root: Path) -> tuple[dict[str, bytes], float]:
    """Run to the end with an empty cache; the tables and the seconds that it took."""
    other = root / "undisturbed"
    other.mkdir()
    (other / "export").symlink_to(root / "export")
    run = start(other)
    began = time.monotonic()
    assert finish(run) == (0, "")
    return read_tables(other), time.monotonic() - began


def test_run_killed_at_any_moment_leaves_whole_tables(root: Path) -> None:
    former = read_tables(root)
    shutil.copytree(root / "hourly", root / "former")
    new, seconds = ingest_undisturbed(root)
    assert former.keys() == new.keys() == {"findings.parquet", "hourly.parquet"}
    assert all(former[name] != new[name] for name in new)
    shares = (np.arange(KILLS) + np.random.default_rng(7).uniform(0, 1, KILLS)) / KILLS
    killed = 0
    for number, share in enumerate(np.random.default_rng(8).permutation(shares)):
        if number % 2:  # the others go on where the last was killed
            shutil.rmtree(root / "cache", ignore_errors=True)
        run, began = start(root), time.monotonic()
        while run.poll() is None and time.monotonic() - began < share * seconds:
            time.sleep(0.01)
        if run.poll() is not None:  # the machine was busier before: the others come earlier
            seconds = min(seconds, time.monotonic() - began)
        run.kill()
        killed += finish(run)[0] != 0
        for name, content in read_tables(root).items():
            assert name.startswith(".") or content in (former[name], new[name]), name
            assert name.startswith(".") or len(pd.read_parquet(root / "hourly" / name)) > 0
        if read_tables(root) != former:
            shutil.rmtree(root / "hourly")
            shutil.copytree(root / "former", root / "hourly")
    assert killed > KILLS / 2
    assert finish(start(root)) == (0, "")
    assert {path.name: path.read_bytes() for path in (root / "hourly").iterdir()} == new


@pytest.mark.parametrize("limits", [{"limit_all": 30_000}, {"limit_write": 10_000}])
def test_full_disk_leaves_the_former_table_whole(root: Path, limits: dict[str, int]) -> None:
    former = read_tables(root)
    code, errors = finish(start(root, **limits))
    assert code != 0
    assert "elc.errors.ElcError: " in errors, errors[-2000:]
    assert "the disk is full" in errors
    left = {path.name: path.read_bytes() for path in (root / "hourly").iterdir()}
    assert left["hourly.parquet"] == former["hourly.parquet"]
    assert left.keys() == former.keys()
    new, _ = ingest_undisturbed(root)
    assert finish(start(root)) == (0, "")
    assert read_tables(root) == new
