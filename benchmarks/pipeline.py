"""What `make demo` costs after set-up: each stage of each demo plant, then the site, then a run with nothing to do."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Cost, Figure, run

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("simulate", "ingest", "dataset", "train", "evaluate", "explain", "advise", "monitor")
PLANTS = ("fjord", "delta", "steppe")
HAS_SITE = True  # and then all stages of all plants
TINY = {"PLANTS": ("fjord",), "STAGES": ("simulate", "ingest"), "HAS_SITE": False}


def measure() -> Iterator[Figure]:
    """Measure in a copy of the project, full configuration, one stage after another through DVC."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_project(folder)
        yield from _report("code", run(folder, "dvc", "repro", "--single-item", "code"))
        costs = {stage: [] for stage in STAGES}
        for stage in STAGES:
            for plant in PLANTS:
                cost = run(folder, "dvc", "repro", "--single-item", f"{stage}@{plant}")
                costs[stage].append(cost)
                yield from _report(f"{stage}@{plant}", cost)
        if HAS_SITE:
            yield from _report("render", run(folder, "dvc", "repro", "--single-item", "render"))
            yield from _report("dvc repro, nothing new", run(folder, "dvc", "repro"))
        for stage, found in costs.items():
            yield from _report(f"{stage}, all plants", _add(found))
        yield from _report("all stages", _add([cost for found in costs.values() for cost in found]))


def copy_project(folder: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    (folder / "dvc.lock").unlink(missing_ok=True)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)


def _add(costs: list[Cost]) -> Cost:
    return Cost(sum(cost.wall_s for cost in costs), sum(cost.cpu_s for cost in costs))


def _report(case: str, cost: Cost) -> Iterator[Figure]:
    yield Figure("pipeline", case, "wall", cost.wall_s, "s")
    yield Figure("pipeline", case, "cpu", cost.cpu_s, "s")
