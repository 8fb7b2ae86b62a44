"""One command of a stage in a process of its own, forked from one that has imported what the stages need."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TextIO

from elc.workers import end_with_parent, fork, join

Invoke = Callable[[Sequence[str]], object]  # runs a command of elc, given its arguments


@dataclass(frozen=True)
class Command:
    """A line of a stage's `cmd`, where it runs, and with which variables."""

    line: str
    folder: str
    variables: Mapping[str, str]
    is_warm: bool  # whether it pays to have imported what it needs

    def read_words(self) -> list[str] | None:
        """The words of a command of `elc`, None where it is another program or a line that a shell must read."""
        if any(sign in self.line for sign in "$`|&;<>()*?[#~=%\\\n"):
            return None
        words = shlex.split(self.line)
        return words if words[:1] == ["elc"] else None


class Processes:
    """The processes that run now; all of them end with `stop`, or with this process."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke = invoke
        self._running: set[BaseProcess | subprocess.Popen[bytes]] = set()

    def run(self, command: Command, log: Path) -> int:
        """Run a command to its end, its output to `log`; give its exit code, negative for a signal."""
        if not command.is_warm:
            return self._run_plain(command, log)
        process = fork(_run, (self._invoke, command, str(log)), name=command.line)
        with self._note(process):
            return join(process)

    def _run_plain(self, command: Command, log: Path) -> int:
        with log.open("ab") as file:
            process = subprocess.Popen(
                command.read_words() or [_find_shell(), "-c", command.line],
                cwd=command.folder,
                env=dict(command.variables),
                stdout=file,
                stderr=file,
                preexec_fn=end_with_parent,
            )
            with self._note(process):
                return process.wait()

    @contextlib.contextmanager
    def _note(self, process: BaseProcess | subprocess.Popen[bytes]) -> Iterator[None]:
        self._running.add(process)
        try:
            yield
        finally:
            self._running.discard(process)

    def stop(self) -> None:
        """End all that runs."""
        for process in list(self._running):
            process.kill()


def _run(invoke: Invoke, command: Command, log: str) -> None:  # pragma: no cover - a process of its own
    end_with_parent()
    number = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(number, 1)
    os.dup2(number, 2)
    os.chdir(command.folder)
    words = command.read_words()
    if words is None:
        os.execve(_find_shell(), [_find_shell(), "-c", command.line], dict(command.variables))
    os.environ.clear()
    os.environ.update(command.variables)
    code = 1
    try:
        invoke(words[1:])
        code = 0
    except SystemExit as error:
        code = _read_code(error.code)
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        _flush(sys.stdout)
        _flush(sys.stderr)
        os._exit(code)


def _find_shell() -> str:
    return os.environ.get("SHELL") or "/bin/sh"


def _read_code(code: Any) -> int:
    return code if isinstance(code, int) else int(code is not None)


def _flush(stream: TextIO) -> None:
    with contextlib.suppress(OSError):  # the disk is full; the exit code tells what came of the stage
        stream.flush()
