"""What was told of a plant, and what is still to be sent: in data/alerts/<plant>/, on this machine, outside DVC."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from elc.alerts.fold import Told
from elc.alerts.model import build_record, parse_record, parse_time
from elc.errors import ElcError
from elc.paths import replace_file

FILE, LOG = "state.json", "alerts.jsonl"
KEPT = 1000  # ids of what is over


@dataclass(frozen=True)
class Unsent:
    """A message that a channel has not taken yet, since when."""

    channel: str
    message: dict[str, Any]
    queued: datetime


@dataclass(frozen=True)
class State:
    """What is open and was told, by its key; what is not sent yet; and how many messages each ended alert had."""

    open: Mapping[str, Told] = field(default_factory=dict)
    unsent: Sequence[Unsent] = ()
    closed: Mapping[str, int] = field(default_factory=dict)


def read_state(folder: Path) -> State:
    """Read the state of a plant; nothing was told where there is none.

    Raises:
        ElcError: the file is not what `write_state` wrote.
    """
    path = folder / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        told = [_parse_told(record) for record in content["open"]]
        unsent = [
            Unsent(str(item["channel"]), dict(item["message"]), _parse_known(item["queued"]))
            for item in content["unsent"]
        ]
        closed = {str(name): int(count) for name, count in content["closed"].items()}
    except FileNotFoundError:
        return State()
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        raise ElcError(
            f"{path}: not readable as what was told so far. The next elc hourly begins it anew, and tells again "
            "what is open."
        ) from None
    return State({item.alert.key: item for item in told}, unsent, closed)


def _parse_told(record: dict[str, Any]) -> Told:
    alert, told = parse_record(record["alert"]), _parse_known(record["told"])
    return Told(alert, told, int(record["messages"]), int(record["runs"]))


def _parse_known(text: str | None) -> datetime:
    time = parse_time(text)
    if time is None:
        raise ValueError("a time is missing")
    return time


def write_state(folder: Path, state: State) -> None:
    """Write the state of a plant, whole or not at all."""
    content = {
        "open": [
            {
                "alert": build_record(item.alert),
                "told": item.told.isoformat(),
                "messages": item.messages,
                "runs": item.runs,
            }
            for item in state.open.values()
        ],
        "unsent": [
            {"channel": item.channel, "message": item.message, "queued": item.queued.isoformat()}
            for item in state.unsent
        ],
        "closed": dict(list(state.closed.items())[-KEPT:]),
    }
    with replace_file(folder / FILE) as temporary:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def append_log(folder: Path, messages: Sequence[dict[str, Any]], *, now: datetime) -> None:
    """Append messages to the log, one line each, in one write; those that a killed run has written are left out."""
    path = folder / LOG
    written = path.read_bytes() if path.exists() else b""
    known = _read_known(written)
    lines = [
        json.dumps({"at": now.isoformat(), **message}, ensure_ascii=False) + "\n"
        for message in messages
        if message["message"] not in known
    ]
    if not lines:
        return
    folder.mkdir(parents=True, exist_ok=True)
    start = "\n" if written and not written.endswith(b"\n") else ""  # a line that a lost machine cut short
    with path.open("ab", buffering=0) as file:
        file.write((start + "".join(lines)).encode())


def _read_known(log: bytes) -> set[str]:
    known = set()
    for line in log.decode("utf-8", "replace").splitlines():
        try:
            known.add(str(json.loads(line)["message"]))
        except (KeyError, TypeError, ValueError):
            continue  # a line cut short tells nothing
    return known
