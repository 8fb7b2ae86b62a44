"""Messages of AWS IoT SiteWise in JSON: their schema, and the records inside them."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from elc.ingest.layout import Layout

_VALUE = "struct<doubleValue: string, integerValue: string, booleanValue: string, stringValue: string>"
_POINT = f"value: {_VALUE}, timestamp: struct<timeInSeconds: string, offsetInNanos: string>, quality: string"
_ENTRY = f"propertyAlias: string, assetId: string, propertyId: string, propertyValues: array<struct<{_POINT}>>"
_UPDATE = f"propertyAlias: string, assetId: string, propertyId: string, values: array<struct<{_POINT}>>"
_NAMES = ("propertyAlias", "assetId", "propertyId")
SCHEMAS = {
    "entries": {"entries": f"array<struct<{_ENTRY}>>"},
    "entry": {**dict.fromkeys(_NAMES, "string"), "propertyValues": f"array<struct<{_POINT}>>"},
    "update": {"payload": f"struct<{_UPDATE}>"},
}
RECORD_SCHEMA = {
    **dict.fromkeys((*_NAMES, "quality"), "string"),
    "timestamp": "struct<timeInSeconds: string, offsetInNanos: string>",
    "value": _VALUE,
}


def build_schema(layout: Layout) -> ibis.Schema:
    """Build the schema by which a JSON file is read: text at every end, so that nothing is converted unseen."""
    if layout.nest:
        return ibis.schema(SCHEMAS[layout.nest])
    if "timestamp.timeInSeconds" in layout.columns:
        return ibis.schema(RECORD_SCHEMA)
    return ibis.schema(dict.fromkeys(layout.fields.names, "string"))


def open_nest(table: ir.Table, nest: str) -> ir.Table:
    """Open messages into records: one row a value."""
    if nest == "entries":
        table = table.select(entry=table.entries.unnest())
        around, points = table.entry, table.entry["propertyValues"]
    elif nest == "update":
        around, points = table.payload, table.payload["values"]
    elif nest == "entry":
        around, points = table, table.propertyValues
    else:
        return table
    opened = table.select(**{name: around[name] for name in _NAMES}, point=points.unnest())
    point = opened.point
    return opened.select(*_NAMES, value=point["value"], timestamp=point["timestamp"], quality=point["quality"])


def find_odd(table: ir.Table, nest: str) -> ir.Table:
    """Find the messages that hold no list of values where those of this kind have it."""
    if nest == "entries":
        return table.filter(table.entries.isnull())
    if nest == "update":
        return table.filter(table.payload["values"].isnull())
    return table.filter(table.propertyValues.isnull())
