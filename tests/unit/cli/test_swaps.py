"""elc swaps: what happened to versions, or why that cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from elc.cli import main
from elc.paths import Project
from elc.service.versions.history import find_path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.mark.usefixtures("project")
def test_no_swap_yet_is_said() -> None:
    done = CliRunner().invoke(main, ["swaps"])
    assert (done.exit_code, done.output) == (0, "No swaps yet. The service records them: elc serve.\n")


def test_folder_without_permission_is_said_with_its_reason(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = find_path(project)
    read = Path.read_text

    def refuse(self: Path, *arguments: Any, **options: Any) -> str:  # root may read everything
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return read(self, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", refuse)
    done = CliRunner().invoke(main, ["swaps"])
    assert done.exit_code == 1
    assert done.output == (
        f"elc: {path}: cannot be read (Permission denied). The service writes it: run this as the same user, or give "
        "yours the right to read the file and its folder.\n"
    )


def test_file_that_is_a_folder_is_said_too(project: Project) -> None:
    find_path(project).mkdir(parents=True)
    done = CliRunner().invoke(main, ["swaps", "--json"])
    assert done.exit_code == 1
    assert "swaps.jsonl: cannot be read (Is a directory)." in done.output
