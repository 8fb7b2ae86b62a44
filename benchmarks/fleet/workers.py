"""A scheduler of Dask and workers on this machine: each a process with a checkout and a cache of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

START_S = 60.0
LOCAL = "127.0.0.1"


@dataclass
class Workers:
    """Workers of one scheduler, by the folder of their checkout; Dask's nanny starts one again that was killed."""

    scheduler: str
    folder: Path  # for logs, and what Dask keeps beside them
    _nannies: dict[Path, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, checkout: Path, *options: str) -> None:
        """Start a worker in a checkout."""
        words = ["worker", self.scheduler, "--host", LOCAL, "--nthreads", "1", "--no-dashboard"]
        words += ["--local-directory", str(self.folder / f"{checkout.name}-dask"), *options]
        self._nannies[checkout] = _start(words, checkout, self.folder / f"{checkout.name}.log")

    def kill(self, checkout: Path) -> None:
        """Kill a worker's process, and leave the nanny."""
        for process in self._find_processes(checkout):
            process.kill()

    def find_stages(self, checkout: Path) -> list[psutil.Process]:
        """Find the processes of stages that run in a checkout now."""
        with contextlib.suppress(psutil.NoSuchProcess):
            children = [child for process in self._find_processes(checkout) for child in process.children()]
            return [child for child in children if not _is_helper(child)]
        return []

    def _find_processes(self, checkout: Path) -> list[psutil.Process]:
        children = psutil.Process(self._nannies[checkout].pid).children()
        return [child for child in children if any("spawn_main" in word for word in child.cmdline())]

    def stop(self, checkout: Path) -> None:
        """End a worker for good."""
        _stop(self._nannies.pop(checkout))

    def stop_all(self) -> None:
        for checkout in list(self._nannies):
            self.stop(checkout)


@contextlib.contextmanager
def start_scheduler(folder: Path) -> Iterator[Workers]:
    """Start a scheduler that has no worker yet; end it and all its workers at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "scheduler.json"
    words = ["scheduler", "--host", LOCAL, "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    process = _start(words, folder, folder / "scheduler.log")
    workers = None
    try:
        workers = Workers(_read_address(file), folder)
        yield workers
    finally:
        if workers is not None:
            workers.stop_all()
        _stop(process)


def clone(project: Path, folder: Path) -> Path:
    """Clone a project with what Git does not have of DVC's settings."""
    subprocess.run(["git", "clone", "--quiet", str(project), str(folder)], check=True)
    local = project / ".dvc" / "config.local"
    if local.is_file():
        shutil.copyfile(local, folder / ".dvc" / "config.local")
    return folder


def _is_helper(process: psutil.Process) -> bool:
    """Whether a process is one of Python's own, beside the worker."""
    return any("multiprocessing" in word for word in process.cmdline())


def _start(words: list[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words], cwd=folder, env=dict(os.environ), stdout=file, stderr=file
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid)
        for one in [family, *family.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    process.wait()


def _read_address(file: Path) -> str:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return str(json.loads(file.read_text(encoding="utf-8"))["address"])
        time.sleep(0.1)
    raise RuntimeError(f"{file}: the scheduler did not start in {START_S:.0f} s. See scheduler.log beside it.")
