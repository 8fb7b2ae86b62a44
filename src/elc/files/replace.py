"""Files and folders that are replaced whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elc.errors import ElcError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def report_full(path: Path) -> Iterator[None]:
    """Report a disk that is full while something is written to `path`, whose former content stays.

    Raises:
        ElcError: it is.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise ElcError(
            f"{path}: cannot be written, the disk is full ({error.strerror}). What was there before is unchanged. "
            "Make room, then run it again."
        ) from None


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; it takes the place of `path` if the block succeeds.

    The name is always the same, so what a killed run left is written over by the next.

    Raises:
        ElcError: the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.new{path.suffix}")
    try:
        with report_full(path):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def force(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path`; it takes the place of `path` if the block succeeds.

    A run that is killed between the two renames leaves the former folder under its temporary name; the next run puts
    it back first.

    Raises:
        ElcError: the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh, former = (path.with_name(f".{path.name}.{name}") for name in ("new", "old"))
    if former.exists() and not path.exists():
        former.rename(path)
    for left in (fresh, former):
        _remove(left)
    try:
        with report_full(path):
            fresh.mkdir()
            yield fresh
            if path.exists():
                path.rename(former)
            fresh.rename(path)
    finally:
        if former.exists() and not path.exists():
            former.rename(path)
        for left in (fresh, former):
            _remove(left)


def _remove(path: Path) -> None:
    """Remove a folder with what is in it, or a link, which leads to what is not ours."""
    if path.is_symlink():
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)
