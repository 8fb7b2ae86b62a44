"""Write a backup: a tar file, compressed, whose last file names all others with their hashes."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from elc import __version__
from elc.backup.state import find_files, find_places, hold_state
from elc.errors import ElcError
from elc.files import open_plain, replace_file
from elc.hourly.own import check_restored
from elc.paths import Project
from elc.records import format_record
from elc.records.backup import FILE, Backup

WAIT_S = 900.0  # for an hourly run to end
_ATTEMPTS = 5  # where files that are listed are moved before they are read
_LEVEL = 1  # most of it is Parquet, which is compressed already


def write_backup(project: Project, path: Path | None) -> tuple[Path, Backup]:
    """Write the state of this machine to a file, whole or not at all; give where it is, and what it holds.

    It may be written while `elc listen` and `elc serve` run; it waits for an hourly run. Without a path it goes beside
    the project's folder, which `git clean` does not reach.

    Raises:
        ElcError: there is no state, an hourly run does not end, or the file cannot be written.
    """
    moment = datetime.now(UTC)
    target = (path or project.root.parent / f"{project.root.name}-{moment:%Y-%m-%dT%H%M}Z.tar.gz").resolve()
    _check(project, target)
    with hold_state(project, wait_s=WAIT_S):
        try:
            with replace_file(target) as temporary:
                return target, _write(project, temporary)
        except OSError as error:
            raise ElcError(f"{target}: cannot be written ({error.strerror or error}). Name another file.") from None


def _check(project: Project, target: Path) -> None:
    check_restored(project, where="backup")
    if any(target.is_relative_to(place.resolve()) for place in find_places(project)):
        raise ElcError(f"{target}: lies in the state that is backed up. Name a file elsewhere, best on another disk.")
    if not find_files(project):
        raise ElcError(f"{project.root}: this machine has no state yet. elc hourly, elc listen and elc serve make it.")


def _write(project: Project, temporary: Path) -> Backup:
    for _ in range(_ATTEMPTS):
        temporary.unlink(missing_ok=True)
        number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it says who answered and asked what
        with os.fdopen(number, "wb") as file:
            backup = _write_all(project, file)
            file.flush()
            os.fsync(number)
        if backup is not None:
            return backup
    raise ElcError(f"backup: files were moved {_ATTEMPTS} times while they were read. Try again in a minute.")


def _write_all(project: Project, file: IO[bytes]) -> Backup | None:
    """Write all files and their list; None where one of them was gone before the end: it may be in another now."""
    made, hashes, files = datetime.now(UTC), {}, find_files(project)
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_LEVEL, format=tarfile.PAX_FORMAT) as tar:
        for name, path in files.items():
            try:
                hashes[name] = _add(tar, name, path)
            except FileNotFoundError:
                return None
        if not all(path.exists() for path in files.values()):
            return None
        backup = Backup(made=made, release=__version__, files=hashes)
        content = format_record(backup).encode()
        tar.addfile(_build_entry(FILE, len(content), made.timestamp()), io.BytesIO(content))
    return backup


def _add(tar: tarfile.TarFile, name: str, path: Path) -> str:
    """Add a file as long as it is now; give its hash. Lines that are added meanwhile are left out, none is cut."""
    with open_plain(path, is_made=False) as file:
        size = _measure(file)
        reader = _Hashing(file)
        tar.addfile(_build_entry(name, size, os.fstat(file.fileno()).st_mtime), reader)
    return reader.digest.hexdigest()


def _measure(file: IO[bytes]) -> int:
    """Measure an open file, in bytes, while nobody appends a line to it (`elc.files.append_line`): all are whole."""
    fcntl.flock(file, fcntl.LOCK_SH)
    size = os.fstat(file.fileno()).st_size
    fcntl.flock(file, fcntl.LOCK_UN)
    return size


def _build_entry(name: str, size: int, time: float) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, time, 0o644
    return entry


class _Hashing(io.RawIOBase):
    """A file that hashes what is read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        content = self._file.read(size)
        self.digest.update(content)
        return content
