"""A small pipeline of shell commands, and what runs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from elc.paths import Project
from elc.repro import Report, reproduce

PIPELINE = """\
stages:
  first:
    cmd: echo first >> runs; cat seed > first.txt
    deps: [seed]
    outs:
      - first.txt:
          persist: true
  part:
    foreach: [a, b, c]
    do:
      cmd: echo part@${item} >> runs; (cat first.txt; echo ${item} ${scale}) > part-${item}.txt
      deps: [first.txt]
      params: [scale]
      outs:
        - part-${item}.txt:
            persist: true
  after:
    foreach: [a, b, c]
    do:
      cmd: echo after@${item} >> runs; cat part-${item}.txt part-${item}.txt > after/${item}.txt
      deps:
        - part-${item}.txt
      outs:
        - after/${item}.txt:
            persist: true
  last:
    cmd: echo last >> runs; cat after/*.txt > last.txt
    deps: [after]
    metrics:
      - last.txt:
          cache: false
"""
ORDER = ["first", "part@a", "after@a", "part@b", "after@b", "part@c", "after@c", "last"]


def never(_: Sequence[str]) -> None:
    raise AssertionError("no stage of this pipeline is a command of elc")


def make_project(root: Path) -> Project:
    """Make a project of Git and DVC with the pipeline, of which nothing has run."""
    root.mkdir(parents=True, exist_ok=True)
    commands = ["git init -q -b main", "git config user.email test@example.org", "git config user.name Test"]
    for command in (*commands, f"{sys.executable} -m dvc init -q"):
        subprocess.run(command.split(), cwd=root, check=True)
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "params.yaml").write_text("scale: 2\n")
    (root / "seed").write_text("seed\n")
    (root / "after").mkdir()
    return Project(root)


def run(
    project: Project, *targets: str, jobs: int = 2, force: bool = False, scheduler: str | None = None
) -> tuple[Report, list[str]]:
    said: list[str] = []
    report = reproduce(
        project, targets, jobs=jobs, force=force, pull=False, invoke=never, say=said.append, scheduler=scheduler
    )
    return report, said


def read_runs(project: Project) -> list[str]:
    """Read which stages ran in a checkout, and forget it."""
    path = project.root / "runs"
    lines = path.read_text().split() if path.is_file() else []
    path.unlink(missing_ok=True)
    return lines


def run_dvc(project: Project, *arguments: str) -> str:
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=project.root, check=True, capture_output=True, text=True).stdout


def run_git(project: Project, *arguments: str) -> str:
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]  # a clone has none
    command = ["git", *author, *arguments]
    return subprocess.run(command, cwd=project.root, check=True, capture_output=True, text=True).stdout
