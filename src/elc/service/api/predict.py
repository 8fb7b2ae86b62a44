"""The answer to a prediction: what the curve, and where all set-points are given the response, say of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elc.fields import AGE, IS_OUTSIDE
from elc.service.problems import Fault, ProblemError
from elc.service.rows import AskedRows, read_rows
from elc.service.versions import Loaded, Scored

# What the curve says (see `curve.OUTPUTS`), and what the response expects, as the interface names it.
ANSWERS = ("best_gj_per_h", "typical_gj_per_h", "high_gj_per_h", "best_low_gj_per_h", "best_high_gj_per_h")
EXPECTED = "expected_gj_per_h"
Table = dict[str, NDArray[np.float64] | NDArray[np.bool_]]


def ask(loaded: Loaded, content: Any, *, needed: Sequence[str], optional: Sequence[str], max_rows: int) -> AskedRows:
    """Read the rows that a version is asked about; the age since a turnaround may be left out of rows about now.

    Raises:
        ProblemError: they are not as expected.
    """
    fill = partial(build_filled, loaded)
    asked = read_rows(content, needed=needed, optional=optional, fill=fill, max_rows=max_rows)
    given = [column for column in optional if column in asked.columns]
    missing = [column for column in optional if column not in asked.columns]
    if given and missing:
        raise ProblemError(
            422,
            "The rows give some set-points but not others: give all of them, or none.",
            [Fault(f"/rows/0/{column}", "nothing", "all set-points, or none") for column in missing],
        )
    return asked


def build_filled(loaded: Loaded) -> dict[str, float]:
    """What a row about now may leave out: the age since the last turnaround."""
    age = loaded.settings.plant.find_age(datetime.now(UTC)) if loaded.is_aged else None
    return {} if age is None else {AGE: age}


def build_prediction(loaded: Loaded, asked: AskedRows, scored: Scored) -> dict[str, Any]:
    """Build the answer to a prediction, as JSON says it.

    Raises:
        ScoreError: the response has no finite answer.
    """
    rows: list[dict[str, Any]] = [dict(zip(ANSWERS, row, strict=True)) for row in scored.energy.tolist()]
    for row, is_outside in zip(rows, scored.is_outside.tolist(), strict=True):
        row[IS_OUTSIDE] = is_outside
    if _has_setpoints(loaded, asked):
        for row, expected in zip(rows, _expect(loaded, asked).tolist(), strict=True):
            row[EXPECTED] = expected
    return {**describe(loaded), "rows": rows}


def build_table(loaded: Loaded, asked: AskedRows, scored: Scored) -> Table:
    """Build the same answer as columns, each (rows,).

    Raises:
        ScoreError: the response has no finite answer.
    """
    table: Table = dict(zip(ANSWERS, scored.energy.T, strict=True))
    table[IS_OUTSIDE] = scored.is_outside
    return table | {EXPECTED: _expect(loaded, asked)} if _has_setpoints(loaded, asked) else table


def _has_setpoints(loaded: Loaded, asked: AskedRows) -> bool:
    """Whether the rows give all set-points, and not features alone."""
    return len(asked.columns) > len(loaded.features)


def _expect(loaded: Loaded, asked: AskedRows) -> NDArray[np.float64]:
    return loaded.score_response(asked.pick((*loaded.features, *loaded.setpoints)))


def describe(loaded: Loaded) -> dict[str, str]:
    """Name which version answers."""
    return {"plant": loaded.plant, "version": loaded.version, "environment": loaded.environment}
