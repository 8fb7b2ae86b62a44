"""The stages of a pipeline, side by side as far as they do not need each other.

DVC says what there is, what is stale and what a stage recorded; this says when each runs. One thread asks DVC and
writes `dvc.lock`; further ones wait for the processes of the stages.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from elc.errors import ElcError
from elc.paths import Project
from elc.repro.checkout import hold_checkout
from elc.repro.fleet import JOBS, open_fleet, read_fleet
from elc.repro.fleet_stages import FleetStages
from elc.repro.pipeline import load_pipeline
from elc.repro.plan import Queue, build_plan
from elc.repro.process import Invoke, Processes
from elc.repro.stages import Report, Stages
from elc.repro.task import SchedulerLostError

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage

STAGE_GIB = 2.0  # ASSUME: of memory a stage takes; training takes 1.5
WRITE_S = 30.0  # between two times that the lock is written while stages run: what a kill costs at most
# What each stage that runs holds, and where its output goes.
Running = dict[Future[int], tuple["Stage", ExitStack, Path]]


def reproduce(
    project: Project,
    targets: Sequence[str],
    *,
    jobs: int,
    force: bool,
    pull: bool,
    invoke: Invoke,
    say: Callable[[str], object],
    scheduler: str | None = None,
) -> Report:
    """Run the stale stages of `targets` and of what they need, or of the whole pipeline, `jobs` at a time.

    `jobs` below one is as many as cores and memory allow. `force` runs the stages though nothing changed. `pull`
    brings what is missing here and has not changed from the DVC remote. `invoke` runs a command of elc in a process
    that has imported what it needs. `say` gets the lines that `dvc repro` would write.
    A stage that fails stops those that need it, and no other. `scheduler` is the address of a Dask scheduler, whose
    workers then run the stages.

    Raises:
        ElcError: a target is unknown, the pipeline cannot be read, another run is not done, or the scheduler cannot be
            reached or is gone.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo, lock_repo

    with hold_checkout(project, wait_s=0), contextlib.chdir(project.root), ExitStack() as stack:
        fleet = stack.enter_context(open_fleet(scheduler, read_fleet(project), say)) if scheduler else None
        try:
            with Repo(str(project.root)) as repo, lock_repo(repo), repo.scm_context():
                pipeline = load_pipeline(repo, targets)
                plan = build_plan(repo.index.graph, pipeline.targets)
                given = (repo, pipeline, plan, force, pull, Processes(invoke), say)
                stages = FleetStages(*given, fleet=fleet) if fleet else Stages(*given)
                _run_all(stages, jobs if jobs > 0 else JOBS if fleet else count_jobs())
                return stages.report
        except SchedulerLostError as error:
            raise ElcError(f"repro: {error}") from None
        except DvcException as error:
            raise ElcError(f"repro: {error}. {error.__cause__ or ''}".strip()) from error


def count_jobs() -> int:
    """Count the stages that cores and free memory allow side by side; one at least."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    free_gib = psutil.virtual_memory().available / 2**30
    return max(1, min(cores, int(free_gib / STAGE_GIB)))


def _run_all(stages: Stages, jobs: int) -> None:
    stages.ignore_outputs()
    bar = tqdm(total=len(stages.plan), desc="stages", unit="stage", disable=None, leave=False)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pool = stack.enter_context(ThreadPoolExecutor(jobs))
        stack.callback(stages.write)
        stack.callback(bar.close)
        running: Running = {}
        try:
            _work(stages, jobs, folder, pool, running, bar)
        except BaseException:
            stages.stop()
            for _, held, _ in running.values():
                held.close()  # left to the end of Python, it would wait there for ever
            raise


def _work(stages: Stages, jobs: int, folder: Path, pool: ThreadPoolExecutor, running: Running, bar: tqdm[Any]) -> None:
    """Begin what is ready, earlier stages of the plan first, and end what has run, until nothing is left.

    `running` is filled with what runs.
    """
    queue = Queue(stages.plan)
    written_s = time.monotonic()
    while queue.ready or running:
        while queue.ready and len(running) < jobs:
            stage = queue.take()
            held = stages.begin(stage)
            if held is None:
                queue.end(stage)
                bar.update()
                continue
            log = folder / f"{queue.find_place(stage)}.log"
            running[pool.submit(stages.execute, stage, log)] = stage, held, log
        bar.set_postfix_str(", ".join(stage.addressing for stage, _, _ in running.values()))
        for future in _wait(stages.repo, running):
            stage, held, log = running.pop(future)
            with held:
                stages.end(stage, future, log)
            log.unlink(missing_ok=True)
            queue.end(stage)
            bar.update()
        if time.monotonic() - written_s > WRITE_S:
            stages.write()
            written_s = time.monotonic()


def _wait(repo: Repo, running: Mapping[Future[int], object]) -> set[Future[int]]:
    """Wait for the first process to end; as with `dvc repro`, a command may use DVC meanwhile."""
    if not running:
        return set()
    repo.lock.unlock()
    try:
        return wait(running, return_when=FIRST_COMPLETED).done
    finally:
        repo.lock.lock()
