"""A plant of few weeks goes through every stage: no page states a limit or a slope that rests on too little."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from ruamel.yaml import YAML

from elc import findings, ingest
from elc.dataset import LEAST_WEEKS
from elc.fields import TIME
from elc.paths import Project
from elc.records import read_record
from elc.records.metrics import Metrics
from elc.records.quality import FILE, Quality
from elc.runner import find_stages, run_stage
from tests.conftest import ROOT, copy_settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long(reason="trains a plant and runs its every stage, four times"),
    # Keras about NumPy
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
STAGES = ("dataset", "train", "evaluate", "explain", "advise", "monitor")
SHORT = {"nine days": 9, "five weeks": 35, "eleven weeks": 77, "twenty weeks": 140}
_NUMBER = r"[+−-]?\d[\d,.\s]*"


def cut_project(demo: Project, folder: Path, days: int) -> Project:
    """Copy the first demo plant with its first days alone, all of which may be learnt from."""
    project, editor = copy_settings(folder), YAML()
    shutil.copyfile(demo.params, project.params)
    params = editor.load(project.params)
    entry = params["plants"]["fjord"]
    entry["train_until"], entry["dataset"] = None, {"min_hours": 100}
    params["train"] |= {"epochs": 5, "patience": 3}
    params["plants"], params["simulate"]["plants"] = {"fjord": entry}, {}
    editor.dump(params, project.params)
    shutil.copytree(ROOT / "notebooks", project.notebooks)
    shutil.copytree(demo.tags("fjord").parent, project.tags("fjord").parent)
    hourly = ingest.read_hourly(demo.hourly("fjord"))
    end = hourly[TIME].iloc[0] + pd.Timedelta(days, "D")
    found = findings.read_findings(demo.findings("fjord"))
    project.hourly("fjord").mkdir(parents=True)
    hourly[hourly[TIME] < end].to_parquet(project.hourly("fjord") / "hourly.parquet", index=False)
    findings.write_findings(project.findings("fjord"), found[found["end"] < end])
    return project


@pytest.mark.parametrize("days", SHORT.values(), ids=SHORT)
def test_no_page_states_what_rests_on_too_little(
    days: int, demo_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = cut_project(demo_project, tmp_path, days)
    monkeypatch.chdir(project.root)
    for stage in STAGES:
        run_stage(project, stage, "fjord", {})
    quality = read_record(project.model("fjord") / FILE, Quality, cure="")
    check_quality(quality)
    metrics = read_record(project.metrics("fjord"), Metrics, cure="")
    assert metrics.weeks is not None
    assert metrics.weeks < LEAST_WEEKS  # the test is a quarter of the history
    assert metrics.drift is not None
    assert metrics.drift.slope_frac_per_year is None
    assert (metrics.load_bands, metrics.findings) == ({}, [])
    pages = {stage: read_texts(project.reports / "fjord" / name.name) for stage, name in find_stages(project).items()
             if stage in STAGES}  # fmt: skip
    check_numbers(pages)
    trained = quality.models["typical"]
    assert trained is not None
    is_short = (trained.weeks or 0) < LEAST_WEEKS
    assert is_short == (days < SHORT["twenty weeks"])
    assert ("12 weeks of running hours, and it was trained on" in pages["monitor"]) == is_short
    assert ("No ranking is compared" in pages["explain"]) == is_short
    assert "it needs 12 weeks of running hours after training" in pages["evaluate"]
    assert "Kept: epoch 0." in pages["train"]


def check_quality(quality: Quality) -> None:
    """Every level rests on enough weeks, or is missing."""
    for model in quality.models.values():
        assert model is not None
        assert model.weeks is not None
        assert all((level is not None) == (model.weeks >= LEAST_WEEKS) for level in model.levels.values())
    trained = quality.models["typical"]
    assert trained is not None
    if (trained.weeks or 0) < LEAST_WEEKS:
        assert set(quality.setpoints.values()) == {None}
        assert set(quality.distances.columns.values()) == {None}


def read_texts(path: Path) -> str:
    """All texts that an executed notebook shows."""
    outputs = [one for cell in nbformat.read(path, 4).cells for one in cell.get("outputs", [])]
    texts = [text for one in outputs for kind, text in one.get("data", {}).items() if kind.startswith("text/")]
    return "\n".join(texts).replace("\N{NO-BREAK SPACE}", " ")


def check_numbers(pages: dict[str, Any]) -> None:
    """No limit is above 100 %, no slope above 100 % a year, and no error of a curve either."""
    for stage, text in pages.items():
        slopes = re.findall(rf"({_NUMBER}) ?% a year", text)
        limits = re.findall(rf"(?:limit|at most|±|CV\(RMSE\) of|NMBE is)[ ±]*({_NUMBER}) ?%", text)
        assert slopes == [], stage
        numbers = [float(re.sub(r"[,\s]", "", one).replace("−", "-")) for one in limits]
        assert all(abs(number) <= 100 for number in numbers), (stage, numbers)
