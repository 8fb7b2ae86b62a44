"""A new project is whole, committed and clean; what cannot become one is left as it was."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from elc.cli import main
from elc.errors import ElcError
from elc.paths import Project, find_project
from elc.projects import make_project
from elc.projects.template import read_files
from elc.settings import read_settings
from tests.conftest import git

OWN = {".elc/origin.json", ".elc/template.zip", ".gitattributes", ".pre-commit-config.yaml"}
OWN |= {"Makefile", "README.md", "environment.yml", "requirements.txt"}


def test_a_project_is_committed_and_clean(own: Project) -> None:
    plants = {name for name in read_files().values() if name.startswith("data/plants/")}
    expected = {*read_files().values(), *OWN} - plants
    assert set(git(own.root, "ls-files").split()) == expected
    assert git(own.root, "status", "--porcelain") == git(own.root, "remote") == ""
    assert git(own.root, "log", "--format=%an: %s") == "Ann: Begin with the template of ELC 0.1.0\n"
    assert find_project(own.notebooks).root == own.root


def test_a_demo_project_has_the_demo_plants(demo: Project) -> None:
    assert list(read_settings(demo).plants) == ["fjord", "delta", "steppe"]
    assert all(demo.tags(plant).is_file() for plant in read_settings(demo).plants)


def test_the_package_is_pinned(own: Project) -> None:
    lines = (own.root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["elc==0.1.0"]


def test_its_readme_gives_the_steps_of_its_kind(own: Project, demo: Project) -> None:
    texts = [(project.root / "README.md").read_text(encoding="utf-8") for project in (own, demo)]
    assert [text.splitlines()[0] for text in texts] == ["# my-plants", "# demo"]
    assert ["elc plant draft" in text for text in texts] == [True, False]
    assert not [text for text in texts if re.search(r"{[{%]|\n\n\n", text)]


def test_its_workflows_call_targets_that_its_makefile_has(own: Project, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(own.root, folder)
    (folder / ".venv").mkdir()
    (folder / ".venv/.done").touch()
    called = {
        step["run"]
        for path in (folder / ".github/workflows").iterdir()
        for job in yaml.safe_load(path.read_text())["jobs"].values()
        for step in job["steps"]
        if step.get("run", "").startswith("make ")
    }
    assert len(called) >= 4
    for line in (*called, "make lab", "make demo"):
        words = [*line.split(), "--dry-run", "PLANT=fjord", "ENV=prod"]
        subprocess.run(words, cwd=folder, check=True, capture_output=True)


def test_its_setup_installs_the_lock_and_then_the_package(own: Project) -> None:
    done = subprocess.run(["make", "--dry-run"], cwd=own.root, check=True, capture_output=True, text=True)
    installs = [line for line in done.stdout.splitlines() if "pip install" in line]
    assert [line.rpartition(" --")[2] for line in installs] == [
        "require-hashes -r requirements.lock",
        "requirement requirements.txt",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("my plants", "'my plants' cannot name a project, expected at most 64 letters, digits, dots, - and _"),
        ("-rf", "'-rf' cannot name a project"),
        ("kraftwerk_ä", "'kraftwerk_ä' cannot name a project"),
        ("full", "is not empty. Name a folder that is new or empty."),
        ("file", "is a file. Name a folder that is new or empty."),
        ("clone/plants", "it would be inside the Git repository "),
    ],
)
def test_a_folder_that_cannot_become_a_project_is_left(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/note").touch()
    (tmp_path / "file").touch()
    (tmp_path / "clone").mkdir()
    git(tmp_path / "clone", "init", "--quiet")
    before = sorted(tmp_path.glob("[!c]*"))
    with pytest.raises(ElcError, match=re.escape(words)) as caught:
        make_project(tmp_path / name, is_demo=False, package="elc==0.1.0")
    assert str(caught.value).startswith(str(tmp_path / name))
    assert sorted(tmp_path.glob("[!c]*")) == before


def test_every_fault_of_a_folder_is_said_at_once(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "my plants").touch()
    with pytest.raises(ElcError, match="3 faults"):
        make_project(tmp_path / "my plants", is_demo=False, package="elc==0.1.0")


def test_git_must_know_whose_commit_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[user]\n\tuseConfigOnly = true\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    with pytest.raises(ElcError, match=r"Git does not know whose commits these will be .* Set git config --global"):
        make_project(tmp_path / "plants", is_demo=False, package="elc==0.1.0")
    assert not (tmp_path / "plants").exists()


def test_a_commit_that_fails_leaves_nothing(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n"
    (tmp_path / "config").write_text(config.read_text(encoding="utf-8") + signed, encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    with pytest.raises(ElcError, match="git commit failed"):
        make_project(tmp_path / "plants", is_demo=False, package="elc==0.1.0")
    assert [path.name for path in tmp_path.iterdir()] == ["config"]


def test_the_command_says_what_comes_next(tmp_path: Path) -> None:
    wheel = tmp_path / "elc-0.1.0-py3-none-any.whl"
    wheel.touch()
    folder = tmp_path / "plants"
    folder.mkdir()  # an empty one will do
    done = CliRunner().invoke(main, ["new", str(folder), "--demo", "--package", str(wheel)])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        f"{folder}: a project with the demo plants, committed to Git.",
        f"requirements.txt names a package that only this machine has: elc @ file://{wheel}. If others need the "
        "project, name one that they can reach.",
        f"Next: cd {folder} && make setup; README.md there has the next steps.",
    ]
