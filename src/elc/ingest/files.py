"""One file of an export: what is known of it, and which files are read together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from elc.ingest.layout import Layout


@dataclass(frozen=True)
class FileDoubt:
    """Readings of one tag in one file that could not be taken as they stand."""

    check: str
    tag: str
    count: int
    example: str


@dataclass(frozen=True)
class Source:
    """One file of an export.

    `key` changes with its content; `first` and `last` are its times as written, in microseconds since 1970; `days`
    are the UTC days since 1970 that it has readings in. `is_told`: it has readings of an hour that the clock showed
    twice, and a copy says in UTC which pass they are of; `untold` are the changes (microseconds, UTC) of which some
    are ambiguous, and `single` those of them at which no time is shown twice.
    """

    key: str
    layout: Layout
    rows: int
    first: int
    last: int
    is_utc: bool
    days: tuple[int, ...]
    doubts: tuple[FileDoubt, ...]
    is_told: bool = False
    untold: tuple[int, ...] = ()
    single: tuple[int, ...] = ()


@dataclass(frozen=True)
class FileGroup:
    """Files that are read together."""

    layout: Layout
    names: tuple[str, ...]
    is_told: bool = False

    @property
    def is_copied(self) -> bool:
        return self.is_told or not _has_typed_time(self.layout)


def _has_typed_time(layout: Layout) -> bool:
    name = layout.fields.time
    return layout.kind == "parquet" and "." not in name and layout.type_of(name).startswith("timestamp")


def group_files(layouts: Mapping[str, Layout]) -> list[FileGroup]:
    """Group files by their layout."""
    grouped: dict[Layout, list[str]] = {}
    for name, layout in layouts.items():
        grouped.setdefault(layout, []).append(name)
    return [FileGroup(layout, tuple(names)) for layout, names in grouped.items()]


def group_sources(sources: Mapping[str, Source]) -> list[FileGroup]:
    """Group sources by their layout, those of told passes apart: they are read from a copy."""
    return [
        replace(group, is_told=is_told)
        for is_told in (False, True)
        for group in group_files({name: one.layout for name, one in sources.items() if one.is_told == is_told})
    ]


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
