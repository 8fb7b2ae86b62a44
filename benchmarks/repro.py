"""What `elc repro` saves over `dvc repro`: the whole demo after set-up, then a run with nothing to do, in one session.

Each runs in a copy of its own, with a cache of its own; that both leave the same lock is checked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks.figures import Cost, Figure, run
from benchmarks.pipeline import copy_project

TARGETS: tuple[str, ...] = ()  # everything
TINY = {"TARGETS": ("ingest@fjord", "ingest@delta")}
COMMANDS = {"dvc repro": "dvc", "elc repro": "elc"}


def measure() -> Iterator[Figure]:
    """Measure both commands from an export that is still to be simulated to the site.

    Raises:
        RuntimeError: they leave different locks.
    """
    locks = {}
    costs: dict[str, list[Cost]] = {name: [] for name in COMMANDS}
    for name, program in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            copy_project(project)
            costs[name] = [run(project, program, "repro", *TARGETS) for _ in ("all", "nothing")]
            locks[name] = yaml.safe_load((project / "dvc.lock").read_text(encoding="utf-8"))
    if locks["dvc repro"] != locks["elc repro"]:
        raise RuntimeError("repro: dvc repro and elc repro leave different locks.")
    for case, theirs, ours in zip(("demo", "nothing new"), *costs.values(), strict=True):
        yield Figure("repro", case, "dvc repro, wall", theirs.wall_s, "s")
        yield Figure("repro", case, "elc repro, wall", ours.wall_s, "s", "dvc repro", ours.wall_s / theirs.wall_s)
