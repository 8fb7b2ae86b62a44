"""The log of messages: in data/alerts/<plant>/alerts.jsonl, on this machine, outside DVC, beside what was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from elc.records import RecordError, format_line, read_lines
from elc.records.alerts import LOG, NOTHING_TOLD, AlertState, LoggedMessage, Message, read_state

KEPT = 1000  # ids of what is over


def find_told(folder: Path) -> AlertState:
    """Read what was told of a plant; nothing was where there is no file.

    Raises:
        RecordError: the file cannot be read.
    """
    try:
        return read_state(folder)
    except RecordError as error:
        if error.is_missing:
            return NOTHING_TOLD
        raise


def append_log(folder: Path, messages: Sequence[Message], *, now: datetime) -> None:
    """Append messages to the log, one line each, in one write; those that a killed run has written are left out."""
    path = folder / LOG
    written = path.read_bytes() if path.exists() else b""
    known = {line.message for line in read_log(written)}
    new = [message for message in messages if message.message not in known]
    lines = [format_line(LoggedMessage(at=now, **dict(message))) for message in new]
    if not lines:
        return
    folder.mkdir(parents=True, exist_ok=True)
    start = "\n" if written and not written.endswith(b"\n") else ""  # a line that a lost machine cut short
    with path.open("ab", buffering=0) as file:
        file.write((start + "".join(lines)).encode())


def read_log(content: bytes) -> list[LoggedMessage]:
    """Read what a log holds; a line cut short tells nothing."""
    lines = read_lines(content.decode("utf-8", "replace").splitlines(), LoggedMessage)
    return [line for line in lines if line is not None]
