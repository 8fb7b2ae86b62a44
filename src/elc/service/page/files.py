"""The files that the page shows: which they are, whether they changed, and reading them whatever their state."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from elc.paths import Project
from elc.records import RecordError, alerts, status
from elc.records.alerts import Alert
from elc.records.listener import read_listener
from elc.records.status import Status
from elc.registry import find_place

LEAST_BYTES = 16 * 1024 * 1024  # ASSUME: with less an hour can no longer be written
Stamp = tuple[tuple[int, int, int] | None, ...]
UNREADABLE = (OSError, ValueError, KeyError, TypeError)


def list_files(project: Project, plant: str) -> list[Path]:
    """List the files that the present hour of a plant is made of; any of them may be missing."""
    place = find_place(project, plant)
    monitor, explain, advice = (place.operation(stage, plant) for stage in ("monitor", "explain", "advice"))
    return [
        *(monitor / name for name in ("status.json", "hours.parquet", "alerts.json")),
        explain / "last.parquet",
        *(advice / name for name in ("moves.parquet", "reasons.parquet", "outcomes.parquet")),
        project.advice_notes(plant),
        place.hourly(plant) / "hourly.parquet",
        project.tags(plant),
    ]


def stamp_files(project: Project, plant: str) -> Stamp:
    """Stamp the files of a plant: time, size and inode of each, None for one that is missing."""
    return tuple(_stamp(path) for path in list_files(project, plant))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_table(path: Path, *, columns: list[str] | None, since: pd.Timestamp | None) -> pd.DataFrame | None:
    """Read a table, of rows from a time on where it has `time_utc`; None where it is missing or cannot be read."""
    filters = None if since is None else [("time_utc", ">=", since)]
    try:
        found: pd.DataFrame = pd.read_parquet(path, columns=columns, filters=filters)
    except UNREADABLE:
        return None
    return found


def read_status(folder: Path) -> Status | None:
    """Read what monitor left in a plant's folder; None where it is missing, half, or of another release."""
    try:
        return status.read_status(folder)
    except RecordError:
        return None


def is_disk_full(project: Project, plant: str) -> bool:
    """Whether the disk has no room left, or the listener says that it cannot write the readings of a plant."""
    try:
        if read_listener(project.listen(plant)).cannot_write:
            return True
    except RecordError:
        pass
    try:
        return shutil.disk_usage(project.root).free < LEAST_BYTES
    except OSError:
        return False


def read_alerts(folder: Path) -> list[Alert] | None:
    """Read the open alerts of a plant; no file is none, None is unreadable."""
    try:
        return alerts.read_alerts(folder)
    except RecordError as error:
        return [] if error.is_missing else None
