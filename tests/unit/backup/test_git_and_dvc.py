"""No usual command of Git or DVC touches what this machine alone knows, and none of it shows in `git status`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from elc.paths import Project
from tests.conftest import ROOT, copy_settings, git, run
from tests.unit.backup.conftest import operate, read_state, write

GIT = (
    "checkout -- .",
    "stash --quiet",
    "stash --quiet --include-untracked",
    "reset --quiet --hard",
    "clean --quiet -ffd",
    "checkout --quiet --force --detach HEAD~1",
    "switch --quiet --discard-changes --force-create other",
    "switch --quiet --discard-changes main",
    "gc --quiet --prune=now",
)
DVC = ("checkout", "checkout --force", "gc --workspace --force", "fetch", "pull --force")
# DVC takes seconds to start: once is enough.
SCRIPT = """
import sys
from dvc.cli import main
for line in sys.argv[1:]:
    if code := main(line.split()):
        sys.exit(f"dvc {line}: {code}")
"""


@pytest.fixture
def tracked(tmp_path: Path) -> Project:
    """A project that is operated, with an output of DVC and all that Git ignores."""
    project = copy_settings(tmp_path / "plants")
    git(project.root, "branch", "--move", "--force", "main")
    for name in ("operation", "deployed", "data/capture"):
        write(project, f"{name}/.gitignore", (ROOT / name / ".gitignore").read_text(encoding="utf-8"))
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "what is ignored")
    write(project, "dvc.yaml", "stages: {train: {cmd: 'true', outs: [models/fjord]}}\n")
    write(project, "models/fjord/card.json", "a candidate")
    (project.root / "dvc.lock").unlink()
    call_dvc(project, f"remote add --quiet --default store {tmp_path / 'store'}", "commit --quiet --force", "push")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "trained")
    return operate(project)


def call_dvc(project: Project, *lines: str) -> None:
    done = run(project.root, sys.executable, "-c", SCRIPT, *lines)
    assert done.returncode == 0, done.stdout + done.stderr


def test_state_outlives_every_usual_command(tracked: Project) -> None:
    """Before each, something is changed and something is new, as after work that is to be thrown away."""
    before = read_state(tracked)
    for line in GIT:
        write(tracked, "untracked/file.txt", line)
        write(tracked, "params.yaml", "altered")
        git(tracked.root, *line.split())
        git(tracked.root, "reset", "--quiet", "--hard", "main")
        git(tracked.root, "clean", "--quiet", "-d", "--force")
        assert read_state(tracked) == before, line
        assert git(tracked.root, "status", "--porcelain") == "", line
    shutil.rmtree(tracked.model("fjord"))
    call_dvc(tracked, *DVC)
    assert read_state(tracked) == before
    assert (tracked.model("fjord") / "card.json").read_text(encoding="utf-8") == "a candidate"
    assert git(tracked.root, "status", "--porcelain") == ""
