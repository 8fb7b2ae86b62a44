"""Files that grow by lines, each of which is there whole or not at all."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path

from elc.files.lock import lock


def append_line(path: Path, record: Mapping[str, object], *, mode: int) -> None:
    """Append one JSON line, on the disk when this returns, whole or not at all; several processes may at once.

    A line that a killed process left half is closed first, so that it alone is lost. What stands outside ASCII is
    escaped: no sign in a text can end the line. A file that is made gets the `mode`.

    Raises:
        OSError: it cannot be written, as where the disk is full; the file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, mode)
    try:
        lock(descriptor)
        size = os.fstat(descriptor).st_size
        is_open = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        line = (("\n" if is_open else "") + json.dumps(record) + "\n").encode("ascii")
        try:
            if os.write(descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
