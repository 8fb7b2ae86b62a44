"""Keep two hourly runs of one project apart, and know whether the former one was killed."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from elc.errors import ElcError
from elc.paths import Project


@contextmanager
def hold_hourly_lock(project: Project) -> Iterator[bool]:
    """Hold the lock until the block ends, and say whether the former holder was killed: then its name is left in it.

    Raises:
        ElcError: another run holds it; it says which, and since when.
    """
    project.scratch.mkdir(parents=True, exist_ok=True)
    with (project.scratch / "hourly.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ElcError(_build_sentence(file)) from None
        file.seek(0)
        was_killed = bool(file.read())
        file.truncate(0)
        holder = {"pid": os.getpid(), "since": time.strftime("%H:%M:%S")}
        file.write(json.dumps(holder))
        file.flush()
        yield was_killed
        # Not where the block raised: then the next run looks for what was left.
        file.truncate(0)


def _build_sentence(file: IO[str]) -> str:
    file.seek(0)
    try:
        holder = json.loads(file.read())
        who = f"process {holder['pid']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):  # it is just starting
        who = "it has just started"
    return (
        f"hourly: another run of this project is not done ({who}). Wait until it is; two at once would mix their files."
    )
