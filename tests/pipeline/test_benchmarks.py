"""Every benchmark runs: on the tiny project, on so little that it is over in seconds. What it says is not looked at."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.__main__ import find_benchmarks, shrink
from benchmarks.curve.energies import FORMS
from benchmarks.curve.hours import LOAD, TRUTH, build_hours
from benchmarks.curve.project import read_params
from benchmarks.curve.references import Array, predict_convex, predict_forest
from benchmarks.figures import Figure
from benchmarks.results import merge_results
from elc.fields import ENERGY
from elc.paths import Project
from tests.conftest import run

# Through `elc hourly`, which tests/pipeline/test_hourly.py runs many times.
ELSEWHERE = set()
NAMES = [name for name in find_benchmarks() if name not in ELSEWHERE]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("ELC_BENCHMARKS" not in os.environ, reason="ELC_BENCHMARKS is not set: eleven minutes"),
]
SETTINGS = {"days: 147": "days: 110", "epochs: 40": "epochs: 2", "members: 8": "members: 3"}


@pytest.fixture(scope="module")
def project(demo_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny project, with as little to train as can be; its packages are those of the demo."""
    folder = tmp_path_factory.mktemp("benchmarks") / "project"
    shutil.copytree(demo_project.root, folder, symlinks=True)
    project = Project(folder)
    text = project.params.read_text(encoding="utf-8")
    for old, new in SETTINGS.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    project.params.write_text(text.replace("2024-11-10", "2024-08-15"), encoding="utf-8")
    return project


def measure(project: Project, *words: str) -> str:
    done = run(project.root, sys.executable, "-m", "benchmarks", *words)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_benchmark_runs_on_a_tiny_case(project: Project, name: str) -> None:
    said = measure(project, name, "--tiny")
    assert f"\n{name} " in f"\n{said}"
    assert not (project.root / "benchmarks" / "results.json").exists()


@pytest.mark.slow
def test_curve_is_compared_on_a_table_of_ones_own(project: Project) -> None:
    table = project.processed("fjord") / "train.parquet"
    said = measure(project, "curve", "--tiny", "--table", str(table), "--tags", str(project.tags("fjord")))
    assert "curve, pinball" in said


@pytest.mark.slow
def test_workers_of_a_fleet_leave_the_lock_of_one_machine(project: Project) -> None:
    pytest.importorskip("distributed")
    assert "a kill every 30 s, wall" in measure(project, "fleet", "--workers=1", "--tiny")


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_truth_of_a_form_has_its_share_of_hours_below(name: str) -> None:
    form, simulate = FORMS[name], read_params()["simulate"]
    hours = build_hours(form, simulate["plants"][form.like], start=simulate["start"], days=simulate["days"])
    running = hours[hours[LOAD] > 0.3 * hours[LOAD].max()]
    assert (running[ENERGY] <= running[TRUTH]).mean() == pytest.approx(0.1, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("fit", "most"), [(predict_convex, 0.05), (partial(predict_forest, seed=3), 0.25)])
def test_harder_references_find_a_convex_quantile(fit: Callable[..., Array], most: float) -> None:
    random = np.random.default_rng(3)
    inputs = random.uniform(-1, 1, (4000, 2))
    truth = np.maximum(inputs[:, 0], 0) - inputs[:, 1]
    found = fit(inputs[:3000], (truth + random.uniform(0, 1, 4000))[:3000], inputs[3000:], 0.1)
    assert np.sqrt(np.mean((found - truth[3000:] - 0.1) ** 2)) < most  # a constant is 0.65 off


def test_run_of_one_benchmark_leaves_what_others_measured(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    first = [Figure("ingest", "a", "wall", 1.0, "s"), Figure("ingest", "b", "wall", 2.0, "s")]
    merge_results([*first, Figure("curve", "a", "wall", 3.0, "s")], path)
    merge_results([Figure("ingest", "b", "wall", 4.0, "s"), Figure("ingest", "c", "wall", 5.0, "s")], path)
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert [(row["benchmark"], row["case"], row["value"]) for row in rows] == [
        ("curve", "a", 3.0),
        ("ingest", "a", 1.0),
        ("ingest", "b", 4.0),
        ("ingest", "c", 5.0),
    ]
    assert all(row["cores"] >= 1 and row["commit"] and len(row["date"]) == len("2026-06-30") for row in rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["curves", "--tiny"], "benchmark curves is unknown: expected one of advice, attribution, curve"),
        (["curve", "ingest", "--only=cost"], "--only=cost is an option of one benchmark: name that one first"),
    ],
)
def test_words_that_mean_nothing_are_named(words: list[str], said: str) -> None:
    done = run(Path(__file__).parents[2], sys.executable, "-m", "benchmarks", *words)
    assert done.returncode == 1
    assert said in done.stderr


def test_tiny_case_names_constants_that_are_there() -> None:
    module = type(sys)("benchmarks.nothing")
    module.TINY = {"DAYS": 1}  # type: ignore[attr-defined]
    with pytest.raises(SystemExit, match=r"^benchmarks\.nothing: TINY names DAYS, which is not there$"):
        shrink(module)
