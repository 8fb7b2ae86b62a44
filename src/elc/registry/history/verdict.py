"""What counts about a version, and which of a plant's tags are not followed."""

from __future__ import annotations

from collections.abc import Iterable

from elc.registry.context import Context
from elc.registry.events import Event
from elc.registry.names import APPROVED
from elc.registry.state import Line, Version
from elc.registry.trust import Problem, build_problem


def find_unfollowed(context: Context, plant: str) -> list[Problem]:
    """Find the problems of a plant's tags over its whole history: those that no table counts.

    Raises:
        ElcError: params.yaml has no such plant.
    """
    line = context.line(plant)
    verify(context, line.events)
    problems = [build_broken(event) for event in context.registry.broken if event.plant == plant]
    problems += find_passed(line)
    for event in line.events:
        for name in dict.fromkeys((*context.settings.environments, *filter(None, [event.stage]))):
            problems += [] if name == APPROVED else context.rules.find_problems(line, event, name)
        problems += context.rules.find_decision_problems(line, event) if event.stage == APPROVED else []
    return list(dict.fromkeys(problems))


def find_passed(line: Line) -> list[Problem]:
    """Find the active versions of a plant that are passed over unless somebody names them."""
    passed = (version for version in line.versions.values() if version.is_active and version.fault)
    return [build_problem("registration", it.registered, f"{it.fault}; it is passed over") for it in passed]


def find_status(context: Context, line: Line, version: Version) -> str:
    """Find what counts about a version where approval is asked for; each environment is named where they differ.

    Where none of the plant's environments asks, the last decision counts.
    """
    asking = [name for name, it in context.settings.environments.items() if it.approval != "none"]
    asking = [name for name in asking if context.environment(name).holds(line.plant)]
    if not asking:
        return version.status
    statuses = {name: read_decision(context.rules.find_decision(version, line, name)) for name in asking}
    if len(set(statuses.values())) == 1:
        return statuses[asking[0]]
    return ", ".join(f"{status} for {name}" for name, status in statuses.items())


def read_decision(decision: Event | None) -> str:
    """Read what a decision says; without one a version is pending."""
    if decision is None:
        return "pending"
    return "approved" if decision.action == "assign" else "rejected"


def verify(context: Context, events: Iterable[Event]) -> None:
    """Verify signatures at once where any environment asks for them: one by one takes far longer."""
    if any(it.approval == "signed" for it in context.settings.environments.values()):
        context.rules.trust.verify(event for event in events if event.action != "register")


def build_broken(event: Event) -> Problem:
    """Build the problem of a tag that is not an annotated tag of a commit."""
    return Problem("tag-form", event.plant, event.tag, f"tag {event.tag} {event.fault}.", "")
