"""Hashes of files and folders: DVC's, and one of the content that anybody can check without DVC."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from elc.errors import ElcError, check_faults
from elc.files import open_plain


def hash_folder(folder: Path) -> str:
    """Hash a folder as DVC does: the MD5 of the JSON list of its files, and ".dir".

    Raises:
        ElcError: no folder, a link to a folder in it, or a file that cannot be read.
    """
    listed = [{"md5": hash_file(folder / name, "md5"), "relpath": name} for name in _list_files(folder)]
    return hash_bytes(json.dumps(listed, sort_keys=True).encode()) + ".dir"


def hash_content(folder: Path, *, without: tuple[str, ...]) -> str:
    """Hash the files of a folder, those of the names `without` left out: the SHA-256 of what
    `sha256sum` prints of them, sorted.

    Raises:
        ElcError: no folder, a link to a folder in it, or a file that cannot be read.
    """
    names = [name for name in _list_files(folder) if name not in without]
    lines = sorted(f"{hash_file(folder / name, 'sha256')}  {name}\n" for name in names)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _list_files(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise ElcError(f"{folder}: there is no such folder, expected a model package. Run `dvc checkout`.")
    try:
        paths = list(folder.rglob("*"))
    except OSError as error:
        raise ElcError(f"{folder}: cannot be listed ({error.strerror}). Check the folder and its rights.") from None
    check_faults(str(folder), [f"{path.name!a} {fault}" for path in paths if (fault := _find_oddity(path))])
    return sorted(path.relative_to(folder).as_posix() for path in paths if not path.is_dir())


def _find_oddity(path: Path) -> str:
    """Explain why a path cannot be part of a package; empty where it can."""
    if path.is_symlink() and path.is_dir():
        return "is a link to a folder; expected regular files"
    if "\n" in path.name or not path.name.isprintable():
        return "is not a name in one line of UTF-8; expected regular files"
    return "" if path.is_dir() or path.is_file() or path.is_symlink() else "is neither a regular file nor a folder"


def hash_file(path: Path, algorithm: str) -> str:
    try:
        with open_plain(path, is_made=False) as file:
            return hashlib.file_digest(file, algorithm).hexdigest()
    except OSError as error:
        raise ElcError(f"{path}: cannot be read ({error.strerror}). Check the file and its rights.") from None


def hash_bytes(raw: bytes) -> str:
    return hashlib.md5(raw, usedforsecurity=False).hexdigest()
