"""A copy of the project to play in: no remote, no tag and nothing of operation comes along, so nothing gets out."""

from __future__ import annotations

import shutil
from pathlib import Path

from elc.errors import ElcError
from elc.paths import Project
from elc.registry.git import run_git
from elc.settings import read_settings

# What a copy has no use for, or makes itself.
LEFT_OUT = (".venv*", "live", "capture", "_site", "node_modules", "__pycache__")
PLAYER = {"user.name": "elc live", "user.email": "live@localhost", "commit.gpgsign": "false", "gc.auto": "0"}


def find_plants(project: Project, asked: tuple[str, ...] = ()) -> list[str]:
    """Find the simulated plants whose pipeline has run.

    Raises:
        ElcError: there is none, or one that was asked for is not simulated or has no package.
    """
    simulated = list(read_settings(project).simulate.plants)
    built = [plant for plant in simulated if (project.model(plant) / "card.json").is_file()]
    missing = [plant for plant in asked if plant not in built]
    if missing or not built:
        named = f"plant {missing[0]}: " if missing else ""
        raise ElcError(
            f"{named}elc live plays simulated plants whose pipeline has run; there are: {', '.join(built) or 'none'}. "
            "Run make demo first."
        )
    return list(asked) or built


def copy_project(source: Project, folder: Path) -> Project:
    """Copy a project into a new folder, as it is, committed or not, to a Git repository without a past in its registry.

    Raises:
        ElcError: Git is missing, or the project is in no repository.
    """
    shutil.copytree(source.root, folder, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for left in (*(folder / "operation").glob("*/"), *(folder / "deployed").glob("*/")):
        shutil.rmtree(left)
    for name in ("remote", "tag"):
        for found in run_git(folder, name).split():
            run_git(folder, name, "remove" if name == "remote" else "--delete", found)
    for key, value in PLAYER.items():
        run_git(folder, "config", key, value)
    run_git(folder, "checkout", "--quiet", "-B", "live")
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "--allow-empty", "--message", "what is played")
    return Project(folder)
