"""`elc repro --scheduler`: the lock and results of one machine, made by workers of Dask that share no disk."""

from __future__ import annotations

import itertools
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from benchmarks.fleet.workers import Workers, clone, start_scheduler
from elc.cli.main import main
from elc.errors import ElcError
from elc.paths import Project
from elc.repro.lockfile import LockFile
from tests.unit.registry.s3 import add_s3_remote, serve_s3
from tests.unit.repro.pipeline import ORDER, PIPELINE, make_project, read_runs, run, run_dvc, run_git

distributed = pytest.importorskip("distributed")
ROOT = Path(__file__).parents[3]
RESULTS = ("dvc.lock", "last.txt", ".gitignore")


def start_project(folder: Path, *, text: str = PIPELINE) -> Project:
    """A committed project whose remote is a folder."""
    project = make_project(folder / "project")
    (project.root / "dvc.yaml").write_text(text)
    (project.root / "runs").write_text("")
    (project.root / ".git" / "info" / "exclude").write_text("runs\n")
    run_dvc(project, "remote", "add", "-q", "-d", "store", str(folder / "store"))
    run_git(project, "add", "--all")
    run_git(project, "commit", "-qm", "Begin")
    return project


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    folder = tmp_path_factory.mktemp("fleet")
    project = start_project(folder)
    with start_scheduler(folder / "dask") as workers:
        for name in ("one", "two"):
            workers.start(clone(project.root, folder / name), "--no-nanny", "--resources", "threads=2")
        with distributed.Client(workers.scheduler, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield workers


@pytest.fixture
def project(workers: Workers, tmp_path: Path) -> Project:
    """A clone in which nothing has run."""
    return Project(clone(workers.folder.parent / "project", tmp_path / "project"))


def list_checkouts(workers: Workers) -> list[Project]:
    return [Project(workers.folder.parent / name) for name in ("one", "two")]


def test_lock_and_results_are_those_of_one_machine(workers: Workers, project: Project, tmp_path: Path) -> None:
    other = Project(clone(project.root, tmp_path / "other"))
    run(other)
    report, said = run(project, scheduler=workers.scheduler)
    assert (report.failed, sorted(report.ran)) == ({}, sorted(ORDER)), said
    assert read_runs(project) == []  # nothing ran here
    assert sorted(name for checkout in list_checkouts(workers) for name in read_runs(checkout)) == sorted(ORDER)
    for name in RESULTS:
        assert (project.root / name).read_bytes() == (other.root / name).read_bytes(), name
    assert run_dvc(project, "status").strip() == "Data and pipelines are up to date."
    assert "in sync" in run_dvc(project, "status", "--cloud")
    assert run(project, scheduler=workers.scheduler)[0].ran == []


def test_a_worker_that_refuses_is_passed_over_and_a_stage_that_fails_is_told(
    workers: Workers, project: Project
) -> None:
    text = PIPELINE.replace("echo part@${item} >> runs;", "if [ ${item} = b ]; then echo broken valve; exit 3; fi;")
    (project.root / "dvc.yaml").write_text(text)
    good, bad = list_checkouts(workers)
    (good.root / "dvc.yaml").write_text(text)
    run_git(bad, "commit", "-q", "--allow-empty", "-m", "Another")
    try:
        report, said = run(project, scheduler=workers.scheduler, force=True)
    finally:
        run_git(bad, "reset", "-q", "--hard", "HEAD~1")
        run_git(good, "checkout", "-q", "dvc.yaml")
    assert report.failed == {"part@b": "its command ended with code 3."}
    assert report.skipped == {"after@b": "part@b", "last": "after@b"}
    assert any("broken valve" in line for line in said)
    assert any(f"({bad.root}): " in line and "not as at the coordinator: its command" in line for line in said)
    assert "part@b" not in (project.root / "dvc.lock").read_text()


def test_a_stage_that_no_worker_can_run_is_given_up_with_what_it_asks_for(
    workers: Workers, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elc.repro.fleet._LOOK_S", 0.2)
    fleet = "fleet: {wait_s: 0, stages: {first: {threads: 2}, part: {threads: 4, memory_gib: 1.5}}}\n"
    (project.root / "params.yaml").write_text(f"scale: 2\n{fleet}")
    report, _ = run(project, "part@a", scheduler=workers.scheduler)
    assert report.ran == ["first"]
    assert report.failed["part@a"] == (
        "no worker offers memory_gib=1.5 threads=4, as fleet.stages asks at the scheduler "
        f"{workers.scheduler}, for 0 s now. Start one with --resources 'memory_gib=1.5 threads=4'; docs/fleet.md says "
        "how."
    )


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (
            "{stages: {frist: {threads: 2}}}",
            r"^params\.yaml: fleet\.stages: stage frist is unknown: did you mean first",
        ),
        ("{stages: {first: {thread: 2}}}", r"^params\.yaml: fleet\.stages\.first\.thread: unknown key"),
        ("{stages: {first: {threads: 0}}}", r"^params\.yaml: fleet\.stages\.first\.threads: found 0"),
    ],
)
def test_settings_that_fit_no_stage_are_named(workers: Workers, project: Project, section: str, words: str) -> None:
    (project.root / "params.yaml").write_text(f"scale: 2\nfleet: {section}\n")
    with pytest.raises(ElcError, match=words):
        run(project, scheduler=workers.scheduler)


