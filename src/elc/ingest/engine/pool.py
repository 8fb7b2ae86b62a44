"""Several connections to an engine, side by side."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator

from elc.ingest.engine.connection import connect, count_connections
from elc.ingest.engine.protocol import Engine
from elc.settings import EngineSettings


class Engines:
    """Connections side by side, opened when they are first needed."""

    def __init__(self, stack: contextlib.ExitStack, settings: EngineSettings, where: str) -> None:
        self.count = count_connections(settings)
        self._stack, self._settings, self._where = stack, settings, where
        self._free: queue.SimpleQueue[Engine] = queue.SimpleQueue()
        self._opening = threading.Lock()

    @contextlib.contextmanager
    def take(self) -> Iterator[Engine]:
        """Take a connection for as long as the block lasts; at most `count` blocks run at a time."""
        try:
            engine = self._free.get_nowait()
        except queue.Empty:
            with self._opening:
                engine = self._stack.enter_context(connect(self._settings, self._where))
        try:
            yield engine
        finally:
            self._free.put(engine)
