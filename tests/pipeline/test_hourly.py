"""`elc hourly` on whole projects: news are taken in, a plant that fails stops no other, a kill leaves no trace.

The whole of operation, with versions, requests and weeks of hours, is in `tests.life`.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml

from elc.paths import CANDIDATE, Project
from tests.conftest import git, is_up_to_date, run
from tests.pipeline.clones import read_tree

pytestmark = pytest.mark.slow
TWO = ("--plant", "fjord", "--plant", "delta")
RESULTS = ("data/monitor", "data/explain", "data/advice", "reports/_site")


@pytest.fixture
def operated(copied_project: Project) -> Project:
    """The operation of the candidates, for nothing is deployed."""
    return copied_project.operate(CANDIDATE)


def read_last(project: Project, plant: str, hours: float) -> pd.DataFrame:
    """Read the last hours of a plant's export, moved on so that they follow themselves."""
    readings = pd.read_parquet(sorted(project.raw(plant).glob("*.parquet"))[-1])
    span = pd.Timedelta(hours, "h")
    last = readings[readings["time"] > readings["time"].max() - span]
    return last.assign(time=last["time"] + span)


def add_readings(project: Project, plant: str, readings: pd.DataFrame) -> None:
    """Bring a file to the machine, as a plant's historian would; it comes after all others."""
    project.live(plant).mkdir(parents=True, exist_ok=True)
    readings.to_parquet(project.live(plant) / f"next-{readings['time'].max():%Y-%m-%dT%H%M}.parquet", index=False)


