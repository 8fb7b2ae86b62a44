"""Parts: the small files that workers write every few seconds, each with rows of one hour and one set of columns.

A part is written under a hidden name and then renamed, so it is there whole or not at all. Its name begins with the UTC
hour of its rows, and no other part ever has it.
"""

from __future__ import annotations

import os
import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from elc.captured import KIND, VERSION
from elc.fields import TIME
from elc.files import replace_file
from elc.paths import Project

HOUR = timedelta(hours=1)
HOUR_FORM = "%Y%m%dT%H"
HOUR_LETTERS = 11
Batch = tuple[datetime, str, str, tuple[str, ...], NDArray[np.float64]]  # time, kind, version, columns, values
_TOKEN = secrets.token_hex(4)  # tells this process from a former one with its id


def write_parts(project: Project, plant: str, batches: Sequence[Batch], *, number: int) -> int:
    """Write a part for each hour and each set of columns; those of one call share a number, and the next has another.

    Returns:
        the bytes that they take.

    Raises:
        ElcError: the disk is full.
        OSError: a part cannot be written.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[Batch]] = defaultdict(list)
    for batch in batches:
        groups[f"{batch[0]:{HOUR_FORM}}", batch[3]].append(batch)
    written = 0
    for place, ((hour, _), found) in enumerate(sorted(groups.items(), key=lambda item: item[0])):
        own = f"{os.getpid()}-{_TOKEN}-{number:06d}-{place}"
        path = project.capture_parts(plant) / f"{hour}-{found[0][0]:%M%S%f}-{own}.parquet"
        with replace_file(path) as temporary:
            pq.write_table(build_table(found), temporary, compression="zstd")
        written += path.stat().st_size
    return written


def find_parts(project: Project, plant: str) -> list[Path]:
    """Find the parts of a plant, the oldest first."""
    return sorted(path for path in project.capture_parts(plant).glob("*.parquet") if not path.name.startswith("."))


def find_hour(part: Path) -> datetime:
    """Find the UTC hour of a part's rows.

    Raises:
        ValueError: it is not named like a part.
    """
    return datetime.strptime(part.name[:HOUR_LETTERS], HOUR_FORM).replace(tzinfo=UTC)


def measure_disk(project: Project) -> int:
    """Measure what all plants take (bytes): days, parts, and what was set aside."""
    total = 0
    for folder in (project.capture(""), project.capture_parts("")):
        for place, _, names in os.walk(folder):
            for name in names:
                try:
                    total += (Path(place) / name).stat().st_size
                except FileNotFoundError:  # it was folded meanwhile
                    continue
    return total


def build_table(batches: Sequence[Batch]) -> pa.Table:
    """Build the table of some batches of the same columns: time_utc, kind, version, and the columns."""
    values = np.concatenate([batch[-1] for batch in batches])
    counts = [len(batch[-1]) for batch in batches]
    times = np.repeat([batch[0].replace(tzinfo=None) for batch in batches], counts)
    told: dict[str, Any] = {
        TIME: pa.array(times, pa.timestamp("us", "UTC")),
        KIND: pa.array(np.repeat([batch[1] for batch in batches], counts), pa.string()),
        VERSION: pa.array(np.repeat([batch[2] for batch in batches], counts), pa.string()),
    }
    columns = {name: pa.array(values[:, place]) for place, name in enumerate(batches[0][3])}
    return pa.table(told | columns)
