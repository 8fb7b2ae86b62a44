"""Events are written by a thread of their own, so that no request waits for the disk; a full disk delays them."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

LOG = logging.getLogger("elc.service")
RETRY_S = 2.0  # between two attempts to write what a full disk did not take
Write = Callable[[], object]


class EventWriter:
    """Writes events in their order. `tell_fault` is called when they cannot be written; they wait in memory then."""

    def __init__(self) -> None:
        self.tell_fault: Write = lambda: None
        self._events: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._waiting: list[Write] = []
        self._is_stuck = False
        self._thread = threading.Thread(target=self._run, name="swaps", daemon=True)
        self._thread.start()

    def put(self, write: Write) -> None:
        """Accept an event: the call that writes it, which may raise OSError."""
        self._events.put(write)

    def close(self) -> None:
        """Wait until every event is written; what the disk does not take now stands in the log alone."""
        self._events.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_open = True
        while is_open:
            try:
                write = self._events.get(timeout=RETRY_S if self._waiting else None)
            except queue.Empty:
                pass
            else:
                is_open = write is not None
                self._waiting += [write] if write else []
            self._write()

    def _write(self) -> None:
        """Write what waits; say once that it cannot be, and once that it can be again."""
        while self._waiting:
            try:
                self._waiting[0]()
            except OSError as error:
                if not self._is_stuck:
                    LOG.error("swaps cannot be written", extra={"fields": {"sentence": f"{error}. Make room."}})
                    self.tell_fault()
                self._is_stuck = True
                return
            self._waiting.pop(0)
        if self._is_stuck:
            LOG.info("swaps can be written again")
        self._is_stuck = False
