"""Paths: a project is found from anywhere inside it, and no two places of it meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.paths import Project, find_project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text("")
    (tmp_path / "dvc.yaml").write_text("")
    return tmp_path


def test_project_is_found_from_a_folder_deep_inside(root: Path) -> None:
    deep = root / "data" / "raw"
    deep.mkdir(parents=True)
    assert find_project(deep) == Project(root.resolve())


def test_project_is_found_from_the_working_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert find_project().params == root.resolve() / "params.yaml"


@pytest.mark.parametrize("present", ["params.yaml", "dvc.yaml"])
def test_half_a_project_is_none(tmp_path: Path, present: str) -> None:
    (tmp_path / present).write_text("")
    words = "no project here or above it: params.yaml and dvc.yaml were not found. Change into the folder"
    with pytest.raises(ElcError, match=words) as caught:
        find_project(tmp_path)
    assert str(caught.value).startswith(str(tmp_path.resolve()))


def test_paths_of_plants_do_not_meet(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for name in ("tags", "raw", "truth", "simulated", "hourly", "findings", "processed", "model", "metrics"):
        assert getattr(project, name)("fjord") != getattr(project, name)("delta")
    assert project.operation("monitor", "fjord") != project.operation("explain", "fjord")
