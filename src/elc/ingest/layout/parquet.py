"""The layout of a Parquet file: from its schema and statistics, and from its rows where a column is text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from elc.errors import ElcError
from elc.ingest.layout.codes import is_certain
from elc.ingest.layout.columns import check_names, find_fields
from elc.ingest.layout.evidence import SAMPLE_CELLS, Evidence, read_meaning
from elc.ingest.layout.model import Fields, Layout, is_text
from elc.settings import Export, TagList

NUMBER = re.compile(r"u?int\d+|float|double|halffloat|decimal\d+\(.*\)|bool|null|dictionary<values=(u?int\d+|double).*")
TIME = re.compile(r"timestamp\[.*\]|date\d+\[.*\]|u?int64|u?int32")
QUALITY = re.compile(r"u?int\d+|float|double|bool")
TAG = re.compile(r"u?int\d+|dictionary<values=u?int.*")


def read_parquet_layout(
    path: Path, export: Export, tags: TagList, *, folder: str = "", is_point: bool = False
) -> Layout:
    """Read the layout of a Parquet file; `is_point`: a point in its texts of numbers can only be a decimal point.

    Raises:
        ElcError: it is damaged, is not a table of readings, or leaves open what its texts or codes mean.
    """
    try:
        with pq.ParquetFile(path) as file:
            leaves = dict(_find_leaves(file.schema_arrow, ""))
            check_names(file.schema_arrow.names)
            fields = find_fields(tuple(leaves), export, tags, folder=folder)
            filled = tuple(name for name, kind in leaves.items() if kind != "null")
            if not fields.is_wide and len(filled) < len(leaves):  # a column without a type holds nothing
                fields = find_fields(filled, export, tags, folder=folder)
            _check_types(leaves, fields)
            evidence = Evidence(is_point=is_point)
            names = _find_open(file, leaves, fields, evidence)
            is_utc = "tz=" in leaves[fields.time]
            meaning = read_meaning(evidence, _read_rows(file, names), fields, export, is_utc=is_utc)
            if file.metadata.num_rows and _is_whole(leaves[fields.time]) and not meaning.time_unit:
                raise ElcError(
                    f"has whole numbers as times in {fields.time}, of an unknown unit. Export them as timestamps."
                )
    except (pa.ArrowException, OSError):
        raise ElcError("is a truncated or damaged Parquet file. Export it again.") from None
    return Layout("parquet", tuple(leaves), tuple(leaves.values()), fields, meaning)


def _is_whole(kind: str) -> bool:
    return kind.lstrip("u").startswith("int")


def _find_leaves(parent: pa.Schema | pa.StructType, prefix: str) -> Iterator[tuple[str, str]]:
    for field in parent:
        if pa.types.is_struct(field.type):
            yield from _find_leaves(field.type, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", str(field.type)


def _check_types(leaves: dict[str, str], fields: Fields) -> None:
    for names, pattern, expected in (
        (fields.times, TIME, "a time, whole seconds since 1970 or text"),
        (fields.values, NUMBER, "numbers or text"),
        (fields.qualities, QUALITY, "words or codes"),
        ((fields.alias, *fields.tag_parts), TAG, "names"),
    ):
        for name in filter(None, names):
            if not is_text(leaves[name]) and not pattern.fullmatch(leaves[name]):
                raise ElcError(f"has a column {name} of type {leaves[name]}, expected {expected}. Export it that way.")


def _find_open(file: pq.ParquetFile, leaves: dict[str, str], fields: Fields, evidence: Evidence) -> list[str]:
    """Find the columns whose rows must be looked at; what the statistics tell goes into the evidence."""
    names = [name for name in fields.values if is_text(leaves[name])]
    names += [name for name in fields.times if is_text(leaves[name]) or _is_whole(leaves[name])]
    for name in fields.qualities:
        if not _add_statistics(file.metadata, name, leaves[name], evidence):
            names.append(name)
    return names


def _add_statistics(metadata: pq.FileMetaData, name: str, kind: str, evidence: Evidence) -> bool:
    """Tell whether the statistics of the quality column say enough: codes by their bounds, words by their first."""
    statistics = read_statistics(metadata, name)
    if statistics is None:
        return False
    filled = [group for group in statistics if group.num_values]
    if not all(group.has_min_max for group in filled):
        return False
    if is_text(kind) and not all(str(group.min)[:1].isalpha() for group in filled):
        return False  # digits sort before letters: some may be codes
    bounds = [str(bound) for group in filled for bound in (group.min, group.max)]
    if not is_text(kind) and bounds and not is_certain(Counter(int(float(bound)) for bound in bounds)):
        return False  # the codes between them may tell
    for bound in bounds:
        evidence.add_quality(bound)
    return True


def read_statistics(metadata: pq.FileMetaData, name: str) -> list[pq.Statistics] | None:
    """Read the statistics of a column, one a row group with rows; None where the file does not keep them all."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [
        next(column for column in map(group.column, range(group.num_columns)) if column.path_in_schema == name)
        for group in groups
        if group.num_rows
    ]
    if not all(column.is_stats_set and column.statistics.has_null_count for column in columns):
        return None
    return [column.statistics for column in columns]


def _read_rows(file: pq.ParquetFile, names: list[str]) -> Iterator[dict[str, Any]]:
    if not names:
        return
    for batch in file.iter_batches(batch_size=SAMPLE_CELLS, columns=names):
        yield from pa.Table.from_batches([batch]).flatten().to_pylist()
