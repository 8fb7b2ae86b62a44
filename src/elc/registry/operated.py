"""Which environment is operated where none is named, and where the results of a plant's operation lie."""

from __future__ import annotations

from elc.errors import ElcError, build_nearest
from elc.paths import CANDIDATE, Project
from elc.registry.deployed import find_folder
from elc.settings import Settings, read_settings


def choose_operated(project: Project, environment: str, *, where: str) -> Project:
    """Name the paths of the operation of an environment; an empty name is `find_operated`.

    Raises:
        ElcError: params.yaml has no such environment, or has faults.
    """
    settings = read_settings(project)
    names = (*settings.environments, CANDIDATE)
    if environment and environment not in names:
        raise ElcError(f"{where}: environment {environment} is unknown: {build_nearest(environment, names)}")
    return project.operate(environment or find_operated(project, settings))


def find_operated(project: Project, settings: Settings) -> str:
    """Find the highest environment that has a version of any plant here; `candidate` where none has."""
    for name in reversed(settings.environments):
        if any(has_version(project, plant, name) for plant in settings.plants):
            return name
    return CANDIDATE


def has_version(project: Project, plant: str, environment: str) -> bool:
    """Tell whether a version of a plant lies in an environment here; the candidate always counts as one."""
    if environment == CANDIDATE:
        return True
    return find_folder(project.deployed(environment, plant)).is_dir()


def find_place(project: Project, plant: str) -> Project:
    """Find where the results of a plant lie that pages show: in the project's operation, or with DVC's.

    An environment without a version of the plant shows the candidate, as `dvc repro` judged it; so does one whose first
    hour is not judged yet.
    """
    if not project.environment or not has_version(project, plant, project.environment):
        return project.operate("")
    is_judged = (project.operation("monitor", plant) / "hours.parquet").is_file()
    return project if is_judged or any((project.receipts / plant).glob("*.json")) else project.operate("")
