"""An upgrade merges what a release changes into what people changed, and shows where both changed the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from elc.cli import main
from elc.errors import ElcError
from elc.paths import Project
from elc.projects import Upgrade, upgrade_project
from elc.projects.origin import read_origin
from elc.settings import read_settings
from tests.conftest import ROOT, git
from tests.unit.projects.conftest import commit

Edit = Callable[[Project, str, str, str], None]
PACKAGE = "elc==0.1.0"


def test_changes_of_both_sides_are_merged(former: Project, edit: Edit) -> None:
    edit(former, "params.yaml", "currency: EUR", "currency: NOK")
    edit(former, "notebooks/30_train.ipynb", ' "nbformat": 4', ' "nbformat": 4.5')
    (former.notebooks / "80_compare.ipynb").unlink()
    (former.root / "Makefile").write_text("mine:\n", encoding="utf-8")
    commit(former)
    assert upgrade_project(former, package="elc==0.2.0") == Upgrade("0.0.9", True, ("notebooks/90_old.ipynb",), ())
    assert git(former.root, "status", "--porcelain").splitlines() == [
        " M .elc/origin.json",
        " M .elc/template.zip",
        " M notebooks/30_train.ipynb",
        " D notebooks/90_old.ipynb",
        " M params.yaml",
        " M requirements.txt",
        "?? .pre-commit-config.yaml",
    ]
    settings = read_settings(former)
    assert (settings.site.currency, settings.ingest.max_gap_h) == ("NOK", 6)
    notebook = (ROOT / "notebooks/30_train.ipynb").read_text(encoding="utf-8")
    assert (former.notebooks / "30_train.ipynb").read_text(encoding="utf-8") == notebook.replace(
        ' "nbformat": 4', ' "nbformat": 4.5', 1
    )
    assert "elc==0.2.0" in (former.root / "requirements.txt").read_text(encoding="utf-8")
    assert (read_origin(former).release, read_origin(former).package) == ("0.1.0", "elc==0.2.0")


def test_a_conflict_is_shown_and_can_be_resolved_by_git(
    former: Project, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(former, "params.yaml", "max_gap_h: 4 ", "max_gap_h: 3 ")
    monkeypatch.chdir(former.notebooks)
    done = CliRunner().invoke(main, ["upgrade", "--package", PACKAGE])
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "Merged the changes from ELC 0.0.9 to 0.1.0: see git diff.",
        "notebooks/90_old.ipynb is removed: this release does not have it. To keep yours: git checkout HEAD -- "
        "notebooks/90_old.ipynb",
        "params.yaml: conflict. Edit it, or take it whole: git checkout --ours -- params.yaml (or --theirs: ELC's)",
        "Next: make setup, git add --all, git commit",
    ]
    text = former.params.read_text(encoding="utf-8")
    assert "<<<<<<< before updating\n  max_gap_h: 3 " in text
    assert text.count(">>>>>>>") == 1
    for side, gap_h in (("--ours", 3), ("--theirs", 6)):
        git(former.root, "checkout", side, "--", "params.yaml")
        assert read_settings(former).ingest.max_gap_h == gap_h
    commit(former)
    assert CliRunner().invoke(main, ["upgrade", "--package", PACKAGE]).output == (
        "The project already follows this ELC, 0.1.0. Nothing was changed.\n"
    )
    assert git(former.root, "status", "--porcelain") == ""


@pytest.fixture
def copy(demo: Project, tmp_path: Path) -> Project:
    """A project that a test may change, of this release."""
    shutil.copytree(demo.root, tmp_path / "project")
    return Project(tmp_path / "project")


def fail(project: Project) -> str:
    with pytest.raises(ElcError) as caught:
        upgrade_project(project, package=PACKAGE)
    return str(caught.value)


def test_changes_that_are_not_committed_are_not_mixed_in(copy: Project) -> None:
    (copy.root / "note").touch()
    copy.params.write_text("site: {}\n", encoding="utf-8")
    assert fail(copy) == (
        f"{copy.root}: 2 files have changes that are not committed, and would mix with those of ELC: params.yaml, "
        "note. Commit them, or put them aside by git stash --include-untracked."
    )


def test_a_clone_of_elc_is_not_upgraded() -> None:
    assert "A clone of ELC itself is updated by git pull instead." in fail(Project(ROOT))


@pytest.mark.parametrize("name", ["origin.json", "template.zip"])
@pytest.mark.parametrize("content", [None, b"", b"{}"])
def test_what_is_missing_or_damaged_is_restored_from_git(copy: Project, name: str, content: bytes | None) -> None:
    (copy.root / ".elc" / name).unlink()
    if content is not None:
        (copy.root / ".elc" / name).write_bytes(content)
    said = fail(copy)
    assert said.startswith(f".elc/{name}: ")
    assert "Restore it from Git: elc upgrade needs it to tell your changes from those of ELC." in said


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("0.2.0", "the project follows ELC 0.2.0, later than this elc, 0.1.0. Install elc 0.2.0 or later"),
        ("latest", "release is 'latest', expected a version such as 0.1.0. Restore it from Git."),
    ],
)
def test_a_project_is_not_brought_back(copy: Project, edit: Edit, release: str, words: str) -> None:
    edit(copy, ".elc/origin.json", "0.1.0", release)
    assert words in fail(copy)
