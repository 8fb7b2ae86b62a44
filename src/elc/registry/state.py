"""What the tags add up to: each plant's versions, their status, and what is assigned to which environment.

The rules are those of `gto show`: a stage holds the active version that was assigned to it last, so after an unassign
or a deregistration the one before comes back. Tags count in order of time, and by number within one second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Literal

from elc.errors import ElcError
from elc.registry.events import Event, read_events
from elc.registry.names import APPROVED, read_version
from elc.registry.replay import Replay

LEAP = 1000  # numbers that may be missing in a row
Decision = Literal["pending", "approved", "rejected"]


@dataclass(frozen=True)
class Version:
    """A registered version of a plant; `decision` is the tag that approved or rejected it last."""

    plant: str
    version: str
    commit: str
    is_active: bool
    registered: Event
    decision: Event | None

    @property
    def status(self) -> Decision:
        if self.decision is None:
            return "pending"
        return "approved" if self.decision.action == "assign" else "rejected"

    @property
    def fault(self) -> str:
        """Why a version is passed over unless it is named; empty where it is not."""
        if not self.package or not self.sha256:
            return "records no package, so it was not made by elc register"
        return "is a pre-release" if read_version(self.version).prerelease else ""

    @property
    def package(self) -> str:
        """DVC's hash of the model package."""
        return str(self.registered.fields.get("package", ""))

    @property
    def sha256(self) -> str:
        """The hash of the package's content."""
        return str(self.registered.fields.get("sha256", ""))


@dataclass(frozen=True)
class VersionSpan:
    """A version was in an environment from `start` to `end` (seconds since 1970; None: still is), by a tag."""

    version: str
    start: int
    end: int | None
    event: Event


@dataclass(frozen=True)
class Line:
    """One plant's line of versions: its tags in order, without those that are not annotated tags of a commit."""

    plant: str
    events: tuple[Event, ...]

    @cached_property
    def versions(self) -> dict[str, Version]:
        """The registered versions, the oldest first; one that was deregistered is not active."""
        last: dict[str, Event] = {}
        first: dict[str, Event] = {}
        decisions: dict[str, Event] = {}
        for event in self.events:
            if event.action in ("register", "deregister"):
                last[event.version] = event
                if event.action == "register":
                    first.setdefault(event.version, event)
            elif event.stage == APPROVED:
                decisions[event.commit] = event
        return {
            name: Version(
                plant=self.plant,
                version=name,
                commit=first[name].commit,
                is_active=last[name].action == "register",
                registered=first[name],
                decision=decisions.get(first[name].commit),
            )
            for name in sorted(first, key=read_version)
        }

    @cached_property
    def at_commit(self) -> dict[str, str]:
        """The version that is registered at each commit: the first one, for a commit is one version."""
        versions: dict[str, str] = {}
        for version in sorted(self.versions.values(), key=lambda version: version.registered.order):
            versions.setdefault(version.commit, version.version)
        return versions

    @cached_property
    def _places(self) -> dict[tuple[str, str], list[Event]]:
        places: dict[tuple[str, str], list[Event]] = {}
        for event in self.events:
            places.setdefault((event.commit, event.stage), []).append(event)
        return places

    def at(self, commit: str, stage: str) -> list[Event]:
        """What was done with a stage at a commit, in order."""
        return self._places.get((commit, stage), [])

    @cached_property
    def number(self) -> int:
        """The highest number of the plant's tags; a leap of more than `LEAP` is not counted, nor what comes after."""
        last = 0
        for number in sorted(self.numbers):
            if number > last + LEAP:
                break
            last = number
        return last

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The numbers that tags have."""
        return frozenset(event.number for event in self.events if event.number)

    def find_missing(self, last: int, *, count: int) -> list[int]:
        """The first numbers before `last` that no tag has: tags that were deleted, or were not fetched."""
        return list(islice((number for number in range(1, last) if number not in self.numbers), count))

    @property
    def oids(self) -> list[str]:
        """The tag objects, in order: two lines with the same ones are the same line."""
        return [event.oid for event in self.events]

    @property
    def stages(self) -> list[str]:
        return sorted({event.stage for event in self.events if event.stage})

    @property
    def latest(self) -> str | None:
        """The highest active version; None of a plant that was deprecated."""
        if self.events and self.events[-1].action == "deprecate":
            return None
        return max(
            (name for name, version in self.versions.items() if version.is_active), key=read_version, default=None
        )

    def find_version(self, version: str) -> Version:
        """Find a registered version that is active.

        Raises:
            ElcError: there is none, or it was deregistered.
        """
        registered = self.versions.get(version)
        if registered is None:
            names = ", ".join(self.versions) or "none"
            raise ElcError(
                f"plant {self.plant}: version {version} is not registered here; registered: {names}. Fetch tags that "
                "others made: git fetch --tags."
            )
        if not registered.is_active:
            raise ElcError(
                f"plant {self.plant}: version {version} was deregistered. elc models {self.plant} lists the others."
            )
        return registered

    def assigned(self, stage: str) -> Event | None:
        """The assignment by which a version is in a stage now; None where it holds none."""
        spans = self.spans(stage)
        return spans[-1].event if spans and spans[-1].end is None else None

    def name(self, event: Event) -> str:
        """The version that an assignment is about; its commit where none is registered there."""
        return self.at_commit.get(event.commit, event.commit)

    def spans(self, stage: str) -> list[VersionSpan]:
        """From when to when each version was in a stage, the earliest first."""
        replay = Replay({name: version.commit for name, version in self.versions.items()}, stage)
        spans: list[VersionSpan] = []
        for event in self.events:
            now = replay.advance(event)
            if spans and spans[-1].end is None and now is not spans[-1].event:
                spans[-1] = replace(spans[-1], end=event.time)
            if now is not None and (not spans or spans[-1].event is not now or spans[-1].end is not None):
                spans.append(VersionSpan(self.name(now), event.time, None, now))
        return spans


@dataclass(frozen=True)
class Registry:
    """Every plant's line of versions, and every tag that is not an annotated tag of a commit."""

    lines: Mapping[str, Line]
    broken: tuple[Event, ...]

    def line(self, plant: str) -> Line:
        """A plant's line; an empty one where it has no tag."""
        return self.lines.get(plant) or Line(plant, ())


def read_registry(root: Path) -> Registry:
    """Read the state of the registry from the tags of a Git repository.

    Raises: ElcError: it is not a repository, or a tag points at what is not there.
    """
    return build_registry(read_events(root))


def build_registry(events: Sequence[Event]) -> Registry:
    """Build the state of the registry from its tags in order."""
    plants: dict[str, list[Event]] = {}
    for event in events:
        if not event.fault:
            plants.setdefault(event.plant, []).append(event)
    return Registry(
        lines={plant: Line(plant, tuple(found)) for plant, found in sorted(plants.items())},
        broken=tuple(event for event in events if event.fault),
    )
