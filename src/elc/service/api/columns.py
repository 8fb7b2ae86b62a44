"""Rows that come as a table: names of columns once, and values in their order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any

from elc.service.problems import Fault, ProblemError
from elc.service.rows import MAX_FAULTS, SHOWN

SOME = "The table is not as expected."


def build_rows(
    names: Sequence[Any], lines: Iterable[Any], *, known: Collection[str], where: tuple[str, str]
) -> list[dict[str, Any]]:
    """Build rows by the names of their columns.

    Args:
        names: of the columns.
        lines: a list of values for each row.
        known: the names that there may be.
        where: what names and lines are called in faults, as in /header and /rows.

    Raises:
        ProblemError: 422, a name is unknown or stands twice, or a line has another number of values.
    """
    _refuse(_find_odd_names(names, known, where[0]))
    rows, faults = [], []
    for index, line in enumerate(lines):
        if isinstance(line, list) and len(line) == len(names):
            rows.append(dict(zip(names, line, strict=True)))
        else:
            found = f"{len(line)} values" if isinstance(line, list) else "no list"
            faults.append(Fault(f"{where[1]}/{index}", found, f"{len(names)} values, one for each column"))
    _refuse(faults)
    return rows


def _find_odd_names(names: Sequence[Any], known: Collection[str], where: str) -> Iterable[Fault]:
    for index, name in enumerate(names):
        if name not in known:
            yield Fault(f"{where}/{index}", str(name)[:SHOWN], f"one of {', '.join(known)}")
        elif name in names[:index]:
            yield Fault(f"{where}/{index}", f"{name} again", "each column once")


def _refuse(faults: Iterable[Fault]) -> None:
    shown = list(islice(faults, MAX_FAULTS))
    if shown:
        raise ProblemError(422, SOME, shown)
