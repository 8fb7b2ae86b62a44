"""What the demo project's stages made is kept whole, put back for the same settings, and for no others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import kept
from tests.conftest import git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository of which some stages have run: a table, a metric that was committed before, and DVC's own files."""
    folder = tmp_path / "made"
    for name in ("dvc.yaml", "params.yaml", "metrics.json", "notebook.ipynb"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("former")
    (folder / ".gitignore").write_text("/data/\n/.dvc/\n")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "all")
    for name in ("data/hourly.parquet", ".dvc/cache/ab", ".dvc/tmp/lock", "dvc.lock", "metrics.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("made")
    return folder


def copy(root: Path, **changed: str) -> Path:
    """Copy what is committed into a folder beside."""
    folder = root.with_name("next")
    git(root.parent, "clone", "--quiet", str(root), str(folder))
    for name, text in changed.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def read_all(folder: Path) -> dict[str, str]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".git" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def test_what_was_made_is_put_back_and_nothing_else(root: Path, tmp_path: Path) -> None:
    kept.keep(root, tmp_path / "kept")
    found = copy(root)
    (found / "notebook.ipynb").write_text("new")
    kept.restore(found, tmp_path / "kept")
    expected = read_all(root)
    del expected[".dvc/tmp/lock"]
    assert read_all(found) == expected | {"notebook.ipynb": "new"}


@pytest.mark.parametrize("name", ["params", "dvc"])
def test_other_settings_begin_anew(root: Path, tmp_path: Path, name: str) -> None:
    kept.keep(root, tmp_path / "kept")
    found = copy(root, **{name: "other"})
    before = read_all(found)
    kept.restore(found, tmp_path / "kept")
    assert read_all(found) == before
    kept.keep(found, tmp_path / "kept")
    assert len([path for path in (tmp_path / "kept").iterdir() if path.is_dir()]) == 1


def test_what_a_killed_run_left_half_kept_is_not_put_back(root: Path, tmp_path: Path) -> None:
    kept.keep(root, tmp_path / "kept")
    (whole,) = (path for path in (tmp_path / "kept").iterdir() if path.is_dir())
    shutil.move(whole, whole.with_name(".new"))
    found = copy(root)
    before = read_all(found)
    kept.restore(found, tmp_path / "kept")
    assert read_all(found) == before
    kept.keep(root, tmp_path / "kept")
    kept.restore(found, tmp_path / "kept")
    assert read_all(found) != before
