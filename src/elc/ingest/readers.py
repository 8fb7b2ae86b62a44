"""Read files of an export, of one layout at a time, as readings: expressions that any engine runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ibis.expr.types as ir

from elc.fields import LARGEST
from elc.ingest.cells import read_cells
from elc.ingest.doubts import find_doubts, find_time_faults, is_empty, is_marker
from elc.ingest.engine import Engine
from elc.ingest.layout import Layout
from elc.settings import Export, TagList

__all__ = ["find_doubts", "find_time_faults", "read_readings"]


def read_readings(engine: Engine, layout: Layout, paths: Sequence[Path], export: Export, tags: TagList) -> ir.Table:
    """Read files of one layout as readings of the listed tags.

    Returns:
        time (of the export's zone, or UTC where `is_utc`), is_utc, tag, value (null unless a number below 1e15 that
        stands for itself) and quality (GOOD, UNCERTAIN or BAD; BAD without a value), as an expression; and row, where
        the first or the last of several values at one moment wins.
    """
    cells = read_cells(engine, layout, paths, export)
    numbered = {"row": engine.number_rows()} if export.conflicts in ("first", "last") else {}
    cells = cells.mutate(**numbered) if numbered else cells
    cells = cells.filter(cells.tag.isin([tag.tag for tag in tags]))
    if export.empty_cells == "held" and layout.fields.is_wide:
        cells = cells.filter(~is_empty(cells))
    is_number = cells.number.abs() < LARGEST  # neither null nor NaN is
    if export.no_data:
        is_number &= ~is_marker(cells.number, export.no_data)
    return cells.select(
        "time",
        "is_utc",
        "tag",
        value=is_number.ifelse(cells.number, None),
        quality=is_number.ifelse(cells.quality, "BAD"),
        **{name: cells[name] for name in numbered},
    )
