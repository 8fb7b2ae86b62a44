"""A project in a temporary folder: the committed notebooks, settings and tag lists of the caller's choice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from elc import curve, dataset, findings
from elc.dataset import Split
from elc.paths import Project

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def open_project(plant: str, params: dict[str, Any], tags: str) -> Iterator[Project]:
    """Yield a project with one plant, without data."""
    with tempfile.TemporaryDirectory() as name:
        project = Project(Path(name))
        shutil.copytree(ROOT / "notebooks", project.notebooks)
        project.tags(plant).parent.mkdir(parents=True)
        project.tags(plant).write_text(tags, encoding="utf-8")
        project.params.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
        (project.root / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
        yield project


def read_params() -> dict[str, Any]:
    """Read the settings of this project, to be changed."""
    params: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    return params


def build_entry(carriers: Sequence[str]) -> dict[str, Any]:
    """Build the least entry that a plant can have; nothing here reads its prices."""
    return {
        "name": "Table",
        "product": "product",
        "time_zone": "UTC",
        "interval": "1h",
        "train_until": None,
        "battery_limit": "as the table has it",
        "gap_carrier": carriers[0],
        "export": {},
        "carriers": {name: {"price_per_gj": 1.0, "co2_kg_per_gj": 0.0} for name in carriers},
    }


def train_split(project: Project, plant: str, split: Split) -> curve.Package:
    """Train a plant on the hours of a split.

    Raises:
        RuntimeError: training failed.
    """
    dataset.write_split(project.processed(plant), split)
    findings.write_findings(project.insufficiencies(plant), findings.build_frame([]))
    call(project.root, "elc", "run", "train", plant)
    return curve.read(project.model(plant))


def call(folder: Path, command: str, *arguments: str) -> str:
    """Run a command of this Python's environment to its end and return what it said.

    Raises:
        RuntimeError: the command failed; with the end of what it said.
    """
    here = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [str(here / command), *arguments], cwd=folder, capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise RuntimeError(f"{command} {' '.join(arguments)} failed in {folder}:\n{done.stderr[-3000:]}")
    return done.stdout


def skip(part: str, reason: str) -> None:
    """Say that a part is left out, and why."""
    sys.stderr.write(f"curve: {part} is left out: {reason}\n")
