"""Requests kept for monitoring: a share of them, as Parquet by day, within a limit of disk that is never silent."""

from __future__ import annotations

import logging
import os
import random
import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from elc.fields import TIME
from elc.paths import Project, replace_file
from elc.service.measures import Measures
from elc.service.rows import Asked
from elc.service.versions import Loaded
from elc.settings import CaptureSettings

LOG = logging.getLogger("elc.service")
KIND, VERSION = "kind", "version"
MOST_ROWS = 50_000  # that wait in memory for the disk
RECENT_FILES = 40
Rows = NDArray[np.float32]
Batch = tuple[datetime, str, str, tuple[str, ...], NDArray[np.float64]]


class Capture:
    """Rows that wait for the disk, and the files under `data/capture/<plant>/<day>/`.

    What cannot be kept, because the disk is full or the limit is reached, is counted and said.
    """

    def __init__(self, project: Project, settings: CaptureSettings, measures: Measures) -> None:
        self._project, self._settings, self._measures = project, settings, measures
        self._waiting: dict[str, list[Batch]] = defaultdict(list)
        self._rows = 0
        self._dropped: dict[str, int] = defaultdict(int)
        self._random = random.Random()
        self._lock = threading.Lock()
        self._number = 0
        self.fault = ""

    def offer(self, loaded: Loaded, kind: str, asked: Asked) -> None:
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
        """Write what waits; what cannot be written is dropped, counted, and said until it can be again."""
        with self._lock:
            waiting, self._waiting = self._waiting, defaultdict(list)
            dropped, self._dropped = self._dropped, defaultdict(int)
            self._rows = 0
        fault = self._find_limit() if waiting else ""
        if dropped:
            fault = fault or "more came than the disk took"
        for plant, batches in waiting.items():
            rows = sum(len(batch[-1]) for batch in batches)
            try:
                if fault:
                    raise OSError(fault)
                self._write(plant, batches)
            except Exception as error:
                fault = str(error)
                dropped[plant] += rows
            else:
                self._measures.count_capture(plant, kept=rows, dropped=0)
        for plant, rows in dropped.items():
            self._measures.count_capture(plant, kept=0, dropped=rows)
        self._say(fault, dropped, is_new=bool(waiting or dropped))

    def _write(self, plant: str, batches: Sequence[Batch]) -> None:
        """Write a file for each kind of columns."""
        by_columns: dict[tuple[str, ...], list[Batch]] = defaultdict(list)
        for batch in batches:
            by_columns[batch[3]].append(batch)
        for parts in by_columns.values():
            now = datetime.now(UTC)
            self._number += 1
            name = f"{now:%H%M%S}-{os.getpid()}-{self._number:06d}.parquet"
            path = find_folder(self._project, plant) / f"{now:%Y-%m-%d}" / name
            with replace_file(path) as temporary:
                pq.write_table(_build_table(parts), temporary, compression="zstd")

    def _find_limit(self) -> str:
        """Say that the limit of disk is reached; empty where it is not."""
        used = sum(path.stat().st_size for path in find_folder(self._project, "").glob("*/*/*.parquet"))
        if used < self._settings.max_mib * 2**20:
            return ""
        return (
            f"data/capture takes {used / 2**20:,.0f} MiB, serve.capture.max_mib allows {self._settings.max_mib:g}. "
            "Remove days that monitoring no longer needs, or allow more."
        )

    def _say(self, fault: str, dropped: dict[str, int], *, is_new: bool) -> None:
        """Leave a note for monitoring beside the days, and say it in the log, as long as rows are lost."""
        if not is_new:
            return
        path = find_folder(self._project, "") / f"fault-{os.getpid()}.txt"
        try:
            if fault:
                LOG.error("capture stopped", extra={"fields": {"sentence": fault, "rows": sum(dropped.values())}})
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {fault}\n", encoding="utf-8")
            elif self.fault:
                LOG.info("capture goes on")
                path.unlink(missing_ok=True)
        except OSError as error:
            LOG.error("capture", extra={"fields": {"sentence": str(error)}})
        self.fault = fault


def find_folder(project: Project, plant: str) -> Path:
    """The folder of what is kept of a plant, of all plants for an empty name."""
    return project.root / "data" / "capture" / plant


def _build_table(batches: Sequence[Batch]) -> pa.Table:
    values = np.concatenate([batch[-1] for batch in batches])
    counts = [len(batch[-1]) for batch in batches]
    times = np.repeat([batch[0].replace(tzinfo=None) for batch in batches], counts)
    told: dict[str, Any] = {
        TIME: pa.array(times, pa.timestamp("us", "UTC")),
        KIND: pa.array(np.repeat([batch[1] for batch in batches], counts)),
        VERSION: pa.array(np.repeat([batch[2] for batch in batches], counts)),
    }
    columns = {name: pa.array(values[:, place]) for place, name in enumerate(batches[0][3])}
    return pa.table(told | columns)


def read_rows(project: Project, plant: str, columns: Sequence[str], *, count: int) -> Rows:
    """Read the last rows that were kept of a plant and have the columns (rows, columns); a broken file is left out."""
    found: list[Rows] = []
    rows = 0
    for path in sorted(find_folder(project, plant).glob("*/*.parquet"), reverse=True)[:RECENT_FILES]:
        try:
            part = pd.read_parquet(path, columns=list(columns)).to_numpy(np.float32)
        except (OSError, ValueError, KeyError):
            continue
        found.append(part)
        rows += len(part)
        if rows >= count:
            break
    if not found:
        return np.empty((0, len(columns)), np.float32)
    return np.concatenate(found[::-1])[-count:]
