"""An executed notebook is held against a fresh run of itself; `test_lab` runs every committed one on its defaults."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from elc.paths import Project
from elc.runner import find_stages
from tests.conftest import run

ROOT = Path(__file__).resolve().parents[2]
STAGES = find_stages(Project(ROOT))


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["monitor", "explain"])
def test_executed_notebook_is_what_a_fresh_run_gives(copied_project: Project, stage: str) -> None:
    """Every output that is stored, pictures and numbers, is compared with a fresh run."""
    name = STAGES[stage].name
    stored = copied_project.reports / "fjord" / name
    done = run(copied_project.root, "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(stored))
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.slow
def test_a_changed_number_is_noticed(copied_project: Project) -> None:
    """The comparison above can fail: one digit of a stored output is changed."""
    stored = copied_project.reports / "fjord" / STAGES["monitor"].name
    text = stored.read_text(encoding="utf-8")
    assert "Energy above best" in text
    changed = stored.with_name("changed.ipynb")
    shutil.copyfile(stored, changed)
    changed.write_text(text.replace("Energy above best", "Energy below best"), encoding="utf-8")
    done = run(copied_project.root, "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(changed))
    assert done.returncode == 1
    assert "Energy below best" in done.stdout
