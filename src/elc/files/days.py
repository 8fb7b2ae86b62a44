"""Parts, which are small files of rows, become the one file of their UTC day, whoever is killed at whatever point.

The day's file is written elsewhere, forced to the disk and renamed, and it names the parts that came into it last. So
the next run knows which parts are in it already: none is lost, and none is in it twice.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from elc.errors import ElcError
from elc.files.replace import force

FindSchema = Callable[[Sequence[Path]], pa.Schema]


class BrokenError(Exception):
    """A file that cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path, self.reason = path, reason


@dataclass(frozen=True)
class DayFile:
    """The file of one day, and how it is written.

    Args:
        path: where it lies.
        temporary: where it is written, on the same file system; one process writes at a time.
        key: of the Parquet metadata that names the parts.
        group_rows: rows of a row group, and so in memory.
        compression: of Parquet.
        movable: the folder of the project that may be moved to the file system of `path`.
    """

    path: Path
    temporary: Path
    key: bytes
    group_rows: int
    compression: str
    movable: str

    def drop_folded(self, parts: Sequence[Path]) -> list[Path]:
        """Remove the parts that are in the file already; return the others that exist.

        Raises:
            BrokenError: the file cannot be read.
        """
        folded = self._read_names()
        _remove([part for part in parts if part.name in folded])
        return [part for part in parts if part.exists()]

    def fold(self, parts: Sequence[Path], find_schema: FindSchema) -> None:
        """Write the file again with what it held and the parts, and remove these.

        `find_schema` gives the columns that all of these files become, and raises BrokenError for one that cannot; a
        column that a file does not have is missing there.

        Raises:
            BrokenError: one of them cannot be read; nothing has changed.
            ElcError: the temporary file lies on another file system.
            OSError: it cannot be written.
        """
        sources = [*([self.path] if self.path.exists() else []), *parts]
        schema = find_schema(sources).with_metadata({self.key: json.dumps([part.name for part in parts])})
        self.temporary.parent.mkdir(parents=True, exist_ok=True)
        try:
            with pq.ParquetWriter(self.temporary, schema, compression=self.compression) as writer:
                for table in self._join(sources, schema):
                    writer.write_table(table, row_group_size=self.group_rows)
            place(self.temporary, self.path, movable=self.movable)
        finally:
            self.temporary.unlink(missing_ok=True)
        _remove(parts)

    def _join(self, paths: Sequence[Path], schema: pa.Schema) -> Iterator[pa.Table]:
        """Join files into tables of one schema, each of a row group at least but the last."""
        waiting: list[pa.Table] = []
        for path in paths:
            for table in _read_groups(path):
                waiting.append(_fit(table, schema))
                if sum(map(len, waiting)) >= self.group_rows:
                    yield pa.concat_tables(waiting)
                    waiting = []
        if waiting:
            yield pa.concat_tables(waiting)

    def _read_names(self) -> set[str]:
        if not self.path.exists():
            return set()
        with reading(self.path):
            return set(json.loads((pq.read_schema(self.path).metadata or {}).get(self.key, b"[]")))


def place(temporary: Path, path: Path, *, movable: str) -> None:
    """Force a file to the disk, then move it to its place: whoever lists that sees it whole or not at all.

    Raises:
        ElcError: they lie on two file systems; `movable` is the folder that can be moved.
    """
    force(temporary)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        temporary.replace(path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        raise ElcError(
            f"{path.parent}: lies on another file system than {temporary.parent}, expected the same one. "
            f"Move {movable} there, and leave a link."
        ) from None
    for folder in (path.parent, path.parent.parent):
        force(folder)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Tell a file that is broken from a disk that does not answer: the system gives an error of the latter a number.

    Raises:
        BrokenError: the file is.
    """
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise BrokenError(path, " ".join(str(error).split())) from None


def _remove(parts: Sequence[Path]) -> None:
    """Remove parts that are in the file of their day; they are gone for good before that names others."""
    for part in parts:
        part.unlink(missing_ok=True)
    for folder in {part.parent for part in parts}:
        force(folder)


def _read_groups(path: Path) -> Iterator[pa.Table]:
    with reading(path):
        file = pq.ParquetFile(path)
    with file:
        for number in range(file.num_row_groups):
            with reading(path):
                table = file.read_row_group(number)
            yield table


def _fit(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
