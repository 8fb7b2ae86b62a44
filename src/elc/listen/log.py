"""Log lines of `elc listen`: one JSON object a line, on the standard error."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime


def write_log(level: str, event: str, **fields: object) -> None:
    """Write a line: time (UTC), level (info, warning or error), event, and what belongs to it."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": moment, "level": level, "event": event, **fields}, default=str, ensure_ascii=False)
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
