"""Which tags are followed: what an assignment must show before an environment takes it for its version.

A tag that breaks a rule is a problem, which is reported, and is not followed: the environment keeps the version that it
had. The same rules hold when a version is promoted, deployed, shown and audited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elc.registry.events import Event
from elc.registry.names import APPROVED
from elc.registry.signers import FILE, Act, Signers, Verified, verify_tags
from elc.registry.state import Line, Version
from elc.settings import EnvironmentSettings


@dataclass(frozen=True)
class Problem:
    """A rule that is broken: which, by which plant's tag, in a sentence, and the command that helps (or nothing)."""

    rule: str
    plant: str
    tag: str
    sentence: str
    repair: str


@dataclass(frozen=True)
class Followed:
    """What an environment holds of a plant: the assignment that is followed, and the problems of those that are not."""

    event: Event | None
    version: Version | None
    problems: tuple[Problem, ...]


class Rules:
    """The rules of a project's environments; what they ask of Git is asked once."""

    def __init__(
        self, root: Path, environments: Mapping[str, EnvironmentSettings], plants: Sequence[str], signers: Signers
    ) -> None:
        self.environments = environments
        self.plants = plants
        self.signers = signers
        self._root = root
        self._verified: dict[str, Verified] = {}
        self._judged: dict[str, list[Problem]] = {}

    def follow(self, line: Line, environment: str) -> Followed:
        """Find the assignment that an environment follows: the last one that breaks no rule.

        Only what decides is looked at; `find_problems` of every tag is for the audit.
        """
        problems: list[Problem] = []
        kept = []
        for event in line.events:
            broken = [] if event.action == "assign" else self.find_problems(line, event, environment)
            problems += broken
            if not broken:
                kept.append(event)
        sound = line if len(kept) == len(line.events) else Line(line.plant, tuple(kept))
        while True:
            last = sound.assigned(environment)
            broken = [] if last is None else self.find_problems(line, last, environment)
            problems += broken
            if last is None or not broken:
                version = None if last is None else line.versions[line.at_commit[last.commit]]
                return Followed(last, version, tuple(problems))
            sound = Line(line.plant, tuple(event for event in sound.events if event is not last))

    def find_problems(self, line: Line, event: Event, environment: str) -> list[Problem]:
        """Find the rules that a tag breaks towards an environment; none where it does not touch it."""
        if event.action == "assign" and event.stage == environment:
            return self._judge_assignment(line, event)
        is_again = event.action == "register" and event is not line.versions[event.version].registered
        takes_away = event.action in ("deregister", "deprecate") or (
            event.action == "unassign" and event.stage == environment
        )
        return self._judge_signature(line, event, "promote", environment) if takes_away or is_again else []

    def find_decision(
        self, version: Version, line: Line, environment: str, before: Event | None = None
    ) -> Event | None:
        """Find the decision about a version that counts in an environment: the last, or the last before a tag."""
        for event in reversed(line.at(version.commit, APPROVED)):
            is_earlier = before is None or event.order < before.order
            if is_earlier and not self.judge_decision(line, version, event, environment):
                return event
        return None

    def is_approved(self, version: Version, line: Line, environment: str, before: Event | None = None) -> bool:
        """Whether a version is approved for an environment now, or was before a tag; true where none is needed."""
        if self.environments[environment].approval == "none":
            return True
        decision = self.find_decision(version, line, environment, before)
        return decision is not None and decision.action == "assign"

    def was_in(self, version: Version, line: Line, environment: str, before: Event | None = None) -> bool:
        """Whether an assignment that breaks no rule ever put a version into an environment."""
        return any(
            event.action == "assign"
            and (before is None or event.order < before.order)
            and not self._judge_assignment(line, event)
            for event in reversed(line.at(version.commit, environment))
        )

    def find_decision_problems(self, line: Line, event: Event) -> list[Problem]:
        """Find why no environment that asks for approval counts a decision about a plant."""
        name = line.at_commit.get(event.commit)
        if name is None:
            return [
                self._problem(
                    "unregistered",
                    event,
                    f"is about commit {event.commit[:10]}, where no version of {line.plant} is registered",
                )
            ]
        asking = [key for key, it in self.environments.items() if it.approval != "none" and it.holds(line.plant)]
        found = [self.judge_decision(line, line.versions[name], event, environment) for environment in asking]
        return found[0] if found and all(found) else []

    def _judge_assignment(self, line: Line, event: Event) -> list[Problem]:
        if event.oid not in self._judged:
            self._judged[event.oid] = self._find_assignment_problems(line, event)
        return self._judged[event.oid]

    def _find_assignment_problems(self, line: Line, event: Event) -> list[Problem]:
        environment = self.environments.get(event.stage)
        if environment is None:
            return [
                self._problem("environment", event, f"assigns to {event.stage}, which is no environment of params.yaml")
            ]
        if line.plant not in self.plants or not environment.holds(line.plant):
            return [
                self._problem("plant", event, f"assigns {line.plant}, which is no plant of environment {event.stage}")
            ]
        name = line.at_commit.get(event.commit)
        if name is None or line.versions[name].registered.order > event.order:
            where = f"commit {event.commit[:10]}, where no version of {line.plant} was registered"
            return [self._problem("unregistered", event, f"assigns {where}")]
        version = line.versions[name]
        problems = self._judge_fields(version, event)
        source = environment.source
        if source is not None and not self.was_in(version, line, source, event):
            problems.append(
                self._problem("skipped", event, f"puts {name} into {event.stage}, but it was not in {source} before")
            )
        if not self.is_approved(version, line, event.stage, event):
            problems.append(
                self._problem("approval", event, f"puts {name} into {event.stage}, but it was not approved then")
            )
        return problems + self._judge_signature(line, event, "promote", event.stage)

    def judge_decision(self, line: Line, version: Version, event: Event, environment: str) -> list[Problem]:
        """Find why a decision about a version does not count in an environment."""
        if version.registered.order > event.order:
            return [self._problem("unregistered", event, f"decides about {version.version} before it was registered")]
        return self._judge_fields(version, event) + self._judge_signature(line, event, "approve", environment)

    def _judge_fields(self, version: Version, event: Event) -> list[Problem]:
        """A tag must name the version and the package that are registered at its commit."""
        expected = {"version": version.version, "package": version.package, "sha256": version.sha256}
        if event.stage != APPROVED:
            expected["environment"] = event.stage
        wrong = [
            f"{key} {event.fields.get(key, 'missing')}, expected {value}"
            for key, value in expected.items()
            if not value or event.fields.get(key) != value
        ]
        return (
            [self._problem("package", event, f"is about {version.version}, but records {'; '.join(wrong)}")]
            if wrong
            else []
        )

    def _judge_signature(self, line: Line, event: Event, right: Act, environment: str) -> list[Problem]:
        """In a signed environment a tag counts if someone signed it who may do that for the plant."""
        chosen = self.environments.get(environment)
        if chosen is None or chosen.approval != "signed":
            return []
        if not event.is_signed:
            return [self._problem("signature", event, f"carries no signature; expected one by an SSH key of {FILE}")]
        verified = self._verify(event)
        if verified.fault:
            return [self._problem("signature", event, verified.fault)]
        signer = self.signers.find(verified.fingerprint)
        if signer is None or not signer.may(right, event.plant, environment):
            who = f"is signed by {verified.principal}, who may not {right} {event.plant} for {environment}"
            return [self._problem("right", event, who)]
        # A key that has expired can still sign an earlier date, but not with a number after those that others made.
        earlier = line.last_before(event.number)
        if earlier is not None and earlier.time >= event.time:
            return [self._problem("time", event, f"is not dated after tag {earlier.tag}, whose number is smaller")]
        return []

    def _verify(self, event: Event) -> Verified:
        if event.oid not in self._verified:
            self.verify([event])
        return self._verified[event.oid]

    def verify(self, events: Iterable[Event]) -> None:
        """Verify the signatures of some tags at once; those that were verified before are not asked again."""
        wanted = [event.oid for event in events if event.oid not in self._verified]
        self._verified |= verify_tags(self._root, wanted, self.signers)

    @staticmethod
    def _problem(rule: str, event: Event, sentence: str) -> Problem:
        return Problem(rule, event.plant, event.tag, f"tag {event.tag} {sentence}.", "")
