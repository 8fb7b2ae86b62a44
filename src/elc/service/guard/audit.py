"""Who wrote what, one JSON object a line; a line is one write at the end of the file, so that workers do not mix."""

from __future__ import annotations

import errno
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import orjson

from elc.paths import Project


class AuditFile:
    """The file data/service/audit.jsonl. A line that the disk does not take goes to the log instead."""

    def __init__(self, path: Path, log: logging.Logger) -> None:
        self.path, self._log = path, log

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
            self._append(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            self._log.error("The audit file cannot be written: %s", error.strerror, extra={"fields": {"audit": record}})

    def _append(self, line: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            if os.write(descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)


def find_audit(project: Project) -> Path:
    """Find the audit file of a project."""
    return project.root / "data" / "service" / "audit.jsonl"
