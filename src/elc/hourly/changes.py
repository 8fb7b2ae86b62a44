"""What an hourly run changed of a plant: the hours that are new, those that were redone, and how it stands now."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from elc.failures import read_failures
from elc.fields import TIME
from elc.hourly.stages import STAGES
from elc.paths import Project
from elc.records import RecordError
from elc.records.failure import Failure
from elc.records.status import Status, read_status

HOURS = "hours.parquet"
REPORT = "report"
FETCH = "fetch"  # what failed where sources of readings could not be asked
VERSION = "version"  # what failed where the version in use may not be used


@dataclass(frozen=True)
class PlantChange:
    """What changed of a plant. `last_before` and `last` are starts of intervals in UTC, None where there is none.

    `status` is what monitor left of it, None where that cannot be read. `skipped` says why it was not judged, if so.
    """

    plant: str
    last_before: datetime | None
    last: datetime | None
    new_hours: int
    redone_hours: int
    status: Status | None
    failures: tuple[Failure, ...]
    skipped: str = ""

    @property
    def is_new(self) -> bool:
        return bool(self.new_hours or self.redone_hours)


def keep_hours(project: Project, plants: Iterable[str], folder: Path) -> None:
    """Keep the hours of some plants as they are, to be compared later."""
    for plant in plants:
        path = project.operation("monitor", plant) / HOURS
        if path.is_file():
            (folder / plant).mkdir()
            shutil.copyfile(path, folder / plant / HOURS)


def find_change(project: Project, plant: str, kept: Path, skipped: str) -> PlantChange:
    """Find what changed of a plant since `keep_hours` kept its hours in the folder `kept`."""
    if skipped:
        return PlantChange(plant, None, None, 0, 0, None, (), skipped)
    former, now = kept / plant / HOURS, project.operation("monitor", plant) / HOURS
    new, redone = _count_hours(former, now)
    return PlantChange(
        plant,
        read_last(former),
        read_last(now),
        new,
        redone,
        _read_status(project, plant),
        tuple(read_failures(project, plant, (VERSION, FETCH, *STAGES, REPORT))),
    )


def _read_status(project: Project, plant: str) -> Status | None:
    try:
        return read_status(project.operation("monitor", plant))
    except RecordError:
        return None


def read_last(path: Path) -> datetime | None:
    """Read the start of the last interval of a table of hours (UTC); None without a file or an interval."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not path.is_file():
        return None
    last = pc.max(pq.read_table(path, columns=[TIME])[TIME]).as_py()
    return last.astimezone(UTC) if last else None


def _count_hours(former: Path, now: Path) -> tuple[int, int]:
    """Count the hours that are new, and those of before whose values are others now."""
    if not now.is_file() or (former.is_file() and filecmp.cmp(former, now, shallow=False)):
        return 0, 0
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    after = pq.read_table(now)
    if not former.is_file():
        return after.num_rows, 0
    before = pq.read_table(former)
    times = [table[TIME].cast(pa.int64()).to_numpy() for table in (before, after)]
    _, left, right = np.intersect1d(*times, return_indices=True)
    is_other = np.zeros(len(left), dtype=bool)
    for name in set(before.column_names) & set(after.column_names):
        old, fresh = before[name].take(left), after[name].take(right)
        if old.type != fresh.type:
            old, fresh = old.cast(pa.string()), fresh.cast(pa.string())
        missing = [pc.is_null(values, nan_is_null=True).to_numpy() for values in (old, fresh)]
        differs = pc.fill_null(pc.not_equal(old, fresh), False).to_numpy() & ~missing[0] & ~missing[1]
        is_other |= differs | (missing[0] != missing[1])
    return after.num_rows - len(left), int(is_other.sum())
