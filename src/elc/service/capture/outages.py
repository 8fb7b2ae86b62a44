"""Spells in which rows were lost, told to monitoring: at once when one begins, then at most once an hour.

A spell goes on as long as less than an hour lies between two losses, so a disk that fills and empties makes one.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from elc.captured import LOST, write_loss
from elc.paths import Project
from elc.records.loss import Loss

SPELL = timedelta(hours=1)  # between two lines about one spell, and between two spells


@dataclass
class _Open:
    loss: Loss
    written: Loss | None = None
    written_s: float = 0.0

    def change(self, **changes: object) -> None:
        self.loss = self.loss.model_copy(update=changes)


class Outages:
    """The spells of one process, one for each plant at most."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._open: dict[str, _Open] = {}

    def note(self, lost: Mapping[str, int], *, kept: Collection[str], sentence: str, now: datetime) -> None:
        """Note how many rows of which plants were lost and why, and of which all were kept; tell what is due.

        Raises:
            OSError: a line cannot be written; it is tried again next time.
        """
        for plant in [plant for plant, found in self._open.items() if now - found.loss.end >= SPELL]:
            self._end(plant)
        for plant in set(kept) - set(lost):
            if plant in self._open:
                self._open[plant].change(is_over=True)
        for plant, rows in lost.items():
            self._add(plant, rows, sentence, now)
        for found in self._open.values():
            if found.written is None or time.monotonic() - found.written_s >= SPELL.total_seconds():
                self._tell(found)

    def close(self) -> None:
        """Tell all that is known: nothing more is lost by this process.

        Raises:
            OSError: a line cannot be written.
        """
        for plant in list(self._open):
            self._end(plant)

    def _add(self, plant: str, rows: int, sentence: str, now: datetime) -> None:
        if plant not in self._open:
            name = f"{plant}-{now:%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}"
            loss = Loss(name=name, kind=LOST, plant=plant, start=now, end=now, rows=0, is_over=False, sentence=sentence)
            self._open[plant] = _Open(loss)
        loss = self._open[plant].loss
        end = max(loss.end, now)
        self._open[plant].change(end=end, rows=loss.rows + rows, is_over=False, sentence=sentence)

    def _end(self, plant: str) -> None:
        self._open[plant].change(is_over=True)
        self._tell(self._open[plant])
        del self._open[plant]

    def _tell(self, found: _Open) -> None:
        if found.loss != found.written:
            write_loss(self._project, found.loss)
            found.written = found.loss
        found.written_s = time.monotonic()
