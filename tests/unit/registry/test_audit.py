"""The audit: each rule is broken by one history, is named in words, and what mends it mends it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from elc import registry
from elc.cli.audit import build_content, render_audit
from elc.errors import ElcError
from elc.paths import Project
from elc.registry import storage
from elc.registry.audit import audit
from elc.registry.events import build_message
from elc.registry.trust import Problem
from tests.unit.registry.keys import Key, commit_signers, configure_signing, make_key, make_repository, run
from tests.unit.registry.s3 import add_folder_remote, add_to_cache, start_repository

ROOT = Path(__file__).resolve().parents[3]
START = 1_750_000_000
FAR = 999_999_999
ANN = "ann@example.org"


class History:
    """A repository whose tags are made by plain Git, an hour apart, numbered as they should be."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = Project(root)
        self.time = START
        self.versions: dict[str, dict[str, str]] = {}
        self.numbers: dict[str, int] = {}
        shutil.copyfile(ROOT / "params.yaml", root / "params.yaml")
        (root / "dvc.yaml").write_text("stages: {}\n")
        self.commit("params.yaml", "dvc.yaml")

    def commit(self, *paths: str) -> str:
        run(self.root, "add", *paths)
        run(self.root, "commit", "--quiet", "--allow-empty", "--message", "more")
        return run(self.root, "rev-parse", "HEAD").strip()

    def lock(self, **packages: str) -> str:
        stages = {
            f"train@{plant}": {"cmd": "train", "outs": [{"path": f"models/{plant}", "md5": package}]}
            for plant, package in packages.items()
        }
        (self.root / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": stages}))
        return self.commit("dvc.lock")

    def tag(self, name: str, commit: str, fields: dict[str, Any], *, key: Key | None = None, after: int = 3600) -> None:
        self.time += after
        kind = "--annotate"
        if key:
            configure_signing(self.root, key)
            kind = "--sign"
        command = ["git", "tag", kind, "--cleanup=verbatim", "--file=-", name, commit]
        subprocess.run(
            command,
            cwd=self.root,
            input=build_message("A tag", fields),
            env={**os.environ, "GIT_COMMITTER_DATE": f"{self.time} +0000"},
            text=True,
            check=True,
            capture_output=True,
        )

    def register(self, plant: str, version: str, **more: str) -> None:
        package = more.get("package", hashlib.md5(f"{plant} {version}".encode()).hexdigest() + ".dir")
        commit = more.get("commit") or self.lock(**{plant: more.get("locked", package)})
        made = {"commit": commit, "package": package, "sha256": more.get("sha256", "5" * 64)}
        self.versions[f"{plant} {version}"] = made
        self.tag(f"{plant}@{version}", commit, {"package": package, "sha256": made["sha256"]})

    def place(self, plant: str, version: str, stage: str, mark: str = "", **options: Any) -> str:
        """Assign a version, or with the mark ! take it back; return the tag."""
        made = self.versions[f"{plant} {version}"]
        self.numbers[plant] = options.get("number", self.numbers.get(plant, 0) + 1)
        fields = {"version": version, "package": made["package"], "sha256": made["sha256"], "reason": "because"}
        fields |= {} if stage == "approved" else {"environment": stage}
        tag = f"{plant}#{stage}{mark}#{self.numbers[plant]}"
        commit = options.get("commit", made["commit"])
        self.tag(
            tag, commit, fields | options.get("fields", {}), key=options.get("key"), after=options.get("after", 60)
        )
        return tag

    def promote(self, plant: str, version: str, *stages: str) -> None:
        for stage in stages:
            self.place(plant, version, stage)

    def set_environment(self, name: str, **keys: Any) -> None:
        editor = YAML()
        params = editor.load(self.project.params)
        params["environments"][name].update(keys)
        editor.dump(params, self.project.params)
        self.commit("params.yaml")

    def audit(self, *, is_deep: bool = False) -> list[Problem]:
        return audit(registry.read_context(self.project), is_deep=is_deep)

    def find(self, rule: str) -> Problem:
        """The one problem that there is."""
        found = self.audit()
        assert [problem.rule for problem in found] == [rule], found
        return found[0]

    def mend(self, problem: Problem) -> None:
        """Run the command that a problem names, as it stands."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path}
        done = subprocess.run(problem.repair, shell=True, cwd=self.root, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def add_remote(self, folder: Path) -> Path:
        run(self.root, "init", "--quiet", "--bare", str(folder))
        run(self.root, "remote", "add", "origin", str(folder))
        run(self.root, "push", "--quiet", "origin", "HEAD:refs/heads/main", "--tags")
        return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A sound history: v1.0.0 is in prod, v1.1.0 was rejected, and delta came as far as dev."""
    history = History(make_repository(tmp_path_factory.mktemp("audit")))
    history.register("fjord", "v1.0.0")
    history.promote("fjord", "v1.0.0", "dev", "approved", "test", "prod")
    history.register("fjord", "v1.1.0")
    history.place("fjord", "v1.1.0", "approved", "!")
    history.register("delta", "v1.0.0")
    history.place("delta", "v1.0.0", "dev")
    history.place("delta", "v1.0.0", "dev", "!")
    history.place("delta", "v1.0.0", "dev")
    return history


@pytest.fixture
def history(made: History, tmp_path: Path) -> History:
    copy = object.__new__(History)
    copy.__dict__ = dict(made.__dict__) | {"versions": dict(made.versions), "numbers": dict(made.numbers)}
    copy.root = Path(shutil.copytree(made.root, tmp_path / "root"))
    copy.project = Project(copy.root)
    return copy


def test_sound_history_is_whole(history: History) -> None:
    history.register("fjord", "v2.0.0")
    history.promote("fjord", "v2.0.0", "dev", "approved", "test", "prod")
    history.tag("fjord@v1.1.0!", history.versions["fjord v1.1.0"]["commit"], {})
    history.place("fjord", "v1.0.0", "prod")
    assert history.audit() == []
    context = registry.read_context(history.project)
    assert render_audit(context, []) == "The registry is sound: 4 versions, 18 tags, 3 environments."
    content = build_content(context, [])
    assert content == {"is_whole": True, "versions": 4, "tags": 18, "environments": 3, "problems": []}


def test_project_without_tags_is_whole(tmp_path: Path) -> None:
    history = History(make_repository(tmp_path / "root"))
    assert history.audit() == []
    assert render_audit(registry.read_context(history.project), []).endswith("0 versions, 0 tags, 3 environments.")


def lightweight(history: History) -> None:
    run(history.root, "tag", "fjord#dev#6")


def moved(history: History) -> None:
    run(history.root, "tag", "fjord#dev#6", "fjord#prod#4")


def foreign_plant(history: History) -> None:
    history.tag("fyord@v1.0.0", "HEAD", {})


def foreign_environment(history: History) -> None:
    history.place("fjord", "v1.0.0", "stage")


def foreign_unassign(history: History) -> None:
    history.place("fjord", "v1.0.0", "pord", "!")


def same_number(history: History) -> None:
    history.place("fjord", "v1.0.0", "dev", number=5)


def no_number(history: History) -> None:
    commit = history.versions["delta v1.0.0"]["commit"]
    history.tag("delta#dev!", commit, {"version": "v1.0.0"})


def deleted(history: History) -> None:
    history.place("delta", "v1.0.0", "dev")
    run(history.root, "tag", "-d", "delta#dev#3")


def far_number(history: History) -> None:
    history.place("delta", "v1.0.0", "dev", number=FAR)


def endless_number(history: History) -> None:
    history.place("delta", "v1.0.0", "dev", number=10**12)


def endless_version(history: History) -> None:
    run(history.root, "tag", "--annotate", "--message", "it", f"delta@v1.{'9' * 200}.0")


def late(history: History) -> None:
    history.time = 4_000_000_000
    history.place("delta", "v1.0.0", "dev")


def back_in_time(history: History) -> None:
    history.place("fjord", "v1.0.0", "dev", after=-3810)


def same_second(history: History) -> None:
    history.place("delta", "v1.0.0", "dev", after=0)


def unregistered_decision(history: History) -> None:
    history.place("fjord", "v1.0.0", "approved", commit=history.commit())


def unregistered_assignment(history: History) -> None:
    history.place("fjord", "v1.0.0", "dev", commit=history.commit())


def unregistered_unassign(history: History) -> None:
    history.place("fjord", "v1.0.0", "dev", "!", commit=history.commit())


def unregistered_deregister(history: History) -> None:
    history.tag("fjord@v3.0.0!", "HEAD", {})


def registered_later(history: History) -> None:
    commit = history.lock(delta="a" * 32 + ".dir")
    history.versions["delta v2.0.0"] = {"commit": commit, "package": "a" * 32 + ".dir", "sha256": "5" * 64}
    history.place("delta", "v2.0.0", "dev")
    history.register("delta", "v2.0.0", package="a" * 32 + ".dir", commit=commit)


def registered_twice(history: History) -> None:
    made = history.versions["fjord v1.1.0"]
    history.tag("fjord@v1.1.0#6", made["commit"], {})


def package_twice(history: History) -> None:
    history.register("delta", "v1.1.0", package=history.versions["delta v1.0.0"]["package"])


def commit_twice(history: History) -> None:
    lock = history.lock(steppe="b" * 32 + ".dir")
    history.register("steppe", "v1.0.0", package="b" * 32 + ".dir", commit=lock)
    history.tag("steppe@v1.1.0", lock, {"package": "c" * 32 + ".dir", "sha256": "5" * 64})


def not_locked(history: History) -> None:
    history.register("delta", "v1.1.0", locked="d" * 32 + ".dir")


def no_lock(history: History) -> None:
    run(history.root, "rm", "--quiet", "dvc.lock")
    history.register("delta", "v1.1.0", commit=history.commit())


def skipped(history: History) -> None:
    history.register("delta", "v1.1.0")
    history.place("delta", "v1.1.0", "approved")
    history.place("delta", "v1.1.0", "test")


def pending(history: History) -> None:
    history.place("delta", "v1.0.0", "test")


def other_package(history: History) -> None:
    history.place("fjord", "v1.0.0", "prod", fields={"package": "e" * 32 + ".dir"})


def other_decision(history: History) -> None:
    history.place("delta", "v1.0.0", "approved", fields={"sha256": "e" * 64})


# The history, the rule, the tag, a piece of the sentence, and the repair.
BREAKS: list[tuple[Callable[[History], None], str, str, str, str]] = [
    (lightweight, "form", "fjord#dev#6", "is a lightweight tag, which records neither", "git tag -d 'fjord#dev#6'"),
    (moved, "form", "fjord#dev#6", "was moved: the name inside it is fjord#prod#4.", "git tag -d 'fjord#dev#6'"),
    (
        foreign_plant,
        "plant",
        "fyord@v1.0.0",
        "1 tag of plant fyord, the last fyord@v1.0.0: params.yaml has no such plant; did you mean fjord?",
        "git tag -d fyord@v1.0.0",
    ),
    (
        foreign_environment,
        "environment",
        "fjord#stage#6",
        "is about stage, which is not an environment: ",
        "git tag -d 'fjord#stage#6'",
    ),
    (
        foreign_unassign,
        "environment",
        "fjord#pord!#6",
        "is about pord, which is not an environment: did you mean prod?",
        "git tag -d 'fjord#pord!#6'",
    ),
    (same_number, "number", "fjord#dev#5", "has number 5, as fjord#approved!#5 has.", "git tag -d 'fjord#dev#5'"),
    (no_number, "number", "delta#dev!", "has no number; expected the one after", "git tag -d 'delta#dev!'"),
    (deleted, "number", "delta#dev#4", "follows a gap: number 3 is missing, so a tag", "git tag -d 'delta#dev#4'"),
    (far_number, "number", f"delta#dev#{FAR}", f"numbers 4 to {FAR - 1} are", f"git tag -d 'delta#dev#{FAR}'"),
    (endless_number, "form", f"delta#dev#{10**12}", "number of more than 9 digits", f"git tag -d 'delta#dev#{10**12}'"),
    (endless_version, "form", f"delta@v1.{'9' * 200}.0", "more than 9 digits", f"git tag -d delta@v1.{'9' * 200}.0"),
    (late, "form", "delta#dev#4", "is dated more than a day ahead of this machine's clock", "git tag -d 'delta#dev#4'"),
    (back_in_time, "time", "fjord#dev#6", r"before fjord#approved!#5, which is of 2025-06-15 ", ""),
    (same_second, "time", "delta#dev#4", "has the same time, to the second, as delta#dev", "git tag -d 'delta#dev#4'"),
    (
        unregistered_decision,
        "unregistered",
        "fjord#approved#6",
        "where no version of fjord is registered.",
        "git tag -d 'fjord#approved#6'",
    ),
    (unregistered_assignment, "unregistered", "fjord#dev#6", "where no version of fjord", "git tag -d 'fjord#dev#6'"),
    (unregistered_unassign, "unregistered", "fjord#dev!#6", "where no version of fjord", "git tag -d 'fjord#dev!#6'"),
    (
        unregistered_deregister,
        "unregistered",
        "fjord@v3.0.0!",
        "deregisters v3.0.0, which was not registered then.",
        "git tag -d 'fjord@v3.0.0!'",
    ),
    (registered_later, "unregistered", "delta#dev#4", "where v2.0.0 was registered only later.", ""),
    (
        registered_twice,
        "twice",
        "fjord@v1.1.0#6",
        "registers v1.1.0 again, after fjord@v1.1.0.",
        "git tag -d 'fjord@v1.1.0#6'",
    ),
    (package_twice, "twice", "delta@v1.1.0", "registers the package that is already v1.0.0", "git tag -d delta@v1.1.0"),
    (not_locked, "registration", "delta@v1.1.0", f"of its commit .* holds {'d' * 32}", "git tag -d delta@v1.1.0"),
    (no_lock, "registration", "delta@v1.1.0", "delta@v1.1.0: commit .* has no dvc.lock.", "git tag -d delta@v1.1.0"),
    (skipped, "skipped", "delta#test#5", "v1.1.0 into test, but it was not in dev", "git tag -d 'delta#test#5'"),
    (pending, "approval", "delta#test#4", "v1.0.0 into test, but it was not approved", "git tag -d 'delta#test#4'"),
    (other_package, "package", "fjord#prod#6", "records package e.*, expected", "git tag -d 'fjord#prod#6'"),
    (other_decision, "package", "delta#approved#4", "records sha256 e.*, expected 5", "git tag -d 'delta#approved#4'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("broken", "rule", "tag", "words", "repair"), BREAKS, ids=lambda it: getattr(it, "__name__", "")
)
def test_each_rule_is_named(
    history: History, broken: Callable[[History], None], rule: str, tag: str, words: str, repair: str
) -> None:
    broken(history)
    problem = history.find(rule)
    assert (problem.tag, problem.repair) == (tag, repair)
    assert problem.plant == problem.tag.split("#")[0].split("@")[0]
    assert re.search(words, problem.sentence)
    if repair:
        history.mend(problem)
        assert history.audit() == []


def test_two_versions_of_one_commit_are_named(history: History) -> None:
    commit_twice(history)
    found = history.audit()
    assert [(problem.rule, problem.tag) for problem in found] == [
        ("registration", "steppe@v1.1.0"),
        ("twice", "steppe@v1.1.0"),
    ]
    assert "registers the commit that is already v1.0.0" in found[1].sentence
    history.mend(found[1])
    assert history.audit() == []


def test_assignments_outside_the_environment_are_named(history: History) -> None:
    history.set_environment("dev", plants=["fjord"])
    assert {problem.sentence for problem in history.audit()} == {
        "tag delta#dev#1 assigns delta, which is not a plant of environment dev.",
        "tag delta#dev#3 assigns delta, which is not a plant of environment dev.",
    }


def test_problems_of_the_middle_of_history_are_found_and_kept(history: History) -> None:
    pending(history)
    history.place("delta", "v1.0.0", "dev")
    assert history.find("approval").repair == ""


def test_environments_that_nobody_reviewed_are_named(history: History) -> None:
    text = history.project.params.read_text()
    history.project.params.write_text(text.replace("approval: manual", "approval: none"))
    problem = history.find("policy")
    assert "its environments are not those of the last commit" in problem.sentence
    history.mend(problem)
    assert history.audit() == []


def test_rejected_version_in_use_names_where_to_go_back(history: History) -> None:
    history.register("fjord", "v2.0.0")
    history.promote("fjord", "v2.0.0", "dev", "approved", "test", "prod")
    history.place("fjord", "v2.0.0", "approved", "!")
    found = {problem.sentence: problem.repair for problem in history.audit()}
    assert found == {
        "fjord v2.0.0 is in test, and is rejected now.": "elc rollback fjord --env test --to v1.0.0",
        "fjord v2.0.0 is in prod, and is rejected now.": "elc rollback fjord --env prod --to v1.0.0",
    }
    for repair in found.values():
        history.mend(Problem("use", "", "", "", repair))
    assert history.audit() == []


def test_rejected_version_without_an_earlier_one_has_no_repair(history: History) -> None:
    history.place("fjord", "v1.0.0", "approved", "!")
    found = history.audit()
    assert {problem.repair for problem in found} == {""}
    assert "No earlier version there is still approved" in found[0].sentence


def test_tag_whose_commit_is_gone_is_an_error(history: History) -> None:
    kept = run(history.root, "rev-parse", "HEAD").strip()
    commit = history.lock(delta="f" * 32 + ".dir")
    history.tag("delta@v2.0.0", commit, {"package": "f" * 32 + ".dir", "sha256": "5" * 64})
    run(history.root, "reset", "--quiet", "--hard", kept)
    (history.root / ".git" / "objects" / commit[:2] / commit[2:]).unlink()
    with pytest.raises(ElcError, match=r"tag delta@v2\.0\.0 points at an object that is not in this repository"):
        history.audit()


# Git remote


@pytest.fixture
def shared(history: History, tmp_path: Path) -> History:
    history.add_remote(tmp_path / "remote")
    assert history.audit() == []
    return history


def test_tag_that_was_not_pushed_is_pushed(shared: History) -> None:
    tag = shared.place("fjord", "v1.0.0", "dev")
    problem = shared.find("remote")
    assert problem.sentence == f"tag {tag} is here, but not on origin: nobody else follows it."
    assert problem.repair == f"git push origin 'refs/tags/{tag}'"
    shared.mend(problem)
    assert shared.audit() == []


def test_tag_that_was_not_fetched_is_fetched(shared: History) -> None:
    run(shared.root, "tag", "-d", "delta#dev#3", "delta#dev!#2")
    found = shared.audit()
    assert [problem.sentence for problem in found] == [
        "tag delta#dev!#2 is on origin, but not here.",
        "tag delta#dev#3 is on origin, but not here.",
    ]
    shared.mend(found[0])
    assert shared.audit() == []


def test_tag_that_breaks_a_rule_and_was_not_pushed_is_deleted(shared: History) -> None:
    pending(shared)
    found = shared.audit()
    assert [problem.rule for problem in found] == ["approval", "remote"]
    assert {problem.repair for problem in found} == {"git tag -d 'delta#test#4'"}
    shared.mend(found[1])
    assert shared.audit() == []


def test_tag_that_breaks_a_rule_everywhere_is_left_to_people(shared: History) -> None:
    pending(shared)
    run(shared.root, "push", "--quiet", "origin", "--tags")
    assert shared.find("approval").repair == ""


def test_of_two_that_wrote_at_once_the_own_tag_gives_way(shared: History) -> None:
    other = shared.place("fjord", "v1.0.0", "dev")
    run(shared.root, "push", "--quiet", "origin", "--tags")
    run(shared.root, "tag", "-d", other)
    own = shared.place("fjord", "v1.0.0", "test", number=6)
    found = {problem.tag: problem for problem in shared.audit()}
    assert found[own].sentence.endswith("its number is taken there: somebody else was faster.")
    assert found[own].repair == f"git tag -d '{own}'"
    shared.mend(found[other])
    later = [problem for problem in shared.audit() if problem.rule == "number"]
    assert later[0].sentence == f"tag {own} has number 6, as {other} has."
    shared.mend(later[0])
    assert shared.audit() == []


def test_of_two_registrations_the_own_one_gives_way(shared: History) -> None:
    package = "a" * 32 + ".dir"
    shared.register("delta", "v2.0.0", package=package)
    shared.register("delta", "v1.0.1", package=package)
    run(shared.root, "push", "--quiet", "origin", "refs/tags/delta@v1.0.1")
    found = shared.audit()
    assert {problem.tag for problem in found} == {"delta@v2.0.0"}
    shared.mend(found[0])
    assert shared.audit() == []


def test_tag_that_is_another_one_on_the_remote_is_taken_from_there(shared: History) -> None:
    tag = shared.place("delta", "v1.0.0", "dev")
    run(shared.root, "push", "--quiet", "origin", "--tags")
    run(shared.root, "tag", "-d", tag)
    shared.place("delta", "v1.0.0", "dev", number=4)
    problem = shared.find("remote")
    assert re.fullmatch(
        rf"tag {tag} is [0-9a-f]{{10}} here and [0-9a-f]{{10}} on origin: .* the repair takes the one on origin\.",
        problem.sentence,
    )
    assert problem.repair == f"git fetch origin '+refs/tags/{tag}:refs/tags/{tag}'"
    shared.mend(problem)
    assert shared.audit() == []


def test_remote_that_does_not_answer_is_one_problem(shared: History, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "remote")
    problem = shared.find("remote")
    assert (problem.plant, problem.tag, problem.repair) == ("", "", "")
    assert "could not be compared with those of the Git remote. Git remote origin does not answer" in problem.sentence


@pytest.mark.usefixtures("shared")
def test_shallow_clone_is_an_error(tmp_path: Path) -> None:
    run(tmp_path, "clone", "--quiet", "--depth=1", "--branch=main", f"file://{tmp_path / 'remote'}", "shallow")
    with pytest.raises(ElcError, match="a shallow clone"):
        registry.read_context(Project(tmp_path / "shallow"))


# Signatures


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    return {name: make_key(tmp_path_factory.mktemp(name), name) for name in ("ann", "stranger")}


@pytest.fixture
def signed(tmp_path: Path, keys: dict[str, Key]) -> History:
    """fjord went into a prod that asks for signatures, all of it signed by Ann."""
    history = History(make_repository(tmp_path / "root"))
    history.set_environment("prod", approval="signed")
    commit_signers(history.root, f"{ANN} {keys['ann'].text} approve=fjord@prod promote=fjord@prod")
    history.register("fjord", "v1.0.0")
    history.place("fjord", "v1.0.0", "dev")
    history.place("fjord", "v1.0.0", "approved", key=keys["ann"])
    history.place("fjord", "v1.0.0", "test")
    history.place("fjord", "v1.0.0", "prod", key=keys["ann"])
    return history


def test_signed_history_is_whole(signed: History) -> None:
    assert signed.audit() == []


def test_assignment_without_a_signature_is_named(signed: History) -> None:
    tag = signed.place("fjord", "v1.0.0", "prod")
    problem = signed.find("signature")
    assert problem.sentence.startswith(f"tag {tag} has no signature")


def test_assignment_by_a_stranger_is_named(signed: History, keys: dict[str, Key]) -> None:
    signed.place("fjord", "v1.0.0", "prod", key=keys["stranger"])
    assert "is signed by key SHA256:" in signed.find("signature").sentence


def test_unassign_and_deregister_without_a_signature_are_named_once(signed: History) -> None:
    signed.place("fjord", "v1.0.0", "prod", "!")
    signed.tag("fjord@v1.0.0!", signed.versions["fjord v1.0.0"]["commit"], {})
    found = signed.audit()
    assert [(problem.rule, problem.tag) for problem in found] == [
        ("signature", "fjord#prod!#5"),
        ("signature", "fjord@v1.0.0!"),
    ]


def test_who_lost_the_right_is_named(signed: History, keys: dict[str, Key]) -> None:
    commit_signers(signed.root, f"{ANN} {keys['ann'].text} approve=fjord@prod promote=delta@prod")
    problem = signed.find("right")
    assert f"is signed by {ANN}, who may not promote fjord for prod" in problem.sentence


# What is deployed


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A repository of Git and DVC whose v1.0.0 of fjord is in prod, with its package in the cache and a remote."""
    folder = tmp_path_factory.mktemp("packed")
    root = folder / "root"
    start_repository(root)
    history = History(root)
    for version in ("v1.0.0", "v1.1.0"):
        model = history.project.model("fjord")
        model.mkdir(parents=True, exist_ok=True)
        (model / "card.json").write_text(json.dumps({"plant": "fjord", "version": version}))
        package = add_to_cache(root, "models/fjord")
        history.register("fjord", version, package=package, sha256=storage.hash_content(model, without=()))
    history.promote("fjord", "v1.0.0", "dev", "approved", "test", "prod")
    return history


@pytest.fixture
def deployed(packed: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    for name in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    copy = object.__new__(History)
    copy.__dict__ = dict(packed.__dict__) | {"versions": dict(packed.versions), "numbers": dict(packed.numbers)}
    copy.root = Path(shutil.copytree(packed.root, tmp_path / "root"))
    copy.project = Project(copy.root)
    deploy(copy)
    assert copy.audit() == []
    return copy


def deploy(history: History) -> None:
    context = registry.read_context(history.project)
    assignment = registry.find_assignment(context, "fjord", "prod")
    assert assignment is not None
    registry.deploy_package(history.project, assignment, remote=None)


def test_altered_package_is_deployed_anew(deployed: History) -> None:
    (deployed.project.deployed("prod", "fjord") / "card.json").write_text("{}")
    problem = deployed.find("deployed")
    assert "its files are not those of v1.0.0" in problem.sentence
    assert (problem.plant, problem.repair) == ("fjord", "elc deploy --env prod")
    deployed.mend(problem)
    assert deployed.audit() == []


def test_package_that_is_not_followed_any_more_is_replaced(deployed: History) -> None:
    deployed.promote("fjord", "v1.1.0", "dev", "approved", "test", "prod")
    problem = deployed.find("deployed")
    assert problem.sentence == (
        "deployed/prod/fjord holds v1.0.0, put there by fjord#prod#4, but fjord#prod#8 is followed now, which is about "
        "v1.1.0."
    )
    deployed.mend(problem)
    assert deployed.audit() == []


def test_package_that_nothing_assigns_is_removed(deployed: History) -> None:
    deployed.place("fjord", "v1.0.0", "prod", "!")
    problem = deployed.find("deployed")
    assert problem.sentence.endswith("but no version is assigned to prod.")
    deployed.mend(problem)
    assert deployed.audit() == []


def test_record_that_is_not_what_the_tag_says_is_named(deployed: History) -> None:
    path = deployed.project.deployed("prod", "fjord") / "deployed.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "v1.1.0"}))
    problem = deployed.find("deployed")
    assert problem.sentence.endswith("its record does not match that tag and the registration.")
    deployed.mend(problem)
    assert deployed.audit() == []


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ("prod/fyord", "deployed/prod/fyord: params.yaml has no plant fyord."),
        ("pord", "deployed/pord: params.yaml has no environment pord."),
        ("prod/.fjord.new", "deployed/prod/.fjord.new: a deploy that was killed left it."),
        ("prod/.fjord.old", "deployed/prod/.fjord.old: a deploy that was killed left it."),
        ("prod/.fjord.gone", "deployed/prod/.fjord.gone: a deploy that was killed left it."),
    ],
)
def test_what_does_not_belong_there_is_removed(deployed: History, left: str, words: str) -> None:
    path = deployed.root / "deployed" / left
    path.mkdir()
    problem = deployed.find("left-over" if "." in left else "deployed")
    assert (problem.sentence, problem.repair) == (words, f"rm -rf deployed/{left}")
    deployed.mend(problem)
    assert deployed.audit() == []


def test_plant_outside_its_environment_is_removed(deployed: History) -> None:
    shutil.copytree(deployed.project.deployed("prod", "fjord"), deployed.project.deployed("dev", "delta"))
    deployed.set_environment("dev", plants=["fjord"])
    problem = deployed.find("deployed")
    assert problem.sentence == "deployed/dev/delta: delta is not a plant of dev."
    deployed.mend(problem)
    assert deployed.audit() == []


def test_deploy_that_was_killed_between_its_renames_is_repeated(deployed: History) -> None:
    folder = deployed.project.deployed("prod", "fjord")
    folder.rename(folder.with_name(".fjord.old"))
    problem = deployed.find("left-over")
    assert problem.repair == "elc deploy --env prod"
    deployed.mend(problem)
    assert folder.is_dir()
    assert deployed.audit() == []


def test_deploy_that_is_under_way_is_no_left_over(deployed: History) -> None:
    folder = deployed.project.deployed("prod", "fjord")
    folder.with_name(".fjord.new").mkdir()
    with folder.with_name(".fjord.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert deployed.audit() == []
    assert deployed.find("left-over")


def test_package_in_use_that_is_nowhere_is_named(deployed: History, tmp_path: Path) -> None:
    add_folder_remote(deployed.root, "store", tmp_path / "store")
    package = deployed.versions["fjord v1.0.0"]["package"]
    storage.push_package(deployed.root, package, "store")
    shutil.rmtree(deployed.root / ".dvc" / "cache")
    assert deployed.audit(is_deep=True) == []
    shutil.rmtree(deployed.root / ".dvc" / "cache")
    shutil.rmtree(tmp_path / "store")
    assert deployed.audit() == []
    found = deployed.audit(is_deep=True)
    assert [(problem.rule, problem.tag) for problem in found] == [
        ("package", "fjord#dev#1"),
        ("package", "fjord#prod#4"),
        ("package", "fjord#test#3"),
    ]
    assert re.match(
        rf"fjord v1\.0\.0 is in prod, but its package cannot be obtained\. remote store: .*{package}", found[1].sentence
    )


# The page


def test_page_groups_by_plant_and_gives_the_repair_in_one_line(history: History) -> None:
    pending(history)
    lightweight(history)
    history.project.params.write_text(
        history.project.params.read_text().replace("max_latency_ms: 20", "max_latency_ms: 9")
    )
    context = registry.read_context(history.project)
    problems = audit(context, is_deep=False)
    page = render_audit(context, problems)
    assert page.splitlines()[:3] == ["3 problems in 3 versions, 13 tags, 3 environments:", "", "all plants"]
    assert [line for line in page.splitlines() if line.startswith("plant ")] == ["plant delta", "plant fjord"]
    assert "    repair: git tag -d 'delta#test#4'" in page.splitlines()
    assert all(len(line) <= 120 for line in page.splitlines())
    content = json.loads(json.dumps(build_content(context, problems)))
    assert content["is_whole"] is False
    assert [list(problem) for problem in content["problems"]] == [["rule", "plant", "tag", "sentence", "repair"]] * 3


def test_text_of_a_tag_cannot_pass_for_a_repair(history: History) -> None:
    text = "\x1b[2Jnone\n    repair: rm -rf ~\n" + "x " * 60 + "\n    repair: rm -rf ~"
    history.place("fjord", "v1.0.0", "prod", fields={"package": text})
    context = registry.read_context(history.project)
    page = render_audit(context, audit(context, is_deep=False))
    assert "\x1b" not in page
    repairs = [line for line in page.splitlines() if line.startswith("    repair: ")]
    assert repairs == ["    repair: git tag -d 'fjord#prod#6'"]


@pytest.mark.parametrize("where", ["here", "remote"])
def test_lock_that_a_killed_git_left(shared: History, where: str) -> None:
    """Git makes no tag of a name whose lock is there."""
    folder = (
        Path(run(shared.root, "remote", "get-url", "origin").strip()) if where == "remote" else shared.root / ".git"
    )
    lock = folder / "refs" / "tags" / "fjord#prod#99.lock"
    lock.touch()
    (problem,) = shared.audit()
    assert (problem.rule, problem.plant, problem.tag) == ("left-over", "fjord", "fjord#prod#99")
    assert problem.repair == f"rm -f '{lock}'"
    subprocess.run(problem.repair, shell=True, check=True)
    assert shared.audit() == []
