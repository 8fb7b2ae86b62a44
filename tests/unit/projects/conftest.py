"""Two projects as `elc new` makes them, and one of a former release that people have changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from elc.paths import Project
from elc.projects import make_project
from elc.projects.origin import read_former, read_origin, write_origin
from tests.conftest import git

PARAMS = "{% if is_demo %}params.yaml{% endif %}"


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Git's configuration of a person: a name, and what would change the ends of lines."""
    path = tmp_path_factory.mktemp("git") / "config"
    path.write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n[core]\n\tautocrlf = true\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def identity(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Git know this person alone."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def make(config: Path, folder: Path, *, is_demo: bool) -> Project:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        make_project(folder, is_demo=is_demo, package="elc==0.1.0")
    return Project(folder)


@pytest.fixture(scope="session")
def demo(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the demo plants; tests may read it, not change it."""
    return make(config, tmp_path_factory.mktemp("projects") / "demo", is_demo=True)


@pytest.fixture(scope="session")
def own(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without a plant; tests may read it, not change it."""
    return make(config, tmp_path_factory.mktemp("projects") / "my-plants", is_demo=False)


@pytest.fixture
def former(demo: Project, tmp_path: Path) -> Project:
    """A project of release 0.0.9, whose template had another name in a notebook, another setting, and other files."""
    project = Project(tmp_path / "former")
    shutil.copytree(demo.root, project.root)
    origin, template = read_origin(project), read_former(project)
    for name, new, old in (
        ("notebooks/30_train.ipynb", b"settings", b"options"),
        (PARAMS, b"max_gap_h: 6 ", b"max_gap_h: 4 "),
    ):
        assert new in template[f"project/{name}"]
        template[f"project/{name}"] = template[f"project/{name}"].replace(new, old)
    template["project/notebooks/90_old.ipynb"] = b"{}\n"
    del template["project/.pre-commit-config.yaml"]
    for name in ("notebooks/30_train.ipynb", "notebooks/90_old.ipynb"):
        (project.root / name).write_bytes(template[f"project/{name}"])
    project.params.write_bytes(template[f"project/{PARAMS}"])
    (project.root / ".pre-commit-config.yaml").unlink()
    write_origin(project, origin.model_copy(update={"release": "0.0.9"}), template)
    commit(project)
    return project


@pytest.fixture
def edit() -> Callable[[Project, str, str, str], None]:
    """Replace a text in a file of a project, which must be there, and commit."""

    def replace(project: Project, name: str, old: str, new: str) -> None:
        path = project.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        commit(project)

    return replace


def commit(project: Project) -> None:
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "edited")
