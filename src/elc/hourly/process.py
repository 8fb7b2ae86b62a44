"""Processes for stages, forked from one that has imported everything once; they end with the process that asked."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import traceback
from pathlib import Path

from elc.errors import ElcError
from elc.failures import remove_failures, write_failure
from elc.paths import Project

# Names a file for what each thing cost, for a benchmark.
COSTS = "ELC_COSTS"
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux


def run_apart(project: Project, stage: str, plant: str) -> int:
    """Run a stage of a plant, or the site, in a process of its own; give its exit code, negative for a signal.

    Its output goes to standard error.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["elc.hourly.preload"])
    process = context.Process(target=_run, args=(project, stage, plant), name=f"elc-{stage}-{plant}")
    process.start()
    try:
        process.join()
    except BaseException:
        process.kill()
        process.join()
        raise
    return process.exitcode or 0


def note_cost(what: str) -> None:
    """Note the CPU seconds of this process, where a measurement asks for them."""
    if path := os.environ.get(COSTS):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{sum(os.times()[:2]):.3f} {what}\n")


def _run(project: Project, stage: str, plant: str) -> None:
    if sys.platform == "linux":  # only Linux can end a process with its parent
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    os.dup2(2, 1)
    code = 1
    try:
        _run_stage(project, stage, plant)
        code = 0
    except ElcError as error:
        sys.stderr.write(f"elc: {error}\n")
        if not plant:  # a stage of a plant has kept its failure itself
            write_failure(project, stage, plant, error)
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        note_cost(stage)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run_stage(project: Project, stage: str, plant: str) -> None:
    os.chdir(project.root)
    if plant:
        from elc.runner import run_stage

        run_stage(project, stage, plant, {"environment": project.environment})
        return
    from elc.render import render_site
    from elc.settings import read_settings

    render_site(project, read_settings(project).render.engine)
    remove_failures(project, plant, [stage])
