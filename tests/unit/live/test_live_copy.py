"""The copy in which the demo plants are played: all that is needed, and nothing that leads out of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.live import copy_project, find_plants
from elc.paths import Project
from tests.conftest import ROOT, git


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of Git with a remote, a tag, something uncommitted, and what operation left."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    (folder / ".gitignore").write_text("/models/*/\n/operation/*/\n/deployed/*/\n/.venv\n", encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch=trunk")
    for key, value in {"user.name": "Ann", "user.email": "ann@example.org"}.items():
        git(folder, "config", key, value)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    git(folder, "remote", "add", "origin", "https://example.org/elc.git")
    git(folder, "tag", "--annotate", "--message", "1", "fjord@v7.0.0")
    for path in ("models/fjord/card.json", "operation/prod/state", "deployed/prod/fjord", ".venv/bin/python"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("{}", encoding="utf-8")
    (folder / "note").write_text("not committed", encoding="utf-8")
    return Project(folder)


def read_state(root: Path) -> str:
    parts = (git(root, "status", "--porcelain"), git(root, "tag"), git(root, "remote"), git(root, "rev-parse", "HEAD"))
    return "\n".join((*parts, git(root, "branch", "--show-current")))


def test_a_copy_leads_nowhere(project: Project, tmp_path: Path) -> None:
    copy = copy_project(project, tmp_path / "copy")
    assert git(copy.root, "remote") == git(copy.root, "tag") == git(copy.root, "status", "--porcelain") == ""
    assert (copy.model("fjord") / "card.json").is_file()
    assert (copy.root / "note").read_text(encoding="utf-8") == "not committed"
    assert not any((copy.root / left).exists() for left in ("operation/prod", "deployed/prod", ".venv"))


def test_a_copy_leaves_the_project_as_it_is(project: Project, tmp_path: Path) -> None:
    before = read_state(project.root)
    copy_project(project, tmp_path / "copy")
    assert read_state(project.root) == before
    assert (project.root / "operation" / "prod" / "state").exists()


def test_a_copy_needs_no_name_of_its_maker(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    for key in ("user.name", "user.email"):
        subprocess.run(["git", "config", "--unset", key], cwd=project.root, check=True)
    copy_project(project, tmp_path / "copy")


def test_plants_that_can_be_played(project: Project) -> None:
    assert find_plants(project) == find_plants(project, ("fjord",)) == ["fjord"]
    with pytest.raises(
        ElcError,
        match=r"plant delta: elc live plays simulated plants whose pipeline has run; there are: fjord\. Run make demo",
    ):
        find_plants(project, ("delta",))
