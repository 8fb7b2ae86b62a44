"""Live: `python -m tests.life --hours 72 [--plants fjord,delta] [--from PROJECT]`; exit code 1 after a fault."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks.figures import Figure
from benchmarks.results import merge_results
from elc.paths import Project
from tests.conftest import build_demo
from tests.life.life import Life, live
from tests.life.story import STORIES


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.life", description=__doc__)
    options.add_argument("--hours", type=int, default=72)
    options.add_argument("--plants", default="fjord,delta,steppe", help="Separated by commas.")
    options.add_argument(
        "--from", dest="source", type=Path, help="A project whose pipeline has run; default: a tiny one is built."
    )
    options.add_argument("--start", type=read_hour, help="A whole hour (UTC); default: the exports' end.")
    options.add_argument("--story", choices=STORIES, default="all", help="What happens.")
    options.add_argument("--stride", type=int, default=1, help="Hours from one hourly run to the next.")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="elc-life-") as name:
        source = given.source
        if source is None:
            source = Path(name) / "source"
            build_demo(source)
        started = time.monotonic()
        plants = given.plants.split(",")
        lived = live(
            Project(source),
            Path(name),
            plants,
            hours=given.hours,
            say=say,
            start=given.start,
            story=given.story,
            stride=given.stride,
        )
        begin = f" from {given.start:%Y-%m-%d}" if given.start is not None else ""
        case = f"{given.hours} hours{begin}, {len(plants)} plants, story {given.story}"
        if given.stride > 1:
            case += f", a run every {given.stride} hours"
        report(lived, time.monotonic() - started, case, given.hours * len(plants), given.hours)
    return 1 if lived.faults else 0


def read_hour(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC").floor("h")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def report(lived: Life, wall_s: float, case: str, plant_hours: int, hours: int) -> None:
    """Print what happened, and keep the figures."""
    for line in (*lived.told, *(f"FAULT {fault}" for fault in lived.faults)):
        say(line)
    grown = lived.grown_bytes / max(plant_hours, 1)
    figures = [
        Figure("life", case, "hours", hours, ""),
        Figure("life", case, "faults", len(lived.faults), ""),
        Figure("life", case, "requests", lived.requests, ""),
        Figure("life", case, "failed requests", lived.failed_requests, ""),
        Figure("life", case, "disk a plant and hour", grown / 1e3, "kB"),
        Figure("life", case, "wall an hour", wall_s / max(hours, 1), "s"),
    ]
    for figure in figures:
        say(f"{figure.figure}: {figure.value:.6g} {figure.unit}")
    merge_results(figures)


if __name__ == "__main__":
    sys.exit(main())
