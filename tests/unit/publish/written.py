"""A project of one plant whose hours are published."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from elc.paths import Project

ROOT = Path(__file__).resolve().parents[3]


def make_project(folder: Path, **publish: Any) -> Project:
    """Make a project with the repository's settings and the plant fjord, and name the operation of prod in it."""
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    content["publish"] = publish
    content["plants"] = {"fjord": content["plants"]["fjord"]}
    content["simulate"]["plants"] = {}
    (folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    (folder / "dvc.yaml").write_text("stages: {}\n")
    project = Project(folder, "prod")
    project.tags("fjord").parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Project(ROOT).tags("fjord"), project.tags("fjord"))
    return project
