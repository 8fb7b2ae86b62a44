"""Live: `python -m tests.life --hours 72 [--plants fjord,delta] [--from PROJECT]`; exit code 1 after a fault."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.results import merge_results
from elc.paths import Project
from tests.conftest import build_demo
from tests.life.life import Life, live


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.life", description=__doc__)
    options.add_argument("--hours", type=int, default=72)
    options.add_argument("--plants", default="fjord,delta,steppe", help="Separated by commas.")
    options.add_argument(
        "--from", dest="source", type=Path, help="A project whose pipeline has run; default: a tiny one is built."
    )
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="elc-life-") as name:
        source = given.source
        if source is None:
            source = Path(name) / "source"
            build_demo(source)
        started = time.monotonic()
        lived = live(Project(source), Path(name) / "project", given.plants.split(","), hours=given.hours, say=say)
        report(lived, time.monotonic() - started, hours=given.hours, plants=len(given.plants.split(",")))
    return 1 if lived.faults else 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def report(lived: Life, wall_s: float, *, hours: int, plants: int) -> None:
    """Print what happened, and keep the figures."""
    for line in (*lived.told, *(f"FAULT {fault}" for fault in lived.faults)):
        say(line)
    case = f"{hours} hours, {plants} plants"
    grown = lived.grown_bytes / max(hours * plants, 1)
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
