"""The hour of all plants, from the lock to the alerts."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from elc import alerts, registry
from elc.errors import ElcError, build_nearest, check_faults
from elc.failures import remove_failures, write_failure
from elc.hourly.changes import Change, find_change, keep_hours
from elc.hourly.lock import hold_hourly_lock
from elc.hourly.pipeline import STAGES, Pipeline
from elc.hourly.records import copy_records, repair_records
from elc.paths import Project
from elc.settings import read_settings

FIRST_WITH_VERSION = "explain"  # the first of the stages that reads the version in use


@dataclass(frozen=True)
class Outcome:
    """What an hourly run did: each plant's change, whether any stage ran, and sentences.

    `notes` tell what was put right, `faults` what failed besides the stages of plants: the site, or an alert.
    """

    changes: tuple[Change, ...]
    has_run: bool
    notes: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return not self.faults and not any(change.failures for change in self.changes)


def run_hour(project: Project, plants: Sequence[str], *, environment: str, variables: Mapping[str, str]) -> Outcome:
    """Run the hour of some plants, or all: what is new is taken in, the pages are made, alerts are sent.

    `environment` is operated from now on, an empty one is the highest that has a version. `variables` are added to the
    environment of the stages; what these say goes to standard error.

    Raises:
        ElcError: a plant or the environment is unknown, another run is not done, or DVC cannot start.
    """
    settings = read_settings(project)
    strange = [plant for plant in plants if plant not in settings.plants]
    faults = [f"plant {plant} is unknown: {build_nearest(plant, settings.plants)}" for plant in strange]
    if environment and environment not in settings.environments:
        faults.append(f"environment {environment} is unknown: {build_nearest(environment, settings.environments)}")
    check_faults("hourly: params.yaml", faults)
    chosen = list(dict.fromkeys(plants)) or list(settings.plants)
    with hold_hourly_lock(project) as was_killed, tempfile.TemporaryDirectory() as folder:
        notes = repair_records(project, was_killed=was_killed)
        copy_records(project)
        registry.write_operated(project, environment)
        keep_hours(project, chosen, Path(folder))
        pipeline = _run_stages(project, chosen, variables)
        changes = tuple(find_change(project, plant, Path(folder)) for plant in chosen)
        unsent = alerts.deliver_all(project, chosen, environment=environment, now=datetime.now(UTC))
    faults = [pipeline.site_fault, *unsent] if pipeline.site_fault else unsent
    return Outcome(changes, bool(pipeline.ran), tuple(notes), tuple(faults))


def _run_stages(project: Project, plants: Sequence[str], variables: Mapping[str, str]) -> Pipeline:
    for plant in plants:
        # A stage that failed is stale, so it runs again and says it again, unless its cause is gone.
        remove_failures(project, plant, STAGES)
        project.raw(plant).mkdir(parents=True, exist_ok=True)  # so that ingest can say that nothing is in it
        _check_version(project, plant)
    pipeline = Pipeline(project, plants)
    pipeline.run(variables)
    return pipeline


def _check_version(project: Project, plant: str) -> None:
    """Keep as a failure that a plant's version may not be used any more: where no data are new, no stage would say."""
    try:
        registry.find_used(project, plant, environment="")
    except ElcError as error:
        write_failure(project, FIRST_WITH_VERSION, plant, error)
