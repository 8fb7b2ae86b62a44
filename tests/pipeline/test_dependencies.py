"""What each stage depends on: its notebook, its files, and the code that it runs, as code/<stage>.json tells it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo

from elc.code import build_code, find_reasons
from elc.errors import ElcError
from elc.paths import Project
from elc.runner import PAGES, find_stages
from tests.conftest import run

ROOT = Path(__file__).resolve().parents[2]
STAGES = find_stages(Project(ROOT))
BY_HAND = {"compare"}  # run by `elc compare`: what they read is in no folder that DVC could depend on
COMMANDS = {"code", "simulate", "render"}  # stages without a notebook
PIPELINE: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
# What runs a notebook, whatever is in it, and what only checks sections that no stage is told.
SECTIONS = tuple(f"elc.settings.{name}" for name in ("alerts", "environment", "listen", "registry", "serve"))
AROUND = ("elc.runner", "elc.failures", "elc.records.failure", "elc.records.receipt", *SECTIONS)

# Runs stages with every call of the package noted: the modules whose functions ran.
TRACE = """
import importlib, json, pkgutil, sys
from pathlib import Path
import elc
from elc.paths import Project
from elc.runner import run_stage

for found in pkgutil.walk_packages(elc.__path__, "elc."):
    if found.name != "elc.workers.preload":
        importlib.import_module(found.name)
folder, called = str(Path(elc.__file__).parent), set()
def note(frame, event, argument):
    if event == "call" and frame.f_code.co_filename.startswith(folder):
        called.add(frame.f_code.co_filename)
project, ran = Project(Path(sys.argv[1])), {}
for stage in sys.argv[2:]:
    called.clear()
    sys.setprofile(note)
    run_stage(project, stage, "fjord", {})
    sys.setprofile(None)
    ran[stage] = sorted(called)
names = {stage: ["elc." + str(Path(name).relative_to(folder).with_suffix("")).replace("/", ".") for name in found]
         for stage, found in ran.items()}
print(json.dumps(names))
"""


def read_stage(stage: str) -> dict[str, Any]:
    content: dict[str, Any] = PIPELINE[stage]
    return content.get("do", content)


@pytest.mark.parametrize("stage", [stage for stage in PIPELINE if stage != "code"])
def test_stage_depends_on_its_code(stage: str) -> None:
    deps = read_stage(stage)["deps"]
    assert f"code/{stage}.json" in deps
    assert not [path for path in deps if path.startswith("src/")]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in BY_HAND])
def test_stage_lists_its_notebook_and_leaves_it_executed(stage: str) -> None:
    notebook = STAGES[stage].name
    assert f"notebooks/{notebook}" in read_stage(stage)["deps"]
    outputs = {name for out in read_stage(stage)["outs"] for name in out}
    assert f"reports/${{key}}/{notebook}" in outputs
    assert (f"reports/receipts/${{key}}/{stage}.json" in outputs) == (stage in PAGES)


def test_every_notebook_has_a_stage_and_every_stage_a_notebook() -> None:
    assert set(PIPELINE) | BY_HAND == set(STAGES) | COMMANDS
    assert not set(PIPELINE) & BY_HAND


def test_every_output_persists() -> None:
    """DVC removes outputs before a stage runs; one that persists survives a stage that fails."""
    for stage in PIPELINE:
        content = read_stage(stage)
        for out in content.get("outs", []) + content.get("metrics", []):
            assert all(options["persist"] for options in out.values()), (stage, out)


@pytest.mark.slow
@pytest.mark.long(reason="trains, and runs every stage with each call noted")
def test_every_module_that_a_stage_runs_is_in_its_code(copied_project: Project) -> None:
    """Told from the syntax, proved by running: no function that could move a number goes unseen."""
    stages = [stage for stage in PIPELINE if stage not in COMMANDS]
    command = [sys.executable, "-W", "ignore", "-c", TRACE, str(copied_project.root), *stages]
    done = subprocess.run(command, cwd=copied_project.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    ran, code = json.loads(done.stdout.splitlines()[-1]), build_code(copied_project)
    for stage in stages:
        found = {name.removesuffix(".__init__") for name in ran[stage]}
        unseen = {name for name in found - code[stage]["modules"].keys() if not name.startswith(AROUND)}
        assert not unseen, (stage, sorted(unseen))
        assert len(found) > 10


@pytest.mark.slow
def test_dvc_reruns_what_changed_code_makes_stale(copied_project: Project) -> None:
    """Asked of DVC itself: it compares the files that `elc code` writes."""
    path = copied_project.code("train")
    code = json.loads(path.read_text(encoding="utf-8"))
    former = code["libraries"]["tensorflow"]
    code["libraries"]["tensorflow"] = "0.1"
    code["modules"]["elc.train.fit"] = "other"
    path.write_text(json.dumps(code), encoding="utf-8")
    with contextlib.chdir(copied_project.root), Repo() as repo:
        stale = {stage.split("@")[0] for stage in repo.status()}
        repo.commit("code", force=True)  # as though the former release had run
        repo.commit("train@fjord", force=True)
    assert stale == {"code", "train", "render"}  # the site is made each time
    assert [reason.sentence for reason in find_reasons(copied_project, "train@fjord")] == [
        "module elc.train.fit has changed.",
        f"library tensorflow is {former} now, and was 0.1.",
    ]
    assert {reason.stage for reason in find_reasons(copied_project, "evaluate@fjord")} == {"train@fjord"}


@pytest.mark.slow
@pytest.mark.long(reason="asks DVC four times of a whole project")
def test_why_tells_of_parameters_and_data(copied_project: Project) -> None:
    assert find_reasons(copied_project, "train@delta") == []
    done = run(copied_project.root, "elc", "why", "train@delta")
    assert (done.returncode, done.stdout) == (0, "train@delta: nothing changed since it ran.\n")
    text = copied_project.params.read_text(encoding="utf-8")
    copied_project.params.write_text(text.replace("patience: 10", "patience: 11"), encoding="utf-8")
    tags = copied_project.tags("delta")
    tags.write_text(tags.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    done = run(copied_project.root, "elc", "why", "train@delta")
    assert done.returncode == 1
    assert "train@delta: params.yaml: train.patience is 11 now, and was 10." in done.stdout
    assert "ingest@delta: data/plants/delta/tags.csv (deps) is modified." in done.stdout
    with pytest.raises(ElcError, match=r"dvc\.yaml: stage train@dleta is unknown: did you mean train@delta\?"):
        find_reasons(copied_project, "train@dleta")


def test_every_module_stands_in_the_layers_contract() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
