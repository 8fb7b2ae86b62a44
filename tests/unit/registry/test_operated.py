"""Which environment is operated where none is named, and where the results of a plant lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.paths import CANDIDATE, Project
from elc.registry import choose_operated, find_place, find_used, has_version
from tests.conftest import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    return Project(tmp_path)


def choose(project: Project, environment: str = "") -> str:
    return choose_operated(project, environment, where="here").environment


def test_highest_environment_with_any_version_is_operated_where_none_is_named(project: Project) -> None:
    assert choose(project) == CANDIDATE
    project.deployed("dev", "fjord").mkdir(parents=True)
    assert choose(project) == "dev"
    project.deployed("prod", "delta").mkdir(parents=True)
    assert choose(project) == "prod"
    assert choose(project, "test") == "test"


def test_unknown_environment_is_an_error(project: Project) -> None:
    with pytest.raises(ElcError, match=r"^here: environment prd is unknown: did you mean prod\?$"):
        choose(project, "prd")


def test_stages_without_an_environment_use_the_candidate_whatever_is_deployed(project: Project) -> None:
    project.deployed("prod", "fjord").mkdir(parents=True)
    assert find_used(project, "fjord", environment="").label == "candidate, not approved"
    assert find_used(project, "fjord", environment=CANDIDATE).folder == project.model("fjord")


def test_plant_that_is_not_deployed_there_has_no_package(project: Project) -> None:
    with pytest.raises(
        ElcError, match=r"^plant fjord: nothing is deployed in prod, expected a version in .*elc deploy"
    ):
        find_used(project, "fjord", environment="prod")


def test_pages_show_operation_where_it_has_judged_and_the_candidate_elsewhere(project: Project) -> None:
    operated = project.operate("prod")
    assert find_place(operated, "fjord") == project
    project.deployed("prod", "fjord").mkdir(parents=True)
    assert has_version(project, "fjord", "prod")
    assert find_place(operated, "fjord") == project
    judged = operated.operation("monitor", "fjord") / "hours.parquet"
    judged.parent.mkdir(parents=True)
    judged.touch()
    assert find_place(operated, "fjord") == operated
    project.deployed("prod", "fjord").rmdir()
    assert find_place(operated, "fjord") == project


def test_operation_and_dvc_share_no_result(project: Project) -> None:
    operated = project.operate("prod")
    names = ("hourly", "cache", "findings", "advice_notes")
    assert all(getattr(project, name)("fjord") != getattr(operated, name)("fjord") for name in names)
    assert (project.reports, project.site, project.receipts) != (operated.reports, operated.site, operated.receipts)
    assert all(
        str(folder).startswith(f"{project.root}/operation/prod/") for folder in (operated.site, operated.place / "data")
    )
    shared = ("raw", "live", "tags", "model", "metrics", "plots", "capture")
    assert all(getattr(project, name)("fjord") == getattr(operated, name)("fjord") for name in shared)
    assert project.exports("fjord") == (project.raw("fjord"),)
    assert operated.exports("fjord") == (project.raw("fjord"), project.live("fjord"))
