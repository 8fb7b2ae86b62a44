"""The hour of all plants, from the lock to the alerts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm

from elc import alerts, registry
from elc.errors import ElcError, check_faults, list_unknown
from elc.failures import read_failures, remove_failures, write_failure
from elc.hourly.changes import VERSION, PlantChange, find_change, keep_hours
from elc.hourly.fetching import bring_new, is_fetched_alone
from elc.hourly.former import adopt_former
from elc.hourly.lock import hold_hourly_lock
from elc.hourly.own import check_restored
from elc.hourly.reports import mail_reports, make_reports
from elc.hourly.stages import SITE, STAGES, build_stamp, is_stale, remove_stamp, write_stamp
from elc.paths import CANDIDATE, Project
from elc.publish import publish_hours
from elc.settings import Settings, read_settings
from elc.workers import Task, Worker, Workers, open_workers

_ATTEMPTS = 2  # of a stage whose files change while it reads them


@dataclass(frozen=True)
class Outcome:
    """What an hourly run did: each plant's change, whether any stage ran, and what failed besides, in sentences.

    `notes` say what of a former release moved, and what was published.
    """

    environment: str
    changes: tuple[PlantChange, ...]
    has_run: bool
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return not self.faults and not any(change.failures for change in self.changes)


def run_hour(project: Project, plants: Sequence[str], *, environment: str) -> Outcome:
    """Run the hour of some plants, or all: new data is read, pages are made, alerts are sent.

    Where a month is over its report is made, once, and mailed.

    `environment` is whose versions judge; an empty one is the highest that has any version here, else the candidates
    are judged. A plant without a version there is skipped. What the stages say goes to standard error.

    Raises:
        ElcError: a plant or the environment is unknown, another run is not done, or a restoration was interrupted.
    """
    settings = read_settings(project)
    unknown = list_unknown("plant", plants, settings.plants)
    unknown += list_unknown("environment", filter(None, [environment]), settings.environments)
    check_faults("hourly: params.yaml", unknown)
    check_restored(project, where="hourly")
    project = project.operate(environment or registry.find_operated(project, settings))
    names = list(dict.fromkeys(plants)) or list(settings.plants)
    count = max(1, min(len(names), os.cpu_count() or 1))
    with (
        hold_hourly_lock(project, wait_s=0),
        tempfile.TemporaryDirectory() as folder,
        open_workers(count) as workers,
    ):
        skipped = {plant: reason for plant in names if (reason := _find_reason(project, plant, settings))}
        judged = [plant for plant in names if plant not in skipped]
        notes = adopt_former(project, judged)
        keep_hours(project, judged, Path(folder))
        has_run = _run_plants(project, judged, workers)
        is_reported, lacking = make_reports(project, judged, workers, now=datetime.now(UTC))
        is_rendered, fault = _run_site(project, workers)
        changes = tuple(find_change(project, plant, Path(folder), skipped.get(plant, "")) for plant in names)
        unsent = alerts.deliver_all(project, judged, environment=project.environment, now=datetime.now(UTC))
        unsent += mail_reports(project, judged, now=datetime.now(UTC))
        published = publish_hours(project, judged)
    faults = (*lacking, *filter(None, [fault]), *unsent, *(one.say() for one in published if one.fault))
    notes += [one.say() for one in published if not one.fault]
    has_run = has_run or is_reported or is_rendered
    return Outcome(project.environment, changes, has_run, faults, tuple(notes))


def _find_reason(project: Project, plant: str, settings: Settings) -> str:
    """Find why a plant is skipped; empty where it is judged. A version that should be there is missed, not skipped."""
    environment = project.environment
    if environment == CANDIDATE or registry.has_version(project, plant, environment):
        return ""
    if not settings.environments[environment].holds(plant):
        return f"it is not a plant of {environment}."
    try:
        event = registry.read_context(project).follow(plant, environment).event
    except ElcError:  # nothing can be assigned where there is no registry
        event = None
    if event is not None:
        return ""
    return f"no version is in {environment}. Its page shows the candidate, not approved, as dvc repro judged it last."


def _run_plants(project: Project, plants: Sequence[str], workers: Workers) -> bool:
    """Run the stale stages of plants, as many plants side by side as there are workers; say whether any ran."""

    def run(plant: str) -> bool:
        with workers.take() as worker:
            return _run_plant(project, plant, worker)

    with (
        tqdm(total=len(plants), desc="plants", unit="plant", disable=None, leave=False) as bar,
        ThreadPoolExecutor(workers.count) as pool,
    ):
        found = []
        for has_run in pool.map(run, plants):
            found.append(has_run)
            bar.update()
    return any(found)


def _run_plant(project: Project, plant: str, worker: Worker) -> bool:
    """Run the stale stages of a plant in their order; one that fails stops none that can go on with what is there."""
    stages: Sequence[str] = STAGES
    try:
        _pull(project, plant)
        bring_new(project, plant)
        registry.find_used(project, plant, environment=project.environment)
    except ElcError as error:
        # Told though no data are new, for then no stage would say it. What it judged before stays as it is.
        write_failure(project, VERSION, plant, error)
        stages = STAGES[:1] if _has_export(project, plant) else ()
    else:
        remove_failures(project, plant, [VERSION])
    ran = [_run_stage(project, stage, plant, worker) for stage in stages]
    return any(ran)


def _pull(project: Project, plant: str) -> None:
    """Bring what a fresh clone lacks: the export as DVC knows it, and the candidate where it is judged."""
    project.live(plant).mkdir(parents=True, exist_ok=True)  # so that ingest can say that nothing is in it
    wanted = [project.raw(plant)] + ([project.model(plant)] if project.environment == CANDIDATE else [])
    missing = [path.relative_to(project.root).as_posix() for path in wanted if not path.is_dir()]
    is_elsewhere = _has_export(project, plant) or is_fetched_alone(project, plant)
    if not missing or (missing == [f"data/raw/{plant}"] and is_elsewhere):
        return
    command = [sys.executable, "-m", "dvc", "pull", *missing]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).rpartition("ERROR: ")[2].split())[-300:]
        raise ElcError(
            f"plant {plant}: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not here, and dvc pull "
            f"failed: {said} Put the export under data/live/{plant}, or run dvc push where it is, then dvc pull here."
        )


def _has_export(project: Project, plant: str) -> bool:
    return project.raw(plant).is_dir() or any(project.live(plant).iterdir())


def _run_stage(project: Project, stage: str, plant: str, worker: Worker) -> bool:
    """Run a stage of a plant where it is stale, once more where its files changed meanwhile; say whether it ran."""
    has_run = False
    for _ in range(_ATTEMPTS):
        stamp = build_stamp(project, stage, plant)
        if not is_stale(project, stage, plant, stamp):
            return has_run
        has_run = True
        code = worker.run(Task(project, stage, plant, {}))
        is_same = build_stamp(project, stage, plant) == stamp
        if code == 0 and is_same:
            write_stamp(project, stage, plant, stamp)
        elif code:
            remove_stamp(project, stage, plant)
            _keep_failure(project, stage, plant, code)
        if is_same:
            break
    return has_run


def _keep_failure(project: Project, stage: str, plant: str, code: int) -> None:
    """Keep a failure that the stage could not write itself."""
    if code > 0 and read_failures(project, plant, [stage]):
        return
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    write_failure(project, stage, plant, ElcError(f"stage {stage} {plant}: its process {how}. See the log."))


def _run_site(project: Project, workers: Workers) -> tuple[bool, str]:
    """Render the site where it is stale; say whether it ran, and why it could not be made, if so."""
    stamp = build_stamp(project, SITE, "")
    if not is_stale(project, SITE, "", stamp):
        return False, ""
    with workers.take() as worker:
        code = worker.run(Task(project, SITE, "", {}))
    if code == 0:
        write_stamp(project, SITE, "", stamp)
        return True, ""
    remove_stamp(project, SITE, "")
    found = read_failures(project, "", [SITE])
    why = found[0].sentence if found else "render: its process ended; see the log."
    return True, f"{why} The previous site stays."
