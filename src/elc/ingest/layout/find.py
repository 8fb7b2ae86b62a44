"""Find the layouts of the files of an export, each by its content, not by its name."""

from __future__ import annotations

from pathlib import Path

from elc.errors import ElcError
from elc.ingest.layout.content import read_magic, read_text
from elc.ingest.layout.model import Layout
from elc.ingest.layout.parquet import read_parquet_layout
from elc.ingest.layout.text import read_csv_layout, read_json_layout
from elc.settings import Export, TagList


def find_files(folder: Path, where: str) -> list[str]:
    """List the files of an export by their paths in its folder; hidden files and _SUCCESS are passed over.

    An export may be one file, whatever it is called.

    Raises:
        ElcError: there are none.
    """
    if folder.is_file():
        return [folder.name]
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    names = sorted(path.as_posix() for path in found if not _is_hidden(path))
    if not names:
        raise ElcError(f"{where}: holds no files. Put the historian's export there (Parquet, CSV or JSON lines).")
    return names


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts) or path.name == "_SUCCESS"


def read_layout(path: Path, export: Export, tags: TagList) -> Layout:
    """Read how a file is written.

    Raises:
        ElcError: the file cannot be used; the words leave out its name.
    """
    if read_magic(path)[:4] == b"PAR1":
        return read_parquet_layout(path, export, tags)
    text = read_text(path)
    if text.start.lstrip()[0] in "{[":
        return read_json_layout(text, export, tags)
    return read_csv_layout(text, export, tags)
