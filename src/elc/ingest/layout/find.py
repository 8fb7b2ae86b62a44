"""Find the layouts of the files of an export, each by its content, not by its name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from elc.errors import ElcError
from elc.ingest.layout.content import read_magic, read_text
from elc.ingest.layout.model import Layout
from elc.ingest.layout.parquet import read_parquet_layout
from elc.ingest.layout.text import read_csv_layout, read_json_layout
from elc.ingest.layout.vocabulary import TAG, simplify
from elc.settings import Export, TagList

STRAY = ("_success", "desktop.ini", "thumbs.db", "readme", "readme.txt", "readme.md", "readme.pdf")


def find_base(places: Sequence[Path]) -> Path:
    """Find the folder below which all places of an export lie, each of which is a folder or one file."""
    if len(places) > 1:
        return Path(os.path.commonpath(places))
    return places[0].parent if places[0].is_file() else places[0]


def find_files(places: Sequence[Path], where: str) -> list[str]:
    """List the files of an export by their paths below `find_base`; hidden and stray files are passed over.

    An export may lie in several folders, some of which may be missing, or be one file, whatever it is called.

    Raises:
        ElcError: there are none.
    """
    base = find_base(places)
    if places[0].is_file():
        return [places[0].name]
    names = sorted(name for place in places for name in _list_files(place, base))
    if not names:
        raise ElcError(f"{where}: holds no files. Put the historian's export there (Parquet, CSV or JSON lines).")
    return names


def _list_files(place: Path, base: Path) -> Iterator[str]:
    for folder, inner, names in os.walk(place):
        inner[:] = [name for name in inner if not name.startswith(".")]
        path = Path(folder)
        inside = path.relative_to(base)
        yield from ((inside / name).as_posix() for name in names if not _is_hidden(name) and (path / name).is_file())


def _is_hidden(name: str) -> bool:
    """Tell files that a system leaves beside an export: hidden ones, marks, and locks of an open workbook."""
    return name.startswith((".", "~$")) or name.lower() in STRAY


def read_layout(path: Path, export: Export, tags: TagList) -> Layout:
    """Read how a file is written.

    Raises:
        ElcError: the file cannot be used; the words leave out its name.
    """
    if read_magic(path)[:4] == b"PAR1":
        return read_parquet_layout(path, export, tags, folder=_find_folder_tag(path))
    text = read_text(path)
    if text.start.lstrip()[0] in "{[":
        return read_json_layout(text, export, tags)
    return read_csv_layout(text, export, tags, folder=_find_folder_tag(path))


def _find_folder_tag(path: Path) -> str:
    """Find the tag that a folder above a file is called by, as in tag=FT-1; empty without."""
    pairs = [part.split("=", 1) for part in path.parent.parts if "=" in part]
    names = [unquote(value) for key, value in pairs if any(simplify(key) in group for group in TAG)]
    return names[-1] if names else ""
