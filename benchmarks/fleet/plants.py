"""A project with as many plants as are asked for: those of the demo, and copies under other names and seeds."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from benchmarks.pipeline import copy_project
from elc.paths import Project

DEMO = ("fjord", "delta", "steppe")


def make_project(folder: Path, count: int, train: Mapping[str, Any]) -> tuple[Project, list[str]]:
    """Copy this project with `count` plants, whose training has the settings `train`; the names of the plants."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_project(folder)
    project = Project(folder)
    content = yaml.safe_load(project.params.read_text(encoding="utf-8"))
    content["train"] |= train
    entries, simulated = content["plants"], content["simulate"]["plants"]
    plants = {name: DEMO[index % len(DEMO)] for index, name in enumerate(_name_plants(count))}
    content["plants"] = {name: entries[like] | {"name": name.capitalize()} for name, like in plants.items()}
    content["simulate"]["plants"] = {
        name: simulated[like] | {"seed": simulated[like]["seed"] + 1000 * index}
        for index, (name, like) in enumerate(plants.items())
    }
    project.params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    for name, like in plants.items():
        if name != like:
            shutil.copytree(project.tags(like).parent, project.tags(name).parent)
    commit(project, "Begin")
    return project, list(plants)


def commit(project: Project, message: str) -> None:
    """Commit all that is new in a project."""
    author = ["-c", "user.name=ELC", "-c", "user.email=elc@example.org"]
    for words in (["add", "--all"], [*author, "commit", "--quiet", "--message", message]):
        subprocess.run(["git", *words], cwd=project.root, check=True)


def _name_plants(count: int) -> list[str]:
    return [f"{DEMO[index % len(DEMO)]}{index // len(DEMO) or ''}" for index in range(count)]
