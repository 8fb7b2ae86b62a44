"""Let one run at a time do what two must not do at once; the lock of a run that was killed is free.

A lock belongs to an open file, so a child that the file is passed to holds it too (flock(2)). Who waits is woken by
the system; and a file may say who holds it, since it is the lock and its content at once.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from elc.errors import ElcError
from elc.files.plain import open_plain

PAUSE_S = 0.05


def lock(file: IO[Any] | int) -> None:
    """Lock an open file, or a descriptor, until it is closed; wait for as long as another holds it."""
    fcntl.flock(file, fcntl.LOCK_EX)


def try_lock(file: IO[Any], *, wait_s: float) -> bool:
    """Lock an open file until it is closed; False where another holds it for longer than `wait_s`."""
    end = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(PAUSE_S)
        else:
            return True


def is_locked(file: IO[Any]) -> bool:
    """Whether another holds the lock of an open file; several may ask at once, and none keeps it."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, which stays on the disk, until the block ends.

    Raises:
        ElcError: it cannot be opened, or is not a regular file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open_plain(path, is_made=True)
    except OSError as error:
        raise ElcError(
            f"{path}: cannot be locked ({error.strerror}). Remove it, or check the folder's rights."
        ) from None
    with file:
        lock(file)
        yield
