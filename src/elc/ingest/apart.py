"""Whether another column of a file tells several values of one tag and moment apart: a unit, a device, an aggregate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from elc.ingest.cells import read_cells
from elc.ingest.engine import Engine
from elc.ingest.layout import Layout
from elc.ingest.series import SAME_FRAC
from elc.settings import Export

MOST_KINDS = 50  # ASSUME: a column with more different values than this, such as a number of each row, tells nothing
SHOWN = 5
MOMENT = ["tag", "time"]


def has_conflict(readings: pd.DataFrame) -> bool:
    """Tell whether good readings (time, tag, value, quality) have several values for a tag and moment."""
    return not _find_doubled(readings[readings["quality"] == "GOOD"], MOMENT).empty


def _find_doubled(readings: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    ends = readings.groupby(list(keys), observed=True)["value"].agg(["min", "max"])
    return ends[(ends["max"] - ends["min"]) > SAME_FRAC * ends.abs().max(axis=1)]


def find_apart(engine: Engine, layout: Layout, path: Path, export: Export, tags: Sequence[str]) -> list[str]:
    """Find the columns that tell the values of one moment apart: a sentence for each."""
    named = (layout.fields.time, *layout.fields.names)
    others = [name for name in layout.columns if name not in named]
    if not others or layout.nest or layout.kind == "json":
        return []
    cells = read_cells(engine, layout, [path], export, kept=others)
    readings = engine.execute(cells.filter(cells.tag.isin(list(tags)) & cells.number.notnull()))
    readings = readings.rename(columns={"number": "value"})
    doubled = _find_doubled(readings, MOMENT)
    if doubled.empty:
        return []
    tag, moment = doubled.index[0]
    example = f"{tag} has {doubled['min'].iloc[0]:g} and {doubled['max'].iloc[0]:g} at {moment:%Y-%m-%d %H:%M}"
    return [
        f"{path.name}: several values of one tag at one moment, as {example}; column {name} tells them apart: "
        f"{_show(kinds)}. Export one of them, or each as a tag of its own; or set export.conflicts to last, first or "
        "mean."
        for name in others
        if 1 < len(kinds := readings[f"kept {name}"].fillna("").unique()) <= MOST_KINDS
        and _find_doubled(readings, [*MOMENT, f"kept {name}"]).empty
    ]


def _show(kinds: Iterable[str]) -> str:
    names = sorted(map(str, kinds))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
