"""The files of live readings: `data/live/<plant>/<day>/<moment>.parquet`, which ingest reads as an export.

A file is written under data/listen, forced to the disk, and then moved: whoever lists the export sees it whole or not
at all. The files of a day become one once the day is over.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from elc.files.days import BrokenError, DayFile, place, reading
from elc.files.readings import SCHEMA
from elc.listen.log import write_log
from elc.listen.model import SHOWN_CHARACTERS
from elc.listen.recent import Marks, build_marks
from elc.paths import Project

MERGED = b"elc.merged"
GROUP_ROWS = 1_000_000
MOVABLE = "data/listen"


class Store:
    """The files of one plant."""

    def __init__(self, project: Project, plant: str) -> None:
        self.folder = project.live(plant)
        self._temporary = project.listen(plant) / ".writing.parquet"

    def write(self, table: pa.Table, day: date) -> Path:
        """Write the readings of one UTC day as a file of their own; it is on the disk when this returns.

        Raises:
            OSError: it cannot be written.
        """
        moment = datetime.now(UTC)
        while (path := self._name_file(day, moment)).exists():
            moment += timedelta(microseconds=1)
        self._temporary.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(self._temporary, SCHEMA) as writer:
            writer.write_table(table)
        place(self._temporary, path, movable=MOVABLE)
        return path

    def read_last(self, window_s: float) -> list[Marks]:
        """Read the marks of what was written in the last minutes of the former run: by the times of its files."""
        times = {path: path.stat().st_mtime for path in self.folder.glob("*/*.parquet")}
        newest = max(times.values(), default=0.0)
        return [marks for path, at in sorted(times.items()) if at >= newest - window_s for marks in _read_marks(path)]

    def merge(self, today: date, *, min_age_s: float) -> list[date]:
        """Make one file of each day before `today`, where all files of the day are older than `min_age_s`.

        Returns:
            the days that were merged.

        Raises:
            BrokenError: a file of the day cannot be read, or is none of readings.
            ElcError: data/listen and data/live lie on two file systems.
            OSError: it cannot be written.
        """
        merged = []
        for folder in sorted(path for path in self.folder.glob("*") if path.is_dir()):
            day = _read_day(folder.name)
            if day is not None and day < today and self._merge_day(folder, min_age_s):
                merged.append(day)
        return merged

    def _merge_day(self, folder: Path, min_age_s: float) -> bool:
        file = DayFile(
            folder.with_name(f"{folder.name}.parquet"),
            temporary=self._temporary,
            key=MERGED,
            group_rows=GROUP_ROWS,
            compression="snappy",
            movable=MOVABLE,
        )
        parts = file.drop_folded(sorted(folder.glob("*.parquet")))
        if any(time.time() - part.stat().st_mtime < min_age_s for part in parts):
            return False
        if parts:
            file.fold(parts, _find_schema)
        folder.rmdir()
        return True

    def _name_file(self, day: date, moment: datetime) -> Path:
        return self.folder / day.isoformat() / f"{moment:%Y%m%dT%H%M%S-%f}.parquet"


def _find_schema(paths: Sequence[Path]) -> pa.Schema:
    """The columns of readings, which every file must have."""
    for path in paths:
        with reading(path):
            names = pq.read_schema(path).names
        if names != SCHEMA.names:
            raise BrokenError(path, f"its columns are {', '.join(names)}, expected {', '.join(SCHEMA.names)}")
    return SCHEMA


def _read_marks(path: Path) -> list[Marks]:
    """Read the marks of a file; of one that is none of ours there are none, as the log says."""
    try:
        return [build_marks(pq.read_table(path, schema=SCHEMA))]
    except (pa.ArrowException, OSError) as error:
        write_log("error", "file_unreadable", file=str(path), fault=str(error)[:SHOWN_CHARACTERS])
        return []


def _read_day(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
