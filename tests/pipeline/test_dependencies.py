"""What each stage depends on: the modules its notebook imports, all the way down, and nothing else."""

from __future__ import annotations

import ast
import contextlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import grimp
import nbformat
import pytest
import yaml
from dvc.repo import Repo

from elc.paths import Project
from elc.runner import PAGES, find_stages

ROOT = Path(__file__).resolve().parents[2]
GRAPH = grimp.build_graph("elc", cache_dir=None)
GRAPH.remove_import(importer="elc", imported="elc.library")  # on demand, and no stage asks for it
STAGES = find_stages(Project(ROOT))
BY_HAND = {"compare"}  # run by `elc compare`: what they read is in no folder that DVC could depend on
OTHERS = {"simulate": {"elc.simulate"}, "render": {"elc.render"}}
PIPELINE: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
READERS = {"render"}  # the page of the method lists the assumptions that stand in the source of every module
WHOLE = "src/elc"
MODULES = sorted({name.split(".")[1] for name in GRAPH.modules if "." in name})
ASKED = ("errors", "train", "advise", "figures", "cli")  # of every stage, one, a late one, of pages, and none


def find_imports(stage: str) -> set[str]:
    """The modules that a stage's notebook imports, or that its command runs."""
    if stage in OTHERS:
        return OTHERS[stage]
    cells = nbformat.read(STAGES[stage], as_version=4).cells
    trees = [ast.parse(cell.source) for cell in cells if cell.cell_type == "code"]
    found = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {f"elc.{alias.name}" for node in found for alias in node.names}


def find_modules(stage: str) -> set[str]:
    """The top modules of `elc` that a stage uses, directly or through another."""
    if stage in READERS:
        return set(MODULES)
    used: set[str] = set()
    for name in find_imports(stage):
        for module in {name} | GRAPH.find_descendants(name):
            used |= {module} | GRAPH.find_upstream_modules(module)
    return {name.split(".")[1] for name in used if "." in name}


def read_stage(stage: str) -> dict[str, Any]:
    content: dict[str, Any] = PIPELINE[stage]
    return content.get("do", content)


def read_modules(stage: str) -> set[str]:
    """The modules that a stage lists in dvc.yaml."""
    paths = read_stage(stage)["deps"]
    return set(MODULES) if WHOLE in paths else {Path(path).stem for path in paths if path.startswith(f"{WHOLE}/")}


@pytest.mark.parametrize("stage", PIPELINE)
def test_stage_lists_the_modules_it_uses(stage: str) -> None:
    assert read_modules(stage) == find_modules(stage)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in BY_HAND])
def test_stage_lists_its_notebook_and_leaves_it_executed(stage: str) -> None:
    notebook = STAGES[stage].name
    assert f"notebooks/{notebook}" in read_stage(stage)["deps"]
    outputs = {name for out in read_stage(stage)["outs"] for name in out}
    assert f"reports/${{key}}/{notebook}" in outputs
    assert (f"reports/receipts/${{key}}/{stage}.json" in outputs) == (stage in PAGES)


def test_every_notebook_has_a_stage_and_every_stage_a_notebook() -> None:
    assert set(PIPELINE) | BY_HAND == set(STAGES) | set(OTHERS)
    assert not set(PIPELINE) & BY_HAND


def test_every_output_persists() -> None:
    """DVC removes outputs before a stage runs; one that persists survives a stage that fails."""
    for stage in PIPELINE:
        content = read_stage(stage)
        for out in content["outs"] + content.get("metrics", []):
            assert all(options["persist"] for options in out.values()), (stage, out)


@pytest.fixture(scope="module")
def asked(demo_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project, whose modules are changed one after another and put back."""
    folder = tmp_path_factory.mktemp("asked") / "project"
    shutil.copytree(demo_project.root, folder, symlinks=True)
    return Project(folder)


@pytest.mark.slow
@pytest.mark.parametrize("module", ASKED)
def test_a_changed_module_makes_its_stages_stale(asked: Project, module: str) -> None:
    """Asked of DVC itself: which stages does it call changed by this module?"""
    path = asked.root / "src" / "elc" / module
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    former = file.read_text(encoding="utf-8")
    file.write_text(former + "\n# changed\n", encoding="utf-8")
    try:
        with contextlib.chdir(asked.root), Repo() as repo:
            listed = repo.status()
    finally:
        file.write_text(former, encoding="utf-8")
    name = file.parent if path.is_dir() else file
    changed = str(name.relative_to(asked.root))
    stale = {
        stage.split("@")[0]
        for stage, reasons in listed.items()
        for reason in reasons
        if isinstance(reason, dict) and {changed, WHOLE} & set(reason.get("changed deps", {}))
    }
    assert stale == {stage for stage in PIPELINE if module in find_modules(stage)}


def test_every_module_stands_in_the_layers_contract() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
