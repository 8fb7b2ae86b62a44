"""Promotion: functional tests before the tag, their report, a fleet in waves, and what rejecting and going back say."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from elc import curve
from elc.paths import Project
from tests.conftest import git
from tests.pipeline.clones import call, fail
from tests.pipeline.registry_project import edit_environments, make_project, record, rehash, retrain

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def base(demo_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two plants, each with a registered version; nothing is promoted."""
    project = make_project(tmp_path_factory.mktemp("promotion") / "base", demo_project)
    for plant in ("fjord", "delta"):
        call(project, "register", plant)
    return project


@pytest.fixture
def project(base: Project, tmp_path: Path) -> Project:
    shutil.copytree(base.root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def bring(project: Project, plant: str, version: str) -> None:
    """Approve a version and bring it to prod."""
    call(project, "approve", plant, version, "--reason", "good")
    for environment in ("dev", "test", "prod"):
        call(project, "promote", plant, version, "--env", environment)


def register_faulty(project: Project, plant: str) -> None:
    """Register a whole package whose golden answers are not what its curve gives."""
    golden = json.loads((project.model(plant) / "golden.json").read_text(encoding="utf-8"))
    golden["outputs"] = [[value * 1.01 for value in row] for row in golden["outputs"]]
    curve.write_json(project.model(plant) / "golden.json", golden)
    rehash(project.model(plant))
    record(project, plant)
    call(project, "register", plant)


def read_cases(path: Path) -> dict[tuple[str, str], bool]:
    """Which test of which suite of a JUnit report passed."""
    suites = ElementTree.parse(path).getroot().iter("testsuite")
    return {
        (suite.attrib["name"], case.attrib["name"]): case.find("failure") is None
        for suite in suites
        for case in suite.iter("testcase")
    }


def test_tag_and_package_are_said_to_be_where_they_went(project: Project, tmp_path: Path) -> None:
    git(project.root, "clone", "--quiet", "--bare", ".", str(tmp_path / "origin"))
    git(project.root, "remote", "add", "origin", str(tmp_path / "origin"))
    retrain(project, "fjord", 1.01)
    first, second = call(project, "register", "fjord").splitlines()
    assert first == f"registered: fjord@v1.1.0, pushed to origin, {tmp_path / 'origin'}"
    assert second.startswith("package: in the cache of this clone alone: DVC has no default remote. Next: elc compare ")
    promoted, where = call(project, "promote", "fjord", "v1.1.0", "--env", "dev").splitlines()
    assert promoted.startswith("promoted: fjord v1.1.0 to dev, by tag fjord#dev#1.")
    assert where == f"tag fjord#dev#1: pushed to origin, {tmp_path / 'origin'}"
    *_, last = call(project, "promote", "--all", "--env", "dev", "--no-push").splitlines()
    assert last.startswith("tag: it stays in this clone, as --no-push says. To share: git push <remote> ")


def test_tests_are_run_before_and_after(project: Project) -> None:
    said = call(project, "promote", "fjord", "v1.0.0", "--env", "dev")
    assert said.startswith("promoted: fjord v1.0.0 to dev, by tag fjord#dev#1.")
    cases = read_cases(project.tests / "dev-fjord-v1.0.0.xml")
    assert {(suite.split(".")[-1], case) for suite, case in cases} == {
        (when, name) for when in ("before", "after") for name in ("package", "golden", "shape")
    }
    assert all(cases.values())


def test_a_registered_version_is_exported_whatever_lies_in_models(project: Project, tmp_path: Path) -> None:
    (project.model("fjord") / "card.json").unlink()
    call(project, "export", "mlflow", "fjord", "v1.0.0", "--to", str(tmp_path / "model"))
    assert "version: v1.0.0" in (tmp_path / "model" / "MLmodel").read_text(encoding="utf-8")
    assert "v9.0.0 is not registered here" in fail(project, "export", "mlflow", "fjord", "v9.0.0", "--to", "elsewhere")


def test_version_that_fails_a_test_gets_no_tag(project: Project) -> None:
    register_faulty(project, "fjord")
    before = git(project.root, "tag")
    said = fail(project, "promote", "fjord", "v1.1.0", "--env", "dev")
    assert "fjord v1.1.0 fails the functional tests of dev: before, test golden: " in said
    assert "Full report: reports/tests/dev-fjord-v1.1.0.xml" in said
    assert git(project.root, "tag") == before
    cases = read_cases(project.tests / "dev-fjord-v1.1.0.xml")
    assert [name for (_, name), passed in cases.items() if not passed] == ["golden"]


KEPT = "tag: it stays in this clone: Git has no remote\n"


def test_fleet_moves_in_waves_and_stops_at_a_failure(project: Project) -> None:
    edit_environments(project, dev={"wave": 1})
    register_faulty(project, "fjord")
    said = fail_all(project, "dev")
    assert said[0].startswith("failed: fjord v1.1.0: fjord v1.1.0 fails the functional tests of dev")
    assert said[-1] == "not tried: delta v1.0.0: a plant of the wave before failed"
    assert "delta#dev#1" not in git(project.root, "tag").split()
    edit_environments(project, dev={"wave": 2})
    assert "promoted: delta v1.0.0: delta#dev#1" in fail_all(project, "dev")
    call(project, "reject", "fjord", "v1.1.0", "--reason", "its own answers are wrong")
    assert call(project, "promote", "--all", "--env", "dev") == "promoted: fjord v1.0.0: fjord#dev#2\n" + KEPT
    assert (
        call(project, "promote", "--all", "--env", "dev")
        == "nothing to promote: dev already has the versions that are due\n"
    )
    call(project, "approve", "delta", "v1.0.0", "--reason", "good")
    said = call(project, "promote", "--all", "--env", "test").splitlines()
    assert said == [
        "waits: fjord v1.0.0: it is pending, and test accepts approved versions only",
        "promoted: delta v1.0.0: delta#test#3",
        KEPT.strip(),
    ]


def fail_all(project: Project, environment: str) -> list[str]:
    """Promote a fleet of which a plant fails; the lines that were printed."""
    from tests.conftest import run

    done = run(project.root, "elc", "promote", "--all", "--env", environment)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


def test_plant_that_is_not_in_an_environment(project: Project) -> None:
    edit_environments(project, dev={"plants": ["delta"]})
    words = "promote fjord v1.0.0 to dev: fjord is not a plant of dev. Add it to environments.dev.plants."
    assert words in fail(project, "promote", "fjord", "v1.0.0", "--env", "dev")
    assert "environment dev: fjord is not one of its plants: " in fail(
        project, "deploy", "--env", "dev", "--plant", "fjord"
    )


def test_rejecting_what_is_in_use_names_the_way_back(project: Project) -> None:
    bring(project, "fjord", "v1.0.0")
    retrain(project, "fjord", 1.01)
    call(project, "register", "fjord")
    bring(project, "fjord", "v1.1.0")
    call(project, "deploy", "--env", "prod")
    said = call(project, "reject", "fjord", "v1.1.0", "--reason", "a meter was wrong")
    way = "elc rollback fjord --env prod --to v1.0.0"
    assert f"prod still has it; go back: {way}" in said
    assert f"fjord v1.1.0 in prod: it is rejected now. Go back: {way}" in fail(
        project, "deploy", "--env", "prod", "--plant", "fjord"
    )
    said = call(project, *way.split()[1:])
    assert "fjord: v1.0.0 deployed" in said
    assert json.loads((project.deployed("prod", "fjord") / "deployed.json").read_text())["version"] == "v1.0.0"
    words = "roll back fjord in prod: no version that is still approved was there before v1.0.0."
    assert words in fail(project, "rollback", "fjord", "--env", "prod")


@pytest.mark.parametrize("name", ["plant", "version", "environment"])
def test_unknown_names_are_said(project: Project, name: str) -> None:
    words = {"plant": "fjord", "version": "v1.0.0", "environment": "dev"} | {name: "dex"}
    said = fail(project, "promote", words["plant"], words["version"], "--env", words["environment"])
    assert {
        "plant": "params.yaml: plant dex is unknown: ",
        "version": "plant fjord: version dex is not registered here; registered: v1.0.0. ",
        "environment": "params.yaml: environment dex is unknown: did you mean dev?",
    }[name] in said


def test_reason_is_asked_for(project: Project) -> None:
    assert "a decision needs a reason" in fail(project, "approve", "fjord", "v1.0.0", "--reason", " ")


def test_dirty_workspace_registers_nothing(project: Project) -> None:
    retrain(project, "fjord", 1.02)
    with project.params.open("a", encoding="utf-8") as file:
        file.write("\n")
    said = fail(project, "register", "fjord")
    assert "1 files differ from the last commit: params.yaml." in said
    git(project.root, "checkout", "--quiet", "params.yaml")
    (project.model("fjord") / "golden.json").write_text("{}", encoding="utf-8")
    assert "models/fjord is " in fail(project, "register", "fjord")
