"""`elc repro` beside `dvc repro`: the same stages run, with the same lock, and a failure stops what needs it alone."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from elc.cli.main import main
from elc.errors import ElcError
from elc.paths import Project
from elc.repro import Report, reproduce
from elc.repro.lockfile import LockFile
from tests.unit.repro.pipeline import ORDER, PIPELINE, make_project, never, read_runs, run, run_dvc

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("pipeline"))


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    shutil.copytree(made.root, tmp_path / "project")
    return Project(tmp_path / "project")


@pytest.mark.parametrize(("jobs", "write_s"), [(1, 30.0), (3, 0.0)])
def test_lock_and_results_are_those_of_dvc(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, write_s: float
) -> None:
    monkeypatch.setattr("elc.repro.run.WRITE_S", write_s)
    shutil.copytree(project.root, tmp_path / "other")
    other = Project(tmp_path / "other")
    run_dvc(other, "repro", "-q")
    report, _ = run(project, jobs=jobs)
    assert sorted(report.ran) == sorted(ORDER) == sorted(read_runs(project))
    for name in ("dvc.lock", "last.txt", ".gitignore"):
        assert (project.root / name).read_text() == (other.root / name).read_text(), name
    assert run_dvc(project, "status").strip() == "Data and pipelines are up to date."


def test_nothing_runs_twice_and_only_what_is_stale_runs_again(project: Project) -> None:
    run(project)
    read_runs(project)
    lock = (project.root / "dvc.lock").read_bytes()
    report, said = run(project)
    assert (report.ran, sorted(report.unchanged), read_runs(project)) == ([], sorted(ORDER), [])
    assert "Stage 'part@a' didn't change, skipping" in said
    assert (project.root / "dvc.lock").read_bytes() == lock
    (project.root / "part-b.txt").write_text("spoilt\n")
    report, _ = run(project)
    assert sorted(report.ran) == ["part@b"]  # it makes what it made before, so nothing after it is stale
    assert (project.root / "dvc.lock").read_bytes() == lock
    (project.root / "params.yaml").write_text("scale: 3\n")
    report, said = run(project, "after@c")
    assert report.ran == ["part@c", "after@c"]
    assert said[-1] == "Updating lock file 'dvc.lock'"
    assert sorted(run(project)[0].ran) == ["after@a", "after@b", "last", "part@a", "part@b"]
    assert run_dvc(project, "repro").strip().endswith("Data and pipelines are up to date.")


def test_what_is_missing_here_is_pulled(project: Project, tmp_path: Path) -> None:
    run_dvc(project, "remote", "add", "-q", "-d", "store", str(tmp_path / "store"))
    run(project)
    run_dvc(project, "push", "-q")
    read_runs(project)
    lock = (project.root / "dvc.lock").read_bytes()
    shutil.rmtree(project.root / ".dvc" / "cache")
    for name in ("first.txt", "part-a.txt", "after/a.txt"):
        (project.root / name).unlink()
    said: list[str] = []
    report = reproduce(project, ["after@a"], jobs=1, force=False, pull=True, invoke=never, say=said.append)
    assert (report.ran, read_runs(project)) == ([], [])
    assert (project.root / "after" / "a.txt").read_text() == "seed\na 2\n" * 2
    assert (project.root / "dvc.lock").read_bytes() == lock


def test_command_says_what_ran_and_what_was_skipped(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.root / "dvc.yaml").write_text(PIPELINE.replace("cat seed > first.txt", "false"))
    monkeypatch.chdir(project.root)
    done = CliRunner().invoke(main, ["repro", "after@a"])
    assert done.exit_code == 1
    assert "Stage 'part@a' was skipped: first failed." in done.output
    assert "elc: repro: first failed. Fix what is said above, then run it again." in done.output
    (project.root / "dvc.yaml").write_text(PIPELINE)
    assert CliRunner().invoke(main, ["repro", "--jobs", "1"]).exit_code == 0
    done = CliRunner().invoke(main, ["repro"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "Data and pipelines are up to date.")


def test_ctrl_c_is_one_sentence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("elc.repro.run._work", interrupt)
    monkeypatch.chdir(project.root)
    done = CliRunner().invoke(main, ["repro"])
    assert done.exit_code == 1
    assert done.stderr.startswith("elc: repro: stopped by Ctrl-C. dvc.lock has what had ended, and nothing of what was")


def test_a_run_that_is_interrupted_holds_nothing_though_its_error_is_kept(project: Project) -> None:
    """Python keeps an error that nobody caught until its end, when DVC's locks can be let go of no more."""
    (project.root / "dvc.yaml").write_text(PIPELINE.replace("echo part@a", "sleep 60; echo part@a"))

    def say(line: str) -> None:
        if "part@b" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as kept:
        reproduce(project, [], jobs=2, force=False, pull=False, invoke=never, say=say)
    assert json.loads((project.root / ".dvc" / "tmp" / "rwlock").read_text()) == {}
    assert kept.value is not None


def test_stages_that_need_each_other_run_in_order_and_others_side_by_side(project: Project) -> None:
    text = PIPELINE.replace("echo part@${item} >> runs;", "echo in >> runs; sleep 0.5; echo out >> runs;")
    (project.root / "dvc.yaml").write_text(text)
    run(project, "part@a", "part@b", "part@c", jobs=3)
    assert read_runs(project) == ["first", *["in"] * 3, *["out"] * 3]


