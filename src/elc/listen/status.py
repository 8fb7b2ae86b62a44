"""The status of `elc listen`, for pages and for people: data/listen/<plant>/status.json."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from elc.errors import ElcError
from elc.files import replace_file
from elc.listen.keeper import Keeper
from elc.listen.log import write_log
from elc.listen.model import EPOCH, SHOWN_CHARACTERS
from elc.listen.source import LiveSource
from elc.paths import Project
from elc.records import format_record
from elc.records.listener import FILE, ListenerStatus

BLOCK = 4096  # of a file system


def build_status(
    keeper: Keeper, sources: Sequence[LiveSource], *, lost: int, strange: int, fault: str
) -> ListenerStatus:
    """Build the status of one plant.

    Args:
        keeper: of the plant.
        sources: all of them; those that bring nothing of this plant are left out.
        lost: readings, of all plants, that came without a promise to send them again while the disk was full.
        strange: messages that name no plant which is known here.
        fault: why nothing can be written, empty where it can.
    """
    counts, last = keeper.counts, keeper.last_us
    return ListenerStatus(
        plant=keeper.plant,
        time=datetime.now(UTC).replace(microsecond=0),
        last_reading=None if last is None else EPOCH + timedelta(microseconds=last),
        readings=counts.readings,
        doubled=counts.doubled,
        rejected=counts.rejected,
        rejected_whole=counts.rejected_whole,
        strange_messages=strange,
        sequence_gaps=counts.sequence_gaps,
        lost=lost,
        unknown_tags=dict(counts.unknown_tags.most_common(100)),
        cannot_write=fault or None,
        sources={source.name: source.outage.build_status() for source in sources if keeper.plant in source.plants},
    )


def write_status(project: Project, status: ListenerStatus) -> None:
    """Replace the status of a plant, whole or not at all; on a full disk it is written over where it lies.

    So that it fits there, every status ends in spaces up to whole blocks.
    """
    path = project.listen(status.plant) / FILE
    content = format_record(status).encode()
    content += b" " * (-len(content) % BLOCK - 1) + b"\n"
    try:
        with replace_file(path) as temporary:
            temporary.write_bytes(content)
    except ElcError:
        _write_over(path, content)


def _write_over(path: Path, content: bytes) -> None:
    """Write over a file that is as long: that takes no room.

    Raises:
        ElcError: there is none so long, or it takes nothing either.
    """
    try:
        with path.open("r+b") as file:
            if len(content) > file.seek(0, os.SEEK_END):
                raise ElcError(f"{path}: cannot be written, the disk is full. Make room.")
            file.seek(0)
            file.write(content)
            file.truncate()
    except OSError as error:
        raise ElcError(f"{path}: cannot be written ({error.strerror}). Make room.") from None


def find_state(project: Project, source: str) -> Path:
    """The file of what a source must know again after a restart; a plant's id never holds a dot."""
    return project.listen("") / f"source.{source}.json"


def read_state(project: Project, source: str) -> dict[str, Any] | None:
    """Read what a source left; None where it left nothing, or nothing that can be read, as the log says."""
    path = find_state(project, source)
    try:
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(state, dict):
            raise ValueError(f"it holds a {type(state).__name__}, expected an object")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        write_log("error", "state_unreadable", source=source, file=str(path), fault=str(error)[:SHOWN_CHARACTERS])
        return None
    return state


def write_state(project: Project, source: str, state: object) -> None:
    """Replace what a source must know again."""
    with replace_file(find_state(project, source)) as temporary:
        temporary.write_text(json.dumps(state), encoding="utf-8")
