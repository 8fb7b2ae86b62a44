"""Fold the parts of hours that are over into the file of their day, so that a year is some hundreds of files a plant.

One process folds at a time. A day's file is written beside the parts, forced to the disk and renamed; it names the
parts that came into it last. So whoever is killed, at whatever point, the next knows which parts are in the file
already: none is lost, and none is in it twice. What cannot be read is set aside, and a line tells monitoring.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as daytime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from elc.captured import BROKEN, KIND, VERSION, write_loss
from elc.errors import ElcError, check_faults
from elc.fields import TIME
from elc.paths import Project, force
from elc.records.loss import Loss
from elc.service.capture.parts import HOUR, find_hour, find_parts

LOG = logging.getLogger("elc.service")
PARTS = b"elc.parts"
GROUP_ROWS = 100_000  # of a row group, and so in memory
TEMPORARY = ".folded.parquet"
FORM = {TIME: pa.timestamp("us", "UTC"), KIND: pa.string(), VERSION: pa.string()}
PAUSE_S = 0.05


class BrokenError(Exception):
    """A file that cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path, self.reason = path, reason


def fold(project: Project, *, before: datetime | None, wait_s: float) -> int:
    """Fold the parts of all plants whose hour was over at a time (None: all of them); return how many days changed.

    Nothing is done where another process folds for longer than `wait_s`; what is left is folded by whoever comes next.

    Raises:
        ElcError: a day's file cannot be written, or lies on another file system than the parts, which stay.
    """
    folder = project.capture_parts("")
    if not folder.is_dir():
        return 0
    with _hold_lock(folder, wait_s) as is_held:
        if not is_held:
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


@contextmanager
def _hold_lock(folder: Path, wait_s: float) -> Iterator[bool]:
    with (folder / ".lock").open("a") as file:
        end = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= end:
                    yield False
                    return
                time.sleep(PAUSE_S)
            else:
                break
        yield True


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
    target = project.capture(plant) / f"{day}.parquet"
    while True:
        try:
            known = _read_names(target)
            _remove([part for part in parts if part.name in known], project.capture_parts(plant))
            fresh = [part for part in parts if part.exists()]
            if not fresh:
                return False
            _write_day(target, fresh, project.capture_parts(plant) / TEMPORARY)
        except BrokenError as error:
            _set_aside(project, plant, error)
        else:
            _remove(fresh, project.capture_parts(plant))
            return True


def _write_day(target: Path, parts: Sequence[Path], temporary: Path) -> None:
    """Write the file of a day anew, with what it held and the parts; it is on the disk when this returns."""
    sources = [*([target] if target.exists() else []), *parts]
    schema = pa.unify_schemas([_read_schema(path) for path in sources])
    schema = schema.with_metadata({PARTS: json.dumps([part.name for part in parts])})
    try:
        with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
            for table in _join(sources, schema):
                writer.write_table(table, row_group_size=GROUP_ROWS)
        force(temporary)
        target.parent.mkdir(parents=True, exist_ok=True)
        _rename(temporary, target)
        force(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _join(sources: Sequence[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """Join files into tables of one schema, a row group each; a column that a file does not have is missing there."""
    waiting: list[pa.Table] = []
    for path in sources:
        for table in _read_groups(path):
            waiting.append(table.replace_schema_metadata(None))
            if sum(map(len, waiting)) >= GROUP_ROWS:
                yield _concat(waiting, schema)
                waiting = []
    yield _concat(waiting, schema)


def _concat(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    empty = schema.empty_table().replace_schema_metadata(None)
    return pa.concat_tables([empty, *tables], promote_options="default").replace_schema_metadata(schema.metadata)


@contextmanager
def _read(path: Path) -> Iterator[None]:
    """Tell a file that is broken from a disk that does not answer: the system gives an error of the latter a number."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise BrokenError(path, " ".join(str(error).split())) from None


def _read_groups(path: Path) -> Iterator[pa.Table]:
    with _read(path):
        file = pq.ParquetFile(path)
    with file:
        for place in range(file.num_row_groups):
            with _read(path):
                table = file.read_row_group(place)
            yield table


def _read_schema(path: Path) -> pa.Schema:
    with _read(path):
        schema = pq.read_schema(path).remove_metadata()
    strange = [field.name for field in schema if field.type != FORM.get(field.name, pa.float64())]
    strange += [name for name in FORM if name not in schema.names]
    if strange:
        raise BrokenError(path, f"its columns are not those of requests: {', '.join(strange)}")
    return schema


def _read_names(target: Path) -> set[str]:
    """Read which parts came into a day's file last."""
    if not target.exists():
        return set()
    with _read(target):
        found = json.loads((pq.read_schema(target).metadata or {}).get(PARTS, b"[]"))
    return set(found)


def _remove(parts: Sequence[Path], folder: Path) -> None:
    """Remove parts that are in a day's file; they are gone for good before that file names others."""
    for part in parts:
        part.unlink(missing_ok=True)
    force(folder)


def _rename(temporary: Path, target: Path) -> None:
    try:
        temporary.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        raise ElcError(
            f"{target.parent}: lies on another file system than {temporary.parent}, expected the same one. Move "
            "data/service there, and leave a link."
        ) from None


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
