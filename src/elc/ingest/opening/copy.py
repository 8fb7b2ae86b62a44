"""A copy of a file that engines read: Parquet of texts, its times in ISO 8601, without lines that are not rows of the
table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from elc.errors import ElcError
from elc.files import replace_file
from elc.ingest.layout.columns import check_names, find_fields, is_epoch_name
from elc.ingest.layout.content import read_magic, read_text
from elc.ingest.layout.model import Fields
from elc.ingest.opening.books import read_book
from elc.ingest.opening.lines import Row, read_lines
from elc.ingest.opening.messages import read_avro, read_influx, read_pi
from elc.ingest.opening.moments import Moments
from elc.settings import Export, TagList

CHUNK = 50_000  # rows that are kept in memory
ZIP, OLE, AVRO = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"Obj\x01"
SIEMENS = "$RT_"  # rows of a WinCC panel about the log itself


@dataclass
class Opened:
    """What came of opening a file: the columns of the copy, what was passed over, and how fine its times are."""

    fields: Fields
    grain: str = "minute"
    passed: list[str] = field(default_factory=list)
    count: int = 0
    is_number: bool = False

    def skip(self, line: str) -> None:
        """Count a line that is none of the table."""
        self.count += 1
        if len(self.passed) < 3:
            self.passed.append(line.strip()[:40])


def is_odd(path: Path, export: Export) -> bool:
    """Tell whether a file is of a kind that must be opened: no engine could read it, or not rightly."""
    magic = read_magic(path)
    if magic[:4] in (ZIP, OLE, AVRO):
        return True
    if magic[:4] == b"PAR1":
        return False
    with path.open("rb") as file:
        start = file.read(4000).decode("utf-8", errors="replace")
    is_json = start.lstrip("\ufeff \r\n")[:1] in ("{", "[")
    if (export.skip_rows or export.comment) and not is_json:
        return True  # the entry declares that such a line is not a row
    if magic[:2] in (b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff"):
        return False
    if _find_message(start):
        return True
    ends = {"\r\n": 0, "\n": 0, "\r": 0, "\0": 0}
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 22), b""):
            both = block.count(b"\r\n")
            ends["\r\n"] += both
            ends["\n"] += block.count(b"\n") - both
            ends["\r"] += block.count(b"\r") - both - block.endswith(b"\r")
            ends["\0"] += block.count(b"\0")
    is_mixed = sum(count > 1 for end, count in ends.items() if end != "\0") > 1
    return is_mixed or ends["\0"] > 0


def open_file(path: Path, target: Path, export: Export, tags: TagList) -> Opened:
    """Write a copy of a file that engines read.

    Raises:
        ElcError: it holds no table, or a line of it cannot be read; the words leave out its name.
    """
    columns, rows, above = _read(path, export, tags)
    check_names(columns)
    opened = Opened(find_fields(columns, export, tags), is_number=read_magic(path)[:4] in (ZIP, OLE, AVRO))
    for line in above:
        opened.skip(line)
    moments = Moments(export)
    target.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(target) as temporary:
        _write(temporary, columns, _pass_over(rows, columns, opened, export), opened, moments)
    grains = moments.grains
    opened.grain = "minute" if not grains or "minute" in grains else "hour" if "hour" in grains else "day"
    return opened


def _read(path: Path, export: Export, tags: TagList) -> tuple[tuple[str, ...], Iterator[Row], list[str]]:
    magic = read_magic(path)
    if magic[:4] in (ZIP, OLE):
        return read_book(path, export, tags)
    if magic[:4] == AVRO:
        return *read_avro(path), []
    text = read_text(path, has_nul=True)
    match _find_message(text.start):
        case "pi":
            return *read_pi(text), []
        case "influx":
            return *read_influx(text, export), []
    if text.start.lstrip("\ufeff \r\n")[:1] in ("{", "["):
        raise ElcError("is JSON of an unknown kind: expected records with time, tag and value.")
    return read_lines(text, export, tags)


def _find_message(start: str) -> str:
    """Find what kind of message a text begins as: pi, influx, or empty for none."""
    clean = start.lstrip("\ufeff \r\n")
    if clean.startswith(("#group", "#datatype", "#default")):
        return "influx"
    return "pi" if clean.startswith("{") and re.search(r'"Items"\s*:\s*\[', clean[:4000]) else ""


def _pass_over(rows: Iterable[Row], columns: tuple[str, ...], opened: Opened, export: Export) -> Iterator[Row]:
    """Skip lines that are not rows of the table: comments, units, repeated headers, totals, and lines cut by a power
    loss.

    Raises:
        ElcError: a row has too few or too many cells, or a value without a time.
    """
    width = len(columns)
    times = [columns.index(name) for name in opened.fields.times]
    for number, row in rows:
        if not any(cell.strip("\0 \t\x1a") for cell in row):
            opened.count += any("\0" in cell for cell in row)
            continue
        line = " ".join(row)
        is_comment = export.comment is not None and row[0].startswith(export.comment)
        is_header = tuple(cell.strip().lower() for cell in row[:width]) == tuple(name.lower() for name in columns)
        written = [row[place].strip() for place in times if place < len(row)]
        has_time = any(re.search(r"\d", text) for text in written)
        is_untimed = not has_time and not (width == len(row) and not any(written) and _has_number(row))
        if is_comment or is_header or is_untimed or "\0" in line or row[0].startswith(("#", SIEMENS)):
            opened.skip(line)
        elif len(row) < width or any(cell.strip() for cell in row[width:]):
            raise ElcError(f"has {len(row)} cells in line {number}, expected {width}: {line[:60]!r}. Export it again.")
        else:
            yield number, row


def _has_number(row: list[str]) -> bool:
    return any(re.fullmatch(r"\s*[+-]?\d[\d.,]*\s*", cell) for cell in row)


def _write(path: Path, columns: tuple[str, ...], rows: Iterator[Row], opened: Opened, moments: Moments) -> None:
    fields = opened.fields
    kept = [name for name in columns if name not in fields.clocks]
    schema = pa.schema([(name, pa.string()) for name in kept])
    first = list(islice(rows, CHUNK))
    places = [columns.index(name) for name in (fields.time, *fields.clocks)]
    moments.learn(" ".join(row[place] for place in places) for _, row in first)
    with pq.ParquetWriter(path, schema) as writer:
        every = chain(first, rows)
        while chunk := list(islice(every, CHUNK)):
            cells = dict(zip(columns, zip(*(row[: len(columns)] for _, row in chunk), strict=True), strict=True))
            numbers = [number for number, _ in chunk]
            for name in fields.times:
                if name not in fields.clocks and not is_epoch_name(name):
                    parts = [cells[name], *(cells[clock] for clock in fields.clocks)]
                    cells[name] = tuple(_read_times(numbers, parts, moments, has_empty=bool(fields.items)))
            writer.write_table(pa.table([pa.array(cells[name], pa.string()) for name in kept], schema=schema))


def _read_times(
    numbers: list[int], parts: list[tuple[str, ...]], moments: Moments, *, has_empty: bool
) -> Iterator[str | None]:
    for number, *texts in zip(numbers, *parts, strict=True):
        text = " ".join(one.strip() for one in texts).strip()
        read = moments.read(text)
        if read is None and not (has_empty and not text):
            raise ElcError(
                f"has a time that cannot be read in line {number}: {text!r}. Give its format in export.time_format, "
                "as in %m/%d/%Y %H:%M where the month comes first, or %d/%m/%Y %H:%M."
            )
        yield read
