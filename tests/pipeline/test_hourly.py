"""`elc hourly` on whole projects: news are taken in, a plant that fails stops no other, a kill leaves no trace."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from elc.paths import Project
from tests.conftest import run
from tests.pipeline.clones import read_tree

pytestmark = pytest.mark.slow
RESULTS = ("data/monitor", "data/explain", "data/advice", "reports/_site")


def read_last(project: Project, plant: str, hours: float) -> pd.DataFrame:
    """Read the last hours of a plant's export, moved on so that they follow themselves."""
    readings = pd.read_parquet(sorted(project.raw(plant).glob("*.parquet"))[-1])
    span = pd.Timedelta(hours, "h")
    last = readings[readings["time"] > readings["time"].max() - span]
    return last.assign(time=last["time"] + span)


def add_readings(project: Project, plant: str, readings: pd.DataFrame) -> None:
    """Add a file to a plant's export, as its historian would; it comes after all others."""
    readings.to_parquet(project.raw(plant) / f"next-{readings['time'].max():%Y-%m-%dT%H%M}.parquet", index=False)


def run_hourly(project: Project, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run an hour; what it says of each plant, and the whole under an empty name."""
    done = run(project.root, "elc", "hourly", "--json", *arguments)
    assert done.returncode == code, done.stdout[-2000:] + done.stderr[-3000:]
    content = json.loads(done.stdout)
    return {plant["plant"]: plant for plant in content["plants"]} | {"": content}


def read_results(project: Project) -> dict[str, bytes]:
    """Read every file that an hour makes."""
    return {f"{folder}/{name}": it for folder in RESULTS for name, it in read_tree(project.root / folder).items()}


def test_what_is_new_is_taken_in_and_a_plant_that_fails_stops_no_other(copied_project: Project) -> None:
    check_news_and_failures(copied_project)


def check_news_and_failures(project: Project) -> None:
    add_readings(project, "fjord", read_last(project, "fjord", 2))
    broken = project.raw("delta") / "next.parquet"
    broken.write_text("garbage")
    found = run_hourly(project, code=1)
    assert (found["fjord"]["new_hours"], found["fjord"]["failures"]) == (2, [])
    assert found["fjord"]["last_hour"] > found["fjord"]["last_hour_before"]
    assert (found["steppe"]["new_hours"], found["steppe"]["failures"]) == (0, [])
    assert (found["delta"]["new_hours"], [one["stage"] for one in found["delta"]["failures"]]) == (0, ["ingest"])
    record = json.loads((project.receipts / "delta" / "ingest.failed.json").read_text(encoding="utf-8"))
    assert record == {"stage": "ingest", "plant": "delta", "sentence": found["delta"]["failures"][0]["sentence"]}
    assert "next.parquet: is no table" in record["sentence"]
    assert str(project.root) not in record["sentence"]

    broken.unlink()
    found = run_hourly(project)
    assert found["delta"]["failures"] == []
    assert not (project.receipts / "delta" / "ingest.failed.json").exists()
    before = read_results(project)
    done = run(project.root, "elc", "hourly")
    assert "Nothing new." in done.stdout, done.stdout + done.stderr
    assert read_results(project) == before
    assert "Data and pipelines are up to date" in run(project.root, "dvc", "repro", "--single-item", "monitor").stdout


def test_killed_run_leaves_no_trace_in_the_next(copied_project: Project, tmp_path: Path) -> None:
    check_kills(copied_project, tmp_path / "undisturbed")


def check_kills(project: Project, other: Path) -> None:
    add_readings(project, "fjord", read_last(project, "fjord", 1))
    shutil.copytree(project.root, other, symlinks=True)
    run_hourly(Project(other), "--plant", "fjord")
    for stage in ("60_explain", "10_ingest", "50_monitor"):
        process = subprocess.Popen(
            [Path(sys.executable).with_name("elc"), "hourly", "--plant", "fjord"],
            cwd=project.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_change(project.reports / "fjord" / f"{stage}.ipynb", process)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert_no_process_is_left(project)
    lock = project.root / "dvc.lock"
    lock.write_bytes(lock.read_bytes()[:-300])  # what a kill while DVC writes leaves
    (project.root / ".dvc" / "tmp" / "rwlock").write_text("{")
    found = run_hourly(project, "--plant", "fjord")
    assert any("dvc.lock was not whole" in note for note in found[""]["notes"])
    assert read_results(project) == read_results(Project(other))
    assert lock.read_bytes() == (other / "dvc.lock").read_bytes()


def wait_for_change(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a run has replaced a file."""
    former = path.stat().st_mtime_ns
    while process.poll() is None and (not path.exists() or path.stat().st_mtime_ns == former):
        time.sleep(0.005)


def assert_no_process_is_left(project: Project) -> None:
    """Worker, stage and command end by themselves soon after the run was killed."""
    for _ in range(100):
        links = [link for link in Path("/proc").glob("[0-9]*/cwd") if is_in(link, project.root)]
        if not links:
            return
        time.sleep(0.1)
    raise AssertionError([(link.parent / "cmdline").read_text() for link in links])


def is_in(link: Path, folder: Path) -> bool:
    try:
        return link.readlink() == folder
    except OSError:  # ended just now, or another user's
        return False


def test_doubtful_hours_are_said_and_no_number_pretends(copied_project: Project) -> None:
    check_doubtful_hours(copied_project)


def check_doubtful_hours(project: Project) -> None:
    """Fjord: an energy meter is dead, at 0. Delta: a clock in the future. Steppe: a trip."""
    tags = pd.read_csv(project.tags("fjord"))
    dead = tags.loc[tags["column"] == "fuel_gas_energy_gj_per_h", "tag"]
    last = read_last(project, "fjord", 2)
    add_readings(project, "fjord", last.assign(value=last["value"].where(~last["tag"].isin(dead), 0.0)))
    future = read_last(project, "delta", 1)
    add_readings(project, "delta", future.assign(time=future["time"] + pd.Timedelta(400, "D")))
    trip = read_last(project, "steppe", 6)
    tags = pd.read_csv(project.tags("steppe"))
    load = tags.loc[tags["role"] == "throughput", "tag"]
    add_readings(project, "steppe", trip.assign(value=trip["value"].where(~trip["tag"].isin(load), 0.0)))
    found = run_hourly(project)
    statuses = {
        plant: json.loads((project.operation("monitor", plant) / "status.json").read_text(encoding="utf-8"))
        for plant in ("fjord", "delta", "steppe")
    }
    for plant, status in statuses.items():
        assert found[plant]["failures"] == []
        assert status["gap_frac"] is None
        assert status["money_per_h"] is None
        assert status["no_gap_reason"], plant
    assert statuses["fjord"]["action"] == "look"
    assert "fuel_gas_energy_gj_per_h" in statuses["fjord"]["recommendation"]
    page = (project.site / "fjord" / "50_monitor.html").read_text(encoding="utf-8")
    assert "shows nothing while the plant runs" in page
