"""Let one run at a time do what two must not do at once; the lock of a run that was killed is free."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elc.errors import ElcError
from elc.registry.plain import open_plain


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
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
