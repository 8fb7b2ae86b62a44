"""The layouts of CSV and JSON files: from the header or the first records, and from the rows' content."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from elc.errors import ElcError
from elc.ingest.layout.columns import check_names, find_fields
from elc.ingest.layout.content import Text, check_kind, read_records, read_rows
from elc.ingest.layout.evidence import Evidence, read_meaning
from elc.ingest.layout.model import Layout
from elc.ingest.layout.vocabulary import SITEWISE, UNNAMED, is_time_name
from elc.settings import Export, TagList

DELIMITERS = (",", ";", "\t")
BLOCK_LETTERS = 1 << 22
LOOKED_AT = 1000  # records whose keys are taken for the columns of a JSON file
# What a record of AWS IoT SiteWise holds, once taken out of its message.
RECORD = (
    *("propertyAlias", "assetId", "propertyId", "quality", "timestamp.timeInSeconds", "timestamp.offsetInNanos"),
    *("value.doubleValue", "value.integerValue", "value.booleanValue", "value.stringValue"),
)
HISTORIES = ("assetPropertyValueHistory", "successEntries")


def read_csv_layout(text: Text, export: Export, tags: TagList, *, folder: str = "") -> Layout:
    """Read the layout of a CSV file.

    Raises:
        ElcError: it is not a table of readings, or leaves open what its numbers or codes mean.
    """
    line = re.split(r"\r\n|\r|\n", text.start, maxsplit=1)[0]
    check_kind(line)
    headers = {delimiter: split_header(line, delimiter) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda one: (_has_fields(headers[one], export, tags, folder), len(headers[one])))
    columns = headers[delimiter]
    if len(columns) < 2:
        raise ElcError(
            f"is not a table: its first line is {line[:60]!r}, expected a header with commas, semicolons or tabs."
        )
    check_names(columns)
    fields = find_fields(columns, export, tags, folder=folder)
    places = {name: columns.index(name) for name in fields.names}
    # A line too short or too long is for the engine to refuse: it reads them all.
    rows = (
        {name: row[place] for name, place in places.items() if place < len(row)} for row in read_rows(text, delimiter)
    )
    evidence = Evidence(is_point=delimiter == ",")
    meaning = read_meaning(evidence, rows, fields, export, is_utc=False)
    return Layout("csv", columns, (), fields, meaning, delimiter, text.encoding, text.is_gzip)


def split_header(line: str, delimiter: str) -> tuple[str, ...]:
    """Split the line above the table into the names of its columns."""
    return name_columns(next(csv.reader([line], delimiter=delimiter), []))


def name_columns(cells: Sequence[str]) -> tuple[str, ...]:
    """Name the columns by the cells above them; those without a name by their place."""
    names = [name.strip() for name in cells]
    first = names.index("") if "" in names else -1
    named = [name or (UNNAMED if index == first else f"unnamed_{index + 1}") for index, name in enumerate(names)]
    # Of pairs of columns, a time each and the tag's values, every time may have the same name.
    return tuple(
        f"{name} {after}" if named.count(name) > 1 and is_time_name(name) else name
        for name, after in zip(named, [*named[1:], ""], strict=False)
    )


def _has_fields(columns: Sequence[str], export: Export, tags: TagList, folder: str) -> bool:
    try:
        find_fields(columns, export, tags, folder=folder)
    except ElcError:
        return False
    return len(columns) > 1


def read_json_layout(text: Text, export: Export, tags: TagList) -> Layout:
    """Read the layout of a JSON file: a record or a message of AWS IoT SiteWise a line, or one array or object.

    Raises:
        ElcError: it is damaged, holds no readings, or leaves open what its numbers or codes mean.
    """
    is_lines = _is_lines(text.start)
    records = read_records(text, is_lines=is_lines)
    first = list(islice(records, LOOKED_AT))
    nest = _find_nest(first[0]) if first else ""
    is_message = bool(nest) or (first and isinstance(first[0].get("timestamp"), dict))
    columns = RECORD if is_message else _find_keys(first)
    if not is_message and len(first) == LOOKED_AT and not _is_long(columns, export, tags):
        columns = (*columns, *_find_late(text, columns, tags))
    check_names(columns)
    fields = find_fields(columns, export, tags)
    inner = chain.from_iterable(open_nest(record, nest) for record in chain(first, records))
    rows = ({name: _find_text(record, name) for name in fields.names} for record in inner)
    meaning = read_meaning(Evidence(is_point=True), rows, fields, export, is_utc=False)
    return Layout(
        "json",
        columns,
        (),
        fields,
        meaning,
        encoding=_check_utf8(text),
        is_gzip=text.is_gzip,
        is_lines=is_lines,
        nest=nest,
    )


def _is_long(columns: Sequence[str], export: Export, tags: TagList) -> bool:
    try:
        return not find_fields(columns, export, tags).is_wide
    except ElcError:
        return False


def _find_late(text: Text, columns: Sequence[str], tags: TagList) -> list[str]:
    """Find the listed tags whose keys come after the records that were looked at, in the order of the list."""
    wanted = {json.dumps(tag.tag): tag.tag for tag in tags if tag.tag not in columns}
    if not wanted:
        return []
    key = re.compile(f"({'|'.join(map(re.escape, wanted))})\\s*:")
    longest, found, rest = max(map(len, wanted)) + 10, set(), ""
    with text.open() as file:
        for block in iter(lambda: file.read(BLOCK_LETTERS), ""):
            found |= set(key.findall(rest + block))
            rest = block[-longest:]
    return [tag for name, tag in wanted.items() if name in found]


def _is_lines(start: str) -> bool:
    line = start.lstrip().splitlines()[0]
    try:
        return isinstance(json.loads(line), dict)
    except json.JSONDecodeError:
        return False


def _check_utf8(text: Text) -> str:
    if text.encoding != "utf-8":
        raise ElcError("is JSON that is not UTF-8. Save it as UTF-8.")
    return text.encoding


def _find_nest(record: dict[str, Any]) -> str:
    """Find which message of AWS IoT SiteWise a record is; empty for one without lists."""
    history = [name for name in HISTORIES if name in record]
    if history:
        raise ElcError(
            f"holds {history[0]}, values without the name of their property. Write one record per value, with its "
            "propertyAlias, or assetId and propertyId."
        )
    if isinstance(record.get("entries"), list):
        return "entries"
    if isinstance(record.get("propertyValues"), list):
        return "entry"
    payload = record.get("payload")
    return "update" if isinstance(payload, dict) and isinstance(payload.get("values"), list) else ""


def open_nest(record: dict[str, Any], nest: str) -> Iterator[dict[str, Any]]:
    """Open a message into its records."""
    if nest == "entries":
        for entry in record.get("entries") or ():
            yield from open_nest(entry, "entry")
    elif nest:
        around = record if nest == "entry" else record.get("payload") or {}
        for value in around.get("propertyValues" if nest == "entry" else "values") or ():
            yield {**around, **value}
    else:
        yield record


def _find_keys(records: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    keys = list(dict.fromkeys(key for record in records for key in record))
    if any(key.lower() in SITEWISE for key in keys):
        # One kind of value may appear only later.
        keys += [f"{kind}Value" for kind in ("double", "integer", "boolean", "string") if f"{kind}Value" not in keys]
    return tuple(keys)


def _find_text(record: dict[str, Any], name: str) -> str:
    value: Any = record
    for part in name.split(".") if name in RECORD else [name]:
        value = value.get(part) if isinstance(value, dict) else None
    return "" if value is None else str(value)
