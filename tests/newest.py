"""Any hour can be the newest: the calculations of operation on data that end at each hour of 28 days.

`python -m tests.newest [--from PROJECT] [--step 1]` runs every hour of every demo plant, or each so many, as that of a
candidate and of a deployed version, the log carried from hour to hour, on a project whose stages have run, or on a tiny
one that it builds. A step that shares no factor with 24 meets every hour of the day.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from elc import curve, dataset, ingest, settings
from elc.fields import GAP, IS_OUTSIDE, IS_STEADY, STATE, TIME
from elc.paths import Project
from tests.conftest import PLANTS, build_demo
from tests.operation import build_operation

DAYS = 28
STATES = [STATE, IS_STEADY, IS_OUTSIDE]
Degrade = Callable[[pd.DataFrame, curve.Package], pd.DataFrame]


def cut_hours(project: Project, plant: str, step: int = 1) -> Iterator[pd.DataFrame]:
    """Cut a plant's hourly table so that each hour of 28 days is the newest; the last of them has a gap."""
    hourly = ingest.read_hourly(project.hourly(plant))
    package, chosen = curve.read(project.model(plant)), settings.read_plant(project, plant)
    marked = dataset.mark_states(hourly, package.throughput, package.rated_load, chosen)
    scored = curve.score_hours(marked, package)
    end = int(np.flatnonzero(scored[GAP].notna())[-1]) + 1
    for last in range(end - 24 * DAYS, end, step):
        yield hourly.iloc[: last + 1]


def _spoil(hourly: pd.DataFrame, columns: list[str], *, last: int) -> pd.DataFrame:
    """Take the readings of columns away in the last hours."""
    spoilt = hourly.copy()
    spoilt.loc[spoilt.index[-last:], columns] = np.nan
    return spoilt


def _scale(hourly: pd.DataFrame, columns: list[str], factor: float) -> pd.DataFrame:
    return hourly.assign(**{column: hourly[column] * factor for column in columns})


def _find_values(hourly: pd.DataFrame) -> list[str]:
    return [str(name) for name in hourly.columns if name != TIME]


# What an export may hold beside a plant that runs; each from a whole table and the package that judges it.
DEGENERATE: dict[str, Degrade] = {
    "one hour": lambda hourly, _: hourly.tail(1),
    "two hours": lambda hourly, _: hourly.tail(2),
    "one day": lambda hourly, _: hourly.tail(24),
    "all missing": lambda hourly, _: _spoil(hourly, _find_values(hourly), last=len(hourly)),
    "all stopped": lambda hourly, package: _scale(hourly, [package.throughput], 0.0),
    "all outside": lambda hourly, package: _scale(hourly, package.features, 3.0),
    "no set-point": lambda hourly, package: _spoil(hourly, package.setpoints, last=len(hourly)),
    "one set-point dead": lambda hourly, package: _spoil(hourly, package.setpoints[:1], last=len(hourly)),
    "set-points lost now": lambda hourly, package: _spoil(hourly, package.setpoints, last=1),
    "no energy since a day": lambda hourly, _: _spoil(hourly, ["energy_gj_per_h"], last=24),
    "a column gone": lambda hourly, package: hourly.drop(columns=package.setpoints[0]),
}


def run_hours(root: Path, plant: str, step: int, *, is_deployed: bool) -> tuple[int, list[str]]:
    """Run each so many hours of a plant as the newest one; how many, and what was raised."""
    project, faults, count = Project(root), list[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        operation = build_operation(project, Path(folder) / "operation", plant, is_deployed=is_deployed)
        for hourly in cut_hours(project, plant, step):
            count += 1
            try:
                operation.run(hourly, is_drawn=False)
            except Exception as error:  # counted, not raised: the next hour may fail otherwise
                faults.append(f"{plant} {hourly[TIME].max()} {is_deployed=}: {error!r} {error.__notes__}")
    return count, faults


def _run(case: tuple[Path, str, int, bool]) -> tuple[int, list[str]]:
    root, plant, step, is_deployed = case
    return run_hours(root, plant, step, is_deployed=is_deployed)


def main() -> int:
    """Print how many hours were run and what was raised; 1 where anything was."""
    options = argparse.ArgumentParser(prog="python -m tests.newest")
    options.add_argument("--from", dest="source", type=Path)
    options.add_argument("--step", type=int, default=1)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = given.source or Path(folder) / "demo"
        if given.source is None:
            build_demo(root)
        with ProcessPoolExecutor(max_workers=2) as pool:
            cases = list(product([root], PLANTS, [given.step], [False, True]))
            done = []
            for case, result in zip(cases, pool.map(_run, cases), strict=True):
                done.append(result)
                what = "a deployed version" if case[3] else "a candidate"
                sys.stderr.write(f"{case[1]}, {what}: {result[0]} hours, {len(result[1])} exceptions\n")
    faults = [fault for _, found in done for fault in found]
    hours = sum(count for count, _ in done)
    sys.stdout.write("\n".join([*faults, f"{hours} hours, {len(faults)} exceptions", ""]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
