"""The answer to a prediction: what the curve, and where all set-points are given the response, say of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elc.fields import AGE, IS_OUTSIDE
from elc.service.problems import Fault, ProblemError
from elc.service.rows import Asked, read_rows
from elc.service.versions import Loaded

# What the curve says (see `curve.OUTPUTS`), and what the response expects, as the interface names it.
ANSWERS = ("best_gj_per_h", "typical_gj_per_h", "high_gj_per_h", "best_low_gj_per_h", "best_high_gj_per_h")
EXPECTED = "expected_gj_per_h"
Inputs = NDArray[np.float32]
Table = dict[str, NDArray[np.float64] | NDArray[np.bool_]]


def ask(loaded: Loaded, content: Any, *, needed: Sequence[str], optional: Sequence[str], max_rows: int) -> Asked:
    """Read the rows that a version is asked about; the age since a turnaround may be left out of rows about now.

    Raises:
        ProblemError: they are not as expected.
    """
    filled = build_filled(loaded) if AGE in needed else {}
    asked = read_rows(content, needed=needed, optional=optional, filled=filled, max_rows=max_rows)
    given = [column for column in optional if column in asked.columns]
    missing = [column for column in optional if column not in asked.columns]
    if given and missing:
        raise ProblemError(
            422,
            "The rows give some set-points and not others: give all of them, or none.",
            [Fault(f"/rows/0/{column}", "nothing", "all set-points, or none") for column in missing],
        )
    return asked


def build_filled(loaded: Loaded) -> dict[str, float]:
    """What a row about now may leave out: the age since the last turnaround."""
    age = loaded.settings.plant.find_age(datetime.now(UTC)) if loaded.is_aged else None
    return {} if age is None else {AGE: age}


def predict(loaded: Loaded, asked: Asked) -> tuple[Table, Inputs]:
    """Predict the columns of an answer, each (rows,), and give the feature rows (rows, features).

    Raises:
        ScoreError: the version has no finite answer.
    """
    inputs = asked.pick(loaded.features)
    energy, is_outside = loaded.score(inputs)
    table: Table = dict(zip(ANSWERS, energy.T, strict=True))
    table[IS_OUTSIDE] = is_outside
    if loaded.setpoints and set(loaded.setpoints) <= set(asked.columns):
        table[EXPECTED] = loaded.score_response(asked.pick((*loaded.features, *loaded.setpoints)))
    return table, inputs


def describe(loaded: Loaded) -> dict[str, str]:
    """Say which version answers."""
    return {"plant": loaded.plant, "version": loaded.version, "environment": loaded.environment}


def build_prediction(loaded: Loaded, asked: Asked) -> tuple[dict[str, Any], Inputs]:
    """Build the answer to a prediction, as JSON says it."""
    table, inputs = predict(loaded, asked)
    names, columns = list(table), [column.tolist() for column in table.values()]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return describe(loaded) | {"rows": rows}, inputs
