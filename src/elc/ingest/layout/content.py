"""Look into a file: what kind it is by its first bytes, and its rows as text."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from elc.errors import ElcError

START_BYTES = 1 << 20
# First bytes of what is often saved in place of a table, and what is said of it.
MAGIC = (
    (b"PK\x03\x04", "is an Excel workbook or a ZIP archive. Export it as CSV or Parquet, or unpack it."),
    (b"\xd0\xcf\x11\xe0", "is an Excel workbook. Export it as CSV or Parquet."),
    (
        b"Obj\x01",
        "is Avro, as AWS IoT SiteWise writes its cold tier. Turn it into Parquet, as with UNLOAD in Amazon Athena.",
    ),
    (b"\x28\xb5\x2f\xfd", "is compressed as Zstandard. Unpack it, or compress it as gzip."),
    (b"BZh", "is compressed as bzip2. Unpack it, or compress it as gzip."),
    (b"7z\xbc\xaf", "is a 7z archive. Unpack it."),
    (b"%PDF", "is a PDF document. Export a table, as CSV or Parquet."),
    (b"\xfe\xff", "is UTF-16 in reverse byte order. Save it as UTF-8."),
)
GZIP = b"\x1f\x8b"
# What a text that holds no table begins with, and what is said of it.
KINDS = (
    (r"(100|200),\w+,", "is NEM12, interval data of Australian meters. Turn it into CSV, as with nemreader."),
    (
        r"[^\s,;\t]+(,\S+=\S+)* [^\s,=]+=\S+(,\S+=\S+)* \d{10,19}$",
        "is line protocol of InfluxDB. Export annotated CSV, as influx query --raw writes it.",
    ),
    (r"\* ?SQL|-- ?MySQL|INSERT INTO|CREATE TABLE", "is a dump of a database. Export the table as CSV."),
)
TRUNCATED = "is a truncated or damaged gzip file. Export it again."


@dataclass(frozen=True)
class Text:
    """A text file's beginning, how it is encoded and packed."""

    path: Path
    start: str
    encoding: str
    is_gzip: bool

    @contextmanager
    def open(self) -> Iterator[IO[str]]:
        """Open the whole text.

        Raises:
            ElcError: it ends early, or is not in its encoding throughout.
        """
        encoding = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
        try:
            with _open(self.path, self.is_gzip) as file:
                yield io.TextIOWrapper(file, encoding=encoding, newline="")
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise ElcError(TRUNCATED) from None
        except UnicodeDecodeError:
            raise ElcError("is not UTF-8 throughout. Save it as UTF-8.") from None
        except csv.Error as error:
            raise ElcError(f"cannot be read as CSV: {error}. Export it again.") from None


def read_magic(path: Path) -> bytes:
    """Read the first bytes.

    Raises:
        ElcError: the file is empty, or cannot be opened.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(8)
    except OSError as error:
        raise ElcError(f"cannot be opened: {error.strerror}.") from None
    if not magic:
        raise ElcError("is empty. Export it again, or remove it.")
    return magic


def read_text(path: Path, *, has_nul: bool = False) -> Text:
    """Read the beginning of a text file; one that `has_nul` may hold NUL bytes, as a power loss leaves them.

    Raises:
        ElcError: it is not text, or text of a kind that holds no table.
    """
    is_gzip = read_magic(path)[:2] == GZIP
    try:
        with _open(path, is_gzip) as file:
            start = file.read(START_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise ElcError(TRUNCATED) from None
    if is_gzip and start[:4] == b"PAR1":
        raise ElcError("is Parquet inside gzip. Unpack it.")
    _check_magic(start[:64] if has_nul else start)
    encoding, text = _decode(start)
    if not text.strip():
        raise ElcError("is empty. Export it again, or remove it.")
    if "<" in text.lstrip("\ufeff \r\n")[:1] and "naesb.org/espi" in text[:100_000]:
        raise ElcError("is Green Button (ESPI) XML. Turn it into CSV of time and value.")
    if text.lstrip()[:9].lower().startswith(("<!doctype", "<html", "<?xml", "<head", "<body")):
        raise ElcError("is a web page or XML, often a login page saved by a download. Export it again.")
    return Text(path, text, encoding, is_gzip)


def check_kind(line: str) -> None:
    """Check that the first line of a text is not one of a kind that holds no table.

    Raises:
        ElcError: naming the kind.
    """
    for pattern, sentence in KINDS:
        if re.match(pattern, line):
            raise ElcError(sentence)


def _open(path: Path, is_gzip: bool) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if is_gzip else path.open("rb")


def _check_magic(start: bytes) -> None:
    for magic, sentence in MAGIC:
        if start.startswith(magic):
            raise ElcError(sentence)
    if b"\0" in start and not start.startswith(codecs.BOM_UTF16_LE):
        raise ElcError("is not a table: found binary content, expected Parquet, CSV or JSON.")


def _decode(start: bytes) -> tuple[str, str]:
    """Find the encoding: by the mark at the beginning, else UTF-8, else Latin-1, which every byte is."""
    if start.startswith(codecs.BOM_UTF16_LE):
        return "utf-16", start[: len(start) // 2 * 2].decode("utf-16", errors="replace")
    try:
        return "utf-8", codecs.getincrementaldecoder("utf-8-sig")().decode(start, final=False)
    except UnicodeDecodeError:
        # ASSUME: what is not UTF-8 is Latin-1, as Windows wrote it in western Europe.
        return "latin-1", start.decode("latin-1")


def read_rows(text: Text, delimiter: str) -> Iterator[list[str]]:
    """Read the lines of a CSV file after its header, lines without text left out."""
    with text.open() as file:
        lines = csv.reader(file, delimiter=delimiter)
        next(lines)
        yield from filter(None, lines)


def read_records(text: Text, *, is_lines: bool) -> Iterator[dict[str, Any]]:
    """Read the records of a JSON file, numbers as they are written.

    Raises:
        ElcError: a line is not a JSON object.
    """
    with text.open() as file:
        if is_lines:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _parse(line, f"line {number} ")
        else:
            content = _parse_any(file.read(), "")
            for record in content if isinstance(content, list) else [content]:
                yield _check_record(record, "")


def _parse(line: str, where: str) -> dict[str, Any]:
    return _check_record(_parse_any(line, where), where)


def _parse_any(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise ElcError(f"{where}is damaged JSON: {error.msg} at character {error.pos}. Export it again.") from None


def _check_record(record: Any, where: str) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise ElcError(
            f"{where}holds no record: found {str(record)[:40]!r}, expected an object with time, tag and value."
        )
    return record
