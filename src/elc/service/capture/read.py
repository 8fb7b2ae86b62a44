"""Read back what was asked last: with such rows a new version is tried before it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from elc.captured import find_days
from elc.paths import Project
from elc.service.capture.parts import find_parts

RECENT_PARTS = 40
Rows = NDArray[np.float32]


def read_rows(project: Project, plant: str, columns: Sequence[str], *, count: int) -> Rows:
    """Read the last rows that were kept of a plant and have all columns (rows, columns), the newest last.

    A file that cannot be read is passed over here: folding sets it aside, and says so.
    """
    found: list[Rows] = []
    rows = 0
    for part in _read_back(project, plant, columns):
        if rows >= count:
            break
        known = part[np.isfinite(part).all(axis=1)]
        found.append(known)
        rows += len(known)
    if not rows:
        return np.empty((0, len(columns)), np.float32)
    return np.concatenate(found[::-1])[-count:]


def _read_back(project: Project, plant: str, columns: Sequence[str]) -> Iterator[Rows]:
    """Read parts, then days, the newest first and by row groups."""
    paths = [*find_parts(project, plant)[::-1][:RECENT_PARTS], *reversed(find_days(project, plant).values())]
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                if not set(columns) <= set(file.schema_arrow.names):
                    continue
                for place in reversed(range(file.num_row_groups)):
                    table = file.read_row_group(place, columns=list(columns))
                    yield np.stack([table[name].to_numpy() for name in columns], axis=1).astype(np.float32)
        except (OSError, ValueError, pa.ArrowException):
            continue
