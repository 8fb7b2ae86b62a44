"""Formulas that give no number although all their parts are there."""

from __future__ import annotations

import numpy as np

from elc.quality.sheet import Doubt, Sheet, build_doubt, build_kind

UNWORKABLE = build_kind("formula")


def find_unworkable(sheet: Sheet) -> Doubt:
    """Find intervals in which a formula gives nothing of what was read."""
    marked = np.zeros(sheet.values.shape, dtype=bool)
    rows = {tag.column: row for row, tag in enumerate(sheet.tags)}
    is_there = ~np.isnan(sheet.values)
    for row, tag in enumerate(sheet.tags):
        if tag.formula:
            marked[row] = is_there[[rows[part] for part in tag.formula.parts]].all(axis=0) & ~is_there[row]
    return build_doubt(UNWORKABLE, marked, is_maskable=True)
