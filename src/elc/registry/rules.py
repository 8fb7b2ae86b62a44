"""Which tags are followed: what an assignment must show before an environment takes it for its version.

A tag that breaks a rule is a problem, which is reported, and is not followed: the environment keeps the version that it
had. The same rules hold when a version is promoted, deployed, shown and audited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elc.registry.events import Event
from elc.registry.names import APPROVED
from elc.registry.signers import Signers
from elc.registry.state import Line, Version
from elc.registry.trust import Problem, Trust, build_problem
from elc.settings import EnvironmentSettings


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
        self.trust = Trust(root, environments, signers)
        self._judged: dict[str, list[Problem]] = {}

    def follow(self, line: Line, environment: str) -> Followed:
        """Find the assignment that an environment follows: the last one that breaks no rule.

        Only what decides is looked at; `find_problems` of every tag is for the audit.
        """
        problems: list[Problem] = []
        kept = []
        for event in line.events:
            broken = [] if event.action == "assign" else self._find_broken(line, event, environment)
            problems += broken
            if not broken:
                kept.append(event)
        sound = line if len(kept) == len(line.events) else Line(line.plant, tuple(kept))
        while True:
            last = sound.assigned(environment)
            broken = [] if last is None else self._find_broken(line, last, environment)
            problems += broken
            if last is None or not broken:
                version = None if last is None else line.versions[line.at_commit[last.commit]]
                return Followed(last, version, tuple(problems))
            sound = Line(line.plant, tuple(event for event in sound.events if event is not last))

    def find_problems(self, line: Line, event: Event, environment: str) -> list[Problem]:
        """Find the rules that a tag breaks towards an environment; none where it does not touch it.

        An assignment breaks one, too, where a tag is gone that may have taken it back.
        """
        is_assigned = event.action == "assign" and event.stage == environment
        gone = self.trust.find_gone(line, environment) if is_assigned else []
        return self._find_broken(line, event, environment) + gone

    def _find_broken(self, line: Line, event: Event, environment: str) -> list[Problem]:
        if event.action == "assign" and event.stage == environment:
            return self._judge_assignment(line, event)
        first = line.versions.get(event.version)
        is_again = event.action == "register" and (first is None or event is not first.registered)
        takes_away = event.action in ("deregister", "deprecate") or (
            event.action == "unassign" and event.stage == environment
        )
        return self.trust.judge(line, event, "promote", environment) if takes_away or is_again else []

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
                build_problem(
                    "unregistered",
                    event,
                    f"is about commit {event.commit[:10]}, where no version of {line.plant} is registered",
                )
            ]
        asking = [key for key, it in self.environments.items() if it.approval != "none" and it.holds(line.plant)]
        problems = [self.judge_decision(line, line.versions[name], event, environment) for environment in asking]
        return problems[0] if problems and all(problems) else []

    def _judge_assignment(self, line: Line, event: Event) -> list[Problem]:
        if event.oid not in self._judged:
            self._judged[event.oid] = self._find_assignment_problems(line, event)
        return self._judged[event.oid]

    def _find_assignment_problems(self, line: Line, event: Event) -> list[Problem]:
        environment = self.environments.get(event.stage)
        if environment is None:
            return [
                build_problem(
                    "environment", event, f"assigns to {event.stage}, which is not an environment in params.yaml"
                )
            ]
        if line.plant not in self.plants or not environment.holds(line.plant):
            return [
                build_problem(
                    "plant", event, f"assigns {line.plant}, which is not a plant of environment {event.stage}"
                )
            ]
        name = line.at_commit.get(event.commit)
        if name is None or line.versions[name].registered.order > event.order:
            where = f"commit {event.commit[:10]}, where no version of {line.plant} was registered"
            return [build_problem("unregistered", event, f"assigns {where}")]
        version = line.versions[name]
        problems = self._judge_fields(version, event)
        source = environment.source
        if source is not None and not self.was_in(version, line, source, event):
            problems.append(
                build_problem("skipped", event, f"puts {name} into {event.stage}, but it was not in {source} before")
            )
        if not self.is_approved(version, line, event.stage, event):
            problems.append(
                build_problem("approval", event, f"puts {name} into {event.stage}, but it was not approved then")
            )
        return problems + self.trust.judge(line, event, "promote", event.stage)

    def judge_decision(self, line: Line, version: Version, event: Event, environment: str) -> list[Problem]:
        """Find why a decision about a version does not count in an environment."""
        if version.registered.order > event.order:
            return [build_problem("unregistered", event, f"decides about {version.version} before it was registered")]
        return self._judge_fields(version, event) + self.trust.judge(line, event, "approve", environment)

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
            [build_problem("package", event, f"is about {version.version}, but records {'; '.join(wrong)}")]
            if wrong
            else []
        )
