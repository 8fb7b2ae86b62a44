"""The rows of text files, whatever their line ends, with what stands before the table left in."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice

from elc.errors import ElcError
from elc.ingest.layout.columns import check_names, find_fields
from elc.ingest.layout.content import Text
from elc.ingest.layout.text import split_header
from elc.settings import Export, TagList

DELIMITERS = (",", ";", "\t", "|")
HEAD = 60  # lines in which the header is looked for

Row = tuple[int, list[str]]


def read_lines(text: Text, export: Export, tags: TagList) -> tuple[tuple[str, ...], Iterator[Row], list[str]]:
    """Find the header of a text file, and read what follows.

    Returns:
        its columns; the rows beneath with their line numbers; and the lines above that are passed over.

    Raises:
        ElcError: no line of its beginning is a header.
    """
    with text.open() as file:
        start = list(islice(_clean(file.read(1 << 20)).splitlines(), HEAD))
    delimiter, number = _find_header(start, export, tags)
    above = [line for line in start[:number] if line.strip("\0 \t\ufeff,;")]
    columns = split_header(start[number], delimiter)
    return columns, _read_rows(text, delimiter, number + 1), above


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _find_header(start: list[str], export: Export, tags: TagList) -> tuple[str, int]:
    """Find the delimiter and the place of the first line that has the columns of a table."""
    said = start[0].strip("\ufeff ").lower() if start else ""
    delimiters = (said[4:5],) if said.startswith("sep=") and len(said) == 5 else DELIMITERS
    places = range(len(start)) if export.skip_rows is None else range(export.skip_rows, export.skip_rows + 1)
    for number in places:
        if number < len(start) and not (export.comment and start[number].startswith(export.comment)):
            for delimiter in delimiters:
                if _is_header(start[number], delimiter, export, tags):
                    return delimiter, number
    raise ElcError(
        f"is not a table: none of its first {len(start)} lines is a header with a time and the tags of the list. Name "
        "its columns in export.time_column, tag_column and value_column, or set export.skip_rows to the number of "
        "rows above it."
    )


def _is_header(line: str, delimiter: str, export: Export, tags: TagList) -> bool:
    try:
        columns = split_header(line, delimiter)
        check_names(columns)
        find_fields(columns, export, tags)
    except (ElcError, csv.Error):
        return False
    return len(columns) > 1


def _read_rows(text: Text, delimiter: str, skipped: int) -> Iterator[Row]:
    with text.open() as file:
        lines = (_clean(line) for line in file)
        whole = (part + "\n" for line in lines for part in line.split("\n")[: -1 if line.endswith("\n") else None])
        reader = csv.reader(islice(whole, skipped, None), delimiter=delimiter)
        for row in reader:
            yield skipped + reader.line_num, row
