"""Projects that hold no more than what the simulator reads, with days and step of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from elc.paths import Project

ROOT = Path(__file__).resolve().parents[3]

BuildProject = Callable[..., Project]


def _build_project(folder: Path, **simulate: Any) -> Project:
    project = Project(folder)
    for plant in ("fjord", "delta", "steppe"):
        project.tags(plant).parent.mkdir(parents=True)
        shutil.copyfile(Project(ROOT).tags(plant), project.tags(plant))
    (folder / "dvc.yaml").touch()
    editor = YAML()
    params = editor.load(ROOT / "params.yaml")
    params["simulate"].update(simulate)
    editor.dump(params, project.params)
    return project


@pytest.fixture(scope="session")
def build_project() -> BuildProject:
    """Make a project in a folder, with keys of `simulate` in params.yaml that are other than the demo's."""
    return _build_project
