"""Readings in a file a UTC day, which ingest reads as an export: each once, and what was corrected later beside it.

`<day>.parquet` holds the first that was known of each tag and moment; `<day>.2.parquet`, which is the later file to
ingest, what is known since. A file is written elsewhere, forced to the disk and renamed: whoever is killed at
whatever point may take the same readings again, and none is lost or doubled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from elc.errors import ElcError
from elc.files.days import BrokenError, place, reading

SCHEMA = pa.schema(
    [
        pa.field("time", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("tag", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("quality", pa.string(), nullable=False),
    ]
)
KEY = ["tag", "time"]
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Taken:
    """How many readings were new, and how many corrected one that was there."""

    new: int = 0
    corrected: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.new + other.new, self.corrected + other.corrected)


class DayReadings:
    """The day files of one folder.

    Args:
        folder: where they lie.
        temporary: where each is written, on the same file system; one process writes at a time.
        movable: the folder of the project that may be moved to the file system of `folder`.
    """

    def __init__(self, folder: Path, *, temporary: Path, movable: str) -> None:
        self.folder, self._temporary, self._movable = folder, temporary, movable

    def take(self, readings: pa.Table) -> Taken:
        """Take readings, of which some may be there; they are on the disk when this returns.

        Raises:
            ElcError: a file cannot be read or written, or lies on another file system.
        """
        taken = Taken()
        distinct = _shape(readings.group_by(SCHEMA.names).aggregate([]))
        for day, rows in _split(distinct):
            taken += self._take_day(day, rows)
        return taken

    def find_last(self) -> dict[str, datetime]:
        """Find the time of the newest reading of each tag."""
        last: dict[str, datetime] = {}
        for path in self._list():
            newest = self._read(path).group_by("tag").aggregate([("time", "max")])
            last |= dict(zip(newest["tag"].to_pylist(), newest["time_max"].to_pylist(), strict=True))
        return last

    def find_first(self) -> datetime | None:
        """Find the beginning of the first day that has a file; None where there is none."""
        first = next(iter(self._list()), None)
        return None if first is None else datetime.fromisoformat(first.name[:10]).replace(tzinfo=UTC)

    def _list(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("????-??-??.parquet"))

    def _take_day(self, day: date, rows: pa.Table) -> Taken:
        path = self.folder / f"{day}.parquet"
        revised_path = path.with_suffix(".2.parquet")
        first, revised = self._read(path), self._read(revised_path)
        known = pa.concat_tables([_leave_out(first, revised), revised])
        fresh = _subtract(rows, known)
        several = rows.group_by(KEY).aggregate([([], "count_all")])
        several = several.filter(pc.greater(several["count_all"], 1))
        # What one answer says twice does not correct anything: ingest settles the conflict or reports it.
        new = pa.concat_tables([_leave_out(fresh, known), _keep(_keep(fresh, known), several)])
        corrected = _leave_out(_keep(fresh, known), several)
        if len(corrected):
            self._write(revised_path, pa.concat_tables([_leave_out(revised, corrected), corrected]))
        if len(new):
            self._write(path, pa.concat_tables([first, new]))
        return Taken(len(new), len(corrected))

    def _read(self, path: Path) -> pa.Table:
        if not path.exists():
            return SCHEMA.empty_table()
        try:
            with reading(path):
                return pq.read_table(path, schema=SCHEMA, partitioning=None)
        except BrokenError as error:
            raise ElcError(
                f"{path}: cannot be read ({error.reason}), expected readings. Move it away, then fetch its day again."
            ) from None

    def _write(self, path: Path, table: pa.Table) -> None:
        ordered = table.sort_by([("tag", "ascending"), ("time", "ascending")])
        try:
            self._temporary.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(ordered, self._temporary, compression="zstd")
            place(self._temporary, path, movable=self._movable)
        except OSError as error:
            self._temporary.unlink(missing_ok=True)
            raise ElcError(
                f"{path}: cannot be written ({error.strerror or error}). What was there before is unchanged. Make "
                "room, or let this user write there, then run it again."
            ) from None


def _split(table: pa.Table) -> Iterator[tuple[date, pa.Table]]:
    days = pc.floor_temporal(table["time"], unit="day")
    for day in pc.unique(days).sort().to_pylist():
        yield day.date(), table.filter(pc.equal(days, pa.scalar(day, days.type)))


def _subtract(table: pa.Table, other: pa.Table) -> pa.Table:
    """Leave out the rows that another table has too; a value that is missing equals another that is."""
    if not len(other) or not len(table):
        return table
    marked = [one.append_column("is_other", pa.array([flag] * len(one))) for one, flag in ((table, 0), (other, 1))]
    counted = pa.concat_tables(marked).group_by(SCHEMA.names).aggregate([("is_other", "max")])
    return _shape(counted.filter(pc.equal(counted["is_other_max"], 0)))


def _leave_out(table: pa.Table, other: pa.Table) -> pa.Table:
    """Leave out the rows of tags and moments that another table has."""
    return table if not len(other) else _shape(table.join(other.select(KEY), KEY, join_type="left anti"))


def _keep(table: pa.Table, other: pa.Table) -> pa.Table:
    """Keep the rows of tags and moments that another table has."""
    return table.slice(0, 0) if not len(other) else _shape(table.join(other.select(KEY), KEY, join_type="left semi"))


def _shape(table: pa.Table) -> pa.Table:
    return table.select(SCHEMA.names).cast(SCHEMA)