def test_a_failure_stops_what_needs_it_alone_and_is_kept_out_of_the_lock(project: Project) -> None:
    (project.root / "dvc.yaml").write_text(
        PIPELINE.replace("echo part@${item} >> runs;", "if [ ${item} = b ]; then echo broken valve; exit 3; fi;")
    )
    report, said = run(project)
    assert report.failed == {"part@b": "its command ended with code 3."}
    assert report.skipped == {"after@b": "part@b", "last": "after@b"}
    assert {"after@a", "after@c"} <= set(report.ran)
    assert any("broken valve" in line for line in said)
    assert "part@b" not in (project.root / "dvc.lock").read_text()
    (project.root / "dvc.yaml").write_text(PIPELINE)
    report, _ = run(project)
    assert report.failed == {}
    assert {"part@b", "after@b", "last"} <= set(report.ran)
    assert run_dvc(project, "status").strip() == "Data and pipelines are up to date."


def test_a_stage_that_makes_nothing_or_lacks_what_it_reads_has_failed(project: Project) -> None:
    (project.root / "dvc.yaml").write_text(PIPELINE.replace("cat seed > first.txt", "true"))
    report, _ = run(project)
    assert "first.txt" in report.failed["first"]
    assert "does not exist" in report.failed["first"]
    assert set(report.skipped) == set(ORDER) - {"first"}
    (project.root / "seed").unlink()
    report, _ = run(project)
    assert "seed" in report.failed["first"]


def test_unknown_stage_broken_lock_and_second_run_are_refused(project: Project) -> None:
    with pytest.raises(ElcError, match="stage part@d is unknown: did you mean part@"):
        run(project, "part@d")
    (project.root / "dvc.lock").write_text("stages: [\n")
    with pytest.raises(ElcError, match=r"dvc\.lock"):
        run(project)
    (project.root / "dvc.lock").unlink()
    (project.root / "dvc.yaml").write_text(PIPELINE.replace("echo first >> runs;", "sleep 2;"))
    first = threading.Thread(target=subprocess.run, args=([sys.executable, "-c", HOLD, str(project.root)],))
    first.start()
    deadline = time.monotonic() + 20
    while not (project.root / "held").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        with pytest.raises(ElcError, match=r"another elc repro of this checkout has not finished\. Wait until it has"):
            run(project)
    finally:
        (project.root / "held").unlink()
        first.join()


HOLD = """
import sys, time, pathlib
from elc.paths import Project
from elc.repro.checkout import hold_checkout
root = pathlib.Path(sys.argv[1])
with hold_checkout(Project(root), wait_s=0):
    (root / "held").touch()
    while (root / "held").exists():
        time.sleep(0.02)
"""


def test_command_of_elc_runs_in_a_process_that_is_warm(project: Project) -> None:
    (project.root / "dvc.yaml").write_text(
        "stages:\n  code:\n    cmd: elc code fjord\n    outs:\n      - made.txt:\n          persist: true\n"
    )
    report, said = run_with(project, write_made)
    assert report.ran == ["code"]
    assert (project.root / "made.txt").read_text().startswith("code fjord ")
    assert "ForkServerProcess" in (project.root / "made.txt").read_text()
    assert said[:2] == ["Running stage 'code':", "> elc code fjord"]
    (project.root / "made.txt").unlink()
    report, said = run_with(project, leave)
    assert report.failed == {"code": "its command ended with code 7."}
    assert "a sentence that says why" in said[-1]


def run_with(project: Project, invoke: object) -> tuple[Report, list[str]]:
    said: list[str] = []
    report = reproduce(project, [], jobs=1, force=False, pull=False, invoke=invoke, say=said.append)  # type: ignore[arg-type]
    return report, said


def write_made(arguments: Sequence[str]) -> None:
    kind = type(multiprocessing.current_process()).__name__
    Path("made.txt").write_text(f"{' '.join(arguments)} {kind}")


def leave(_: Sequence[str]) -> None:
    sys.stderr.write("a sentence that says why\n")
    sys.exit(7)


KILLED = """
import pathlib, sys
from elc.paths import Project
from elc.repro import reproduce
import tests.unit.repro.test_repro as here
reproduce(Project(pathlib.Path(sys.argv[1])), [], jobs=2, force=False, pull=False, invoke=here.never, say=print)
"""


@pytest.mark.long(reason="kills a run twenty times, and starts it again")
def test_a_run_that_is_killed_leaves_a_whole_lock_and_goes_on(project: Project, tmp_path: Path) -> None:
    text = PIPELINE.replace("echo part@${item} >> runs;", "sleep 0.3;")
    (project.root / "dvc.yaml").write_text(text)
    shutil.copytree(project.root, tmp_path / "other")
    run(Project(tmp_path / "other"))
    lock = (tmp_path / "other" / "dvc.lock").read_bytes()
    for count in range(20):
        command = [sys.executable, "-c", KILLED, str(project.root)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT)
        time.sleep(1.5 + 0.1 * count)
        process.kill()
        process.communicate()
        if (project.root / "dvc.lock").is_file():
            LockFile(project.root / "dvc.lock")
        assert find_children(project) == []
    report, _ = run(project)
    assert report.failed == {}
    assert (project.root / "dvc.lock").read_bytes() == lock
    assert (project.root / "last.txt").read_bytes() == (tmp_path / "other" / "last.txt").read_bytes()
    assert run_dvc(project, "status").strip() == "Data and pipelines are up to date."


def find_children(project: Project) -> list[str]:
    """Find what still runs in a project some time after its run was killed; a busy machine ends processes slowly."""
    end, found = time.monotonic() + 10, [""]
    while found and time.monotonic() < end:
        time.sleep(0.1)
        running = [process.info for process in psutil.process_iter(["cwd", "cmdline"])]
        found = [str(info["cmdline"]) for info in running if info["cwd"] == str(project.root)]
    return found
