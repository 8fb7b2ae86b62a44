"""Rows as CSV (RFC 4180): the same columns as in JSON, and the answer likewise.

The first line names the columns. Values that lie in another order than is thought would be taken without a word, and
the order of a version's card may be another in the next. So a body without names is taken only from who says so by
`header=absent`, and then must have all columns that the version needs, or these and all set-points.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

from elc.service.api.columns import build_rows
from elc.service.api.predict import Table
from elc.service.problems import Fault, ProblemError
from elc.service.rows import MOST_COLUMNS

NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*", re.ASCII)
WHERE = ("/header", "/rows")
UNREADABLE = "The body is not CSV in UTF-8: {what}."
TOO_MANY = "The request has more lines or values than {max_rows:,} rows can have. Split it into several requests."
NO_NAMES = "The first line holds numbers where the names of the columns are expected."
NAMES = "a line of names; or Content-Type: text/csv; header=absent, with values in the order of the card: {order}"
NO_ROW = "The body has no row of values."
NO_COUNT = "The values of a line without names are not as many as the columns of the version in use."


def parse_csv(
    body: bytes, *, has_header: bool, features: Sequence[str], setpoints: Sequence[str], max_rows: int
) -> dict[str, Any]:
    """Read CSV as the content of a JSON request; a cell that is not a number stays a text, and is refused later.

    Args:
        body: of the request.
        has_header: whether the first line names the columns; else they are `features`, or these and `setpoints`.
        features: of the version, in the order of its card.
        setpoints: likewise.
        max_rows: of one request.

    Raises:
        ProblemError: 400 for what is not CSV, 413 for too many rows, 422 for columns that are not as expected.
    """
    lines, both = _read_lines(body, max_rows), [*features, *setpoints]
    if has_header:
        names, lines = _read_names(lines, features), lines[1:]
    else:
        names = _choose_names(lines, features, both)
    if not lines:
        raise ProblemError(422, NO_ROW, [Fault("/rows", "nothing", "a line of values")])
    values = [[float(cell) if NUMBER.fullmatch(cell) else cell for cell in line] for line in lines]
    return {"rows": build_rows(names, values, known=both, where=WHERE)}


def _read_names(lines: list[list[str]], features: Sequence[str]) -> list[str]:
    names = [name.strip() for name in lines[0]] if lines else []
    if names and all(NUMBER.fullmatch(name) for name in names):
        expected = NAMES.format(order=", ".join(features))
        raise ProblemError(422, NO_NAMES, [Fault("/header", "numbers", expected)])
    return names


def _choose_names(lines: list[list[str]], features: Sequence[str], both: list[str]) -> list[str]:
    """Choose the names of columns by how many there are: the features, or these and all set-points."""
    count = len(lines[0]) if lines else len(features)
    if count not in (len(features), len(both)):
        expected = f"{len(features)} values ({', '.join(features)}), or {len(both)} with all set-points"
        raise ProblemError(422, NO_COUNT, [Fault("/rows/0", f"{count} values", expected)])
    return both if count == len(both) else list(features)


def _read_lines(body: bytes, max_rows: int) -> list[list[str]]:
    if body.count(b",") > max_rows * MOST_COLUMNS:
        raise ProblemError(413, TOO_MANY.format(max_rows=max_rows))
    try:
        text = body.decode("utf-8-sig").rstrip("\r\n")
        lines = list(islice(csv.reader(io.StringIO(text, newline=""), strict=True), max_rows + 2))
    except UnicodeDecodeError as error:
        raise ProblemError(400, UNREADABLE.format(what=f"byte {error.start} is not UTF-8")) from None
    except csv.Error as error:
        raise ProblemError(400, UNREADABLE.format(what=error)) from None
    if len(lines) > max_rows + 1:
        raise ProblemError(413, TOO_MANY.format(max_rows=max_rows))
    return lines


def write_csv(table: Table, *, has_header: bool) -> bytes:
    """Write an answer as CSV, a line for each row."""
    written = [[str(value).lower() for value in values.tolist()] for values in table.values()]
    lines = [",".join(table)] if has_header else []
    lines += [",".join(row) for row in zip(*written, strict=True)]
    return ("\n".join(lines) + "\n").encode()
