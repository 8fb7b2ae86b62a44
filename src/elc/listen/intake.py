"""Between the sources and the files: what has arrived and is not written yet."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from elc.listen.model import Delivery

LOOK_S = 0.5  # a signal may come at the moment when no waiter can be notified


@dataclass(frozen=True)
class IntakeLimits:
    """What may wait: `rows` readings or `messages` deliveries make a file at once; ten times that is full."""

    rows: int
    messages: int


class Intake:
    """A queue that sources put deliveries into, each from its own thread, and that one writer empties."""

    FULL_TIMES = 10

    def __init__(self, limits: IntakeLimits) -> None:
        self._limits = limits
        self._deliveries: list[Delivery] = []
        self._rows = 0
        self._changed = threading.Condition()
        self._is_woken = False
        self.lost = 0

    def put(self, delivery: Delivery) -> None:
        """Accept a delivery. One that cannot be sent again is lost, and counted, if the disk stays full for long."""
        with self._changed:
            if delivery.confirm is None and self._rows >= self._limits.rows * self.FULL_TIMES:
                self.lost += len(delivery.readings)
                return
            self._deliveries.append(delivery)
            self._rows += len(delivery.readings)
            if self._is_due():
                self._changed.notify_all()

    def drop(self, messages: int) -> None:
        """Count messages that are lost before they were read."""
        with self._changed:
            self.lost += messages

    def wait(self, timeout_s: float) -> None:
        """Wait until there is enough for a file, somebody wakes the writer, or the time is up."""
        end = time.monotonic() + timeout_s
        with self._changed:
            while (left := end - time.monotonic()) > 0 and not self._is_woken and not self._is_due():
                self._changed.wait(min(left, LOOK_S))

    def wake(self) -> None:
        """Let the writer go on at once, from now on."""
        self._is_woken = True  # no lock: a signal handler calls this
        if self._changed.acquire(blocking=False):
            self._changed.notify_all()
            self._changed.release()

    def take(self) -> list[Delivery]:
        """Take all that waits, in the order in which it came."""
        with self._changed:
            taken, self._deliveries, self._rows = self._deliveries, [], 0
        return taken

    def _is_due(self) -> bool:
        return self._rows >= self._limits.rows or len(self._deliveries) >= self._limits.messages
