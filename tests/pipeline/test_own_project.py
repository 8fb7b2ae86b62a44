"""A project of one's own, without the source of the package: its pipeline gives what it gives in this repository."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from elc.paths import Project
from elc.projects import make_project
from tests.conftest import git, run

pytestmark = [pytest.mark.slow, pytest.mark.long(reason="runs the pipeline in another project")]


def test_its_pipeline_gives_the_same_to_the_byte(
    demo_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC finds each stage in the cache of the demo project, or runs it: what it writes down is the same."""
    (tmp_path / "config").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    project = Project(tmp_path / "plants")
    make_project(project.root, is_demo=True, package="elc==0.1.0")
    assert not (project.root / "src").exists()
    shutil.copyfile(demo_project.params, project.params)
    shutil.copytree(demo_project.root / ".dvc" / "cache", project.root / ".dvc" / "cache")
    done = run(project.root, "dvc", "repro")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert (project.root / "dvc.lock").read_bytes() == (demo_project.root / "dvc.lock").read_bytes()
    assert (project.site / "index.html").read_bytes() == (demo_project.site / "index.html").read_bytes()
    changed = git(project.root, "status", "--porcelain").splitlines()
    assert changed == [" M params.yaml", "?? dvc.lock", "?? reports/metrics/", "?? reports/plots/"]
