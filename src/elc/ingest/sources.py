"""What an export consists of: each file's layout, size and days, found once and kept until the file changes.

Parquet with typed times is read where it lies. Every other file is read once, whole, into a typed copy in the cache,
in time order, so that days can be picked from it; so is one with an hour that the clock showed twice.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from tqdm import tqdm

from elc.errors import check_faults
from elc.files import replace_file
from elc.ingest.apart import find_apart, has_conflict
from elc.ingest.clock import ClockChange, build_utc, check_skipped, find_changes, shift_to_start
from elc.ingest.engine import Engine
from elc.ingest.files import FileDoubt, FileGroup, Source, group_files, group_sources, read_bounds
from elc.ingest.layout import find_base, find_files
from elc.ingest.layouts import Layouts
from elc.ingest.passes import select_others, tell_passes
from elc.ingest.readers import find_doubts, read_readings
from elc.settings import StageSettings, TagList

DAY_US = 86_400_000_000


class Survey:
    """The files of one plant's export, in one or several folders, seen through one engine."""

    def __init__(self, places: Sequence[Path], cache: Path, tags: TagList, settings: StageSettings) -> None:
        self.places, self.cache, self.tags = places, cache, tags
        self.folder = find_base(places)
        self.export = settings.plant.export
        self.where = f"plant {tags.plant}: export {' and '.join(map(str, places))}"
        self.layouts = Layouts(self.folder, cache, self.export, tags, self.where)

    def find(self, take: Callable[[], AbstractContextManager[Engine]], known: dict[str, Source]) -> dict[str, Source]:
        """Find the sources by their path in the folder; files that have not changed are not opened.

        Args:
            take: gives an engine to look into files that are new or have changed.
            known: the sources as found before.

        Raises:
            ElcError: there are no files, or some cannot be used (every fault is named).
        """
        keys = {name: self._build_key(name) for name in find_files(self.places, self.where)}
        same = {name: known[name] for name, key in keys.items() if name in known and known[name].key == key}
        sources = {name: source for name, source in same.items() if self._has_copy(name, source)}
        fresh = {name: key for name, key in keys.items() if name not in sources}
        if fresh:
            with take() as engine:
                sources |= self._look_into(engine, fresh)
        return dict(sorted(sources.items()))

    def _look_into(self, engine: Engine, fresh: dict[str, str]) -> dict[str, Source]:
        looked = self.layouts.find(engine, fresh)
        groups = group_files({name: found.layout for name, found in looked.items()})
        found = {}
        with tqdm(total=len(fresh), desc="files", unit="file", disable=None, leave=False) as bar:
            for group in groups:
                doubts = self._find_doubts(engine, group, fresh)
                for name in group.names:
                    own = (*looked[name].doubts, *doubts.get(name, ()))
                    source = Source(fresh[name], group.layout, 0, 0, 0, False, (), own)
                    found[name] = self._measure(engine, name, source)
                    bar.update()
        return found

    def read(self, engine: Engine, sources: Mapping[str, Source], days: range) -> ir.Table:
        """Read the readings of some sources in some days: time in UTC, tag, value and quality."""
        tables = []
        for group in group_sources(sources):
            members = [sources[name] for name in group.names]
            table = self._read_local(engine, group, sources)
            kept = [name for name in ("row",) if name in table.columns]
            utc = self._build_utc(table, self._find_changes(members))
            tables.append(utc.select("time", "tag", "value", "quality", *kept))
        readings = ibis.union(*tables) if len(tables) > 1 else tables[0]
        if all(day in days for source in sources.values() for day in source.days):
            return readings
        begin, end = (ibis.timestamp(pd.Timestamp(day, unit="D").to_pydatetime()) for day in (days.start, days.stop))
        return readings.filter((readings.time >= begin) & (readings.time < end))

    def read_file(self, engine: Engine, name: str, source: Source, days: range, partials: pa.Table) -> pd.DataFrame:
        """Read the readings of one file that may be in conflict, by partial results.

        Raises:
            ElcError: another column of the file tells the values of one moment apart, and nobody said which wins.
        """
        tags = pc.unique(partials.filter(pc.greater(partials["conflicts"], 0))["tag"]).to_pylist()
        readings = self.read(engine, {name: source}, days)
        rows = engine.execute(readings.filter(readings.tag.isin(tags)))
        if self.export.conflicts is None and has_conflict(rows):
            check_faults(self.where, find_apart(engine, source.layout, self.folder / name, self.export, tags))
        return rows

    def _build_utc(self, readings: ir.Table, changes: list[ClockChange]) -> ir.Table:
        utc = build_utc(readings, changes)
        return shift_to_start(utc) if self.export.stamps == "end" else utc

    def find_untold(self, sources: Iterable[Source]) -> list[ClockChange]:
        """List the clock changes of the export's zone around which it has readings of which nobody knows the pass."""
        affected = [source for source in sources if source.untold]
        untold = {moment for source in affected for moment in source.untold}
        return [change for change in self._find_changes(affected)[1:] if _to_us(change.moment) in untold]

    def find_single(self, sources: Iterable[Source]) -> list[ClockChange]:
        """List those of the changes at which the clock went back, and no file shows a time twice."""
        affected = [source for source in sources if source.untold]
        doubled = {moment for source in affected for moment in source.untold if moment not in source.single}
        return [change for change in self.find_untold(affected) if _to_us(change.moment) not in doubled]

    def remove_copies(self, sources: Mapping[str, Source]) -> None:
        """Remove the typed copies of files that are gone or have changed."""
        copies = list((self.cache / "copies").glob("*"))
        if not copies:
            return
        kept = {self.layouts.name_copy(source.key) for source in sources.values()}
        opened = {name: source.key for name, source in sources.items() if source.layout.is_opened}
        kept |= {self.layouts.name_opened(name, key).parent for name, key in opened.items()}
        for path in copies:
            if path not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _build_key(self, name: str) -> str:
        """Tell a file from its former self as DVC does: by size, time of change and inode."""
        status = (self.folder / name).stat()
        return f"{name} {status.st_size} {status.st_mtime_ns} {status.st_ino}"

    def _has_copy(self, name: str, source: Source) -> bool:
        """Tell whether a file that is read from a typed copy has it, whole."""
        if source.layout.is_opened and not self.layouts.name_opened(name, source.key).exists():
            return False
        if not FileGroup(source.layout, (), source.is_told).is_copied:
            return True
        try:
            pq.read_metadata(self.layouts.name_copy(source.key))
        except (OSError, pa.ArrowException):
            return False
        return True

    def _find_doubts(
        self, engine: Engine, group: FileGroup, keys: Mapping[str, str]
    ) -> dict[str, tuple[FileDoubt, ...]]:
        paths = self.layouts.find_paths(group, keys)
        names = dict(zip(map(str, paths), group.names, strict=True))
        table = find_doubts(engine, group.layout, paths, self.export, self.tags)
        rows = table.sort_values(["path", "check", "tag"])
        doubts: dict[str, tuple[FileDoubt, ...]] = {}
        for row in rows.to_dict("records"):
            name = names[row["path"]]
            doubt = FileDoubt(row["check"], row["tag"], int(row["count"]), row["example"])
            doubts[name] = (*doubts.get(name, ()), doubt)
        return doubts

    def _measure(self, engine: Engine, name: str, source: Source) -> Source:
        """Find the rows, times and days of a file; a file that is not typed is copied first."""
        group = FileGroup(source.layout, (name,))
        path = self.layouts.find_path(name, source.key, source.layout)
        if group.is_copied:
            table = read_readings(engine, group.layout, [path], self.export, self.tags)
            path = self.layouts.name_copy(source.key)
            with replace_file(path) as temporary:
                engine.write_parquet(table.order_by(["time", "tag"]), temporary)
        rows, first, last = read_bounds(path, "time" if group.is_copied else group.layout.fields.time)
        if not rows:
            return source
        measured = replace(source, rows=rows, first=first, last=last, is_utc=self._is_utc(engine, path, group))
        changes = self._find_changes([measured])
        if any(change.is_forward for change in changes[1:]):
            local = self._read_local(engine, group, {name: source})
            check_skipped(engine, local, changes, self.where, self.export.time_zone)
        measured = self._tell_passes(engine, name, measured, [change for change in changes[1:] if change.is_back])
        (group,) = group_sources({name: measured})
        return replace(measured, days=self._find_days(engine, group, measured, changes))

    def _tell_passes(self, engine: Engine, name: str, source: Source, changes: list[ClockChange]) -> Source:
        """Copy a file with readings of an hour that the clock showed twice, with the pass of each that can be told."""
        if not changes or source.is_utc:
            return source
        path = self.layouts.find_path(name, source.key, source.layout)
        readings = read_readings(engine, source.layout, [path], self.export, self.tags)
        told = tell_passes(engine, readings, changes)
        untold, single = (tuple(map(_to_us, moments)) for moments in (told.untold, told.single))
        source = replace(source, untold=untold, single=single)
        if told.readings.empty or not told.readings["is_utc"].any():
            return source
        others = select_others(readings, changes)
        inside = engine.take_rows(told.readings, others.schema())
        with replace_file(self.layouts.name_copy(source.key)) as temporary:
            engine.write_parquet(ibis.union(others, inside).order_by(["time", "tag"]), temporary)
        return replace(source, is_told=True)

    def _is_utc(self, engine: Engine, path: Path, group: FileGroup) -> bool:
        """Tell whether every time of a file is in UTC as read: it says so itself, or the export's zone is UTC."""
        if not self._has_zone:
            return True
        if not group.is_copied:
            return "tz=" in group.layout.type_of(group.layout.fields.time)
        table = engine.read_parquet([path])
        return bool(engine.execute(table.aggregate(all=table.is_utc.all()))["all"][0])

    @property
    def _has_zone(self) -> bool:
        return self.export.time_zone != "UTC"

    def _find_days(
        self, engine: Engine, group: FileGroup, source: Source, changes: list[ClockChange]
    ) -> tuple[int, ...]:
        """Find the UTC days of a file: by its first and last time where these are near, else by looking."""
        offsets = [change.offset * 1_000_000 for change in changes]
        is_end = self.export.stamps == "end"
        first = (source.first - max(offsets)) // DAY_US - is_end  # an interval may begin the day before
        last = (source.last - min(offsets)) // DAY_US
        if last - first <= 2:
            return tuple(range(first, last + 1))
        utc = self._build_utc(self._read_local(engine, group, {group.names[0]: source}), changes)
        day = utc.time.truncate("D").name("day")
        days = engine.execute(utc.select(day).distinct())["day"]
        return tuple(sorted(int(moment.timestamp()) // 86_400 for moment in pd.DatetimeIndex(days)))

    def _find_changes(self, sources: Iterable[Source]) -> list[ClockChange]:
        spans = [(source.first, source.last) for source in sources if source.rows]
        if not spans or not self._has_zone:
            return [ClockChange(pd.Timestamp(0), 0, 0)]
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        return find_changes(self.export.time_zone, pd.Timestamp(first, unit="us"), pd.Timestamp(last, unit="us"))

    def _read_local(self, engine: Engine, group: FileGroup, sources: Mapping[str, Source]) -> ir.Table:
        """Read readings with times as written."""
        if group.is_copied:
            copies = engine.read_parquet([self.layouts.name_copy(sources[name].key) for name in group.names])
            return copies.mutate(time=copies.time.cast("timestamp(6)"))  # Spark leaves its precision open
        keys = {name: sources[name].key for name in group.names}
        return read_readings(engine, group.layout, self.layouts.find_paths(group, keys), self.export, self.tags)


def _to_us(moment: pd.Timestamp) -> int:
    return int(moment.value // 1000)
