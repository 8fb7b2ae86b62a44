"""Two hourly runs of one operation are kept apart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.hourly.lock import hold_hourly_lock
from elc.paths import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, "prod")


def test_second_run_is_refused_and_told_who_holds_the_lock(project: Project) -> None:
    wanted = r"^hourly: another run of prod has not finished \(process \d+, since [\d:]{8}\)\. Wait until it has;"
    with (
        hold_hourly_lock(project, wait_s=0),
        pytest.raises(ElcError, match=wanted),
        hold_hourly_lock(project, wait_s=0),
    ):
        pass
    with hold_hourly_lock(project, wait_s=0):
        pass


def test_operations_of_two_environments_do_not_wait_for_each_other(project: Project) -> None:
    other = project.operate("test")
    with hold_hourly_lock(project, wait_s=0), hold_hourly_lock(other, wait_s=0):
        assert (project.place / "hourly.lock").read_text() == (other.place / "hourly.lock").read_text() != ""


def test_lock_of_a_killed_run_is_free(project: Project) -> None:
    script = (
        "import os, sys; from pathlib import Path; from elc.hourly.lock import hold_hourly_lock\n"
        "from elc.paths import Project\n"
        "with hold_hourly_lock(Project(Path(sys.argv[1]), 'prod'), wait_s=0): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script, project.root]).returncode == -9
    with hold_hourly_lock(project, wait_s=0):
        pass
