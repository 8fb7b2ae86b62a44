"""A process that has imported everything once, and forks a child for each command that is handed to it.

DVC decides which stage is stale and runs `elc run STAGE PLANT`; where `ELC_WORKER` names this worker's socket, that
command gives its arguments, environment and streams away (see `handover`), and takes the child's exit code. The worker
and its children end with the process that opened it, however that one ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from elc.cli.handover import REQUEST_BYTES, SOCKET, TAKEN

# What the stages of an hour and the site import. TensorFlow is none of it.
MODULES = (
    "elc.runner.shell",
    "elc.render.pandoc",
    *(f"elc.{name}" for name in ("advise", "curve", "dataset", "evaluate", "explain", "figures", "findings")),
    *(f"elc.{name}" for name in ("ingest", "language", "monitor", "quality", "registry", "render", "settings")),
    "matplotlib.backends.backend_svg",
    "onnxruntime",
    "pandera.pandas",
    "pypandoc",
)
# Names a file for what each thing cost, for a benchmark.
COSTS = "ELC_COSTS"
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux


@dataclass(frozen=True)
class _Child:
    """A process that is a command: its number, the pipe that closes when it ends, and what it runs."""

    pid: int
    ended: int
    name: str


_Children = dict[socket.socket, _Child]


@contextmanager
def open_worker() -> Iterator[dict[str, str]]:
    """Start a worker that lives as long as the block; what is given belongs into the environment of the commands."""
    with tempfile.TemporaryDirectory(prefix="elc-") as folder:  # for this user only
        path = str(Path(folder) / "worker")
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path)
        listening.listen(8)  # so that a command which comes before the imports are done waits for them
        alive, ours = os.pipe()
        command = [sys.executable, "-m", "elc.cli.worker", str(listening.fileno()), str(alive)]
        worker = subprocess.Popen(command, pass_fds=(listening.fileno(), alive))
        os.close(alive)
        listening.close()
        try:
            yield {SOCKET: path}
        finally:
            os.close(ours)
            worker.wait()


def die_with_parent() -> None:
    """Let this process be killed when its parent ends; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


def serve(listening: socket.socket, alive: int) -> None:
    """Fork a child for each command, until the other end of the pipe `alive` is closed.

    Everything is imported when the first command comes: in an hour without news none does.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the commands
    children: _Children = {}
    with selectors.DefaultSelector() as selector:
        selector.register(listening, selectors.EVENT_READ)
        selector.register(alive, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                found = key.fileobj
                if found == alive:
                    for child in children.values():
                        _kill(child.pid)
                    return
                if found is listening:
                    _accept(listening, selector, children)
                elif isinstance(found, socket.socket):  # the command was killed
                    if found in children:  # and did not end right now
                        _kill(children[found].pid)
                        selector.unregister(found)
                else:
                    _answer(key, selector, children)


@functools.cache
def _import_all() -> None:
    gc.disable()  # there is no garbage in modules
    with warnings.catch_warnings():
        # pandera imports PySpark where there is one, which warns about pandas 3.
        warnings.filterwarnings("ignore", "PySpark", FutureWarning)
        for name in MODULES:
            importlib.import_module(name)
    _read_units()
    gc.enable()
    gc.freeze()  # so that children do not copy what they never change
    _note("imports", sum(os.times()[:2]))


def _read_units() -> None:
    """Let pint read its definitions."""
    from elc.units import read_conversion

    read_conversion("GJ/h", "GJ/h")


def _note(what: str, cpu_s: float) -> None:
    """Note what something cost, where a measurement asks for it."""
    if path := os.environ.get(COSTS):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{cpu_s:.3f} {what}\n")


def _accept(listening: socket.socket, selector: selectors.BaseSelector, children: _Children) -> None:
    _import_all()
    connection, _ = listening.accept()
    message, streams, _, _ = socket.recv_fds(connection, REQUEST_BYTES, 3)
    try:
        request = json.loads(_receive(connection, message))
        connection.sendall(TAKEN)
        ended, end = os.pipe()  # the child holds `end` until it is no more
        pid = os.fork()
        if pid == 0:
            _become_command(request, streams)
        os.close(end)
    except (OSError, ValueError):  # the command was killed while it asked
        connection.close()
        return
    finally:
        for stream in streams:
            os.close(stream)
    children[connection] = _Child(pid, ended, request["arguments"][:2][-1])
    selector.register(connection, selectors.EVENT_READ)
    selector.register(ended, selectors.EVENT_READ, connection)


def _receive(connection: socket.socket, message: bytes) -> bytes:
    """Receive the rest of a request, which ends with its line."""
    while message and not message.endswith(b"\n"):
        more = connection.recv(REQUEST_BYTES)
        message = message + more if more else b""
    return message


def _answer(key: selectors.SelectorKey, selector: selectors.BaseSelector, children: _Children) -> None:
    """Tell a command how its child ended."""
    connection: socket.socket = key.data
    child = children.pop(connection)
    _, status, used = os.wait4(child.pid, 0)
    _note(child.name, used.ru_utime + used.ru_stime)
    selector.unregister(child.ended)
    os.close(child.ended)
    with contextlib.suppress(KeyError):  # it is no longer watched where the command was killed
        selector.unregister(connection)
    with contextlib.suppress(OSError), connection:
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _become_command(request: dict[str, object], streams: list[int]) -> None:
    """Be the command that asked, from its arguments to its exit code; never returns."""
    code = 1
    try:
        die_with_parent()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.environ.clear()
        os.environ.update(request["environment"])  # type: ignore[call-overload]
        os.chdir(str(request["folder"]))
        code = _run_command(request["arguments"])  # type: ignore[arg-type]
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run_command(arguments: list[str]) -> int:
    from elc.cli.main import main

    os.environ.pop(SOCKET, None)
    try:
        main.main(arguments, prog_name="elc")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    return 1


if __name__ == "__main__":
    from elc.cli import worker  # under its own name, whose warnings about forks are for nobody

    worker.serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
    os._exit(0)  # nothing is left to close, and libraries that say so need not
