"""Many plants on four workers that share no disk, only a DVC remote on S3; also while workers are killed."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, run
from benchmarks.fleet.plants import commit, make_project
from benchmarks.fleet.workers import Workers, clone, start_scheduler
from tests.unit.registry.s3 import add_s3_remote, serve_s3

WORKERS = 4
KILL_S = 30.0  # between two kills


def measure(count: int) -> Iterator[Figure]:
    """Measure from export to evaluation, beside one machine.

    Raises:
        RuntimeError: a lock is not that of one machine.
    """
    case = f"{count} plants, {WORKERS} workers"
    with tempfile.TemporaryDirectory() as name, serve_s3("plants") as endpoint:
        folder = Path(name)
        project, plants = make_project(folder / "project", count, {})
        add_s3_remote(project.root, "store", "plants", endpoint)
        commit(project, "Keep results on S3")
        targets = [f"evaluate@{plant}" for plant in plants]
        alone = clone(project.root, folder / "alone")
        cost = run(alone, "elc", "repro", *targets)
        yield Figure("fleet", case, "one machine, wall", cost.wall_s, "s")
        with start_scheduler(folder / "dask") as workers:
            checkouts = [clone(project.root, folder / f"worker{number}") for number in range(WORKERS)]
            for checkout in checkouts:
                workers.start(checkout)
            for figure, is_disturbed in (("undisturbed", False), (f"a kill every {KILL_S:.0f} s", True)):
                coordinator = clone(project.root, folder / f"coordinator{int(is_disturbed)}")
                with _kill_in_turn(workers, checkouts) if is_disturbed else contextlib.nullcontext():
                    theirs = run(coordinator, "elc", "repro", "--scheduler", workers.scheduler, *targets)
                if (coordinator / "dvc.lock").read_bytes() != (alone / "dvc.lock").read_bytes():
                    raise RuntimeError(f"fleet: {figure}: the workers' lock is not that of one machine.")
                ratio = theirs.wall_s / cost.wall_s
                yield Figure("fleet", case, f"{figure}, wall", theirs.wall_s, "s", "one machine", ratio)


@contextlib.contextmanager
def _kill_in_turn(workers: Workers, checkouts: list[Path]) -> Iterator[None]:
    """Kill one worker after another until the block ends."""
    is_over = threading.Event()

    def kill() -> None:
        for checkout in itertools.cycle(checkouts):
            if is_over.wait(KILL_S):
                return
            workers.kill(checkout)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
