"""The template of a project is this repository's own files, in a checkout and in a package that is built."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo

from elc import settings
from elc.paths import Project
from elc.projects.template import build_template, cut_plants, read_archive, read_files, write_archive
from tests.conftest import ROOT, git

ELSEWHERE = {".github/workflows/test.yml"}  # what checks ELC itself
PRINT = """
from hashlib import sha256
from elc.projects.template import build_template
print(sha256(repr(build_template()).encode()).hexdigest())
"""


def test_a_demo_project_is_this_repository_to_the_byte(demo: Project) -> None:
    differing = [
        name for source, name in read_files().items() if (demo.root / name).read_bytes() != (ROOT / source).read_bytes()
    ]
    assert differing == []


def test_no_notebook_workflow_or_asset_is_forgotten() -> None:
    listed = git(
        ROOT, "ls-files", ".gitattributes", "notebooks", "reports/*.*", "reports/.*", ".github/workflows", "data/plants"
    ).split()
    listed = [name for name in listed if not name.startswith(("reports/metrics/", "reports/plots/"))]
    assert set(listed) - set(read_files()) == ELSEWHERE


def test_plants_are_cut_out_of_the_settings_and_nothing_else(own: Project) -> None:
    whole, cut = (ROOT / "params.yaml").read_text(encoding="utf-8"), own.params.read_text(encoding="utf-8")
    assert settings.read_settings(own).plants == {}
    expected = yaml.safe_load(whole)
    expected["plants"] = expected["simulate"]["plants"] = {}
    assert yaml.safe_load(cut) == expected
    new = set(cut.splitlines()) - set(whole.splitlines())
    assert new == {
        "  plants: {}",
        "plants: {}                  # one entry a plant; a stage's name as a key overrides that section for it",
    }


def test_a_pipeline_names_no_package_of_a_plant_that_is_not_there(own: Project, demo: Project) -> None:
    whole, cut = (yaml.safe_load(project.pipeline.read_text(encoding="utf-8")) for project in (demo, own))
    assert set(whole.pop("artifacts")) == set(settings.read_settings(demo).plants)
    assert cut == whole


def test_a_first_run_adds_nothing_to_what_git_ignores(demo: Project) -> None:
    """DVC asks before a stage has made its folder, and writes a .gitignore of its own where Git would not ignore it."""
    with Repo(str(demo.root)) as repo:
        kept = [out for out in repo.index.outs if out.use_cache]
        assert len(kept) > 40
        assert [str(out) for out in kept if out.exists] == []
        assert [str(out) for out in kept if not repo.scm.is_ignored(out.fs_path)] == []


def test_an_environment_keeps_its_list_of_plants() -> None:
    text = "environments:\n  dev:\n    plants: all\nplants:   # one\n  mill:\n    name: Mill\n"
    assert cut_plants(text) == "environments:\n  dev:\n    plants: all\nplants: {}# one\n"


def test_a_project_strips_its_notebooks_as_this_repository_does(own: Project) -> None:
    hooks, ours = (
        yaml.safe_load((root / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"] for root in (own.root, ROOT)
    )
    assert hooks == [hook for hook in ours if hook["id"] == "nbstripout"]


def test_conda_brings_the_same_python_and_quarto(own: Project) -> None:
    environment, ours = (yaml.safe_load((root / "environment.yml").read_text()) for root in (own.root, ROOT))
    assert environment["name"] == "my-plants"
    assert environment["dependencies"][:3] == ours["dependencies"][:3]
    assert environment["dependencies"][3]["pip"] == ours["dependencies"][3]["pip"][:1]


def test_an_archive_gives_the_template_back_and_equal_bytes(tmp_path: Path) -> None:
    template = build_template()
    for name in ("one", "other"):
        write_archive(tmp_path / f"{name}.zip", template)
    assert read_archive(tmp_path / "one.zip") == template
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


@pytest.mark.long(reason="builds the whole package once")
def test_a_package_that_is_built_has_the_same_template(tmp_path: Path) -> None:
    build = ["setup.py", "-q", "egg_info", "--egg-base", tmp_path, "build_py", "--build-lib", tmp_path / "site"]
    subprocess.run([sys.executable, *build], cwd=ROOT, check=True, capture_output=True)
    command = [sys.executable, "-c", PRINT]
    done = subprocess.run(command, cwd=tmp_path / "site", check=True, capture_output=True, text=True)
    assert (tmp_path / "site/elc/projects/repository").is_dir()
    assert done.stdout.strip() == sha256(repr(build_template()).encode()).hexdigest()
