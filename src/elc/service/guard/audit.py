"""Who wrote what, one JSON object a line; one worker writes at a time, and a line is there whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from elc.files import append_line
from elc.paths import Project


class AuditFile:
    """The file data/service/audit.jsonl. A line that the disk does not take goes to the log instead."""

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
