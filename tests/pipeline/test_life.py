"""A model's whole life, as two people see it: each has a clone of one bare Git repository, and one DVC remote on S3."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from elc.paths import Project
from tests.conftest import ROOT, git, run
from tests.pipeline.clones import call, clone, fail, follow, publish, read_tags, read_tree
from tests.pipeline.registry_project import edit_environments, elc, make_project, retrain
from tests.unit.registry.keys import Key, commit_signers, configure_signing, make_key
from tests.unit.registry.s3 import add_s3_remote, serve_s3

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Team:
    """Ann registers and promotes, Bob approves; what one does the other sees after `git fetch --tags`."""

    ann: Project
    bob: Project

    def check(self, latest: str, **stages: str) -> None:
        """Check that both see the same: the latest version, and what each of GTO's stages holds."""
        for project in (self.ann, self.bob):
            follow(project)
        assert read_tags(self.ann.root) == read_tags(self.bob.root)
        for arguments in (("models", "--json"), ("models", "fjord", "--json")):
            assert call(self.ann, *arguments) == call(self.bob, *arguments)
        fleet = {row["plant"]: row for row in json.loads(call(self.bob, "models", "--json"))["plants"]}
        held = {name: place["version"] for name, place in fleet["fjord"]["environments"].items()}
        assert held == {name: stages.get(name) for name in ("dev", "test", "prod")}
        assert fleet["fjord"]["latest"] == latest
        check_gto(self.bob, latest, stages)
        self.check_deployed(stages.get("prod"))
        for project in (self.ann, self.bob):
            assert "The registry is sound" in call(project, "audit")

    def check_deployed(self, version: str | None) -> None:
        """Deploy in both clones; Bob has nothing in his cache, so that all of it comes from S3."""
        shutil.rmtree(self.bob.root / ".dvc" / "cache", ignore_errors=True)
        for project in (self.ann, self.bob):
            said = call(project, "deploy", "--env", "prod")
            assert f"fjord: {version}" in said if version else "fjord: nothing is assigned" in said
        found = read_tree(self.ann.root / "deployed" / "prod")
        assert found == read_tree(self.bob.root / "deployed" / "prod")
        assert (json.loads(found["fjord/deployed.json"])["version"] if found else None) == version

    def check_pulled(self) -> None:
        """Pull the package of the last commit from S3 into Bob's clone: it is Ann's."""
        follow(self.bob)
        done = run(self.bob.root, "dvc", "pull", "--force", "models/fjord")  # over what his empty cache does not hold
        assert done.returncode == 0, done.stderr
        assert read_tree(self.bob.model("fjord")) == read_tree(self.ann.model("fjord"))


def check_gto(project: Project, latest: str, stages: dict[str, str]) -> None:
    """Check that GTO sees the same latest version and stages, and has nothing to complain of."""
    shown = run(project.root, "gto", "show", "--json")
    assert shown.returncode == 0, shown.stderr
    fjord = json.loads(shown.stdout)["fjord"]
    assert (fjord["version"], {name: held for name, held in fjord["stage"].items() if held}) == (latest, stages)
    doctor = run(project.root, "gto", "doctor")
    assert "No issues found" in doctor.stdout, doctor.stdout + doctor.stderr


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    caplog.set_level(logging.ERROR, logger="werkzeug")
    for name in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_MAX_ATTEMPTS"):
        monkeypatch.delenv(name, raising=False)
    with serve_s3("packages") as endpoint:
        yield endpoint


@pytest.fixture
def team(tmp_path: Path, demo_project: Project, s3: str) -> Team:
    ann = make_project(tmp_path / "ann", demo_project)
    keys = {name: make_key(tmp_path / "keys", name) for name in ("ann", "bob")}
    edit_environments(ann, prod={"approval": "signed"})
    commit_signers(
        ann.root,
        build_entry("ann", keys["ann"], "promote=*@prod"),
        build_entry("bob", keys["bob"], "approve=fjord@prod"),
    )
    shutil.copytree(ROOT / "data" / "plants", ann.root / "data" / "plants")
    ann.notebooks.mkdir()
    shutil.copyfile(ROOT / "notebooks" / "80_compare.ipynb", ann.notebooks / "80_compare.ipynb")
    add_s3_remote(ann.root, "packages", "packages", s3)
    git(ann.root, "add", "--all")
    git(ann.root, "commit", "--quiet", "--message", "notebook, tags, remote")
    bob = clone(publish(ann, tmp_path / "origin.git"), tmp_path / "bob", "bob")
    shutil.copyfile(ann.root / ".dvc" / "config.local", bob.root / ".dvc" / "config.local")
    shutil.copytree(demo_project.hourly("fjord"), bob.hourly("fjord"))
    configure_signing(ann.root, keys["ann"])
    configure_signing(bob.root, keys["bob"])
    return Team(ann, bob)


def build_entry(name: str, key: Key, rights: str) -> str:
    return f'{name}@example.org namespaces="git" {key.text} {rights}'


