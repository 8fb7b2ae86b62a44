"""Keep two hourly runs of one operation apart, and what changes its files as a whole from both."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from elc.errors import ElcError
from elc.files import try_lock
from elc.paths import Project
from elc.records import RecordError, format_record, parse_record
from elc.records.hourly import Holder


@contextmanager
def hold_hourly_lock(project: Project, *, wait_s: float) -> Iterator[None]:
    """Hold the lock until the block ends, or the process; wait for another that holds it.

    Raises:
        ElcError: another run holds it for longer than `wait_s`; it says which, and since when.
    """
    project.place.mkdir(parents=True, exist_ok=True)
    with (project.place / "hourly.lock").open("a+", encoding="utf-8") as file:
        if not try_lock(file, wait_s=wait_s):
            raise ElcError(_build_sentence(project, file))
        file.truncate(0)
        file.write(format_record(Holder(pid=os.getpid(), since=time.strftime("%H:%M:%S"))).rstrip())
        file.flush()
        yield


@contextmanager
def hold_operation(project: Project, *, wait_s: float) -> Iterator[None]:
    """Hold the lock of every environment that is operated here; wait for the hourly run of each.

    Raises:
        ElcError: an hourly run is not done after `wait_s`.
    """
    with ExitStack() as held:
        for place in sorted((project.root / "operation").glob("[!.]*")):
            if place.is_dir():
                held.enter_context(hold_hourly_lock(project.operate(place.name), wait_s=wait_s))
        yield


def _build_sentence(project: Project, file: IO[str]) -> str:
    file.seek(0)
    try:
        holder = parse_record(file.read(), Holder, name=file.name, cure="Wait a moment.")
        who = f"process {holder.pid}, since {holder.since}"
    except RecordError:  # it is just starting
        who = "it has just started"
    return (
        f"hourly: another run of {project.environment} has not finished ({who}). Wait until it has; two at once would "
        "mix up their files."
    )
