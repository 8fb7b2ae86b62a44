"""Tags here against those of the Git remote, and what mends a tag that nobody else has."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from elc.errors import ElcError
from elc.registry.context import Context
from elc.registry.events import Event
from elc.registry.names import read_name
from elc.registry.remote import read_remote_tags
from elc.registry.trust import Problem


@dataclass(frozen=True)
class Shared:
    """What the Git remote holds: tags by name, with the hash of each; `tags` is None where that is not known.

    `here` are the tags of this repository, sound or not; `is_pushed` tells whether they belong on the remote, too.
    """

    remote: str | None
    tags: Mapping[str, str] | None
    here: Mapping[str, Event]
    problems: tuple[Problem, ...]
    is_pushed: bool

    def is_own(self, event: Event) -> bool:
        """Whether the remote is known to lack a tag of that name."""
        return self.tags is not None and event.tag not in self.tags

    @property
    def awaited(self) -> dict[str, int]:
        """The tags that the remote has and this repository lacks, and the number of each."""
        names = {tag: read_name(tag) for tag in self.tags or {} if tag not in self.here}
        return {tag: name.number for tag, name in names.items() if name is not None}

    def find_numbers(self, plant: str) -> set[int]:
        """The numbers of a plant's tags that this repository lacks."""
        return {number for tag, number in self.awaited.items() if _read_plant(tag) == plant and number}


def read_shared(context: Context) -> Shared:
    """Ask the Git remote for its tags, once; one that does not answer is a problem."""
    registry, is_pushed = context.registry, context.settings.registry.push
    events = [*registry.broken, *(event for line in registry.lines.values() for event in line.events)]
    here, remote = {event.tag: event for event in events}, None
    try:
        remote = context.remote
        tags = None if remote is None else read_remote_tags(context.project.root, remote, "*")
    except ElcError as error:
        sentence = f"tags could not be compared with those of the Git remote. {error}"
        return Shared(remote, None, here, (Problem("remote", "", "", sentence, ""),), is_pushed)
    return Shared(remote, tags, here, (), is_pushed)


def find_shared_problems(shared: Shared, unsound: Collection[str]) -> Iterator[Problem]:
    """Find tags that are here or on the Git remote only, and those that are another tag there.

    A tag of here alone is pushed, or, where it is among the `unsound` or its number is taken there, deleted. Where tags
    stay in this clone by the settings, this is not a problem.
    """
    if shared.remote is None or shared.tags is None:
        return
    remote = shared.remote
    for tag in shared.awaited:
        sentence = f"tag {tag} is on {remote}, but not here."
        yield Problem("remote", _read_plant(tag), tag, sentence, f"git fetch --tags {remote}")
    for event in filter(shared.is_own, shared.here.values()):
        is_late = event.number in shared.find_numbers(event.plant)
        if not (shared.is_pushed or is_late):
            continue
        words = "its number is taken there: somebody else was faster" if is_late else "nobody else follows it"
        push = f"git push {remote} {_quote(f'refs/tags/{event.tag}')}"
        repair = _drop(event.tag) if is_late or event.tag in unsound else push
        yield Problem(
            "remote", event.plant, event.tag, f"tag {event.tag} is here, but not on {remote}: {words}.", repair
        )
    for tag, oid in shared.tags.items():
        if tag in shared.here and shared.here[tag].oid != oid:
            yield _build_other(remote, shared.here[tag], oid)


def _build_other(remote: str, event: Event, oid: str) -> Problem:
    sentence = (
        f"tag {event.tag} is {event.oid[:10]} here and {oid[:10]} on {remote}: one of them was moved, or two were "
        f"written at once. Inspect the one here first (git show {event.oid[:10]}); the repair takes the one on "
        f"{remote}."
    )
    reference = f"refs/tags/{event.tag}"
    return Problem(
        "remote", event.plant, event.tag, sentence, f"git fetch {remote} {_quote(f'+{reference}:{reference}')}"
    )


def add_repairs(context: Context, shared: Shared, problems: Iterable[Problem]) -> list[Problem]:
    """Repair what a tag breaks that nobody else has seen: it is deleted.

    With a remote that is every tag that was not pushed; without one, the last tag of its plant.
    """
    found = []
    for problem in problems:
        event = shared.here.get(problem.tag)
        is_loose = event is not None and (shared.is_own(event) or (shared.remote is None and _is_last(context, event)))
        found.append(replace(problem, repair=_drop(problem.tag)) if is_loose else problem)
    return found


def _is_last(context: Context, event: Event) -> bool:
    """Whether nothing came after a tag, so that it leaves no gap."""
    line = context.registry.line(event.plant)
    if event.fault:
        return event.number == 0 or event.number > line.number
    return line.events[-1] is event


def _read_plant(tag: str) -> str:
    name = read_name(tag)
    return "" if name is None else name.plant


def _drop(tag: str) -> str:
    return f"git tag -d {_quote(tag)}"


def _quote(text: str) -> str:
    """Quote for the shell, to which the # and ! of the grammar say something."""
    return shlex.quote(text)
