"""Bring along what a former release kept among DVC's results: the log of shown advice, answers, and what was told.

Today that is the operation's. What lies there is of the environment that was operated then, and it moves once.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from elc import registry
from elc.files import replace_file
from elc.paths import Project
from elc.settings import read_settings

_LOGS = ("log.parquet", "outcomes.parquet")


def adopt_former(project: Project, plants: Iterable[str]) -> list[str]:
    """Bring along what is there of some plants, unless the operation has its own; say in a sentence each what moved.

    The log stays where it was, too: there it is one of DVC's results, and DVC alone changes it.
    """
    if _find_former(project) != project.environment:
        return []
    return [
        f"{plant}: {' and '.join(moved)} of a former release moved to {project.place.relative_to(project.root)}."
        for plant in plants
        if (moved := list(_adopt(project, plant)))
    ]


def _find_former(project: Project) -> str:
    """Find which environment was operated: a former release wrote it down where it was named."""
    try:
        return str(json.loads((project.root / "deployed" / "operated.json").read_text(encoding="utf-8"))["environment"])
    except (OSError, ValueError, KeyError, TypeError):
        return registry.find_operated(project, read_settings(project))


def _adopt(project: Project, plant: str) -> Iterator[str]:
    former = project.operate("")
    if _copy_log(former.operation("advice", plant), project.operation("advice", plant), project.environment):
        yield "the log of advice"
    if _move(former.advice_notes(plant), project.advice_notes(plant)):
        yield "answers"
    if _move(former.operation("alerts", plant), project.operation("alerts", plant)):
        yield "alerts"


def _copy_log(former: Path, folder: Path, environment: str) -> bool:
    """Copy the log where the operation has none, and a version of the environment showed what it says to somebody."""
    if (folder / _LOGS[0]).exists() or not (former / _LOGS[0]).is_file():
        return False
    from elc import (
        advise,
    )  # pandas and all that computes: an hour that finds no such log needs them in its workers alone

    log = advise.read_log(former)
    if not (log["is_shown"] & log["version"].str.endswith(f" in {environment}")).any():
        return False
    for name in reversed(_LOGS):  # the log comes last: where it is, nothing is copied again
        if (former / name).is_file():
            with replace_file(folder / name) as temporary:
                shutil.copyfile(former / name, temporary)
    return True


def _move(former: Path, path: Path) -> bool:
    if path.exists() or not former.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    former.rename(path)
    return True
