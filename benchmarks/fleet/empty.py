"""What running stages costs beside the stages: a pipeline of as many plants whose stages do next to nothing."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks.figures import Cost, Figure, run
from elc.repro.pipeline import load_pipeline
from elc.repro.plan import Queue, build_plan

CHAIN = ("simulate", "ingest", "dataset", "train", "evaluate", "explain", "advise", "monitor", "report")
RUN_AT_MOST = 1000  # plants whose stages are run, too; of more they are only planned


def measure(count: int) -> Iterator[Figure]:
    """Measure the plan alone, and where that does not take hours the first run and one with nothing to do."""
    case, stages = f"{count} plants, empty stages", count * len(CHAIN)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make_project(folder, count)
        load, plan, queue = _plan(folder)
        yield Figure("fleet", case, "load, wall", load, "s")
        yield Figure("fleet", case, "plan, wall", plan, "s")
        yield Figure("fleet", case, "queue, a stage", queue / stages * 1e6, "us")
        if count > RUN_AT_MOST:
            return
        for figure in ("first run", "nothing new"):
            cost = run(folder, "elc", "repro")
            yield from _report(case, figure, cost, stages)
        yield from _report(case, "one target", run(folder, "elc", "repro", f"{CHAIN[-1]}@p{count - 1}"), 1)


def _make_project(folder: Path, count: int) -> None:
    plants = [f"p{number}" for number in range(count)]
    stages = {}
    for number, stage in enumerate(CHAIN):
        made = f"{stage}/${{item}}.txt"
        deps = [f"{CHAIN[number - 1]}/${{item}}.txt"] if number else []
        do = {"cmd": f"echo ${{item}} > {made}", "deps": deps, "outs": [{made: {"persist": True}}]}
        stages[stage] = {"foreach": plants, "do": do}
        (folder / stage).mkdir()
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}, sort_keys=False), encoding="utf-8")
    (folder / "params.yaml").write_text("{}\n", encoding="utf-8")
    for words in (["git", "init", "--quiet"], [sys.executable, "-m", "dvc", "init", "--quiet"]):
        subprocess.run(words, cwd=folder, check=True)


def _plan(folder: Path) -> tuple[float, float, float]:
    """Load the stages, plan them, and go through the plan; the seconds of each."""
    from dvc.repo import Repo, lock_repo

    with contextlib.chdir(folder), Repo(str(folder)) as repo, lock_repo(repo):
        times = [time.perf_counter()]
        pipeline = load_pipeline(repo, [])
        times.append(time.perf_counter())
        plan = build_plan(repo.index.graph, pipeline.targets)
        times.append(time.perf_counter())
        queue = Queue(plan)
        while queue.ready:
            queue.end(queue.take())
        times.append(time.perf_counter())
    first, second, third = (later - earlier for earlier, later in itertools.pairwise(times))
    return first, second, third


def _report(case: str, figure: str, cost: Cost, stages: int) -> Iterator[Figure]:
    yield Figure("fleet", case, f"{figure}, wall", cost.wall_s, "s")
    yield Figure("fleet", case, f"{figure}, cpu", cost.cpu_s, "s")
    if stages > 1:
        yield Figure("fleet", case, f"{figure}, cpu a stage", 1000 * cost.cpu_s / stages, "ms")
