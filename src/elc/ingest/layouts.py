"""How each file of an export is written; one that no engine reads as it is is opened once, to a copy in the cache."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from elc.errors import ElcError, check_faults
from elc.ingest.engine import Engine
from elc.ingest.files import FileDoubt, FileGroup, group_files
from elc.ingest.layout import Layout, OpenError, read_layout
from elc.ingest.layout.parquet import read_parquet_layout
from elc.ingest.opening import is_odd, open_file
from elc.ingest.readers import find_time_faults
from elc.ingest.written_units import check_units
from elc.settings import Export, TagList


@dataclass(frozen=True)
class FoundLayout:
    """The layout of a file, and what of it is doubtful: lines that were passed over, units that are not understood."""

    layout: Layout
    doubts: tuple[FileDoubt, ...] = ()


@dataclass(frozen=True)
class Layouts:
    """Tells the layouts of files of a `folder`, and where what is read of them lies; `where` begins its errors."""

    folder: Path
    cache: Path
    export: Export
    tags: TagList
    where: str

    def find(self, engine: Engine, keys: Mapping[str, str]) -> dict[str, FoundLayout]:
        """Find the layout of each file; `keys` tell a file from its former self.

        Raises:
            ElcError: some cannot be used (every fault is named).
        """
        return self._check_units(engine, keys, self._reopen(engine, keys, self._read_layouts(keys)))

    def _check_units(
        self, engine: Engine, keys: Mapping[str, str], looked: dict[str, FoundLayout]
    ) -> dict[str, FoundLayout]:
        checked, faults = {}, []
        for name, found in looked.items():
            path = self.find_path(name, keys[name], found.layout)
            said, doubts = check_units(engine, found.layout, path, self.export, self.tags)
            checked[name] = replace(found, doubts=(*found.doubts, *doubts))
            faults += said
        check_faults(self.where, faults)
        return checked

    def _reopen(
        self, engine: Engine, fresh: Mapping[str, str], looked: dict[str, FoundLayout]
    ) -> dict[str, FoundLayout]:
        """Open files whose times no engine reads.

        Raises:
            ElcError: some cannot be read then either.
        """
        again: dict[str, FoundLayout] = {}
        faults: list[str] = []
        for group in group_files({name: found.layout for name, found in looked.items()}):
            if not self._find_time_faults(engine, group, fresh):
                continue
            for name in group.names:
                said = self._find_time_faults(engine, replace(group, names=(name,)), fresh)
                if said:
                    opened = self._try_to_open(name, fresh[name], group.layout)
                    said = [opened] if isinstance(opened, str) else said
                    if isinstance(opened, FoundLayout):
                        again[name] = opened
                        said = self._find_time_faults(engine, FileGroup(opened.layout, (name,)), fresh)
                faults += said
        check_faults(self.where, faults)
        return looked | again

    def _try_to_open(self, name: str, key: str, layout: Layout) -> FoundLayout | str | None:
        """Open a file whose times could not be read; the fault where that fails too, None where it cannot be opened."""
        if layout.kind != "csv" or layout.is_opened:
            return None
        try:
            return self._open(name, key, self.export)
        except ElcError as error:
            return f"{name}: {error}"

    def _open(self, name: str, key: str, export: Export) -> FoundLayout:
        target = self.name_opened(name, key)
        opened = open_file(self.folder / name, target, export, self.tags)
        layout = replace(
            read_parquet_layout(target, export, self.tags, is_point=opened.is_number),
            is_opened=True,
        )
        if opened.grain != "minute":
            layout = replace(layout, meaning=replace(layout.meaning, is_date=True))
        example = ", ".join(repr(line) for line in opened.passed)
        doubts = (FileDoubt("passed_over", "", opened.count, example),) if opened.count else ()
        return FoundLayout(layout, doubts)

    def _read_layouts(self, keys: Mapping[str, str]) -> dict[str, FoundLayout]:
        """Read every layout; what one file leaves open of its numbers, the others settle where they agree."""
        found, opened, faults = self._try_layouts(keys, self.export)
        meanings = [one.layout.meaning for one in found.values()]
        signs = {meaning.decimal for meaning in meanings if meaning.has_decimal}
        if opened and len(signs) == 1:
            settled = self.export.model_copy(update={"decimal": signs.pop()})
            more, opened, others = self._try_layouts({name: keys[name] for name in opened}, settled)
            found, faults = found | more, {**faults, **others}
        check_faults(self.where, [f"{name}: {fault}" for name, fault in (faults | opened).items()])
        return found

    def _try_layouts(
        self, keys: Mapping[str, str], export: Export
    ) -> tuple[dict[str, FoundLayout], dict[str, str], dict[str, str]]:
        """Read layouts; beside them the faults of files that leave their numbers open, and of all others."""
        found: dict[str, FoundLayout] = {}
        opened: dict[str, str] = {}
        faults: dict[str, str] = {}
        for name, key in keys.items():
            try:
                found[name] = self._read_layout(name, key, export)
            except OpenError as error:
                opened[name] = str(error)
            except ElcError as error:
                faults[name] = str(error)
        return found, opened, faults

    def _read_layout(self, name: str, key: str, export: Export) -> FoundLayout:
        """Read how a file is written; if that is not clear, open it."""
        if is_odd(self.folder / name, export):
            return self._open(name, key, export)
        try:
            return FoundLayout(read_layout(self.folder / name, export, self.tags))
        except OpenError:
            raise
        except ElcError as error:
            try:
                return self._open(name, key, export)
            except OpenError:
                raise
            except ElcError:
                raise error from None

    def _find_time_faults(self, engine: Engine, group: FileGroup, keys: Mapping[str, str]) -> list[str]:
        return find_time_faults(engine, group.layout, self.find_paths(group, keys), self.export, self.tags)

    def find_paths(self, group: FileGroup, keys: Mapping[str, str]) -> list[Path]:
        """Find what an engine reads of a group."""
        return [self.find_path(name, keys[name], group.layout) for name in group.names]

    def find_path(self, name: str, key: str, layout: Layout) -> Path:
        """Find what an engine reads of a file: itself, or the copy that it was opened to."""
        return self.name_opened(name, key) if layout.is_opened else self.folder / name

    def name_opened(self, name: str, key: str) -> Path:
        """Name the copy that a file is opened to, in a folder of its own, for its name says what it is."""
        return self.name_copy(key).with_suffix(".opened") / Path(name).name

    def name_copy(self, key: str) -> Path:
        """Name the typed copy of a file."""
        return self.cache / "copies" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.parquet"
