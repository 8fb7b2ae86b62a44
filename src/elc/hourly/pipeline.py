"""One call of DVC for the hour of all plants: it knows what is stale, and goes on where a stage fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO

from elc.errors import ElcError
from elc.paths import Project
from elc.runner import read_failures, write_failure

# In the order in which a plant needs them: DVC runs single items in the order in which they are named.
STAGES = ("ingest", "explain", "advise", "monitor")
# Set for the stages of an hour: one does not run where an earlier one of its plant failed.
IN_ORDER = "ELC_HOURLY"
_RUNNING = re.compile(r"^Running stage '([^']+)'")
_FAILED = re.compile(r"^ERROR: failed to reproduce( stages:)? '")
_NAME = re.compile(r"'([^']+)'")


@dataclass(frozen=True)
class Run:
    """What a call of DVC did: which stages ran, which failed, and the last that it said."""

    ran: tuple[str, ...]
    failed: tuple[str, ...]
    code: int
    last: str


def run_pipeline(
    project: Project, plants: Iterable[str], environment: Mapping[str, str], *, lock: IO[str], log: IO[str]
) -> Run:
    """Run the stages of some plants, then the site; what DVC and the stages say goes to `log` as it comes.

    A plant's later stages do not run where an earlier one failed, those of others do. DVC holds the lock as well, so
    that no other run starts while it lives.

    Raises:
        ElcError: DVC could not start on the stages at all.
    """
    targets = [f"{stage}@{plant}" for plant in plants for stage in STAGES]
    command = [sys.executable, "-m", "dvc", "repro", "--pull", "--no-run-cache", "--single-item", "--keep-going"]
    process = subprocess.Popen(
        [*command, *targets, "render"],
        cwd=project.root,
        env={**os.environ, **environment, IN_ORDER: "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=[lock.fileno()],
    )
    try:
        run = _follow(process, log)
    except BaseException:  # Ctrl-C, above all: DVC would go on with the next stage
        process.kill()
        process.wait()
        raise
    if run.code and not run.failed:
        raise ElcError(f"hourly: dvc repro ended with code {run.code} before its stages. It said: {run.last}")
    return run


def _follow(process: subprocess.Popen[str], log: IO[str]) -> Run:
    assert process.stdout is not None
    ran, failed, lines = [], [], [""]
    for line in process.stdout:
        log.write(line)
        log.flush()
        if line.strip():
            lines.append(line.strip())
        if found := _RUNNING.match(line):
            ran.append(found.group(1))
        elif _FAILED.match(line):
            failed += _NAME.findall(line)
    return Run(tuple(ran), tuple(failed), process.wait(), lines[-1])


def check_order(project: Project, stage: str, plant: str) -> None:
    """Check, in an hourly run, that no earlier stage of the plant has failed in it.

    Raises:
        ElcError: one has.
    """
    if IN_ORDER not in os.environ or stage not in STAGES:
        return
    earlier = read_failures(project, plant, STAGES[: STAGES.index(stage)])
    if earlier:
        raise ElcError(f"stage {stage} {plant}: does not run, as {earlier[0].stage} failed.")


def write_unsaid(project: Project, run: Run) -> None:
    """Write the failures of which DVC alone knows: a stage that it could not start, as a file is missing."""
    for name in run.failed:
        stage, _, plant = name.partition("@")
        if stage in STAGES and not read_failures(project, plant, STAGES[: STAGES.index(stage) + 1]):
            error = ElcError(f"DVC could not run {name}. Run dvc repro --single-item {name}, which says why.")
            write_failure(project, stage, plant, error)
