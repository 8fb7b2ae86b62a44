"""What an hour brings to a clone that has no data yet, and what it says where that cannot be had."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.hourly.hour import _has_export, _pull
from elc.paths import Project
from tests.conftest import ROOT, git, run

RAW = "outs:\n- md5: 59bf9a427406243d3b6a2c041e617a93.dir\n  size: 9\n  nfiles: 1\n  hash: md5\n  path: fjord\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A clone whose export lies in the cache of another machine, and on no remote."""
    git(tmp_path, "init", "--quiet")
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    assert run(tmp_path, "dvc", "init", "--quiet").returncode == 0
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "fjord.dvc").write_text(RAW, encoding="utf-8")
    assert run(tmp_path, "dvc", "remote", "add", "--default", "packages", str(tmp_path / "packages")).returncode == 0
    return Project(tmp_path, "prod")


def test_an_export_that_nobody_pushed_is_said_with_the_reason_of_dvc(project: Project) -> None:
    wanted = (
        r"^plant fjord: data/raw/fjord is not here, and dvc pull failed: failed to pull data from the cloud - "
        r"Checkout failed for following targets: data/raw/fjord .*Put the export under data/live/fjord, or run dvc "
        r"push where it is, then dvc pull here\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        _pull(project, "fjord")
    assert not _has_export(project, "fjord")


def test_the_machines_own_readings_do_in_place_of_the_export(project: Project) -> None:
    project.live("fjord").mkdir(parents=True)
    (project.live("fjord") / "next.csv").write_text("", encoding="utf-8")
    _pull(project, "fjord")
    assert _has_export(project, "fjord")
