"""Processes that run one stage after another, forked from one that has imported everything once.

What such a process has read for one plant it need not read for the next. They end with the process that asked.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar, cast

from elc.errors import ElcError
from elc.failures import remove_failures, write_failure
from elc.paths import Project

# Names a file for what each thing cost, for a benchmark.
COSTS = "ELC_COSTS"
T = TypeVar("T")
# An exit code can be read once. Every start looks at all processes, so two threads would read it, and one find nothing.
_ONE_LOOKS = threading.Lock()
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None  # only Linux can end a process with its parent


@dataclass(frozen=True)
class Task:
    """A stage of a plant, or the site for no plant; `given` are parameters of its notebook besides the environment."""

    project: Project
    stage: str
    plant: str
    given: Mapping[str, str]


class EndedError(Exception):
    """A process ended in the middle of something, with this exit code, negative for a signal."""

    def __init__(self, code: int) -> None:
        super().__init__(f"its process ended with code {code}")
        self.code = code


class Worker:
    """A process for stages. Where it ends in the middle of one, another takes its place for the next."""

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._wire: Connection | None = None

    def run(self, task: Task) -> int:
        """Run a stage; give its exit code, negative for a signal. Its output goes to standard error."""
        try:
            return self.call(_run, task)
        except EndedError as error:
            return error.code

    def call(self, function: Callable[..., T], *arguments: object) -> T:
        """Call a function of the package in the process, and give what it gives or raise what it raises.

        Raises:
            EndedError: the process ended meanwhile.
        """
        process, wire = self._find()
        try:
            wire.send((function, arguments))
            is_good, given = wire.recv()
        except (EOFError, ConnectionError):  # it is gone
            raise EndedError(join(process) or 1) from None
        except BaseException:
            self.stop()
            raise
        if not is_good:
            raise given
        return cast("T", given)

    def _find(self) -> tuple[BaseProcess, Connection]:
        """Find the process, or fork one where there is none, or none any more."""
        if self._process is None or self._wire is None or not _is_alive(self._process):
            self._wire, theirs = multiprocessing.Pipe()
            with theirs:
                self._process = fork(_serve, (theirs,), name="elc-worker")
        return self._process, self._wire

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None and self._wire is not None:
            self._process.kill()
            join(self._process)
            self._wire.close()
        self._process = self._wire = None


class Workers:
    """Some workers, each for one plant at a time."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._free: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._all = [Worker() for _ in range(count)]
        for worker in reversed(self._all):
            self._free.put(worker)

    @contextmanager
    def take(self) -> Iterator[Worker]:
        """Take a worker that is free, and wait for one where none is."""
        worker = self._free.get()
        try:
            yield worker
        finally:
            self._free.put(worker)

    def stop(self) -> None:
        """End the processes."""
        for worker in self._all:
            worker.stop()


@contextmanager
def open_workers(count: int) -> Iterator[Workers]:
    """Open workers, whose processes begin with their first stage and end with the block."""
    workers = Workers(count)
    try:
        yield workers
    finally:
        workers.stop()


def fork(target: Callable[..., None], arguments: tuple[object, ...], *, name: str) -> BaseProcess:
    """Start a process that has imported what stages need; it ends at the latest when this one does."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["elc.workers.preload"])
    process = context.Process(target=target, args=arguments, name=name)
    with _ONE_LOOKS:
        process.start()
    return process


def join(process: BaseProcess) -> int:
    """Wait for a process that was forked to end; give its exit code, negative for a signal."""
    wait([process.sentinel])
    with _ONE_LOOKS:
        process.join()
    return process.exitcode or 0


def _is_alive(process: BaseProcess) -> bool:
    with _ONE_LOOKS:
        return process.is_alive()


def end_with_parent() -> None:
    """End this process when the thread that started it ends, however it does."""
    if _LIBRARY is not None:
        _LIBRARY.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


def note_cost(what: str, *, since_s: float = 0.0) -> float:
    """Note the CPU seconds of this process, less those of before, where a measurement asks for them; give them all."""
    spent_s = sum(os.times()[:2])
    if path := os.environ.get(COSTS):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{spent_s - since_s:.3f} {what}\n")
    return spent_s


def _serve(wire: Connection) -> None:  # pragma: no cover - a process of its own
    """Call what is asked for, until nobody asks any more."""
    end_with_parent()
    os.dup2(2, 1)
    spent_s = 0.0
    try:
        while True:
            function, arguments = wire.recv()
            answer = copy_context().run(
                _answer, function, arguments
            )  # language and unit are chosen for one stage alone
            spent_s = note_cost(_name(function, arguments), since_s=spent_s)
            wire.send(answer)
    except (EOFError, OSError, KeyboardInterrupt):
        os._exit(0)


def _answer(function: Callable[..., object], arguments: Sequence[object]) -> tuple[bool, object]:
    try:
        return True, function(*arguments)
    except Exception as error:
        return False, error


def _name(function: Callable[..., object], arguments: Sequence[object]) -> str:
    return next((one.stage for one in arguments if isinstance(one, Task)), function.__name__)


def _run(task: Task) -> int:  # pragma: no cover - a process of its own
    try:
        _run_stage(task)
        return 0
    except ElcError as error:
        sys.stderr.write(f"elc: {error}\n")
        if not task.plant:  # a stage of a plant has kept its failure itself
            write_failure(task.project, task.stage, task.plant, error)
    except KeyboardInterrupt:
        return 130
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 1


def _run_stage(task: Task) -> None:  # pragma: no cover - a process of its own
    project, stage, plant = task.project, task.stage, task.plant
    os.chdir(project.root)
    if plant:
        from elc.runner import run_stage

        run_stage(project, stage, plant, {"environment": project.environment, **task.given})
        return
    from elc.render import render_site
    from elc.settings import read_settings

    render_site(project, read_settings(project).render.engine)
    remove_failures(project, plant, [stage])
