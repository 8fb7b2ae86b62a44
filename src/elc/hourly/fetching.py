"""New readings of a plant's sources, before the hour is judged: what fails is told, and the hour goes on without."""

from __future__ import annotations

from elc.errors import ElcError, build_error
from elc.failures import remove_failures, write_failure
from elc.fetch import Wanted, fetch_plant
from elc.hourly.changes import FETCH
from elc.paths import Project
from elc.settings import read_plant

# ASSUME: so much of an hour may go into a long history; the next one goes on with it.
LONGEST_S = 600.0


def bring_new(project: Project, plant: str) -> None:
    """Fetch what is new of a plant that has sources."""
    if not read_plant(project, plant).plant.sources:
        remove_failures(project, plant, [FETCH])
        return
    try:
        failures = fetch_plant(project, plant, Wanted(longest_s=LONGEST_S)).failures
        if failures:
            raise ElcError(failures[0]) if len(failures) == 1 else build_error(f"plant {plant}: sources", failures)
    except ElcError as error:
        write_failure(project, FETCH, plant, error)
    else:
        remove_failures(project, plant, [FETCH])


def is_fetched_alone(project: Project, plant: str) -> bool:
    """Tell whether a plant has its readings from its sources alone: DVC knows no export of it."""
    raw = project.raw(plant)
    return bool(read_plant(project, plant).plant.sources) and not raw.with_name(f"{raw.name}.dvc").exists()
