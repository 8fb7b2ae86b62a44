"""A plant that has an energy and a throughput, and nothing else: every stage runs, and its page says what it lacks."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from ruamel.yaml import YAML

from elc.paths import Project
from elc.runner import find_stages, run_stage
from elc.settings import read_tags
from tests.conftest import copy_settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long(reason="trains a plant and runs its every stage"),
    # Keras about NumPy
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]

STAGES = ("dataset", "train", "evaluate", "explain", "advise", "monitor")


@pytest.fixture
def bare(demo_project: Project, tmp_path: Path) -> Project:
    """A project whose only plant has the hours of the first demo plant, and a tag list without anything to choose."""
    project, editor = copy_settings(tmp_path), YAML()
    shutil.copyfile(demo_project.params, project.params)
    params = editor.load(project.params)
    entry = params["plants"]["fjord"]
    entry["turnarounds"] = []
    params["plants"], params["simulate"]["plants"] = {"bare": entry}, {}
    editor.dump(params, project.params)
    shutil.copytree(demo_project.notebooks, project.notebooks)
    shutil.copytree(demo_project.hourly("fjord"), project.hourly("bare"))
    with demo_project.tags("fjord").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    kept = [row for row in rows if row[head.index("role")] in ("energy", "throughput")]
    project.tags("bare").parent.mkdir(parents=True)
    with project.tags("bare").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *kept])
    return project


def test_every_stage_runs_and_the_page_says_what_is_lacking(bare: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(read_tags(bare.tags("bare"), "bare").features) == 1
    monkeypatch.chdir(bare.root)
    assert set(STAGES) < set(find_stages(bare))
    for stage in STAGES:
        run_stage(bare, stage, "bare", {})
    pages = {stage: nbformat.writes(nbformat.read(bare.reports / "bare" / name, 4)) for stage, name in PAGES.items()}
    assert "more than its best" in pages["monitor"] or "at its best" in pages["monitor"]
    reasons = pd.read_parquet(bare.operation("advice", "bare") / "reasons.parquet")["reason"]
    assert set(reasons) <= {"no_gap", "at_best", "no_setpoints"}
    assert "no_setpoints" in set(reasons)
    assert "The model knows no set-point that a gap could come from." in pages["explain"]


PAGES = {"monitor": "50_monitor.ipynb", "explain": "60_explain.ipynb"}
