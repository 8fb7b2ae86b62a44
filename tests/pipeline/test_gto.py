"""GTO reads the registry as `elc models` does, after every step of random histories that both of them write."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import gto.api
import gto.exceptions
import pytest
from click.testing import CliRunner
from gto.cli import app

from elc import registry
from elc.cli.models import build_content
from elc.errors import ElcError
from elc.paths import Project
from elc.registry import Context, Line
from elc.registry.names import APPROVED, build_next
from elc.registry.write import TagDraft, write_tag
from tests.conftest import ROOT
from tests.unit.registry.keys import make_repository, run

pytestmark = [pytest.mark.slow, pytest.mark.long(reason="random histories, compared after each of two hundred steps")]

PLANTS = ("fjord", "delta")
ENVIRONMENTS = ("dev", "test", "prod")
START = 1_780_000_000
EXAMPLES, STEPS = 5, 40
KINDS = {
    "register": 3,
    "approve": 5,
    "reject": 2,
    "promote": 20,
    "roll_back": 20,
    "unassign": 3,
    "deregister": 2,
    "register_again": 4,
    "deprecate": 1,
}
Operation = tuple[str, str, int, str]


class Clock:
    """The clock of this machine; GTO, which knows seconds only, gets one that nobody else had."""

    def __init__(self) -> None:
        self.now = START

    def time(self) -> float:
        return float(self.now)


@dataclass
class Both:
    """A repository whose registry ELC and GTO write in turn."""

    root: Path
    clock: Clock
    context: Context

    def read(self) -> Context:
        self.context = registry.read_context(Project(self.root))
        return self.context

    def line(self, plant: str) -> Line:
        return self.context.line(plant)

    def pick(self, plant: str, choice: int) -> str:
        """A version of a plant, deregistered or not."""
        versions = list(self.line(plant).versions)
        return versions[choice % len(versions)] if versions else "v9.9.9"

    def register(self, plant: str, choice: int, _: str) -> None:
        bump = ("major", "minor", "patch")[choice % 3]
        version = build_next(list(self.line(plant).versions), bump)
        package = f"{len(self.context.registry.lines)}{self.clock.now:031d}.dir"
        stages = {f"train@{plant}": {"cmd": "train", "outs": [{"path": f"models/{plant}", "md5": package}]}}
        (self.root / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": stages}))
        run(self.root, "add", "dvc.lock")
        run(self.root, "commit", "--quiet", "--message", f"train {plant}")
        head = run(self.root, "rev-parse", "HEAD").strip()
        fields = {"package": package, "sha256": f"{self.clock.now:064d}"}
        write_tag(self.context, TagDraft(plant, "register", head, f"Register {plant}", fields, version=version))

    def approve(self, plant: str, choice: int, _: str) -> None:
        registry.decide(self.context, plant, self.pick(plant, choice), "approved", reason="better")

    def reject(self, plant: str, choice: int, _: str) -> None:
        registry.decide(self.context, plant, self.pick(plant, choice), "rejected", reason="worse")

    def promote(self, plant: str, choice: int, environment: str) -> None:
        version = registry.check_promotion(self.context, plant, self.pick(plant, choice), environment)
        registry.assign(self.context, version, environment, reason="")

    def roll_back(self, plant: str, choice: int, environment: str) -> None:
        to = self.pick(plant, choice) if choice % 2 else None
        version = registry.check_rollback(self.context, plant, environment, to)
        registry.assign(self.context, version, environment, reason="rollback")

    def unassign(self, plant: str, choice: int, stage: str) -> None:
        gto.api.unassign(str(self.root), plant, version=self.pick(plant, choice), stage=stage)

    def deregister(self, plant: str, choice: int, _: str) -> None:
        gto.api.deregister(str(self.root), plant, version=self.pick(plant, choice), simple=False)

    def register_again(self, plant: str, choice: int, _: str) -> None:
        inactive = [it for it in self.line(plant).versions.values() if not it.is_active]
        version = (
            self.line(plant).find_version(self.pick(plant, choice))
            if not inactive
            else inactive[choice % len(inactive)]
        )
        gto.api.register(str(self.root), plant, version.commit, version=version.version, simple=False)

    def deprecate(self, plant: str, _: int, __: str) -> None:
        gto.api.deprecate(str(self.root), plant, simple=False)


@pytest.fixture
def make_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Both]:
    """Make repositories, one after another."""
    made: list[Path] = []

    def make() -> Both:
        clock = Clock()
        monkeypatch.setattr("elc.registry.write.time", clock)
        monkeypatch.setattr("dulwich.porcelain.tag.time", clock)
        root = make_repository(tmp_path / f"repository_{len(made)}")
        made.append(root)
        shutil.copyfile(ROOT / "params.yaml", root / "params.yaml")
        (root / "dvc.yaml").write_text("stages: {}\n")
        run(root, "add", "--all")
        run(root, "commit", "--quiet", "--message", "settings")
        return Both(root, clock, registry.read_context(Project(root)))

    return make


def draw(random: Random) -> Operation:
    """Draw what, to which plant, to which of its versions, and in which stage."""
    kind = random.choices(list(KINDS), list(KINDS.values()))[0]
    return kind, random.choice(PLANTS), random.randrange(12), random.choice((*ENVIRONMENTS, APPROVED))


def apply(both: Both, operation: Operation) -> bool:
    """Do one thing; whether it was allowed. What was not wrote no tag."""
    kind, plant, choice, stage = operation
    before = run(both.root, "for-each-ref", "refs/tags")
    both.clock.now = max([both.clock.now, *(event.time for event in both.line(plant).events)]) + 1
    # GTO writes by dulwich, whose clock is ours, or by libgit2, which gives way where a time is set.
    dated = mock.patch.dict(os.environ, GIT_COMMITTER_DATE=f"{both.clock.now} +0000")
    with contextlib.suppress(ElcError, gto.exceptions.GTOException), dated:
        getattr(both, kind)(plant, choice, stage)
        both.read()
        return True
    assert run(both.root, "for-each-ref", "refs/tags") == before
    return False


def show(root: Path) -> dict[str, Any]:
    """What `gto show` says of each plant: its latest version, and the versions in each stage, the last first."""
    shown = gto.api.show(str(root), versions_per_stage=-1)
    stages = {
        plant: {key: (names or "").split(", ") for key, names in it["stage"].items()} for plant, it in shown.items()
    }
    return {plant: {"latest": it["version"], "stages": stages[plant]} for plant, it in shown.items()}


def check_same(both: Both) -> None:
    """Compare what GTO shows with the state that ELC reads, and with `elc models`."""
    shown = show(both.root)
    models = {row["plant"]: row for row in build_content(both.context, None, None)["plants"]}
    for plant in PLANTS:
        line, row = both.line(plant), models[plant]
        held = {
            stage: line.name(event) if (event := line.assigned(stage)) else "" for stage in (*ENVIRONMENTS, APPROVED)
        }
        environments = {name: place["version"] or "" for name, place in row["environments"].items()}
        if plant not in shown:  # without a tag, or deprecated by its last one
            assert not line.events or line.events[-1].action == "deprecate"
            assert set(held.values()) | set(environments.values()) == {""}
            continue
        stages = shown[plant]["stages"]
        first = {stage: stages.get(stage, [""])[0] for stage in held}
        assert held == first
        assert environments == {name: first[name] for name in ENVIRONMENTS}
        assert line.latest == row["latest"] == shown[plant]["latest"]
        approved = {name for name, it in line.versions.items() if it.is_active and it.status == "approved"}
        assert approved == set(filter(None, stages.get(APPROVED, [])))


def check_readable(both: Both) -> None:
    """`gto show`, `gto history` and `gto doctor` read it all without complaint."""
    tags = [event.tag for plant in PLANTS for event in both.line(plant).events]
    assert sorted(event["ref"] for event in gto.api.history(str(both.root))) == sorted(tags)
    # GTO has no table of a version that it registered twice, which ELC never does.
    single = [plant for plant in PLANTS if not any(re.match(rf"{plant}@v.+[0-9]#", tag) for tag in tags)]
    for words in (["show"], ["history"], ["doctor"], *(["show", plant] for plant in single)):
        done = CliRunner().invoke(app, [*words, "--repo", str(both.root)])
        assert done.exit_code == 0, (words, done.output, done.exception)
    for plant in PLANTS:
        assert {it["version"] for it in gto.api.show(str(both.root), plant, deprecated=True)} == set(
            both.line(plant).versions
        )


def test_gto_and_elc_agree_at_each_step(make_both: Callable[[], Both]) -> None:
    done: Counter[str] = Counter()
    for seed in range(EXAMPLES):
        both, random, history = make_both(), Random(seed), []
        while len(history) < STEPS:
            operation = draw(random)
            if apply(both, operation):
                history.append(operation)
                check_same(both)
        check_readable(both)
        done.update(kind for kind, *_ in history)
    assert done.keys() == KINDS.keys()
