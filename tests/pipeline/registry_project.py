"""A project whose packages are real and whose training is a copy: for tests of what happens after training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from ruamel.yaml import YAML

from elc import curve
from elc.paths import Project
from tests.conftest import ROOT, git, run

PLANTS = ("fjord", "delta")
PIPELINE = """\
stages:
  train:
    foreach: [fjord, delta]
    do:
      cmd: "true"
      outs:
        - models/${item}:
            persist: true
  evaluate:
    foreach: [fjord, delta]
    do:
      cmd: "true"
      deps:
        - models/${item}
      metrics:
        - reports/metrics/${item}.json:
            cache: false
"""


def make_project(folder: Path, demo: Project) -> Project:
    """Make a repository of Git and DVC with the settings of the demo and a trained package of each of two plants."""
    folder.mkdir(parents=True)
    project = Project(folder)
    (folder / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    shutil.copyfile(demo.params, project.params)
    shutil.copyfile(ROOT / ".gitignore", folder / ".gitignore")
    shutil.copytree(ROOT / "deployed", folder / "deployed", ignore=shutil.ignore_patterns("[!.]*"))
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, value in {"user.name": "Ann", "user.email": "ann@example.org", "gc.auto": "0"}.items():
        git(folder, "config", name, value)
    done = run(folder, "dvc", "init", "--quiet")
    assert done.returncode == 0, done.stderr
    for plant in PLANTS:
        shutil.copytree(demo.model(plant), project.model(plant))
        project.metrics(plant).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(demo.metrics(plant), project.metrics(plant))
    record(project, *PLANTS)
    return project


def record(project: Project, *plants: str) -> None:
    """Record what lies in models/ as if it had just been trained and evaluated, and commit it."""
    stages = [f"{stage}@{plant}" for plant in plants for stage in ("train", "evaluate")]
    done = run(project.root, "dvc", "commit", "--quiet", "--force", *stages)
    assert done.returncode == 0, done.stderr
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", f"train {' '.join(plants)}")


def retrain(project: Project, plant: str, factor: float) -> None:
    """Make another whole package of a plant, its energies times a factor, and record it."""
    scale_package(project.model(plant), factor)
    record(project, plant)


def scale_package(folder: Path, factor: float) -> None:
    """Scale all energies of a package's curve, its golden answers with them."""
    network = onnx.load(folder / "model.onnx")
    end = network.graph.output[0].name
    inner = f"{end}_before_{len(network.graph.node)}"
    for node in network.graph.node:
        node.output[:] = [inner if name == end else name for name in node.output]
    network.graph.initializer.append(numpy_helper.from_array(np.array(factor, np.float32), f"{inner}_factor"))
    network.graph.node.append(helper.make_node("Mul", [inner, f"{inner}_factor"], [end]))
    onnx.save(network, folder / "model.onnx")
    golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    golden["outputs"] = [[value * factor for value in row] for row in golden["outputs"]]
    curve.write_json(folder / "golden.json", golden)
    rehash(folder)


def rehash(folder: Path) -> None:
    """Write the hashes of a package anew, as its maker would."""
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    del card["sha256"]
    card["files"] = {name: curve.hash_file(folder / name) for name in card["files"]}
    curve.write_json(folder / "card.json", card | {"sha256": curve.hash_card(card)})


def edit_environments(project: Project, **changes: dict[str, object]) -> None:
    """Change keys of environments in params.yaml, and commit."""
    editor = YAML()
    params = editor.load(project.params)
    for name, keys in changes.items():
        params["environments"][name].update(keys)
    editor.dump(params, project.params)
    git(project.root, "add", "params.yaml")
    git(project.root, "commit", "--quiet", "--message", "environments")


def elc(project: Project, *arguments: str) -> str:
    """Run an elc command that must succeed, and return what it printed."""
    done = run(project.root, "elc", *arguments)
    assert done.returncode == 0, (arguments, done.stdout[-1500:], done.stderr[-1500:])
    return done.stdout


def refuse(project: Project, *arguments: str) -> str:
    """Run an elc command that must fail with a sentence, and return it."""
    done = run(project.root, "elc", *arguments)
    assert done.returncode == 1, (arguments, done.returncode, done.stdout[-1500:], done.stderr[-1500:])
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return done.stderr
