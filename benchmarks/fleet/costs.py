"""What does not make the models, by the number of plants: all that a project does again and again."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks import hourly
from benchmarks.figures import Cost, Figure, run
from benchmarks.fleet.plants import make_project
from elc.paths import Project
from tests.pipeline.served import serve

TRAIN = {"epochs": 20, "members": 3}  # what training costs is no figure here


def measure(count: int) -> Iterator[Figure]:
    """Measure in a project that has run once."""
    case = f"{count} plants"
    with tempfile.TemporaryDirectory() as name:
        project, plants = make_project(Path(name) / "project", count, TRAIN)
        run(project.root, "elc", "repro")
        yield from _report(case, "targeted repro", run(project.root, "elc", "repro", f"train@{plants[-1]}"))
        yield from _report(case, "targeted dvc repro", run(project.root, "dvc", "repro", f"train@{plants[-1]}"))
        yield from _report(case, "full repro", run(project.root, "elc", "repro"))
        yield from _report(case, "elc models", run(project.root, "elc", "models"))
        yield from _report(case, "render", run(project.root, "elc", "render"))
        index = project.site / "index.html"
        yield Figure("fleet", case, "index page", index.stat().st_size / 2**10, "KiB")
        yield from _measure_hour(project, plants, case)
        yield from _measure_service(project, case)


def _measure_hour(project: Project, plants: list[str], case: str) -> Iterator[Figure]:
    hours = hourly.Hours(project, plants)
    hours.run(plants)  # caches are there as from the second hour on
    cost, _ = hours.run(plants)
    yield from _report(case, "hour", cost)
    yield Figure("fleet", case, "hour, cpu a plant", cost.cpu_s / len(plants), "s")


def _measure_service(project: Project, case: str) -> Iterator[Figure]:
    """Measure from the start of `elc serve` until it is ready, and its memory then."""
    before, start_s = _count_children_s(), time.perf_counter()
    with serve(project) as running:
        wall_s = time.perf_counter() - start_s
        family = psutil.Process(running.process.pid)
        processes = [family, *family.children(recursive=True)]
        memory = sum(process.memory_full_info().uss for process in processes)
    yield from _report(case, "serve start", Cost(wall_s, _count_children_s() - before))
    yield Figure("fleet", case, "serve, memory", memory / 2**20, "MiB")


def _count_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _report(case: str, figure: str, cost: Cost) -> Iterator[Figure]:
    yield Figure("fleet", case, f"{figure}, wall", cost.wall_s, "s")
    yield Figure("fleet", case, f"{figure}, cpu", cost.cpu_s, "s")
