"""Two hourly runs are kept apart, and what a killed one left is put right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.hourly.lock import hold_hourly_lock
from elc.hourly.records import copy_records, repair_records
from elc.paths import Project
from tests.conftest import git

HASH = "0123456789abcdef0123456789abcdef"
STAGE = f"""\
  {{name}}:
    cmd: elc run {{name}}
    deps:
    - path: data/raw
      hash: md5
      md5: {HASH}.dir
      size: 17
      nfiles: 3
    outs:
    - path: data/{{name}}
      hash: md5
      md5: {HASH}
      size: 5
"""
LOCK = "schema: '2.0'\nstages:\n" + STAGE.format(name="first") + STAGE.format(name="last")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "dvc.lock").write_text(LOCK)
    git(tmp_path, "init", "--quiet")
    found = Project(tmp_path)
    copy_records(found)
    return found


def test_second_run_is_refused_and_told_who_holds_the_lock(project: Project) -> None:
    wanted = r"^hourly: another run of this project is not done \(process \d+, since [\d:]{8}\)\. Wait until it is;"
    with (
        hold_hourly_lock(project) as was_killed,
        pytest.raises(ElcError, match=wanted),
        hold_hourly_lock(project),
    ):
        pass
    assert not was_killed
    with hold_hourly_lock(project) as was_killed:
        assert not was_killed


def test_lock_of_a_killed_run_is_free_and_tells_that_it_was_killed(project: Project) -> None:
    script = (
        "import os, sys; from pathlib import Path; from elc.hourly.lock import hold_hourly_lock\n"
        "from elc.paths import Project\n"
        "with hold_hourly_lock(Project(Path(sys.argv[1]))): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script, project.root]).returncode == -9
    with hold_hourly_lock(project) as was_killed:
        assert was_killed


@pytest.mark.parametrize("length", range(0, len(LOCK) - 1, 17))
def test_cut_dvc_lock_is_put_back(project: Project, length: int) -> None:
    path = project.root / "dvc.lock"
    path.write_text(LOCK[:length])
    assert repair_records(project, was_killed=True) == [
        "dvc.lock was not whole, as DVC was killed while it wrote it. The copy from before was put back."
    ]
    assert path.read_text() == LOCK
    assert repair_records(project, was_killed=True) == []


def test_whole_dvc_lock_of_a_killed_run_stays(project: Project) -> None:
    path = project.root / "dvc.lock"
    newer = LOCK.replace("size: 17", "size: 18") + STAGE.format(name="more")
    path.write_text(newer)
    assert repair_records(project, was_killed=True) == []
    assert path.read_text() == newer


def test_committed_dvc_lock_stays_though_stages_are_gone(project: Project) -> None:
    path = project.root / "dvc.lock"
    path.write_text(LOCK.partition("  last:")[0])
    git(project.root, "add", "dvc.lock")
    git(project.root, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "less")
    assert repair_records(project, was_killed=True) == []
    assert "last" not in path.read_text()


def test_unreadable_dvc_lock_is_put_back_whoever_was_killed(project: Project) -> None:
    (project.root / "dvc.lock").write_text("stages: [")
    assert len(repair_records(project, was_killed=False)) == 1


def test_unreadable_dvc_lock_without_copy_says_what_to_do(project: Project) -> None:
    (project.root / "dvc.lock").write_text("")
    (project.scratch / "dvc.lock").unlink()
    with pytest.raises(ElcError, match=r"^dvc\.lock: cannot be read, and no copy of it was kept\. .*git checkout"):
        repair_records(project, was_killed=False)


def test_project_without_dvc_lock_needs_no_repair(tmp_path: Path) -> None:
    project = Project(tmp_path)
    copy_records(project)
    assert repair_records(project, was_killed=True) == []


@pytest.mark.parametrize(
    "content",
    ["", "{", json.dumps({"write": {"/data": {"pid": 1 << 30, "cmd": "repro"}}, "read": {}})],
    ids=["empty", "cut", "gone"],
)
def test_locks_of_a_killed_dvc_are_removed(project: Project, content: str) -> None:
    path = project.root / ".dvc" / "tmp" / "rwlock"
    path.write_text(content)
    assert repair_records(project, was_killed=True) == ["Locks that a killed DVC left were removed."]
    assert not path.exists()


@pytest.mark.parametrize("held", ["{}", '{"read": {}, "write": {}}'])
def test_file_of_locks_that_holds_none_is_left(project: Project, held: str) -> None:
    path = project.root / ".dvc" / "tmp" / "rwlock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(held)
    assert repair_records(project, was_killed=False) == []
    assert path.read_text() == held


def test_locks_whose_process_is_another_by_now_are_removed_and_those_of_dvc_stay(project: Project) -> None:
    path = project.root / ".dvc" / "tmp" / "rwlock"
    wait = "print(flush=True); input()"
    for words, is_kept in ((["-c", wait], False), (["-c", wait, "dvc"], True)):
        command = [sys.executable, *words]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()  # it runs, under its own words
            path.write_text(json.dumps({"write": {}, "read": {"/data": [{"pid": process.pid, "cmd": "repro"}]}}))
            repair_records(project, was_killed=True)
            assert path.exists() == is_kept
            process.communicate(b"\n")
