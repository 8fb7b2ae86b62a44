"""Ask a source for one window: at the pace that it may be asked at, and again, over a new connection, if it is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType

import pyarrow as pa

from elc.fetch.pages import Page, TagFault
from elc.fetch.source import AwayError, HistorianSource

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)  # before each further attempt
LONGEST_PAUSE_S = 300.0  # that a source may ask for; one that asks for more is left to the next run
MOST_ROWS = 2_000_000  # in memory


class Line:
    """The line to one source, which is opened when it is first asked and again after it was away.

    Args:
        open_it: opens the source.
        requests_per_min: how often it may be asked; None for as often as it answers.
        pauses_s: how long to wait before each further attempt.
    """

    def __init__(
        self,
        open_it: Callable[[], HistorianSource],
        *,
        requests_per_min: float | None,
        pauses_s: Sequence[float] | None = None,
    ) -> None:
        self._open = open_it
        self._interval_s = 60 / requests_per_min if requests_per_min else 0.0
        self._next = 0.0
        self._pauses_s = PAUSES_S if pauses_s is None else pauses_s
        self._source: HistorianSource | None = None
        self.faults: list[TagFault] = []

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drop()

    def ask(self, names: Sequence[str], start: datetime, end: datetime) -> Iterator[pa.Table]:
        """Ask for a window until all of it is there; give its readings in tables that fit into memory.

        What an attempt brought before it broke off is given, too: who takes it knows what it has. `faults` are those of
        the last attempt.

        Raises:
            AwayError: the source does not answer, however often it is asked.
            SourceError: the source cannot be used.
        """
        for pause_s in (*self._pauses_s, None):
            self.faults = []
            try:
                yield from self._ask_once(names, start, end)
            except AwayError as error:
                self._drop()
                wanted = error.retry_after_s
                if pause_s is None or (wanted or 0) > LONGEST_PAUSE_S:
                    raise
                time.sleep(max(pause_s, wanted or 0))
            else:
                return

    def _ask_once(self, names: Sequence[str], start: datetime, end: datetime) -> Iterator[pa.Table]:
        waiting: list[pa.Table] = []
        try:
            for page in self._list_pages(names, start, end):
                waiting.append(page.readings)
                self.faults += page.faults
                if sum(map(len, waiting)) >= MOST_ROWS:
                    yield pa.concat_tables(waiting)
                    waiting = []
        except AwayError:
            if waiting:
                yield pa.concat_tables(waiting)
            raise
        if waiting:
            yield pa.concat_tables(waiting)

    def _list_pages(self, names: Sequence[str], start: datetime, end: datetime) -> Iterator[Page]:
        if self._source is None:
            self._source = self._open()
        pages = self._source.read(names, start, end)
        while True:
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + self._interval_s
            page = next(pages, None)
            if page is None:
                return
            yield page

    def _drop(self) -> None:
        """Close the line; what a broken one says to that is of no use."""
        if self._source is not None:
            with suppress(Exception):
                self._source.close()
            self._source = None
