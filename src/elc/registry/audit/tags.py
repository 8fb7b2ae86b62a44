"""Every tag of the registry against every rule, whether it is followed now or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from elc.errors import ElcError, build_nearest
from elc.registry.audit.shared import Shared
from elc.registry.context import Context
from elc.registry.events import Event
from elc.registry.names import APPROVED
from elc.registry.register import check_registration
from elc.registry.state import Line, Version
from elc.registry.trust import Problem


def find_tag_problems(context: Context, shared: Shared) -> Iterator[Problem]:
    """Find what each tag breaks: its form, its place in the order, and the rules of the environments."""
    registry = context.registry
    for event in registry.broken:
        yield build_problem("form", event, event.fault)
    _verify(context)
    for plant in sorted({*registry.lines, *(event.plant for event in registry.broken)}):
        broken = [event for event in registry.broken if event.plant == plant]
        line = registry.line(plant)
        events = sorted([*line.events, *broken], key=lambda event: event.order)
        yield from _find_number_problems(events, shared)
        yield from _find_time_problems(line.events, shared)
        yield from _find_double_problems(line, shared)
        if plant in context.settings.plants:
            settled = context.line(plant)
            problems = [problem for event in line.events for problem in _judge(context, settled, event)]
            problems += [
                it for name in context.settings.environments for it in context.rules.trust.find_gone(settled, name)
            ]
            yield from (replace(problem, sentence=" ".join(problem.sentence.split())) for problem in problems)
        elif not context.is_former(plant):
            yield _build_unknown(context, events)
    yield from _find_registration_problems(context)


def build_problem(rule: str, event: Event, words: str) -> Problem:
    """Build the problem of a tag; the words follow its name."""
    return Problem(rule, event.plant, event.tag, f"tag {event.tag} {words}.", "")


def _verify(context: Context) -> None:
    """Verify at once the signatures that the rules will ask for."""
    signed = {name for name, it in context.settings.environments.items() if it.approval == "signed"}
    if signed:
        events = (event for plant in context.settings.plants for event in context.registry.line(plant).events)
        context.rules.trust.verify(
            [event for event in events if event.action != "register" and event.stage in {*signed, APPROVED, ""}]
        )


def _build_unknown(context: Context, events: Sequence[Event]) -> Problem:
    plant, plants = events[0].plant, context.settings.plants
    sentence = (
        f"{_count(len(events), 'tag')} of plant {plant}, the last {events[-1].tag}: params.yaml has no such plant; "
        f"{build_nearest(plant, plants)}"
    )
    return Problem("plant", plant, events[-1].tag, sentence, "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("s" if number != 1 else "")


def _find_number_problems(events: Sequence[Event], shared: Shared) -> Iterator[Problem]:
    """Find numbers that are missing, or that two tags have; a tag that was deleted leaves a gap."""
    numbered: dict[int, list[Event]] = {}
    for event in events:
        if event.number:
            numbered.setdefault(event.number, []).append(event)
        elif event.action not in ("register", "deregister") and not event.fault:
            yield build_problem("number", event, "has no number; expected the one after that of the previous tag")
    for number, group in numbered.items():
        if len(group) > 1:
            # The one that nobody else has seen gives way.
            first, *others = sorted(group, key=shared.is_own)
            for event in others:
                yield build_problem("number", event, f"has number {number}, as {first.tag} has")
    awaited = shared.find_numbers(events[0].plant)
    for before, number in pairwise([0, *sorted(awaited | set(numbered))]):
        if number > before + 1 and number in numbered:
            yield _build_gap(before, numbered[number][0])


def _build_gap(before: int, event: Event) -> Problem:
    first, last = before + 1, event.number - 1
    missing = f"number {first} is" if first == last else f"numbers {first} to {last} are"
    return build_problem("number", event, f"follows a gap: {missing} missing, so a tag was deleted")


def _find_time_problems(events: Sequence[Event], shared: Shared) -> Iterator[Problem]:
    """Find tags whose times do not rise as their numbers do, and those of one second."""
    for first, event in pairwise(events):
        if first.time == event.time:
            kept, late = sorted((first, event), key=shared.is_own)
            yield build_problem("time", late, f"has the same time, to the second, as {kept.tag}: {_say(late)}")
    last: Event | None = None
    for event in sorted((event for event in events if event.number), key=lambda event: (event.number, event.order)):
        if last is not None and event.time < last.time and event.number > last.number:
            yield build_problem("time", event, f"is of {_say(event)}, before {last.tag}, which is of {_say(last)}")
        last = event if last is None or event.time > last.time else last


def _say(event: Event) -> str:
    try:
        return f"{datetime.fromtimestamp(event.time, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"second {event.time}"


def _find_double_problems(line: Line, shared: Shared) -> Iterator[Problem]:
    """Find versions that were registered twice, and two versions of one commit or of one package."""
    yield from _find_again(line)
    versions = sorted(line.versions.values(), key=lambda it: (shared.is_own(it.registered), it.registered.order))
    yield from _find_twins(versions, lambda version: version.commit, "the commit")
    yield from _find_twins(versions, lambda version: version.package, "the package")


def _find_again(line: Line) -> Iterator[Problem]:
    active: set[str] = set()
    for event in line.events:
        if event.action == "deregister":
            if event.version not in active:
                yield build_problem(
                    "unregistered", event, f"deregisters {event.version}, which was not registered then"
                )
            active.discard(event.version)
        elif event.action == "register":
            first = line.versions[event.version].registered
            if event.version in active or event.commit != first.commit:
                yield build_problem("twice", event, f"registers {event.version} again, after {first.tag}")
            active.add(event.version)


def _find_twins(versions: Iterable[Version], key: Callable[[Version], str], what: str) -> Iterator[Problem]:
    seen: dict[str, Version] = {}
    for version in versions:
        first = seen.setdefault(key(version), version) if key(version) else version
        if first is not version:
            yield build_problem("twice", version.registered, f"registers {what} that is already {first.version}")


def _find_registration_problems(context: Context) -> Iterator[Problem]:
    """Find versions whose package is not that of their commit; by commit, for its dvc.lock is read once then."""
    lines = (context.registry.line(plant) for plant in context.settings.plants)
    versions = [version for line in lines for version in line.versions.values()]
    for version in sorted(versions, key=lambda version: version.commit):
        try:
            check_registration(context, version)
        except ElcError as error:
            tag = version.registered.tag
            yield Problem(
                "registration", version.plant, tag, f"{error}" if tag in f"{error}" else f"tag {tag}: {error}", ""
            )


def _judge(context: Context, line: Line, event: Event) -> list[Problem]:
    """Find the rules that a tag breaks in the environment that it is about, or in any that it touches."""
    rules, environments = context.rules, context.settings.environments
    if event.stage and event.stage != APPROVED and event.stage not in environments:
        nearest = build_nearest(event.stage, environments)
        return [build_problem("environment", event, f"is about {event.stage}, which is not an environment: {nearest}")]
    early = _find_early(line, event) if event.stage else []
    if event.stage == APPROVED:
        return early or rules.find_decision_problems(line, event)
    if event.stage:
        return early or rules.find_problems(line, event, event.stage)
    touched = [name for name, it in environments.items() if it.holds(line.plant)]
    problems = [problem for name in touched for problem in rules.find_problems(line, event, name)]
    return list(dict.fromkeys(problems))


def _find_early(line: Line, event: Event) -> list[Problem]:
    """A decision or an assignment is about a version that is registered at its commit by then."""
    name = line.at_commit.get(event.commit)
    if name is None:
        reason = f"where no version of {line.plant} is registered"
    elif line.versions[name].registered.order > event.order:
        reason = f"where {name} was registered only later"
    else:
        return []
    return [build_problem("unregistered", event, f"is about commit {event.commit[:10]}, {reason}")]
