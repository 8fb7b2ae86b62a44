"""One measured figure, and the cost of a command."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """A figure; `reference` says against what `ratio` is taken, measured in the same run."""

    benchmark: str
    case: str
    figure: str
    value: float
    unit: str
    reference: str | None = None
    ratio: float | None = None

    def __str__(self) -> str:
        against = f"  ({self.ratio:.3g} x {self.reference})" if self.ratio is not None else ""
        return f"{self.benchmark:10} {self.case:24} {self.figure:14} {self.value:10.3f} {self.unit}{against}"


@dataclass(frozen=True)
class Cost:
    """Seconds of wall clock and of processor that a command took, its children included."""

    wall_s: float
    cpu_s: float


def run(folder: Path, *command: str) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: the command failed; with the end of what it said.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=dict(os.environ))
    if done.returncode:
        said = (done.stdout + done.stderr)[-3000:]
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode} in {folder}:\n{said}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - start, cpu)
