"""What an hour costs without new training: one plant, then all in one run and one by one, and an hour without news.

Option: --from PROJECT measures in a copy of a project whose pipeline has run. Default: a copy that runs the demo first.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from benchmarks.figures import Cost, Figure, run
from benchmarks.pipeline import copy_project
from elc.paths import Project
from elc.simulate import Historian, find_end

PLANTS = ("fjord", "delta", "steppe")
HOURS = 12  # that are ready to come
TINY = {"PLANTS": ("fjord",)}


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure on the full demo; every run finds one new hour of each of its plants."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        if options[:1] == ["--from"]:
            left_out = shutil.ignore_patterns(".venv*", "live")
            shutil.copytree(options[1], folder, symlinks=True, ignore=left_out)
        else:
            folder.mkdir()
            copy_project(folder)
            run(folder, "dvc", "repro", *(f"monitor@{plant}" for plant in PLANTS))
        yield from _measure(Project(folder))


def _measure(project: Project) -> Iterator[Figure]:
    hours = Hours(project, PLANTS)
    hours.run(PLANTS)  # bytecode and caches are there as from the second hour on
    one, parts = hours.run(PLANTS[:1])
    yield from _report("one plant", one, Cost(one.wall_s, 10.0), "the 10 s to begin with")
    for part, cpu_s in parts.items():
        yield Figure("hourly", "one plant", part, cpu_s, "s")
    together, _ = hours.run(PLANTS)
    costs = [hours.run([plant])[0] for plant in PLANTS]
    apart = Cost(sum(cost.wall_s for cost in costs), sum(cost.cpu_s for cost in costs))
    yield from _report(f"{len(PLANTS)} plants, one by one", apart, None, None)
    yield from _report(f"{len(PLANTS)} plants, one run", together, apart, "one by one")
    yield from _report("nothing new", run(project.root, "elc", "hourly", *_name(PLANTS)), None, None)


class Hours:
    """The hours that come to simulated plants after their committed exports."""

    def __init__(self, project: Project, plants: Sequence[str]) -> None:
        self.project = project
        self.ends = {plant: find_end(project, plant) for plant in plants}
        latest = {plant: end + timedelta(hours=HOURS) for plant, end in self.ends.items()}
        self.historians = {plant: Historian(project, plant, end) for plant, end in latest.items()}

    def run(self, plants: Sequence[str]) -> tuple[Cost, dict[str, float]]:
        """Run an hour with news; its cost, and the CPU seconds of its parts."""
        for plant in plants:
            self.ends[plant] += timedelta(hours=1)
            self.historians[plant].send(self.ends[plant])
        with tempfile.TemporaryDirectory() as name:
            costs = Path(name) / "costs"
            os.environ["ELC_COSTS"] = str(costs)
            try:
                total = run(self.project.root, "elc", "hourly", *_name(plants))
            finally:
                del os.environ["ELC_COSTS"]
            parts = _read_parts(costs)
        # A stage's process ends as nobody's child, so its CPU is known by what it noted.
        parts["the command itself"] = total.cpu_s
        return Cost(total.wall_s, sum(parts.values())), parts


def _name(plants: Sequence[str]) -> list[str]:
    return [word for plant in plants for word in ("--plant", plant)]


def _read_parts(path: Path) -> dict[str, float]:
    """Read what each process of a stage noted, in their order."""
    parts: dict[str, float] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        cpu_s, what = line.split(" ", 1)
        parts[what] = parts.get(what, 0.0) + float(cpu_s)
    return parts


def _report(case: str, cost: Cost, reference: Cost | None, against: str | None) -> Iterator[Figure]:
    ratio = cost.cpu_s / reference.cpu_s if reference else None
    yield Figure("hourly", case, "wall", cost.wall_s, "s")
    yield Figure("hourly", case, "cpu", cost.cpu_s, "s", against, ratio)
