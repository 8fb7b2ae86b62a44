"""Fold the parts of hours that are over into the file of their day, so that a year is some hundreds of files a plant.

One process folds at a time, and may be killed at whatever point (`elc.files.days`). What cannot be read is set aside,
and a line tells monitoring.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as daytime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from elc.captured import BROKEN, KIND, VERSION, write_loss
from elc.errors import ElcError, check_faults
from elc.fields import TIME
from elc.files import force, try_lock
from elc.files.days import BrokenError, DayFile, reading
from elc.paths import Project
from elc.records.loss import Loss
from elc.service.capture.parts import HOUR, find_hour, find_parts

LOG = logging.getLogger("elc.service")
PARTS = b"elc.parts"
GROUP_ROWS = 100_000  # of a row group, and so in memory
TEMPORARY = ".folded.parquet"
FORM = {TIME: pa.timestamp("us", "UTC"), KIND: pa.string(), VERSION: pa.string()}


def fold(project: Project, *, before: datetime | None, wait_s: float) -> int:
    """Fold the parts of all plants whose hour was over at a time (None: all of them); return how many days changed.

    Nothing is done where another process folds for longer than `wait_s`; what is left is folded by whoever comes next.

    Raises:
        ElcError: a day's file cannot be written, or lies on another file system than the parts, which stay.
    """
    folder = project.capture_parts("")
    if not folder.is_dir():
        return 0
    with (folder / ".lock").open("a") as file:
        if not try_lock(file, wait_s=wait_s):
            return 0
        plants = sorted(path.name for path in folder.iterdir() if path.is_dir())
        return _fold_plants(project, plants, before)


def _fold_plants(project: Project, plants: Sequence[str], before: datetime | None) -> int:
    """Fold one plant after the other; one that cannot be folded does not hold up the rest."""
    changed, faults = 0, []
    for plant in plants:
        try:
            changed += _fold_plant(project, plant, before)
        except (ElcError, OSError) as error:
            faults.append(f"plant {plant}: {error}")
    check_faults("data/capture", faults)
    return changed


def _fold_plant(project: Project, plant: str, before: datetime | None) -> int:
    days: dict[date, list[Path]] = defaultdict(list)
    for part in find_parts(project, plant):
        try:
            hour = find_hour(part)
        except ValueError:
            _set_aside(project, plant, BrokenError(part, "its name has no hour"))
            continue
        if before is None or hour + HOUR <= before:
            days[hour.date()].append(part)
    return sum(_fold_day(project, plant, day, parts) for day, parts in sorted(days.items()))


def _fold_day(project: Project, plant: str, day: date, parts: Sequence[Path]) -> bool:
    """Fold parts into the file of their day; what is broken is set aside, and the rest is folded."""
    file = DayFile(
        project.capture(plant) / f"{day}.parquet",
        temporary=project.capture_parts(plant) / TEMPORARY,
        key=PARTS,
        group_rows=GROUP_ROWS,
        compression="zstd",
        movable="data/service",
    )
    while True:
        try:
            fresh = file.drop_folded(parts)
            if fresh:
                file.fold(fresh, _find_schema)
        except BrokenError as error:
            _set_aside(project, plant, error)
        else:
            return bool(fresh)


def _find_schema(paths: Sequence[Path]) -> pa.Schema:
    return pa.unify_schemas([_read_schema(path) for path in paths])


def _read_schema(path: Path) -> pa.Schema:
    with reading(path):
        schema = pq.read_schema(path).remove_metadata()
    strange = [field.name for field in schema if field.type != FORM.get(field.name, pa.float64())]
    strange += [name for name in FORM if name not in schema.names]
    if strange:
        raise BrokenError(path, f"its columns are not those of requests: {', '.join(strange)}")
    return schema


def _set_aside(project: Project, plant: str, error: BrokenError) -> None:
    """Give a broken file a name that says so, beside the parts. The line comes first: a kill between costs nothing."""
    path = error.path
    name = f"{path.name}.{path.stat().st_mtime_ns}.broken"
    start, end = _find_span(path)
    sentence = f"{path.name} cannot be read ({error.reason}). It lies in data/service/capture/{plant} as {name}."
    loss = Loss(name=name, kind=BROKEN, plant=plant, start=start, end=end, rows=0, is_over=True, sentence=sentence)
    write_loss(project, loss)
    LOG.error("captured file broken", extra={"fields": {"plant": plant, "sentence": sentence}})
    folder = project.capture_parts(plant)
    path.replace(folder / name)
    force(folder)


def _find_span(path: Path) -> tuple[datetime, datetime]:
    """Find of which time a part or a day's file held requests: by its name, else by its time."""
    try:
        start = datetime.combine(date.fromisoformat(path.stem), daytime(), UTC)
        return start, start + timedelta(days=1)
    except ValueError:
        pass
    try:
        start = find_hour(path)
        return start, start + HOUR
    except ValueError:
        start = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return start, start
