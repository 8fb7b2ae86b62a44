"""Whose tags count where signatures are asked for, and whether one that counted is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from elc.paths import Project
from elc.registry.events import Event
from elc.registry.names import APPROVED, read_name
from elc.registry.seen import find_seen, read_seen
from elc.registry.signers import FILE, SEAL, Act, Signer, Signers, Verified, verify_tags
from elc.registry.state import Line
from elc.settings import EnvironmentSettings


@dataclass(frozen=True)
class Problem:
    """A rule that is broken: which, by which plant's tag, in a sentence, and the command that helps (or nothing)."""

    rule: str
    plant: str
    tag: str
    sentence: str
    repair: str


def build_problem(rule: str, event: Event, words: str) -> Problem:
    """Build the problem of a tag; the words follow its name."""
    return Problem(rule, event.plant, event.tag, f"tag {event.tag} {words}.", "")


class Trust:
    """The signatures of a project's tags; what they ask of Git is asked once."""

    def __init__(self, root: Path, environments: Mapping[str, EnvironmentSettings], signers: Signers) -> None:
        self.signers = signers
        self._root = root
        self._environments = environments
        self._verified: dict[str, Verified] = {}
        self._settled: dict[str, tuple[Line, Line]] = {}

    def find_signed(self, plant: str) -> tuple[str, ...]:
        """The environments of a plant that ask for signatures."""
        return tuple(name for name, it in self._environments.items() if it.approval == "signed" and it.holds(plant))

    def verify(self, events: Iterable[Event]) -> None:
        """Verify the signatures of some tags at once; those that were verified before are not asked again."""
        wanted = [event.oid for event in events if event.oid not in self._verified]
        self._verified |= verify_tags(self._root, wanted, self.signers)

    def judge(self, line: Line, event: Event, right: Act, environment: str) -> list[Problem]:
        """In a signed environment a tag counts if it has a number of its own and is signed by who may do that."""
        settings = self._environments.get(environment)
        if settings is None or settings.approval != "signed":
            return []
        if event.action not in ("register", "deregister") and not event.number:
            return [build_problem("number", event, f"has no number, and only numbered tags count in {environment}")]
        fault = self._find_fault(event)
        if fault:
            return [build_problem("signature", event, fault)]
        signer = self.find_signer(event)
        if signer is None or not signer.may(right, event.plant, environment):
            principal = self._verified[event.oid].principal
            who = f"is signed by {principal}, who may not {right} {event.plant} for {environment}"
            return [build_problem("right", event, who)]
        return [
            build_problem("number", event, f"has number {event.number}, as {other.tag} has, which came first")
            for other in self._find_earlier(line, event, environment)
        ]

    def _find_earlier(self, line: Line, event: Event, environment: str) -> Iterator[Event]:
        """Find the tags that count and had an assignment's number before it; what takes away is never outdone so."""
        if event.action == "assign" and event.number:
            for other in line.events:
                if other.number == event.number and other.order < event.order and self._has_right(other, environment):
                    yield other

    def _has_right(self, event: Event, environment: str) -> bool:
        signer = self.find_signer(event)
        right: Act = "approve" if event.stage == APPROVED else "promote"
        return signer is not None and signer.may(right, event.plant, environment)

    def _find_fault(self, event: Event) -> str:
        """Explain why a tag's signature does not count; empty where it does. A right is another question."""
        if not event.is_signed:
            return f"has no signature; expected one by an SSH key of {FILE}"
        if event.oid not in self._verified:
            self.verify([event])
        verified = self._verified[event.oid]
        signer = None if verified.fault else self.signers.find(verified.fingerprint)
        if signer and self.signers.is_over(signer, event.tag, event.oid):
            return (
                f"is signed by the key of {signer.principal}, which has ended, and is not among the tags that were "
                f"sealed then in {SEAL}. If it was signed before that, inspect it, then seal: elc seal "
                f"{signer.principal}"
            )
        if not verified.fault and not event.is_told_by(verified.content):
            return "was another tag when it was listed than when its signature was verified: Git's store was altered"
        return verified.fault

    def find_signer(self, event: Event) -> Signer | None:
        """Find who signed a tag by a key that counts; None where nobody did."""
        return None if self._find_fault(event) else self.signers.find(self._verified[event.oid].fingerprint)

    def settle(self, line: Line) -> Line:
        """Leave out what would change which version a commit is, and that nobody signed who may, or approved.

        It is judged where an environment of the plant asks for signatures. A first registration that contradicts no
        other stands in any case: nothing follows from it before a version is approved.
        """
        if not self.find_signed(line.plant):
            return line
        settled = self._settled.get(line.plant)
        if settled is None or settled[0] is not line:
            settled = self._settled[line.plant] = (line, self._settle(line))
        return settled[1]

    def _settle(self, line: Line) -> Line:
        strange = {event.oid for event in self._find_twins(line)}
        first: dict[str, Event] = {}
        for event in line.events:
            is_first = event.action == "register" and event.oid not in strange
            is_first = is_first and first.setdefault(event.version, event) is event
            changes = event.action in ("register", "deregister", "deprecate") and not is_first
            if changes and not self.is_vouched(line, event):
                strange.add(event.oid)
        return Line(line.plant, tuple(event for event in line.events if event.oid not in strange))

    def _find_twins(self, line: Line) -> Iterator[Event]:
        """Find the registrations nobody vouches for among those that contradict one somebody vouches for."""
        groups: dict[str, list[Event]] = {}
        for event in line.events:
            if event.action == "register":
                for key in (event.version, event.commit):
                    groups.setdefault(key, []).append(event)
        for group in groups.values():
            if len({(it.version, it.commit, *_read_package(it)) for it in group} if len(group) > 1 else ()) > 1:
                vouched = [event for event in group if self.is_vouched(line, event)]
                yield from (event for event in group if vouched and event not in vouched)

    def is_vouched(self, line: Line, event: Event) -> bool:
        """Tell whether a tag about versions is signed by who may, is sealed, or is what a signed tag speaks of."""
        signed = self.find_signed(line.plant)
        right: Act = "register" if event.action == "register" else "promote"
        signer = self.find_signer(event)
        if self.signers.sealed.get(event.tag) == event.oid or (
            signer and any(signer.may(right, line.plant, name) for name in signed)
        ):
            return True
        if event.action != "register":
            return False
        expected = (event.version, *_read_package(event))
        return any(
            (other.fields.get("version"), *_read_package(other)) == expected and self._has_right(other, name)
            for name in signed
            for stage in (APPROVED, name)
            for other in line.at(event.commit, stage)
        )

    def find_top(self, line: Line) -> int:
        """Find the highest number that somebody signed whose key counts; without signatures the highest."""
        if not self.find_signed(line.plant):
            return line.number
        events = sorted(line.events, key=lambda event: event.number, reverse=True)
        return next((event.number for event in events if event.number and self.find_signer(event)), 0)

    def find_next(self, line: Line) -> int:
        """Find the number of the next tag: after the highest that counts, and those that follow it without a gap."""
        number = self.find_top(line) + 1
        while number in line.numbers:
            number += 1
        return number

    def find_gone(self, line: Line, environment: str) -> list[Problem]:
        """Find the tags that were sealed, or counted when an environment was deployed here, and are gone."""
        if environment not in self.find_signed(line.plant):
            return []
        here = {event.tag: event.oid for event in line.events}
        project = Project(self._root)
        sealed = {tag: oid for tag, oid in self.signers.sealed.items() if _read_plant(tag) == line.plant}
        seen = read_seen(project, environment, line.plant)
        told = {SEAL: sealed, find_seen(project, environment, line.plant).relative_to(self._root).as_posix(): seen}
        return [
            Problem(
                "gone",
                line.plant,
                tag,
                f"tag {tag} was here, as {where} records, and is now missing or different: a decision may have been "
                f"undone. Restore it: git fetch --tags --force. If it was removed on purpose, remove it from {where}.",
                "",
            )
            for where, tags in told.items()
            for tag, oid in tags.items()
            if here.get(tag) != oid
        ]

    def find_counted(self, line: Line, environment: str) -> dict[str, str]:
        """Find the tags that count in an environment that asks for signatures, with the object of each."""
        events = [event for event in line.events if event.is_signed and event.stage in (APPROVED, environment, "")]
        self.verify(events)
        return {
            event.tag: event.oid
            for event in events
            if not self.judge(line, event, "approve" if event.stage == APPROVED else "promote", environment)
        }


def _read_package(event: Event) -> tuple[object, object]:
    return event.fields.get("package"), event.fields.get("sha256")


def _read_plant(tag: str) -> str:
    name = read_name(tag)
    return "" if name is None else name.plant
