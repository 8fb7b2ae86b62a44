"""Log lines of `elc listen`: one JSON object a line, on the standard error."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime

SELDOM_S = 60.0
_told: dict[tuple[str, object], tuple[float, int]] = {}  # when a line was written, and how many were not since


def write_log_seldom(level: str, event: str, *, source: str, **fields: object) -> None:
    """Write a line of what a sender can bring about, at most once a minute for a source; `count` is of all since."""
    now = time.monotonic()
    written, count = _told.get((event, source), (now - SELDOM_S, 0))
    if now - written < SELDOM_S:
        _told[event, source] = written, count + 1
        return
    _told[event, source] = now, 0
    write_log(level, event, source=source, count=count + 1, **fields)


def write_log(level: str, event: str, **fields: object) -> None:
    """Write a line: time (UTC), level (info, warning or error), event, and what belongs to it."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": moment, "level": level, "event": event, **fields}, default=str, ensure_ascii=False)
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
