"""Which package a stage reads: the one that is deployed, and that the tags stand behind."""

from __future__ import annotations

from elc.errors import ElcError, check_faults, check_known
from elc.files import replace_folder
from elc.paths import Project
from elc.records.assignment import Assignment
from elc.records.metrics import Metrics, parse_metrics
from elc.registry import deployed
from elc.registry.approve import find_fallback
from elc.registry.context import Context, check_policy, check_whole, read_context
from elc.registry.deployed import Used
from elc.registry.events import Event
from elc.registry.objects import read_committed
from elc.registry.register import check_registration
from elc.registry.state import Line, Version
from elc.registry.storage import fetch_package, find_remote, hash_content, lay_package
from elc.settings import read_settings


def find_used(project: Project, plant: str, *, environment: str) -> Used:
    """Find the package that operation uses: what is deployed in an environment.

    Without an environment it is the candidate, on every clone. What is deployed must be what a tag that is followed
    put there.

    Raises:
        ElcError: plant or environment is unknown, nothing is deployed in the one named, the folder was altered, or its
            tag is missing, moved or not to be followed.
    """
    settings = read_settings(project)
    check_known("plant", plant, settings.plants)
    used = deployed.find_used(project, plant, environment=environment, environments=list(settings.environments))
    if used.environment:
        _check_use(read_context(project), used, plant)
    return used


def _check_use(context: Context, used: Used, plant: str) -> None:
    """Check that what lies in a deployed folder is what a tag that is followed put there, and is approved still."""
    environment, where = used.environment, f"deployed/{used.environment}/{plant}"
    check_policy(context, environment)
    repair = f"elc deploy --env {environment} repairs it; elc audit gives details."
    record = deployed.read_deployed(context.project, environment, plant)
    line = context.line(plant)
    event = None if record is None else _find_event(line, record)
    if record is None or event is None:
        tag = f"tag {record.tag}" if record is not None and record.tag else "a tag"
        raise ElcError(f"{where}: it was put there by {tag}, which is not in Git or does not assign it. {repair}")
    problems = context.rules.find_problems(line, event, environment)
    check_faults(where, [f"{problem.sentence} {repair}" for problem in problems])
    version = line.versions[line.at_commit[event.commit]]
    recorded = (record.package, record.sha256, used.sha256, record.version, used.version)
    if recorded != (version.package, version.sha256, version.sha256, version.version, version.version):
        raise ElcError(f"{where}: deployed.json does not match {version.version} as registered. {repair}")
    deployed.check_plant(used.folder, record)
    _check_standing(context, version, environment)


def _find_event(line: Line, record: Assignment) -> Event | None:
    """The tag that a record names, if it is there, unchanged, and assigns to the record's environment."""
    for event in line.events:
        if event.tag == record.tag and event.oid == record.oid:
            return event if (event.action, event.stage) == ("assign", record.environment) else None
    return None


def _check_standing(context: Context, version: Version, environment: str) -> None:
    """Check that a version that is in use may be used now."""
    where = f"{version.plant} {version.version} in {environment}"
    if not version.is_active:
        raise ElcError(f"{where}: it was deregistered. elc deploy --env {environment} deploys what is assigned.")
    if not context.rules.is_approved(version, context.line(version.plant), environment):
        back = find_fallback(context, version.plant, environment, without=version.version)
        to = f"elc rollback {version.plant} --env {environment} --to {back}" if back else "approve one, and promote it"
        raise ElcError(f"{where}: it is {context.find_status(version, environment)} now. Go back: {to}.")


def open_version(project: Project, plant: str, version: str) -> Used:
    """Copy a registered version out for reading and return where; one that is there already is used.

    Raises:
        ElcError: the version is unknown, its registration is not sound, or its package cannot be obtained whole.
    """
    context = read_context(project)
    return _open(context, context.line(plant).find_version(version))


def open_former(project: Project, plant: str, version: str, *, environment: str) -> Used:
    """Open a version that was in an environment before, as a tag says that is followed, and that may be used there now.

    Raises:
        ElcError: the tags do not say so, a tag is missing, or as `open_version`.
    """
    context = read_context(project)
    check_policy(context, environment)
    check_whole(context, plant, environment)
    former = context.line(plant).find_version(version)
    if not context.rules.was_in(former, context.line(plant), environment):
        raise ElcError(f"{plant} {version} in {environment}: no tag that is followed ever put it there. Run elc audit.")
    _check_standing(context, former, environment)
    return _open(context, former)


def _open(context: Context, version: Version) -> Used:
    project = context.project
    check_registration(context, version)
    folder = project.fetched(version.package)
    if not folder.is_dir() or hash_content(folder, without=()) != version.sha256:
        fetch_package(project.root, version.package, find_remote(project.root, None))
        with replace_folder(folder) as fresh:
            lay_package(project.root, version.package, fresh, content=version.sha256)
    return Used(folder, "", version.version, version.sha256, "")


def read_metrics(project: Project, plant: str, used: Used) -> Metrics:
    """Read what evaluation found of a package: the file of its commit, for the candidate that in the workspace.

    Raises:
        ElcError: there is none.
    """
    path = f"reports/metrics/{plant}.json"
    if not used.version:
        file = project.metrics(plant)
        text = file.read_text(encoding="utf-8") if file.is_file() else None
    else:
        text = read_committed(project.root, f"refs/tags/{plant}@{used.version}", path)
    if text is None:
        raise ElcError(f"plant {plant}: {path} was not found. Run dvc repro evaluate@{plant}.")
    return parse_metrics(text, plant)
