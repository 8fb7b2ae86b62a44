"""Units that an export writes beside its readings, held against those of the tag list."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from elc.errors import ElcError
from elc.ingest.cells import read_cells
from elc.ingest.engine import Engine
from elc.ingest.files import FileDoubt
from elc.ingest.layout import Layout
from elc.settings import Export, Tag, TagList
from elc.settings.tag_units import read_scale
from elc.units import is_unit


def check_units(
    engine: Engine, layout: Layout, path: Path, export: Export, tags: TagList
) -> tuple[list[str], list[FileDoubt]]:
    """Check what a file says of the units of listed tags: contradictions, and units that are not understood.

    It says so in a column, or behind each number.

    The unit of a tag that has a factor or an offset of its own is that after these, so it is held against nothing.
    """
    if layout.nest or not (layout.fields.unit or layout.meaning.units):
        return [], []
    place = f"column {layout.fields.unit}" if layout.fields.unit else "the text behind the numbers"
    faults, doubts = [], []
    listed = {tag.tag: tag for tag in tags if tag.unit}
    for name, text, count in _read_units(engine, layout, path, export, list(listed)):
        tag = listed[name]
        if not is_unit(text):
            doubts.append(FileDoubt("unknown_unit", name, count, repr(text[:40])))
        elif not _is_same(text, tag):
            faults.append(
                f"{path.name}: {place} says {text} for {count:,} readings of tag {name}, the tag "
                f"list says {tag.unit}. Write the unit of the readings in the tag list, and export readings of one "
                "unit; or remove what is wrong."
            )
    return faults, doubts


def read_units(engine: Engine, layout: Layout, path: Path, export: Export, tags: Sequence[str]) -> dict[str, str]:
    """Read the unit that a file names for each tag, the most frequent first; empty where it names none."""
    if layout.nest or not (layout.fields.unit or layout.meaning.units):
        return {}
    found = sorted(_read_units(engine, layout, path, export, tags), key=lambda row: row[2])
    return {name: text for name, text, _ in found}


def _read_units(
    engine: Engine, layout: Layout, path: Path, export: Export, tags: Sequence[str]
) -> Iterator[tuple[str, str, int]]:
    kept = [layout.fields.unit] if layout.fields.unit else []
    cells = read_cells(engine, layout, [path], export, kept=kept)
    written = cells[f"kept {layout.fields.unit}"].strip().nullif("") if kept else cells.unit_text
    rows = cells.mutate(unit=written).filter(cells.tag.isin(tags) & written.notnull())
    found = engine.execute(rows.group_by(["tag", "unit"]).aggregate(readings=rows.count()))
    found = found.sort_values(["tag", "unit"])
    yield from zip(found["tag"].astype(str), found["unit"].astype(str), map(int, found["readings"]), strict=True)


def _is_same(unit: str, tag: Tag) -> bool:
    if tag.amount_h is not None and tag.unit.startswith(f"{unit}/"):
        return True  # kWh of what the tag list calls kWh/15min
    try:
        said, listed = read_scale(unit, tag.column), read_scale(tag.unit, tag.column)
    except ElcError:
        return False  # of another dimension
    is_alike = (said.is_totaliser, said.amount_h) == (listed.is_totaliser, listed.amount_h)
    is_alike &= math.isclose(said.factor, listed.factor)
    return is_alike and math.isclose(said.offset, listed.offset, abs_tol=1e-9)
