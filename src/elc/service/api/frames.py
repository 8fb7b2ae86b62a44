"""Rows as MLflow's clients send them in JSON: a table, or a list of objects."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from elc.service.api.columns import build_rows
from elc.service.problems import Fault, ProblemError

SPLIT, RECORDS, INSTANCES = "dataframe_split", "dataframe_records", "instances"
ROWS, PREDICTIONS = "rows", "predictions"  # where the rows of an answer stand, to our form and to MLflow's
PARTS = ("columns", "data", "index")  # of a table; pandas writes the index too, which says nothing of a plant


def read_frame(content: Any, *, known: Collection[str]) -> tuple[Any, str]:
    """Read the content of a body of either form: give it in ours, and where the rows of its answer stand.

    Values need the names of their columns: `instances` that are lists of numbers have none, and are refused.

    Raises:
        ProblemError: 422, a table is not as expected.
    """
    if not isinstance(content, dict) or ROWS in content:
        return content, ROWS
    forms = [name for name in (SPLIT, RECORDS, INSTANCES) if name in content]
    if len(forms) != 1:
        return content, ROWS
    rest = {name: value for name, value in content.items() if name != forms[0]}
    rows = _read_split(content[SPLIT], known) if forms == [SPLIT] else content[forms[0]]
    return {**rest, ROWS: rows}, PREDICTIONS


def _read_split(table: Any, known: Collection[str]) -> list[dict[str, Any]]:
    if not isinstance(table, dict) or not set(table) <= set(PARTS):
        raise _build_fault("", "something else", "an object of columns and data")
    for part in PARTS[:2]:
        if not isinstance(table.get(part), list):
            raise _build_fault(f"/{part}", "no list" if part in table else "nothing", "a list")
    return build_rows(table["columns"], table["data"], known=known, where=(f"/{SPLIT}/columns", f"/{SPLIT}/data"))


def _build_fault(place: str, found: str, expected: str) -> ProblemError:
    return ProblemError(422, "1 field is not as expected.", [Fault(f"/{SPLIT}{place}", found, expected)])
