"""Log lines of `elc listen`: one JSON object a line, on the standard error."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime

SELDOM_S = 60.0
_told: dict[tuple[str, object], tuple[float, int]] = {}  # when a line was written, and how many were not since


def write_log_seldom(level: str, event: str, **fields: object) -> None:
    """Write a line of what a sender can bring about, at most once a minute for a source or plant.

    `count` says for how many it stands: of all since the line before.
    """
    key = event, fields.get("source", fields.get("plant"))
    now = time.monotonic()
    written, count = _told.get(key, (now - SELDOM_S, 0))
    if now - written < SELDOM_S:
        _told[key] = written, count + 1
        return
    _told[key] = now, 0
    write_log(level, event, count=count + 1, **fields)


def write_log(level: str, event: str, **fields: object) -> None:
    """Write a line: time (UTC), level (info, warning or error), event, and what belongs to it."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": moment, "level": level, "event": event, **fields}, default=str, ensure_ascii=False)
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
