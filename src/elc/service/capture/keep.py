"""Keep a share of the requests: rows wait in memory, then in parts, then lie in the file of their day."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from elc.paths import Project
from elc.service.capture.fold import fold
from elc.service.capture.outages import Outages
from elc.service.capture.parts import Batch, measure_disk, write_parts
from elc.service.measures import Measures
from elc.service.rows import AskedRows
from elc.service.versions import Loaded
from elc.settings import CaptureSettings

LOG = logging.getLogger("elc.service")
MOST_ROWS = 50_000  # that wait in memory for the disk
LOOK_S = 60.0  # between looks at the disk, and for hours that are over
TOO_MUCH = "More came than the disk took. Lower serve.capture.share_frac, or use a faster disk."
END_S = 5.0  # that the end of the service waits for another process that folds


class Capture:
    """Rows that wait for the disk, and what becomes of them under data/service/capture and data/capture.

    What cannot be kept, because the disk is full or the limit is reached, is counted and said. One thread at a time
    may call `flush` and `close`; any may call `offer`.
    """

    def __init__(self, project: Project, settings: CaptureSettings, measures: Measures) -> None:
        self._project, self._settings, self._measures = project, settings, measures
        self._waiting: dict[str, list[Batch]] = defaultdict(list)
        self._rows = 0
        self._dropped: dict[str, int] = defaultdict(int)
        self._random = random.Random()
        self._lock = threading.Lock()
        self._number = 0
        self._outages = Outages(project)
        self._used = self._most = int(settings.max_mib * 2**20)
        self._next_measure_s = self._next_fold_s = 0.0
        self.fault = ""

    def offer(self, loaded: Loaded, kind: str, asked: AskedRows) -> None:
        """Keep the rows of an answered request, if it is one of the share."""
        if self._random.random() >= self._settings.share_frac:
            return
        with self._lock:
            if self._rows + len(asked.values) > MOST_ROWS:
                self._dropped[loaded.plant] += len(asked.values)
                return
            self._rows += len(asked.values)
            self._waiting[loaded.plant].append((datetime.now(UTC), kind, loaded.version, asked.columns, asked.values))

    def flush(self) -> None:
        """Write what waits, and fold the hours that are over; what cannot be written is dropped, counted and said."""
        self._write_waiting()
        if time.monotonic() >= self._next_fold_s:
            self._next_fold_s = time.monotonic() + LOOK_S
            # By then every worker has written its rows of that hour.
            self._fold(datetime.now(UTC) - timedelta(seconds=2 * self._settings.flush_s), wait_s=0.0)

    def close(self) -> None:
        """Write and fold all that there is: the service ends."""
        self._write_waiting()
        self._fold(None, wait_s=END_S)
        try:
            self._outages.close()
        except OSError as error:
            LOG.error("capture", extra={"fields": {"sentence": str(error)}})

    def _write_waiting(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, defaultdict(list)
            dropped, self._dropped = self._dropped, defaultdict(int)
            self._rows = 0
        limit = self._find_limit() if waiting else ""
        fault, kept = limit or (TOO_MUCH if dropped else ""), []
        for plant, batches in waiting.items():
            rows = sum(len(batch[-1]) for batch in batches)
            reason = limit or self._write(plant, batches)
            if reason:
                fault = reason
                dropped[plant] += rows
            else:
                kept.append(plant)
                self._measures.count_capture(plant, kept=rows, dropped=0)
        for plant, rows in dropped.items():
            self._measures.count_capture(plant, kept=0, dropped=rows)
        self._say(fault, dropped, kept)

    def _write(self, plant: str, batches: list[Batch]) -> str:
        """Write batches of a plant; say why they could not be, empty where they were."""
        self._number += 1
        try:
            self._used += write_parts(self._project, plant, batches, number=self._number)
        except Exception as error:
            return str(error)
        return ""

    def _find_limit(self) -> str:
        """Say that the limit of disk is reached; empty where it is not. Between looks, own bytes are added."""
        if self._used >= self._most or time.monotonic() >= self._next_measure_s:
            self._used = measure_disk(self._project)
            self._next_measure_s = time.monotonic() + LOOK_S
        if self._used < self._most:
            return ""
        return (
            f"data/capture and data/service/capture take {self._used / 2**20:,.0f} MiB, serve.capture.max_mib allows "
            f"{self._settings.max_mib:g}. Remove days that monitoring no longer needs, or allow more."
        )

    def _fold(self, before: datetime | None, *, wait_s: float) -> None:
        try:
            fold(self._project, before=before, wait_s=wait_s)
        except Exception as error:
            # Nothing is lost: the parts stay, and the next look tries it again.
            LOG.error("captured parts not folded", extra={"fields": {"sentence": str(error)}})

    def _say(self, fault: str, lost: dict[str, int], kept: list[str]) -> None:
        """Say it in the log as long as rows are lost, and leave a line for monitoring."""
        if lost:
            LOG.error("capture stopped", extra={"fields": {"sentence": fault, "rows": sum(lost.values())}})
            self.fault = fault
        elif kept and self.fault:
            LOG.info("capture goes on")
            self.fault = ""
        try:
            self._outages.note(lost, kept=kept, sentence=fault, now=datetime.now(UTC))
        except OSError as error:
            LOG.error("capture", extra={"fields": {"sentence": str(error)}})