def test_a_scheduler_that_is_not_there_is_one_sentence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elc.repro.fleet.CONNECT_S", 0.5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.chdir(project.root)
        done = CliRunner().invoke(main, ["repro", "--scheduler", address])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"elc: repro: the scheduler {address} cannot be reached: ")
    assert done.stderr.endswith("start one with dask scheduler, or correct the address; docs/fleet.md says how.\n")
    assert done.stderr.count("\n") == 1
    assert not (project.root / "dvc.lock").exists()


def test_without_a_remote_nothing_is_begun(workers: Workers, project: Project) -> None:
    (project.root / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    with pytest.raises(
        ElcError, match=r"the DVC remote cannot be used: .*no remote specified .* dvc remote add --default"
    ):
        run(project, scheduler=workers.scheduler)


COORDINATOR = """
import pathlib, signal, sys
from elc.paths import Project
from elc.repro import reproduce
from tests.unit.repro.pipeline import never
signal.signal(signal.SIGINT, signal.default_int_handler)  # which what is started in the background has not
reproduce(Project(pathlib.Path(sys.argv[1])), [], jobs=0, force=False, pull=False, invoke=never, say=print,
    scheduler=sys.argv[2])
"""
KILLS = 4
SLOW = PIPELINE.replace("echo part@${item} >> runs;", "sleep 2;").replace("echo after@${item} >> runs;", "sleep 1;")


@pytest.mark.long(reason="four workers that are killed again and again, then the coordinator and the scheduler")
def test_whatever_is_killed_the_lock_is_that_of_one_machine(tmp_path: Path) -> None:
    project = start_project(tmp_path, text=SLOW)
    with serve_s3("plants") as endpoint, start_scheduler(tmp_path / "dask") as workers:
        add_s3_remote(project.root, "store", "plants", endpoint)
        run_git(project, "commit", "-qam", "Keep results on S3")
        checkouts = [clone(project.root, tmp_path / f"worker{number}") for number in range(4)]
        for checkout in checkouts:
            workers.start(checkout)
        other = Project(clone(project.root, tmp_path / "other"))
        run(other)
        lock = (other.root / "dvc.lock").read_bytes()

        killer = threading.Thread(target=kill_in_mid_stage, args=(workers, checkouts, hit := []))
        killer.start()
        report, said = run(project, scheduler=workers.scheduler)
        killer.join()
        assert len(hit) == KILLS
        assert not any(stage.is_running() for stage in hit)
        assert report.failed == {}, said
        assert (project.root / "dvc.lock").read_bytes() == lock

        again = Project(clone(project.root, tmp_path / "again"))
        for how in (signal.SIGKILL, signal.SIGINT):
            shutil.rmtree(again.root / ".dvc" / "cache", ignore_errors=True)
            command = [sys.executable, "-c", COORDINATOR, str(again.root), workers.scheduler]
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            wait_for_stage(workers, checkouts)
            process.send_signal(how)
            process.communicate(timeout=120)
            assert process.returncode != 0
            LockFile(again.root / "dvc.lock")
        assert run(again, scheduler=workers.scheduler)[0].failed == {}
        assert (again.root / "dvc.lock").read_bytes() == lock
        assert run_dvc(again, "status").strip() == "Data and pipelines are up to date."


def wait_for_stage(workers: Workers, checkouts: list[Path]) -> None:
    end = time.monotonic() + 120
    while not any(workers.find_stages(checkout) for checkout in checkouts):
        assert time.monotonic() < end, "no stage began"
        time.sleep(0.05)


def kill_in_mid_stage(workers: Workers, checkouts: list[Path], hit: list[psutil.Process]) -> None:
    """Kill workers while a stage runs there; note its processes, which must end with the worker."""
    end = time.monotonic() + 300
    for checkout in itertools.cycle(checkouts):
        if len(hit) >= KILLS or time.monotonic() > end:
            return
        if stages := workers.find_stages(checkout):
            workers.kill(checkout)
            hit += stages[:1]
        time.sleep(0.3)