@pytest.mark.long(reason="three versions in two clones, a command at a time")
def test_the_whole_life_is_seen_by_two(team: Team) -> None:
    ann, bob = team.ann, team.bob
    elc(ann, "register", "fjord")
    team.check("v1.0.0")
    team.check_pulled()
    call(ann, "promote", "fjord", "v1.0.0", "--env", "dev")
    assert "may not approve fjord for prod" in fail(ann, "approve", "fjord", "v1.0.0", "--reason", "mine")
    follow(bob)
    call(bob, "approve", "fjord", "v1.0.0", "--reason", "the first one")
    team.check("v1.0.0", approved="v1.0.0", dev="v1.0.0")
    assert "it was never in test" in fail(ann, "promote", "fjord", "v1.0.0", "--env", "prod")
    call(ann, "promote", "fjord", "v1.0.0", "--env", "test")
    follow(bob)
    assert "may not promote fjord for prod" in fail(bob, "promote", "fjord", "v1.0.0", "--env", "prod")
    call(ann, "promote", "fjord", "v1.0.0", "--env", "prod")
    team.check("v1.0.0", approved="v1.0.0", dev="v1.0.0", test="v1.0.0", prod="v1.0.0")

    train_again(team, 0.97)
    call(ann, "register", "fjord")
    team.check_pulled()
    said = elc(bob, "compare", "fjord", "v1.1.0")
    # The tiny demo has few hours later than both have learnt from.
    assert re.search(
        r"is worse than v1\.0\.0 in prod|Too few later hours for a verdict on v1\.1\.0 and v1\.0\.0 in", said
    )
    call(bob, "reject", "fjord", "v1.1.0", "--reason", "asks for less than the plant can do")
    follow(ann)
    call(ann, "promote", "fjord", "v1.1.0", "--env", "dev")
    refused = fail(ann, "promote", "fjord", "v1.1.0", "--env", "test")
    assert "It was rejected: asks for less than the plant can do." in refused
    team.check("v1.1.0", approved="v1.0.0", dev="v1.1.0", test="v1.0.0", prod="v1.0.0")

    train_again(team, 1.02)
    call(ann, "register", "fjord")
    team.check_pulled()
    call(bob, "approve", "fjord", "v1.2.0", "--reason", "right again")
    follow(ann)
    for environment in ("dev", "test", "prod"):
        call(ann, "promote", "fjord", "v1.2.0", "--env", environment)
    team.check("v1.2.0", approved="v1.2.0", dev="v1.2.0", test="v1.2.0", prod="v1.2.0")

    said = call(ann, "rollback", "fjord", "--env", "prod", "--reason", "a meter was changed")
    assert "fjord to v1.0.0 in prod" in said
    assert "fjord: v1.0.0 deployed" in said
    team.check("v1.2.0", approved="v1.2.0", dev="v1.2.0", test="v1.2.0", prod="v1.0.0")
    assert list_runs(bob) == [("v1.0.0", ""), ("v1.2.0", ""), ("v1.0.0", "a meter was changed")]


def train_again(team: Team, factor: float) -> None:
    """Train anew in Ann's clone, and share the commit."""
    retrain(team.ann, "fjord", factor)
    git(team.ann.root, "push", "--quiet")


def list_runs(project: Project) -> list[tuple[str, str]]:
    """List which versions ran in prod, the first one first, each with the reason that was given."""
    versions = json.loads(call(project, "models", "fjord", "--json"))["versions"]
    ran = [one for version in versions for one in version["ran"] if one["environment"] == "prod"]
    return [(one["version"], one["reason"]) for one in sorted(ran, key=lambda one: one["start"])]


@pytest.mark.long(reason="trains a second version, and operates both")
def test_operation_uses_what_is_deployed(
    copied_project: Project, edit_params: Callable[[Project, str, str], None]
) -> None:
    """A version that was really trained, and the one that it replaced, are named by the page of the plant."""
    project = copied_project
    git(project.root, "config", "gc.auto", "0")
    bring_to_prod(project, "v1.0.0")
    edit_params(project, "seed: 7\n  load_pieces", "seed: 8\n  load_pieces")
    edit_params(project, "epochs: 40\n", "epochs: 5\n")
    repro(project, "evaluate@fjord")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "train fjord with another seed")
    bring_to_prod(project, "v1.1.0")
    operated = project.operate("prod")
    call(project, "hourly", "--plant", "fjord")
    assert read_label(operated) == "v1.1.0 in prod"
    call(project, "rollback", "fjord", "--env", "prod")
    call(project, "hourly", "--plant", "fjord")
    assert read_label(operated) == "v1.0.0 in prod"
    repro(project, "--single-item", "monitor@fjord")
    assert read_label(project) == "candidate, not approved"
    assert "The registry is sound" in call(project, "audit")


def bring_to_prod(project: Project, version: str) -> None:
    """Register the candidate, approve it, and take it through the environments."""
    assert f"fjord@{version}" in call(project, "register", "fjord")
    call(project, "approve", "fjord", version, "--reason", "better")
    for environment in ("dev", "test", "prod"):
        call(project, "promote", "fjord", version, "--env", environment)
    call(project, "deploy", "--env", "prod")


def repro(project: Project, *arguments: str) -> None:
    done = run(project.root, "dvc", "repro", *arguments)
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-3000:]


def read_label(project: Project) -> str:
    """Read which package the page of the plant is about; its table of facts must say the same."""
    status = json.loads((project.operation("monitor", "fjord") / "status.json").read_text(encoding="utf-8"))
    label = str(status["version"])
    assert label in (project.reports / "fjord" / "50_monitor.ipynb").read_text(encoding="utf-8")
    return label
