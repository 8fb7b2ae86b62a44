"""One file of an export: what is known of it, and which files are read together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from elc.ingest.layout import Layout


@dataclass(frozen=True)
class Doubt:
    """Readings of one tag in one file that could not be taken as they stand."""

    check: str
    tag: str
    count: int
    example: str


@dataclass(frozen=True)
class Source:
    """One file of an export.

    `key` changes with its content; `first` and `last` are its times as written, in microseconds since 1970; `days`
    are the UTC days since 1970 that it has readings in.
    """

    key: str
    layout: Layout
    rows: int
    first: int
    last: int
    is_utc: bool
    days: tuple[int, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class Group:
    """Files that are read together."""

    layout: Layout
    names: tuple[str, ...]

    @property
    def is_copied(self) -> bool:
        return not _has_typed_time(self.layout)


def _has_typed_time(layout: Layout) -> bool:
    name = layout.fields.time
    return layout.kind == "parquet" and "." not in name and layout.type_of(name).startswith("timestamp")


def group_files(layouts: Mapping[str, Layout]) -> list[Group]:
    grouped: dict[Layout, list[str]] = {}
    for name, layout in layouts.items():
        grouped.setdefault(layout, []).append(name)
    return [Group(layout, tuple(names)) for layout, names in grouped.items()]


def read_bounds(path: Path, column: str) -> tuple[int, int, int]:
    """Read the rows of a Parquet file, and the first and last of its times in microseconds."""
    content = pq.ParquetFile(path)
    place = content.schema_arrow.names.index(column)
    groups = [content.metadata.row_group(index).column(place) for index in range(content.metadata.num_row_groups)]
    bounds = [group.statistics for group in groups]
    if all(bound is not None and bound.has_min_max for bound in bounds) and bounds:
        times = [pd.Timestamp(moment) for bound in bounds for moment in (bound.min, bound.max)]
    else:
        times = [pd.Timestamp(moment) for moment in content.read([column])[column].drop_null().to_pandas()]
    if not times:
        return 0, 0, 0
    first, last = min(times), max(times)
    return content.metadata.num_rows, first.value // 1000, last.value // 1000
