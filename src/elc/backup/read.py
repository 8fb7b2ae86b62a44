"""Read a backup: every file is one that a backup may hold, and has the hash that its list says."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO

from elc.backup.state import find_places, is_state
from elc.errors import ElcError
from elc.paths import Project
from elc.records import parse_record
from elc.records.backup import FILE, Backup

_CURE = "Take another backup."
_CHUNK = 2**20


def unpack(project: Project, path: Path, folder: str) -> Backup:
    """Unpack a backup into a folder of this name in each place of the state, and verify all of it.

    Raises:
        ElcError: it cannot be read, is cut short or altered, or holds what no backup does; or the disk is full.
    """
    places = find_places(project)
    for place in places:
        shutil.rmtree(place / folder, ignore_errors=True)
    found: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:gz") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isreg() else None
                if content is not None and entry.name == FILE:
                    backup = parse_record(content.read(), Backup, name=f"{path}: {FILE}", cure=_CURE)
                    _check_hashes(path, backup, found)
                    return backup
                if content is None or entry.name in found or not is_state(project, entry.name):
                    raise ElcError(f"{path}: holds {entry.name!r}, which no backup holds. {_CURE}")
                place = next(place for place in places if (project.root / entry.name).is_relative_to(place))
                target = place / folder / (project.root / entry.name).relative_to(place)
                found[entry.name] = _lay(content, target, entry.mtime)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ElcError(f"{path}: is not a complete backup ({' '.join(str(error).split())}). {_CURE}") from None
    except OSError as error:
        raise ElcError(f"{path}: cannot be restored ({error.strerror or error}). Nothing has changed.") from None
    raise ElcError(f"{path}: is cut short, its list {FILE} is missing. {_CURE}")


def _lay(content: IO[bytes], target: Path, time: float) -> str:
    """Write a file with the time that it had; give its hash."""
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    os.utime(target, (time, time))
    return digest.hexdigest()


def _check_hashes(path: Path, backup: Backup, found: dict[str, str]) -> None:
    wrong = sorted(name for name in backup.files.keys() | found.keys() if backup.files.get(name) != found.get(name))
    if wrong:
        raise ElcError(f"{path}: {len(wrong)} files are not those that its list names, the first {wrong[0]}. {_CURE}")
