"""The packages that other readers of the registry find: an entry a plant, and every other sign of dvc.yaml stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from elc.errors import ElcError
from elc.paths import Project
from elc.plants.artifacts import add_artifact, cut_artifact
from elc.settings import read_settings
from tests.conftest import ROOT

HEAD = "# The pipeline\nstages:\n  train:\n    cmd: elc run   # it trains\n"
MILL = "  mill:\n    path: models/mill\n    type: model\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "dvc.yaml").write_text(HEAD, encoding="utf-8")
    return Project(tmp_path)


def read(project: Project) -> str:
    return project.pipeline.read_text(encoding="utf-8")


def test_every_plant_of_this_project_has_one() -> None:
    artifacts = YAML(typ="safe").load(read(Project(ROOT)))["artifacts"]
    plants = read_settings(Project(ROOT)).plants
    assert artifacts == {plant: {"path": f"models/{plant}", "type": "model"} for plant in plants}


def test_entries_come_and_go_and_leave_the_rest(project: Project) -> None:
    add_artifact(project, "mill")
    alone = read(project)
    assert alone.startswith(HEAD)
    assert alone.endswith(f"artifacts:\n{MILL}")
    add_artifact(project, "works")
    add_artifact(project, "mill")
    assert read(project) == alone + MILL.replace("mill", "works")
    cut_artifact(project, "mill")
    assert read(project) == alone.replace("mill", "works")
    cut_artifact(project, "nothing")
    cut_artifact(project, "works")
    assert read(project) == HEAD


def test_what_people_wrote_beside_them_stays(project: Project) -> None:
    text = f"artifacts:\n{MILL}    desc: of the mill\n\n# end\nmetrics:\n  - a.json\n"
    project.pipeline.write_text(text, encoding="utf-8")
    add_artifact(project, "works")
    works = MILL.replace("mill", "works")
    assert read(project) == text.replace("of the mill\n", f"of the mill\n{works}")
    cut_artifact(project, "mill")
    assert read(project) == f"artifacts:\n{works}\n# end\nmetrics:\n  - a.json\n"


def test_a_form_that_cannot_be_changed_is_told(project: Project) -> None:
    text = "artifacts: {mill: {path: models/mill, type: model}}\n"
    project.pipeline.write_text(text, encoding="utf-8")
    for change, plant in ((add_artifact, "works"), (cut_artifact, "mill")):
        with pytest.raises(ElcError, match=r"^dvc\.yaml: its artifacts are written in a form that cannot be changed"):
            change(project, plant)
    assert read(project) == text
