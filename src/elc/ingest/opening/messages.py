"""The rows of messages: PI Web API's JSON, InfluxDB's annotated CSV, and the Avro of AWS IoT SiteWise."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro

from elc.errors import ElcError
from elc.ingest.layout.content import Text
from elc.settings import Export

Row = tuple[int, list[str]]
PI = ("Timestamp", "Tag", "Value", "IsGood", "Questionable", "Substituted", "UnitsAbbreviation")
INFLUX = ("time", "tag", "value")
_INFLUX_OWN = ("", "result", "table", "_start", "_stop", "_time", "_value", "_field", "_measurement")


def read_pi(text: Text) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Read streams of PI Web API: recorded, interpolated or plotted values of several points.

    Raises:
        ElcError: it is damaged, of one point without its name, or of summaries.
    """
    with text.open() as file:
        try:
            content = json.load(file, parse_float=str, parse_int=str)
        except json.JSONDecodeError as error:
            raise ElcError(f"is damaged JSON: {error.msg} at character {error.pos}. Export it again.") from None
    return PI, enumerate(_open_pi(content), start=1)


def _open_pi(content: dict[str, Any]) -> Iterator[list[str]]:
    for stream in content["Items"]:
        if "Items" not in stream:
            raise ElcError(
                "holds values of PI Web API without the name of their point, as /streams writes them. "
                "Export /streamsets, or add the name to each value as Tag."
            )
        name = stream.get("Name") or str(stream.get("Path", "")).rpartition("\\")[2]
        for point in stream["Items"]:
            value = point.get("Value")
            if "Type" in point or (isinstance(value, dict) and "Timestamp" in value):
                raise ElcError("holds summaries of PI Web API. Export recorded or interpolated values.")
            state = value.get("Name", "") if isinstance(value, dict) else value
            flags = [str(point.get(flag, default)) for flag, default in (("Good", True), ("Questionable", False))]
            flags.append(str(point.get("Substituted", False)))
            unit = str(point.get("UnitsAbbreviation") or stream.get("UnitsAbbreviation") or "")
            yield [str(point.get("Timestamp", "")), name, "" if state is None else str(state), *flags, unit]


def read_influx(text: Text, export: Export) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Read the annotated CSV of InfluxDB: tables one after the other, each with lines that say what its columns are.

    Raises:
        ElcError: several series have one name.
    """
    return INFLUX, _open_influx(text, export)


def _open_influx(text: Text, export: Export) -> Iterator[Row]:
    header: list[str] = []
    series: dict[str, set[tuple[str, ...]]] = {}
    with text.open() as file:
        reader = csv.reader(line.replace("\r", "") for line in file)
        for row in reader:
            if not any(row) or row[0].startswith("#"):
                header = []
                continue
            if not header:
                header = row
                _check_influx(header, export)
                continue
            cells = dict(zip(header, row, strict=False))
            name = cells[export.tag_column or "_field"]
            if not export.tag_column:
                own = tuple(f"{key}={cell}" for key, cell in cells.items() if key not in _INFLUX_OWN)
                series.setdefault(name, set()).add((f"_measurement={cells.get('_measurement', '')}", *own))
                _check_series(name, series[name])
            yield reader.line_num, [cells["_time"], name, cells["_value"]]


def _check_influx(header: list[str], export: Export) -> None:
    wanted = {"_time", "_value", export.tag_column or "_field"}
    if not wanted <= set(header):
        raise ElcError(
            f"is annotated CSV of InfluxDB without {', '.join(sorted(wanted - set(header)))}; found "
            f"{', '.join(filter(None, header))}. Export rows with _time, _value and _field, without a pivot."
        )


def _check_series(name: str, found: set[tuple[str, ...]]) -> None:
    if len(found) > 1:
        one, other = sorted(found)[:2]
        differ = [f"{left} and {right}" for left, right in zip(one, other, strict=False) if left != right]
        raise ElcError(
            f"has several series of the field {name}, told apart by {', '.join(differ) or 'their tags'}. Name the "
            "column that holds the names of the tag list in export.tag_column, or export one of them."
        )


def read_avro(path: Path) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Read the records of an Avro file; parts of a structure have its name and a dot before theirs.

    Raises:
        ElcError: it is damaged.
    """
    try:
        with path.open("rb") as file:
            records = [_flatten(record) for record in fastavro.reader(file) if isinstance(record, dict)]
    except (ValueError, EOFError, KeyError, IndexError, TypeError) as error:
        raise ElcError(f"is a damaged Avro file: {error}. Export it again.") from None
    columns = tuple(dict.fromkeys(name for record in records for name in record))
    rows = ([record.get(name, "") for name in columns] for record in records)
    return columns, enumerate(rows, start=1)


def _flatten(record: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            found |= _flatten(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = "" if value is None else str(value).lower() if value in (True, False) else str(value)
    return found
