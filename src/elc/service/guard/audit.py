"""What is told of requests: who wrote what, in the audit file; and what was refused, counted and said now and then."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from starlette.types import Scope

from elc.files import append_line
from elc.paths import Project

EVERY_S = 10.0  # ASSUME: between two lines on the same status; the counts miss nothing


class AuditFile:
    """The file data/service/audit.jsonl, an object a line. One that the disk does not take goes to the log instead."""

    def __init__(self, path: Path, log: logging.Logger) -> None:
        self.path, self._log = path, log
        self.tell_fault: Callable[[], object] = lambda: None  # called for each line that the disk does not take

    def write(self, client: str, address: str | None, what: str, *, plant: str | None, status: int | None) -> None:
        """Write one line: {time, client, address, what, plant, status}; status is of HTTP, None of a command."""
        record = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": client,
            "address": address,
            "what": what,
            "plant": plant,
            "status": status,
        }
        try:
            append_line(self.path, record, mode=0o640)
        except OSError as error:
            self.tell_fault()
            self._log.error("The audit file cannot be written: %s", error.strerror, extra={"fields": {"audit": record}})


def find_audit(project: Project) -> Path:
    """Find the audit file of a project."""
    return project.root / "data" / "service" / "audit.jsonl"


class Refusals:
    """Tells `count` the status of each refusal, for /metrics, and the log how many there were of one.

    Who floods the service must not flood the log.
    """

    def __init__(self, log: logging.Logger, count: Callable[[int], object]) -> None:
        self._counts: Counter[int] = Counter()
        self._log, self._count = log, count
        self._said: dict[int, float] = {}

    def note(self, status: int, scope: Scope, address: str) -> None:
        """Count a refusal; say it where the last line on this status is older than 10 s."""
        self._counts[status] += 1
        self._count(status)
        now = time.monotonic()
        if now - self._said.get(status, -EVERY_S) < EVERY_S:
            return
        self._said[status] = now
        fields = {
            "status": status,
            "count": self._counts[status],
            "address": address,
            "method": scope["method"],
            "path": scope["path"][:200],
        }
        self._log.warning("Requests were refused; this is the last one.", extra={"fields": fields})
