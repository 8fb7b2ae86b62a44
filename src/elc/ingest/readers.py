"""Read a historian's export as received: long or wide tables in Parquet or CSV, chosen by their content."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from elc.errors import ElcError, check_faults
from elc.settings import Export, TagList

LONG_COLUMNS = {"time", "tag", "value"}
TIME_NAMES = ("time", "timestamp", "datetime", "date_time")
UNNAMED = "unnamed_time"
LARGEST = 1e15  # ASSUME: no instrument shows more; it is an overflow or a marker
OWN_ZONE = r":[0-9]{2}([.][0-9]+)? ?([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)$"


@dataclass(frozen=True)
class Source:
    """The files of one layout: their paths, kind (parquet or csv), columns with their types, and time column."""

    paths: tuple[Path, ...]
    kind: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    time: str

    @property
    def is_long(self) -> bool:
        return set(self.columns) >= (LONG_COLUMNS - {"time"}) and bool(self.time)


def read_readings(backend: Backend, folder: Path, export: Export, tags: TagList) -> ir.Table:
    """Read an export as one table of readings, in the time of the export.

    Returns:
        time (timestamp; of the export's zone, or UTC where `is_utc`), tag, value, quality (capitals), as an expression.

    Raises:
        ElcError: the folder is empty, a file is no table or has an unparsable time, or tags are missing.
    """
    where = f"plant {tags.plant}: export {folder}"
    tables = [_read_source(backend, source, tags) for source in _find_sources(folder, export, tags, where)]
    faults = [fault for table in tables for fault in _find_time_faults(table, export)]
    check_faults(where, faults + _find_missing_tags(tables, tags))
    readings = ibis.union(*[_parse(table, export) for table in tables])
    wanted = [tag.tag for tag in tags]
    return readings.filter(readings.tag.isin(wanted))


def _find_sources(folder: Path, export: Export, tags: TagList, where: str) -> list[Source]:
    """Group the files by layout; collect what is wrong with each."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not paths:
        raise ElcError(f"{where}: holds no files. Put the historian's export there (Parquet or CSV).")
    faults: list[str] = []
    groups: dict[tuple[str, tuple[str, ...], tuple[str, ...], str], list[Path]] = {}
    for path in paths:
        try:
            kind, columns, types = _read_header(path)
            time = _find_time(columns, export, tags)
            groups.setdefault((kind, columns, types, time), []).append(path)
        except ElcError as error:
            faults.append(f"{path.name}: {error}")
    check_faults(where, faults)
    return [Source(tuple(paths), *key) for key, paths in groups.items()]


def _read_header(path: Path) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Read kind, column names and, for Parquet, their types."""
    if path.stat().st_size == 0:
        raise ElcError("is empty. Export it again, or remove it.")
    with path.open("rb") as file:
        start = file.read(4096)
    if start[:4] == b"PAR1":
        try:
            schema = pq.read_schema(path)
            return "parquet", tuple(schema.names), tuple(str(kind) for kind in schema.types)
        except (pa.ArrowInvalid, OSError):
            raise ElcError("is a truncated or damaged Parquet file. Export it again.") from None
    if b"\0" in start:
        raise ElcError("is no table: found binary content, expected Parquet or CSV with a header.")
    lines = start.decode("utf-8-sig", errors="replace").splitlines()
    if not lines:
        raise ElcError("is empty. Export it again, or remove it.")
    columns = tuple(name or UNNAMED for name in next(csv.reader(lines[:1])))
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        raise ElcError(f"has more than one column named {', '.join(doubled)}. Keep one of each.")
    if len(columns) < 2:
        raise ElcError(f"is no table: its first line is {lines[0][:60]!r}, expected a header with commas.")
    return "csv", columns, ()


def _find_time(columns: tuple[str, ...], export: Export, tags: TagList) -> str:
    """Find the time column, and that the table is long or has a column of at least one tag."""
    if export.time_column is not None:
        if export.time_column not in columns:
            raise ElcError(f"has no column {export.time_column} (export.time_column); found {_list(columns)}.")
        time = export.time_column
    else:
        named = [name for name in columns if name.lower() in TIME_NAMES] or [n for n in columns if n == UNNAMED]
        if not named:
            raise ElcError(f"has no time column; found {_list(columns)}. Name it in export.time_column.")
        time = named[0]
    is_long = {"tag", "value"} <= set(columns)
    if not is_long and not any(tag.tag in columns for tag in tags):
        raise ElcError(f"has neither the columns tag and value nor a column named as a tag; found {_list(columns)}.")
    return time


def _list(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown


def _read_source(backend: Backend, source: Source, tags: TagList) -> ir.Table:
    """Read files of one layout as they are: time_text, tag, value_text and quality in capitals."""
    paths = [str(path) for path in source.paths]
    table: ir.Table
    if source.kind == "parquet":
        table = backend.read_parquet(paths)
    else:
        names = list(source.columns)
        table = backend.read_csv(paths, all_varchar=True, header=False, skip=1, names=names, delim=",", quote='"')
    if not source.is_long:
        table = _turn_long(table, source, tags)
    quality = table["quality"] if "quality" in table.columns else ibis.literal("GOOD")
    return table.select(
        time_text=table[source.time],
        tag=table["tag"].cast("string"),
        value_text=table["value"],
        quality=quality.cast("string").upper(),
    )


def _turn_long(table: ir.Table, source: Source, tags: TagList) -> ir.Table:
    present = [tag.tag for tag in tags if tag.tag in source.columns]
    # Text among the numbers, as in "Bad Input", makes a column text: then all are read as text.
    has_text = any(table[name].type().is_string() for name in present)
    values = {name: table[name].cast("string") if has_text else table[name].cast("float64") for name in present}
    kept = table.select(source.time, **values)
    return kept.pivot_longer(~ibis.selectors.cols(source.time), names_to="tag", values_to="value")


def _parse(readings: ir.Table, export: Export) -> ir.Table:
    """Parse text to times and numbers; what is no number, or none that an instrument shows, is of quality Bad."""
    time, is_utc = _parse_time(readings.time_text, export)
    value = readings.value_text.try_cast("float64")
    is_number = value.notnull() & ~value.isnan() & (value.abs() < LARGEST)
    return readings.select(
        time=time.cast("timestamp(6)"),
        tag=readings.tag,
        value=is_number.ifelse(value, None),
        quality=is_number.ifelse(readings.quality, "BAD"),
        is_utc=is_utc,
    )


def _parse_time(time: ir.Value, export: Export) -> tuple[ir.TimestampValue, ir.BooleanValue]:
    """Parse times, and tell those that carry a zone of their own: these become UTC here."""
    if not time.type().is_string():
        if time.type().is_timestamp() and time.type().timezone:
            return time.cast("timestamp('UTC')").cast("timestamp"), ibis.literal(True)
        return time.cast("timestamp"), ibis.literal(False)
    if export.time_format:
        return time.as_timestamp(export.time_format), ibis.literal("%z" in export.time_format)
    return time.cast("timestamp('UTC')").cast("timestamp"), time.re_search(OWN_ZONE)


def _find_time_faults(readings: ir.Table, export: Export) -> list[str]:
    time = readings.time_text
    if not time.type().is_string():
        return []
    if export.time_format:
        parsed = _try_strptime(time, export.time_format)
        expected = f"expected export.time_format {export.time_format}"
    else:
        parsed = time.try_cast("timestamp('UTC')")
        expected = "expected ISO 8601 as in 2024-06-01 13:00:00, or set export.time_format"
    bad = readings.filter(parsed.isnull()).select("time_text").distinct().order_by("time_text").limit(5).execute()
    found = ", ".join(repr(text) for text in bad["time_text"])
    return [f"times that cannot be read: {found}; {expected}."] if found else []


@ibis.udf.scalar.builtin(name="try_strptime")  # type: ignore[untyped-decorator]
def _try_strptime(text: str, pattern: str) -> ibis.dtype("timestamp"):  # type: ignore[valid-type]
    """DuckDB's parser that gives NULL for a text it cannot read."""


def _find_missing_tags(tables: list[ir.Table], tags: TagList) -> list[str]:
    """Every listed tag must be in the export at least once."""
    found = {name for table in tables for name in table.select("tag").distinct().execute()["tag"]}
    missing = [tag.tag for tag in tags if tag.tag not in found]
    if not missing:
        return []
    return [
        f"{len(missing)} of {len(list(tags))} tags are missing: {', '.join(missing)}. Add them to the export, "
        f"or set their role to ignore in data/plants/{tags.plant}/tags.csv."
    ]


@contextlib.contextmanager
def connect(where: str) -> Iterator[Backend]:
    """Open the engine that runs the expressions: DuckDB in this process, in UTC, out of core.

    Raises:
        ElcError: the engine could not read a file, with its own words for the file and line.
    """
    backend = ibis.duckdb.connect()
    try:
        backend.raw_sql("SET TimeZone = 'UTC'")
        yield backend
    except duckdb.Error as error:
        said = " ".join(str(error).split())[:400]
        raise ElcError(
            f"{where}: a file cannot be read as a table: {said} Correct the file, or export it again."
        ) from None
    finally:
        backend.disconnect()
