"""The rows of a workbook of Excel or LibreOffice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

import python_calamine

from elc.errors import ElcError
from elc.ingest.layout.columns import check_names, find_fields
from elc.ingest.layout.text import name_columns
from elc.settings import Export, TagList

HEAD = 60  # rows in which the header is looked for
Row = tuple[int, list[str]]


def read_book(path: Path, export: Export, tags: TagList) -> tuple[tuple[str, ...], Iterator[Row], list[str]]:
    """Find the sheet and the header of a workbook, and read what follows.

    Returns:
        its columns; the rows beneath with their numbers; and the rows above that are passed over.

    Raises:
        ElcError: it is damaged, or none or several of its sheets have a header.
    """
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        names = [export.sheet] if export.sheet is not None else book.sheet_names
        if missing := set(names) - set(book.sheet_names):
            raise ElcError(f"has no sheet {missing.pop()} (export.sheet); found {', '.join(book.sheet_names)}.")
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
    except (python_calamine.CalamineError, OSError) as error:
        raise ElcError(
            f"is a ZIP archive or a damaged Excel workbook ({error}). Unpack it, or save it again."
        ) from None
    places = {name: place for name, rows in sheets.items() if (place := _find_header(rows, export, tags)) is not None}
    if len(places) != 1:
        which = f"several sheets with a table: {', '.join(places)}" if places else "no sheet with a header: found "
        which += "" if places else ", ".join(names)
        raise ElcError(
            f"is a workbook with {which}. Name the one in export.sheet, and its columns in export.time_column, "
            "tag_column and value_column."
        )
    ((name, place),) = places.items()
    rows = [[_write(cell) for cell in row] for row in sheets[name]]
    above = [" ".join(filter(None, row)) for row in rows[:place] if any(row)]
    return name_columns(rows[place]), ((place + 2 + number, row) for number, row in enumerate(rows[place + 1 :])), above


def _find_header(rows: Sequence[Sequence[object]], export: Export, tags: TagList) -> int | None:
    for place, row in enumerate(islice(rows, HEAD)):
        columns = name_columns([_write(cell) for cell in row])
        try:
            check_names(columns)
            find_fields(columns, export, tags)
        except ElcError:
            continue
        if len(columns) > 1 and export.skip_rows in (None, place):
            return place
    return None


def _write(cell: object) -> str:
    """Write a cell as text; days and numbers as they are, not as they are shown."""
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).upper()
        case datetime():
            return (cell + timedelta(milliseconds=0.5)).replace(microsecond=0).isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case float():
            return repr(cell)
        case _:
            return str(cell).strip()
