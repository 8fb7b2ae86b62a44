"""What an hour costs without new training: one plant, then all in one run and one by one, and an hour without news.

Options: --here measures in this project as it lies (its raw data grow); default is a copy, which first runs the demo.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import yaml

from benchmarks.figures import Cost, Figure, run
from benchmarks.pipeline import ROOT, copy_project


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure on the full demo; every run finds one new hour of each of its plants."""
    if "--here" in options:
        yield from _measure(ROOT)
        return
    with tempfile.TemporaryDirectory() as name:
        copy_project(Path(name))
        run(Path(name), "dvc", "repro")
        yield from _measure(Path(name))


def _measure(folder: Path) -> Iterator[Figure]:
    plants = list(yaml.safe_load((folder / "params.yaml").read_text())["simulate"]["plants"])
    _run_hour(folder, plants)  # bytecode and caches are there as from the second hour on
    one, parts = _run_hour(folder, plants[:1])
    yield from _report("one plant", one, Cost(one.wall_s, 10.0), "the 10 s to begin with")
    for part, cpu_s in parts.items():
        yield Figure("hourly", "one plant", part, cpu_s, "s")
    together, _ = _run_hour(folder, plants)
    costs = [_run_hour(folder, [plant])[0] for plant in plants]
    apart = Cost(sum(cost.wall_s for cost in costs), sum(cost.cpu_s for cost in costs))
    yield from _report(f"{len(plants)} plants, one by one", apart, None, None)
    yield from _report(f"{len(plants)} plants, one run", together, apart, "one by one")
    yield from _report("nothing new", run(folder, "elc", "hourly"), None, None)


def _run_hour(folder: Path, plants: Sequence[str]) -> tuple[Cost, dict[str, float]]:
    """Run an hour with news; its cost, and the CPU seconds of its parts."""
    for plant in plants:
        _add_hour(folder / "data" / "raw" / plant)
    with tempfile.TemporaryDirectory() as name:
        costs = Path(name) / "costs"
        os.environ["ELC_COSTS"] = str(costs)
        try:
            named = [word for plant in plants for word in ("--plant", plant)]
            total = run(folder, "elc", "hourly", *named)
        finally:
            del os.environ["ELC_COSTS"]
        parts = _read_parts(costs)
    parts["DVC, table"] = total.cpu_s - sum(parts.values())
    return total, parts


def _add_hour(folder: Path) -> None:
    """Add a file with the last hour's readings once more, an hour later."""
    readings = pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))[-2:]])
    hour = pd.Timedelta("1h")
    last = readings[readings["time"] > readings["time"].max() - hour]
    last = last.assign(time=last["time"] + hour)
    last.to_parquet(folder / f"{last['time'].max():%Y-%m-%dT%H%M}.parquet", index=False)


def _read_parts(path: Path) -> dict[str, float]:
    """Read what the worker noted, in its order: its start with all imports, then each stage."""
    parts: dict[str, float] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        cpu_s, what = line.split(" ", 1)
        parts[what] = parts.get(what, 0.0) + float(cpu_s)
    return parts


def _report(case: str, cost: Cost, reference: Cost | None, against: str | None) -> Iterator[Figure]:
    ratio = cost.cpu_s / reference.cpu_s if reference else None
    yield Figure("hourly", case, "wall", cost.wall_s, "s")
    yield Figure("hourly", case, "cpu", cost.cpu_s, "s", against, ratio)
