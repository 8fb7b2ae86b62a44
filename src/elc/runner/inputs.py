"""What a stage reads of what DVC keeps: a clone has it after `dvc pull`, not before."""

from __future__ import annotations

from typing import Any

from elc.errors import ElcError
from elc.paths import Project
from elc.settings import read_yaml

_KEPT = ("data/", "models/")  # where DVC keeps what stages read
_IN_GIT = "data/plants/"


def check_fetched(project: Project, stage: str, plant: str) -> None:
    """Check that what a stage of a plant reads is here, as dvc.yaml lists it; a stage that is not in it reads nothing.

    Raises:
        ElcError: something is missing, with the commands that fetch or make it.
    """
    stages: dict[str, Any] = read_yaml(project.pipeline).get("stages") or {}
    reads = [str(path).replace("${key}", plant) for path in stages.get(stage, {}).get("do", {}).get("deps", [])]
    kept = (path for path in reads if path.startswith(_KEPT) and not path.startswith(_IN_GIT))
    missing = [path for path in kept if not (project.root / path).exists()]
    if missing:
        raise ElcError(
            f"stage {stage} {plant}: {' and '.join(missing)} not found. In a fresh clone, fetch it: dvc pull "
            f"{' '.join(missing)}. Otherwise make it: dvc repro {stage}@{plant}."
        )
