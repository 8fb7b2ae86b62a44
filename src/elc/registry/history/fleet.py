"""The fleet as it stands: each plant's latest version, and what its environments hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from elc.registry.context import Context
from elc.registry.events import Event
from elc.registry.history.verdict import build_broken, find_passed, find_status, verify
from elc.registry.names import APPROVED
from elc.registry.state import Line
from elc.registry.trust import Problem


@dataclass(frozen=True)
class Place:
    """What an environment holds of a plant: `version` since a second, or nothing (empty and None).

    `status` is what counts about the version there; `is_doubtful` says that it should not be there any more.
    """

    environment: str
    is_planned: bool
    version: str
    since: int | None
    status: str
    is_doubtful: bool


@dataclass(frozen=True)
class FleetRow:
    """One plant: its latest version and what counts about it, how many wait, and what its environments hold."""

    plant: str
    latest: str
    status: str
    pending: int
    places: tuple[Place, ...]
    problems: tuple[Problem, ...]


def build_fleet(context: Context) -> list[FleetRow]:
    """Build a row for each plant of params.yaml, in its order; what decides now is looked at, not the whole history."""
    lines = [context.line(plant) for plant in context.settings.plants]
    verify(context, (event for line in lines for event in _find_deciding(context, line)))
    broken: dict[str, list[Problem]] = {}
    for event in context.registry.broken:
        broken.setdefault(event.plant, []).append(build_broken(event))
    return [_build_fleet_row(context, line, broken.get(line.plant, [])) for line in lines]


def find_strays(context: Context) -> list[Problem]:
    """Find the tags of plants that params.yaml does not know and never did: one problem for each such plant."""
    counts: dict[str, list[str]] = {}
    events = [event for line in context.registry.lines.values() for event in line.events]
    for event in (*events, *context.registry.broken):
        if event.plant not in context.settings.plants:
            counts.setdefault(event.plant, []).append(event.tag)
    return [_build_stray(plant, tags) for plant, tags in sorted(counts.items()) if not context.is_former(plant)]


def _build_stray(plant: str, tags: Sequence[str]) -> Problem:
    count = "1 tag is" if len(tags) == 1 else f"{len(tags):,} tags are"
    return Problem("plant", plant, tags[0], f"{count} of {plant}, which is not a plant in params.yaml.", "")


def _find_deciding(context: Context, line: Line) -> list[Event]:
    decisions = (version.decision for version in line.versions.values())
    assignments = (line.assigned(name) for name in context.settings.environments)
    return [event for event in (*decisions, *assignments) if event is not None]


def _build_fleet_row(context: Context, line: Line, problems: Sequence[Problem]) -> FleetRow:
    doubts = [*problems, *find_passed(line)]
    places = [_build_place(context, line, name, doubts) for name in context.settings.environments]
    for stage in line.stages:
        if stage != APPROVED and stage not in context.settings.environments and (last := line.assigned(stage)):
            doubts += context.rules.find_problems(line, last, stage)
    statuses = {}
    for name, version in line.versions.items():
        statuses[name] = find_status(context, line, version)
        if version.decision is not None:
            doubts += context.rules.find_decision_problems(line, version.decision)
    sound = [name for name, version in line.versions.items() if version.is_active and not version.fault]
    latest = sound[-1] if sound and line.latest else ""
    return FleetRow(
        plant=line.plant,
        latest=latest,
        status=statuses.get(latest, ""),
        pending=sum("pending" in statuses[name] for name in sound),
        places=tuple(places),
        problems=tuple(dict.fromkeys(doubts)),
    )


def _build_place(context: Context, line: Line, environment: str, problems: list[Problem]) -> Place:
    """Build what an environment holds, and add to the problems why a later tag is not followed."""
    settings = context.environment(environment)
    followed = context.rules.follow(line, environment)
    problems += followed.problems
    if followed.event is None or followed.version is None:
        return Place(environment, settings.holds(line.plant), "", None, "", is_doubtful=False)
    status = context.find_status(followed.version, environment)
    return Place(
        environment=environment,
        is_planned=settings.holds(line.plant),
        version=followed.version.version,
        since=followed.event.time,
        status=status,
        is_doubtful=status == "rejected" or (settings.approval != "none" and status != "approved"),
    )
