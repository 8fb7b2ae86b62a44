"""An executed notebook is held against a fresh run of itself; `test_lab` runs every committed one on its defaults."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from elc.paths import Project
from elc.runner import find_stages

ROOT = Path(__file__).resolve().parents[2]
STAGES = find_stages(Project(ROOT))


def compare(project: Project, *names: str) -> subprocess.CompletedProcess[str]:
    """Run notebooks anew, and compare every output that is stored, pictures and numbers, with a fresh one."""
    paths = [str(project.reports / "fjord" / name) for name in names]
    command = [sys.executable, "-m", "pytest", "-p", "nbval.plugin", "--nbval", "-q", "-p", "no:cacheprovider", *paths]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=project.root, capture_output=True, text=True, env=environment)


@pytest.mark.slow
@pytest.mark.long(reason="runs three notebooks again in kernels of their own")
def test_executed_notebooks_are_what_fresh_runs_give(copied_project: Project) -> None:
    """Two pages are compared, and a copy of one in which a word is changed: nothing but its cell differs."""
    names = STAGES["explain"].name, STAGES["monitor"].name
    stored = copied_project.reports / "fjord" / names[1]
    text = stored.read_text(encoding="utf-8")
    assert "Energy above best" in text
    changed = stored.with_name("changed.ipynb")
    changed.write_text(text.replace("Energy above best", "Energy below best"), encoding="utf-8")
    done = compare(copied_project, *names, changed.name)
    failed = re.findall(r"(?m)^FAILED (\S+)::", done.stdout)
    assert (done.returncode, failed) == (1, ["reports/fjord/changed.ipynb"]), done.stdout[-3000:]
    assert "Energy below best" in done.stdout
