"""Read files of one layout as cells: what was written, beside what was made of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir

from elc.ingest.engine import Engine
from elc.ingest.layout import Layout
from elc.ingest.layout.evidence import WITH_UNIT
from elc.ingest.nests import build_schema, open_nest
from elc.ingest.qualities import FLAG_WORDS, build_quality
from elc.ingest.times import build_time
from elc.settings import Export

WIDE_TAG, WIDE_VALUE, WIDE_QUALITY, WIDE_HAS_QUALITY = "wide_tag", "wide_value", "wide_quality", "wide_has_quality"


def read_cells(
    engine: Engine, layout: Layout, paths: Sequence[Path], export: Export, *, kept: Sequence[str] = ()
) -> ir.Table:
    """Read files of one layout with what was written beside what was made of it.

    Args:
        kept: columns that are kept as text, each under its name after "kept ".

    Returns:
        time (timestamp(6), null where it cannot be read), is_utc, time_text; tag; number (null where there is none) and
        number_text; unit_text, null without a unit behind the number; quality, is_known (the quality) and quality_text.
    """
    table = open_nest(read_table(engine, layout, paths), layout.nest)
    if layout.fields.is_wide:
        is_apart = bool(layout.fields.items)
        table = _open_items(table, layout, kept) if is_apart else _turn_long(table, layout, kept)
    time = _pick_time(table, layout)
    nanos = _pick(table, layout.fields.nanos) if layout.fields.nanos else None
    moment, is_utc = build_time(engine, layout, time, nanos, export)
    values = {name: _pick(table, name) for name in _value_names(layout)}
    parts = {name: _part_unit(layout, value) for name, value in values.items()}
    quality, is_known, quality_text = _build_quality(table, layout, export)
    return table.select(
        time=moment.cast("timestamp(6)"),
        is_utc=is_utc,
        time_text=time.cast("string"),
        tag=_build_tag(table, layout),
        number=_find_first([_build_number(engine, layout, number, name) for name, (number, _) in parts.items()]),
        number_text=_find_first([value.cast("string") for value in values.values()]),
        unit_text=_find_first([unit for _, unit in parts.values()]),
        quality=quality,
        is_known=is_known,
        quality_text=quality_text,
        **{f"kept {name}": table[name].cast("string") for name in kept},
    )


def read_table(engine: Engine, layout: Layout, paths: Sequence[Path]) -> ir.Table:
    """Read files of one layout as they are."""
    if layout.kind == "parquet":
        return engine.read_parquet(paths)
    if layout.kind == "json":
        return engine.read_json(paths, schema=build_schema(layout), is_lines=layout.is_lines, is_gzip=layout.is_gzip)
    return engine.read_csv(
        paths,
        columns=layout.columns,
        delimiter=layout.delimiter,
        encoding=layout.encoding,
        is_gzip=layout.is_gzip,
    )


def _pick_time(table: ir.Table, layout: Layout) -> ir.Value:
    """Pick the time; one whose parts have columns of their own is put together as text."""
    fields = layout.fields
    time = _pick(table, fields.time)
    for name in fields.clocks:
        time = time.cast("string").strip() + " " + _pick(table, name).cast("string").strip()
    return time


def _turn_long(table: ir.Table, layout: Layout, kept: Sequence[str]) -> ir.Table:
    names, times = layout.fields.values, layout.fields.times
    kind = _find_kind(layout)
    around = (*times, *kept)
    chosen = table.select(*around, **{name: _cast(table, layout, name, kind) for name in names})
    others = ~ibis.selectors.cols(*around)
    return chosen.pivot_longer(others, names_to=WIDE_TAG, values_to=WIDE_VALUE)


def _find_kind(layout: Layout) -> str:
    # Text among the numbers, as in "Bad Input", makes a column text: then all are read as text.
    return "string" if any(layout.is_text(name) for name in layout.fields.values) else "float64"


def _open_items(table: ir.Table, layout: Layout, kept: Sequence[str]) -> ir.Table:
    """Turn a wide table whose tags have columns of their own for quality or time into one row a value."""
    fields, kind = layout.fields, _find_kind(layout)
    rows = [
        table.select(
            **{name: table[item.time if item.time and name == fields.time else name] for name in fields.times[:1]},
            **{name: table[name] for name in (*fields.clocks, *kept)},
            **{WIDE_TAG: ibis.literal(item.tag), WIDE_VALUE: _cast(table, layout, item.value, kind)},
            **{WIDE_QUALITY: table[item.quality].cast("string") if item.quality else ibis.null("string")},
            **{WIDE_HAS_QUALITY: ibis.literal(bool(item.quality))},
        )
        for item in fields.items
    ]
    opened = ibis.union(*rows) if len(rows) > 1 else rows[0]
    is_empty = opened[fields.time].cast("string").strip().nullif("").isnull()
    # Of pairs of columns, the shorter ones end in empty cells.
    return opened.filter(~is_empty) if fields.items[0].time else opened


def _cast(table: ir.Table, layout: Layout, name: str, kind: str) -> ir.Value:
    # A column of nulls alone has no type that an engine could cast.
    return ibis.null(kind) if layout.type_of(name) == "null" else table[name].cast(kind)


def _find_first(values: Sequence[ir.Value]) -> ir.Value:
    return ibis.coalesce(*values) if len(values) > 1 else values[0]


def _value_names(layout: Layout) -> tuple[str, ...]:
    return (WIDE_VALUE,) if layout.fields.is_wide else layout.fields.values


def _pick(table: ir.Table, name: str) -> ir.Value:
    """Pick a column, or what lies inside a structure."""
    if name in table.columns:
        return table[name]
    first, *inner = name.split(".")
    value = table[first]
    for part in inner:
        value = value[part]
    return value


def _build_tag(table: ir.Table, layout: Layout) -> ir.StringValue:
    fields = layout.fields
    if fields.is_wide:
        return table[WIDE_TAG]
    if fields.folder:
        return ibis.literal(fields.folder)
    if fields.alias and not fields.tag_parts and layout.kind == "parquet":
        return _pick(table, fields.alias).cast("string")
    named = [_build_name(table, fields.alias)] if fields.alias else []
    parts = [_build_name(table, name) for name in fields.tag_parts]
    if parts:
        named.append(parts[0] if len(parts) == 1 else parts[0] + "/" + parts[1])
    return _find_first(named)


def _build_name(table: ir.Table, name: str) -> ir.StringValue:
    return _pick(table, name).cast("string").strip().nullif("")


def _part_unit(layout: Layout, value: ir.Value) -> tuple[ir.Value, ir.StringValue]:
    """Part the number from a unit that stands behind it, where the layout has such; null without one."""
    if not layout.meaning.units or not value.type().is_string():
        return value, ibis.null("string")
    unit = value.re_extract(WITH_UNIT, 2).nullif("")
    is_united = unit.isin(layout.meaning.units)
    return is_united.ifelse(value.re_extract(WITH_UNIT, 1), value), is_united.ifelse(unit, None)


def _build_number(engine: Engine, layout: Layout, value: ir.Value, name: str) -> ir.FloatingValue:
    """Build numbers as the file's layout says that they are written."""
    if not value.type().is_string():
        return value.cast("float64")
    if name.endswith("booleanValue"):
        return ibis.cases((value == "true", 1.0), (value == "false", 0.0), else_=None)
    meaning = layout.meaning
    plain = value if meaning.decimal == "." else value.contains(".").ifelse(None, value).replace(",", ".")
    number = engine.parse_number(plain)
    if not meaning.thousands:
        return number
    group, point = re.escape(meaning.thousands), re.escape(meaning.decimal)
    is_grouped = value.re_search(rf"^\s*[+-]?[0-9]{{1,3}}({group}[0-9]{{3}})+({point}[0-9]*)?\s*$")
    joined = value.replace(meaning.thousands, "").replace(meaning.decimal, ".")
    return ibis.coalesce(number, engine.parse_number(is_grouped.ifelse(joined, None)))


def _build_quality(
    table: ir.Table, layout: Layout, export: Export
) -> tuple[ir.StringValue, ir.BooleanValue, ir.StringValue]:
    """Build quality, whether it is known, and its text; readings without a quality column are good."""
    fields, meaning = layout.fields, layout.meaning
    quality, is_known, text = ibis.literal("GOOD"), ibis.literal(True), ibis.literal("")
    if fields.qualities and meaning.has_quality:
        written = _pick(table, fields.quality or WIDE_QUALITY)
        quality, is_known = build_quality(written, meaning.codes, export.quality)
        text = written.cast("string").strip().fill_null("")
    if fields.items:
        quality = table[WIDE_HAS_QUALITY].ifelse(quality, "GOOD")
        is_known |= ~table[WIDE_HAS_QUALITY]
    for name in fields.flags:
        is_set = _pick(table, name).cast("string").strip().upper().isin(FLAG_WORDS)
        quality = (is_set & (quality == "GOOD")).ifelse("UNCERTAIN", quality)
    return quality, is_known, text
