"""Hand a command over to a worker that has everything imported, and take its exit code. It imports next to nothing."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from elc.errors import ElcError

SOCKET = "ELC_WORKER"
REQUEST_BYTES = 1 << 16
TAKEN = b"+"  # what a worker answers before it starts
# Everything else is quick, or imports what the worker has not.
COMMANDS = ("run", "render")


def hand_over(arguments: Sequence[str]) -> int | None:
    """Let the worker that `ELC_WORKER` names run a command; return its exit code, or None where there is no worker.

    Raises:
        ElcError: the worker ended before the command did.
    """
    path = os.environ.get(SOCKET)
    if not path or not arguments or arguments[0] not in COMMANDS:
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
            answer = _ask(connection, arguments)
        except OSError:
            answer = b""
    if not answer:
        return None
    if answer == TAKEN:
        raise ElcError(f"elc {' '.join(arguments)}: the worker ended before it was done. Run it again.")
    code = int(answer.removeprefix(TAKEN))
    return 128 - code if code < 0 else code  # ended by a signal, as a shell says it


def _ask(connection: socket.socket, arguments: Sequence[str]) -> bytes:
    """Ask for a command with this process's streams; the answer is empty, `TAKEN`, or that and how it ended."""
    request = {"arguments": list(arguments), "environment": dict(os.environ), "folder": str(Path.cwd())}
    message = json.dumps(request).encode() + b"\n"
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    sent = socket.send_fds(connection, [message], [0, 1, 2])
    if sent < len(message):  # even nothing cannot be sent to a worker that has answered already
        connection.sendall(message[sent:])
    answer = b""
    with contextlib.suppress(ConnectionError):
        while more := connection.recv(64):
            answer += more
    return answer
