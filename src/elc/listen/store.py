"""The files of live readings: `data/live/<plant>/<day>/<moment>.parquet`, which ingest reads as an export.

A file is written under data/listen, forced to the disk, and then moved: whoever lists the export sees it whole or not
at all. The files of a day become one once the day is over.
"""

from __future__ import annotations

import errno
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from elc.errors import ElcError
from elc.listen.log import write_log
from elc.listen.model import SHOWN_CHARACTERS
from elc.listen.recent import Marks, build_marks
from elc.paths import Project, force

MERGED = b"elc.merged"
GROUP_ROWS = 1_000_000
SCHEMA = pa.schema(
    [
        pa.field("time", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("tag", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("quality", pa.string(), nullable=False),
    ]
)


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
        with pq.ParquetWriter(self._open(), SCHEMA) as writer:
            writer.write_table(table)
        self._place(path)
        return path

    def read_last(self, window_s: float) -> list[Marks]:
        """Read the marks of what was written in the last minutes of the former run: by the times of its files."""
        times = {path: path.stat().st_mtime for path in self.folder.glob("*/*.parquet")}
        newest = max(times.values(), default=0.0)
        return [marks for path, at in sorted(times.items()) if at >= newest - window_s for marks in _read_marks(path)]

    def merge(self, today: date, *, min_age_s: float) -> list[date]:
        """Make one file of each day before `today`, where all files of the day are older than `min_age_s`.

        The merged file names those that it is made of. So where a run was killed before they were gone, they go now.

        Returns:
            the days that were merged.
        """
        merged = []
        for folder in sorted(path for path in self.folder.glob("*") if path.is_dir()):
            day = _read_day(folder.name)
            if day is not None and day < today and self._merge_day(folder, min_age_s):
                merged.append(day)
        return merged

    def _merge_day(self, folder: Path, min_age_s: float) -> bool:
        target = folder.with_name(f"{folder.name}.parquet")
        done = _read_merged(target)
        paths = []
        for path in sorted(folder.glob("*.parquet")):
            if path.name in done:
                path.unlink()
            else:
                paths.append(path)
        if any(time.time() - path.stat().st_mtime < min_age_s for path in paths):
            return False
        if paths:
            self._join([target, *paths] if target.exists() else paths, [path.name for path in paths])
            self._place(target)
        for path in paths:
            path.unlink()
        folder.rmdir()
        return True

    def _join(self, paths: list[Path], names: list[str]) -> None:
        """Write some files as one, in groups of a million rows, so that a day need not fit into memory."""
        schema = SCHEMA.with_metadata({MERGED: orjson.dumps(names)})
        pending: list[pa.Table] = []
        with pq.ParquetWriter(self._open(), schema) as writer:
            for path in paths:
                with pq.ParquetFile(path) as file:
                    for batch in file.iter_batches(GROUP_ROWS):
                        pending.append(pa.Table.from_batches([batch]).cast(SCHEMA))
                        if sum(map(len, pending)) >= GROUP_ROWS:
                            _write_group(writer, pending, schema)
            _write_group(writer, pending, schema)

    def _open(self) -> Path:
        self._temporary.parent.mkdir(parents=True, exist_ok=True)
        return self._temporary

    def _place(self, path: Path) -> None:
        """Force the temporary file to the disk, then move it to its place."""
        force(self._temporary)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._temporary.replace(path)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            raise ElcError(
                f"{path.parent}: is on another file system than {self._temporary.parent}, expected the same. Move "
                "data/listen there, and replace it with a link."
            ) from None
        for folder in (path.parent, path.parent.parent):
            force(folder)

    def _name_file(self, day: date, moment: datetime) -> Path:
        return self.folder / day.isoformat() / f"{moment:%Y%m%dT%H%M%S-%f}.parquet"


def _write_group(writer: Any, pending: list[pa.Table], schema: pa.Schema) -> None:
    if pending:
        writer.write_table(
            pa.concat_tables(pending).replace_schema_metadata(schema.metadata), row_group_size=GROUP_ROWS
        )
        pending.clear()


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


def _read_merged(path: Path) -> set[str]:
    if not path.exists():
        return set()
    metadata = pq.read_schema(path).metadata or {}
    return set(orjson.loads(metadata.get(MERGED, b"[]")))
