"""Regular files, and nothing else. A pipe under a file's name would let whoever opens it wait for ever."""

from __future__ import annotations

import os
import stat
from io import BufferedRandom, BufferedReader
from pathlib import Path


def open_plain(path: Path, *, is_made: bool) -> BufferedReader | BufferedRandom:
    """Open a regular file for reading; with `is_made` also for writing, and made where it is missing.

    Raises:
        OSError: it is missing, cannot be opened, or is not a regular file.
    """
    flags = os.O_RDWR | os.O_CREAT if is_made else os.O_RDONLY
    number = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(0, "it is not a regular file", str(path))
    return os.fdopen(number, "r+b") if is_made else os.fdopen(number, "rb")


def read_plain(path: Path) -> str:
    """Read the text of a regular file.

    Raises:
        OSError: it is missing, cannot be opened, or is not a regular file.
        ValueError: it is not text.
    """
    with open_plain(path, is_made=False) as file:
        return file.read().decode("utf-8")
