"""Columns made of others: the energy of all, and what formulas of the tag list give, with coverage and traces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from elc.fields import ENERGY, TIME, coverage
from elc.ingest.traces import Traces
from elc.settings import Carrier, TagList


def add_derived(hourly: pd.DataFrame, traces: Traces, tags: TagList) -> tuple[pd.DataFrame, Traces]:
    """Add the columns of formulas to a table of what was read, in the order of the tag list.

    A formula is worked out of the means of its parts. It is missing where one of them is, and as well covered as the
    least; it was read when all were, and has changed when one has.
    """
    derived = [(tag.column, tag.formula) for tag in tags if tag.formula]
    if not derived:
        return hourly, traces
    values: dict[str, Any] = {}
    read = {name: getattr(traces, name).copy() for name in ("low", "high", "readings", "changes")}
    for column, formula in derived:
        parts = list(formula.parts)
        values[column] = formula.build({name: hourly[name].to_numpy(float) for name in parts})
        values[coverage(column)] = hourly[[coverage(name) for name in parts]].min(axis=1)
        for name in ("low", "high"):
            read[name][column] = values[column]
        read["readings"][column] = traces.readings[parts].min(axis=1)
        read["changes"][column] = traces.changes[parts].max(axis=1)
    made = hourly.assign(**values)
    columns = [tag.column for tag in tags]
    mapped = [name for column in columns for name in (column, coverage(column))]
    others = [name for name in hourly.columns if name not in {TIME, ENERGY, *mapped}]
    shown = {name: table[columns] for name, table in read.items()}
    return made[[TIME, *mapped, *others, ENERGY]], replace(traces, **shown)


def mask_derived(checked: pd.DataFrame, tags: TagList) -> pd.DataFrame:
    """Set a formula's column missing where one of its parts has been."""
    masked = {
        tag.column: checked[tag.column].where(checked[list(tag.formula.parts)].notna().all(axis=1))
        for tag in tags
        if tag.formula
    }
    return checked.assign(**masked) if masked else checked


def add_energy(hourly: pd.DataFrame, tags: TagList, carriers: dict[str, Carrier]) -> pd.DataFrame:
    """Add `energy_gj_per_h`, the sum of the energy columns, exports against."""
    total = pd.Series(0.0, index=hourly.index)
    for tag in tags:
        if tag.role == "energy":
            total = total + hourly[tag.column] * (-1.0 if carriers[tag.carrier].is_export else 1.0)
    return hourly.assign(**{ENERGY: total})
