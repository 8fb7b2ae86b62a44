"""The rows of a request as numbers: every field that is wrong is named, with what was found and what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from elc.errors import ElcError
from elc.fields import LARGEST, read_unit
from elc.service.problems import Fault, ProblemError
from elc.units import read_conversion

Array = NDArray[np.float64]
MAX_FAULTS = 20
SHOWN = 40  # letters of a value
SMALL_BYTES = 20_000  # of a body that can hold little, whatever it is
MOST_LISTS, MOST_COLUMNS = 64, 100  # ASSUME: brackets besides those of rows, and columns of a model, are fewer
KEYS = ("rows", "units")
NUMBERS = (float, int)


@dataclass(frozen=True)
class AskedRows:
    """What a request asks for: rows as columns of numbers, in the units of the columns.

    `columns` are those that all rows have. `values` (rows, columns) are finite.
    """

    columns: tuple[str, ...]
    values: Array

    def pick(self, columns: Sequence[str]) -> NDArray[np.float32]:
        """Pick columns (rows, columns) as the networks read them."""
        if tuple(columns) == self.columns:
            return self.values.astype(np.float32)
        places = [self.columns.index(column) for column in columns]
        return self.values[:, places].astype(np.float32)


def parse_json(body: bytes, *, max_rows: int) -> Any:
    """Read a body as JSON, which takes many times its own room: so its parts are counted first.

    Raises:
        ProblemError: 400, with the place; 413 for more parts than so many rows can have.
    """
    most = {b"[": max_rows + MOST_LISTS, b"{": max_rows + MOST_LISTS, b",": max_rows * MOST_COLUMNS}
    if len(body) > SMALL_BYTES and any(body.count(sign) > count for sign, count in most.items()):
        raise ProblemError(
            413, f"The body has more values than {max_rows:,} rows can have. Split it into several requests."
        )
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ProblemError(
            400, f"The body is not valid JSON: {error.msg} at {where}. NaN and Infinity are not allowed."
        ) from None


def read_rows(
    content: Any,
    *,
    needed: Sequence[str],
    optional: Sequence[str],
    fill: Callable[[], Mapping[str, float]],
    max_rows: int,
) -> AskedRows:
    """Read `{"rows": [{column: number}], "units": {column: unit}}`.

    Args:
        content: of the body.
        needed: columns that every row must have, unless `fill` gives them.
        optional: columns that all rows may have, or none.
        fill: gives values of columns that may be left out; called where one is.
        max_rows: of one request.

    Raises:
        ProblemError: 413 for too many rows, 422 for anything else, with up to 20 fields.
    """
    rows, units = _read_parts(content, max_rows)
    filled = {} if all(column in rows[0] for column in needed) else fill()
    columns = _find_columns(rows[0], needed, optional, filled)
    values = _read_fast(rows, columns)
    if values is None:
        _raise_faults(_find_faults(rows, columns, [*needed, *optional]))
    found = AskedRows(columns, values)  # type: ignore[arg-type]
    found = _convert(found, units, {*needed, *optional})
    return _fill(found, [column for column in needed if column not in columns], filled)


def _read_parts(content: Any, max_rows: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    if not isinstance(content, dict):
        raise _refuse("", content, 'an object: {"rows": [{...}]}')
    strange = [name for name in content if name not in KEYS]
    if strange:
        raise _refuse(f"/{strange[0][:SHOWN]}", strange[0], "rows, and units where they differ")
    rows, units = content.get("rows"), content.get("units") or {}
    if not isinstance(rows, list) or not rows:
        raise _refuse("/rows", rows, "a list of at least one row")
    if len(rows) > max_rows:
        raise ProblemError(
            413, f"The request has {len(rows):,} rows; {max_rows:,} are allowed. Split it into several requests."
        )
    if not isinstance(units, dict):
        raise _refuse("/units", units, "an object of columns and units")
    if not isinstance(rows[0], dict):
        raise _refuse("/rows/0", rows[0], "an object of columns and numbers")
    return rows, units


def _find_columns(
    first: Mapping[str, Any], needed: Sequence[str], optional: Sequence[str], filled: Mapping[str, float]
) -> tuple[str, ...]:
    """Find the columns that all rows must have: those of the first, in the order of the version."""
    wanted = [column for column in needed if column in first or column not in filled]
    return (*wanted, *(column for column in optional if column in first))


def _read_fast(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Array | None:
    """Read rows that are as they should be; None where one is not."""
    found = []
    for row in rows:
        if type(row) is not dict or len(row) != len(columns):
            return None
        try:
            values = [row[column] for column in columns]
        except KeyError:
            return None
        for value in values:
            if type(value) not in NUMBERS or not -LARGEST < value < LARGEST:
                return None
        found.append(values)
    return np.array(found, np.float64)


def _find_faults(rows: list[Any], columns: tuple[str, ...], valid: Sequence[str]) -> Iterator[Fault]:
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            yield Fault(f"/rows/{index}", _show(row), "an object of columns and numbers")
            continue
        for column in columns:
            if column not in row:
                yield Fault(f"/rows/{index}/{column}", "nothing", _expect(column))
        for name, value in row.items():
            where = f"/rows/{index}/{name[:SHOWN]}"
            if name not in valid:
                yield Fault(where, "a column that the model does not know", _name_nearest(name, valid))
            elif name not in columns:
                yield Fault(where, "a column that the first row does not have", "the same columns in each row")
            elif type(value) not in NUMBERS or not abs(value) < LARGEST:
                yield Fault(where, _show(value), f"{_expect(name)}, below 1e15")


def _name_nearest(name: str, valid: Sequence[str]) -> str:
    nearest = get_close_matches(name[:SHOWN], valid, 1)
    return f"{nearest[0]}?" if nearest else f"one of {', '.join(valid)}"


def _expect(column: str) -> str:
    return f"a number in {read_unit(column).sign}" if read_unit(column).sign else "a number"


def _show(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"the text {value[:SHOWN]!r}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:SHOWN] if isinstance(value, NUMBERS) else f"a {'list' if isinstance(value, list) else 'object'}"


def _raise_faults(faults: Iterator[Fault]) -> None:
    listed = [fault for fault, _ in zip(faults, range(MAX_FAULTS + 1), strict=False)]
    shown = listed[:MAX_FAULTS]
    more = ", and more" if len(listed) > MAX_FAULTS else ""
    raise ProblemError(422, f"{len(shown)} field{'s are' if len(shown) > 1 else ' is'} not as expected{more}.", shown)


def _refuse(field: str, found: Any, expected: str) -> ProblemError:
    return ProblemError(422, "1 field is not as expected.", [Fault(field, _show(found), expected)])


def _convert(rows: AskedRows, units: Mapping[str, Any], known: set[str]) -> AskedRows:
    """Convert columns that were sent in other units."""
    if not units:
        return rows
    values = rows.values.copy()
    for column, unit in units.items():
        where = f"/units/{str(column)[:SHOWN]}"
        if column not in known:
            raise _refuse(where, column, _name_nearest(str(column), sorted(known)))
        if not isinstance(unit, str) or len(unit) > SHOWN:
            raise _refuse(where, unit, "a unit as text, as in degF")
        if column not in rows.columns:
            raise _refuse(where, column, "a column of the rows")
        try:
            factor, offset = read_conversion(unit, read_unit(column).expression)
        except ElcError:
            sign = read_unit(column).sign or "-"
            raise _refuse(where, unit, f"{sign}, or a unit that can be converted to it") from None
        values[:, rows.columns.index(column)] = values[:, rows.columns.index(column)] * factor + offset
    if not (np.abs(values) < LARGEST).all():
        raise ProblemError(422, "A value is 1e15 or more after conversion. Check units.")
    return AskedRows(rows.columns, values)


def _fill(rows: AskedRows, missing: Sequence[str], filled: Mapping[str, float]) -> AskedRows:
    if not missing:
        return rows
    values = np.column_stack([rows.values, *(np.full(len(rows.values), filled[column]) for column in missing)])
    return AskedRows((*rows.columns, *missing), values)
