"""The environment that is operated here is what stages read, until another is named or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.paths import Project
from elc.registry import find_used, read_operated, write_operated
from tests.conftest import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    return Project(tmp_path)


def test_named_environment_is_read_until_none_is_named(project: Project) -> None:
    assert read_operated(project) == ""
    write_operated(project, "prod")
    assert read_operated(project) == "prod"
    before = project.operated.stat()
    write_operated(project, "prod")
    assert project.operated.stat().st_mtime_ns == before.st_mtime_ns
    write_operated(project, "")
    assert read_operated(project) == ""


def test_plant_that_is_not_deployed_there_has_no_package(project: Project) -> None:
    assert find_used(project, "fjord", environment="").label == "candidate, not approved"
    write_operated(project, "prod")
    with pytest.raises(
        ElcError, match=r"^plant fjord: nothing is deployed in prod, expected a version in .*elc deploy"
    ):
        find_used(project, "fjord", environment="")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"environment": 5}'])
def test_damaged_file_says_how_to_write_it_anew(project: Project, content: str) -> None:
    project.operated.parent.mkdir()
    project.operated.write_text(content)
    with pytest.raises(ElcError, match=r"operated\.json: names no environment\. .*elc hourly --env <environment>\.$"):
        read_operated(project)


def test_environment_that_is_gone_is_an_error(project: Project) -> None:
    write_operated(project, "prd")
    with pytest.raises(ElcError, match=r"^environment 'prd' is not in params\.yaml; did you mean prod\?$"):
        find_used(project, "fjord", environment="")