def run_hourly(project: Project, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run an hour; what it says of each plant, and the whole under an empty name."""
    done = run(project.root, "elc", "hourly", "--json", *arguments)
    assert done.returncode == code, done.stdout[-2000:] + done.stderr[-3000:]
    content = json.loads(done.stdout)
    return {plant["plant"]: plant for plant in content["plants"]} | {"": content}


def read_results(project: Project) -> dict[str, bytes]:
    """Read every file that an hour makes."""
    return {f"{folder}/{name}": it for folder in RESULTS for name, it in read_tree(project.place / folder).items()}


def test_what_is_new_is_taken_in_and_a_plant_that_fails_stops_no_other(operated: Project) -> None:
    add_readings(operated, "fjord", read_last(operated, "fjord", 2))
    operated.live("delta").mkdir(parents=True)
    broken = operated.live("delta") / "next.parquet"
    broken.write_text("garbage")
    found = run_hourly(operated, *TWO, code=1)
    assert found[""]["environment"] == CANDIDATE
    assert found["fjord"]["failures"] == []
    assert found["fjord"]["new_hours"] > 2
    assert (found["delta"]["new_hours"], [one["stage"] for one in found["delta"]["failures"]]) == (0, FAILED)
    record = json.loads((operated.receipts / "delta" / "ingest.failed.json").read_text(encoding="utf-8"))
    assert record == {"plant": "delta"} | found["delta"]["failures"][0]
    assert "next.parquet: is not a table" in record["sentence"]
    assert str(operated.root) not in record["sentence"]

    broken.unlink()
    found = run_hourly(operated, *TWO)
    assert found["delta"]["failures"] == []
    assert not list(operated.receipts.rglob("*.failed.json"))
    before = read_results(operated)
    done = run(operated.root, "elc", "hourly", *TWO)
    assert "Nothing new." in done.stdout, done.stdout + done.stderr
    assert read_results(operated) == before
    check_clean(operated)
    check_batch(operated)


# Without an hourly table the stages after ingest have nothing to go on with.
FAILED = ["ingest", "explain", "advise", "monitor"]


RUN = ["Running stage 'code':", "Running stage 'render':"]  # which always run


def check_clean(project: Project) -> None:
    """Operation is this machine's: Git and DVC see nothing of it, and `dvc repro` has nothing to do."""
    assert git(project.root, "status", "--porcelain") == ""
    assert is_up_to_date(project)
    said = run(project.root, "dvc", "repro").stdout
    assert [line for line in said.splitlines() if line.startswith("Running")] == RUN, said


def check_batch(project: Project) -> None:
    """The table that grew by hours is that of one batch from an empty cache."""
    grown = (project.hourly("fjord") / "hourly.parquet").read_bytes()
    shutil.rmtree(project.cache("fjord"))
    shutil.rmtree(project.hourly("fjord"))
    run_hourly(project, "--plant", "fjord")
    assert (project.hourly("fjord") / "hourly.parquet").read_bytes() == grown


@pytest.mark.long(reason="kills three hourly runs, and starts them again")
def test_killed_run_leaves_no_trace_in_the_next(operated: Project, tmp_path: Path) -> None:
    run_hourly(operated, "--plant", "fjord")
    add_readings(operated, "fjord", read_last(operated, "fjord", 1))
    other = Project(tmp_path / "undisturbed", CANDIDATE)
    shutil.copytree(operated.root, other.root, symlinks=True)
    run_hourly(other, "--plant", "fjord")
    for stage in ("10_ingest", "60_explain", "50_monitor"):
        process = subprocess.Popen(
            [Path(sys.executable).with_name("elc"), "hourly", "--plant", "fjord"],
            cwd=operated.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_change(operated.reports / "fjord" / f"{stage}.ipynb", process)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert_no_process_is_left(operated)
    run_hourly(operated, "--plant", "fjord")
    assert read_results(operated) == read_results(other)
    check_clean(operated)


def wait_for_change(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a run has replaced a file."""
    former = path.stat().st_mtime_ns
    while process.poll() is None and (not path.exists() or path.stat().st_mtime_ns == former):
        time.sleep(0.005)


def assert_no_process_is_left(project: Project) -> None:
    """Stage and command end by themselves soon after the run was killed."""
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


@pytest.mark.long(reason="an hour of three plants; `test_newest` has each kind of doubtful data")
def test_doubtful_hours_are_said_and_no_number_pretends(operated: Project) -> None:
    """Fjord: an energy meter is dead, at 0. Delta: a clock in the future. Steppe: a trip."""
    tags = pd.read_csv(operated.tags("fjord"))
    dead = tags.loc[tags["column"] == "fuel_gas_energy_gj_per_h", "tag"]
    last = read_last(operated, "fjord", 2)
    add_readings(operated, "fjord", last.assign(value=last["value"].where(~last["tag"].isin(dead), 0.0)))
    future = read_last(operated, "delta", 1)
    add_readings(operated, "delta", future.assign(time=future["time"] + pd.Timedelta(400, "D")))
    trip = read_last(operated, "steppe", 6)
    tags = pd.read_csv(operated.tags("steppe"))
    load = tags.loc[tags["role"] == "throughput", "tag"]
    add_readings(operated, "steppe", trip.assign(value=trip["value"].where(~trip["tag"].isin(load), 0.0)))
    found = run_hourly(operated)
    statuses = {
        plant: json.loads((operated.operation("monitor", plant) / "status.json").read_text(encoding="utf-8"))
        for plant in ("fjord", "delta", "steppe")
    }
    for plant, status in statuses.items():
        assert found[plant]["failures"] == []
        assert status["gap_frac"] is None
        assert status["money_per_h"] is None
        assert status["no_gap_reason"], plant
    assert statuses["fjord"]["action"] == "look"
    assert "fuel_gas_energy_gj_per_h" in statuses["fjord"]["recommendation"]
    page = (operated.site / "fjord" / "50_monitor.html").read_text(encoding="utf-8")
    assert "shows nothing while the plant runs" in page


@pytest.mark.long(reason="two hours of a plant; `tests/unit/fetch` has each kind of source and of fault")
def test_an_hour_fetches_and_goes_on_without_a_source_that_is_away(operated: Project, tmp_path: Path) -> None:
    path = tmp_path / "history.parquet"
    history = read_last(operated, "fjord", 2)
    with duckdb.connect(str(tmp_path / "history.duckdb")) as database:
        history.assign(quality=history["quality"].astype(str), tag=history["tag"].astype(str)).to_parquet(path)
        database.execute("create table readings as select time, tag, value, quality from read_parquet(?)", [str(path)])
    source = {"kind": "sql", "url": f"duckdb://{tmp_path}/history.duckdb?read_only=True", "table": "readings"}
    first = f"{history['time'].min():%Y-%m-%d}"
    text = operated.params.read_text(encoding="utf-8")
    entry = {"sources": [{**source, "quality_column": "quality", "since": first}]}
    content = yaml.safe_load(text)
    content["plants"]["fjord"] |= entry
    operated.params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    found = run_hourly(operated, "--plant", "fjord")
    assert found["fjord"]["failures"] == []
    assert found["fjord"]["new_hours"] >= 2

    (tmp_path / "history.duckdb").unlink()
    found = run_hourly(operated, "--plant", "fjord", code=1)
    (failure,) = found["fjord"]["failures"]
    assert failure["stage"] == "fetch"
    assert "plant fjord: source sql: the database" in failure["sentence"]
    page = (operated.site / "fjord" / "50_monitor.html").read_text(encoding="utf-8")
    assert "The source sql did not give all from" in page
