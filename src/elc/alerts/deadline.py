"""Talk to another machine for so many seconds and no longer, however it spends them.

A time-out of a socket counts from byte to byte, so a server that drips holds it off for ever; and none covers the
search for an address. So the exchange runs in a thread of its own, and its connections are shut when time is up.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
GRACE_S = 1.0  # for an exchange whose connection was shut to notice it


class Watch:
    """The connections of one exchange, which can be shut from outside, also while TLS is being agreed on."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []
        self._is_over = False
        self._lock = threading.Lock()

    def add(self, connection: socket.socket) -> None:
        """Add a connection; one that comes when time is up is shut at once."""
        with self._lock:
            self._held.append(connection.dup())
        if self._is_over:
            self.shut()

    def shut(self) -> None:
        """Shut every connection, so that who reads from it or writes to it fails."""
        self._is_over = True
        with self._lock:
            for held in self._held:
                with contextlib.suppress(OSError):  # the other side may have gone already
                    held.shutdown(socket.SHUT_RDWR)
                held.close()
            self._held.clear()


def finish_within(seconds: float, work: Callable[[Watch], Result]) -> Result:
    """Return what `work` returns; it adds its connections to the watch that it is given.

    Raises:
        TimeoutError: time is up; nobody knows whether the other side took what it was sent.
        Exception: whatever `work` raised.
    """
    watch = Watch()
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work(watch))
        except BaseException as error:  # handed to the caller
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name="elc-alert")
    thread.start()
    thread.join(seconds)
    is_late = thread.is_alive()
    watch.shut()
    if is_late:
        thread.join(GRACE_S)
        raise TimeoutError(f"no answer within {seconds:g} s")
    if failed:
        raise failed[0]
    return done[0]
