"""Count what is refused, and say it in the log now and then: who floods the service must not flood the log."""

from __future__ import annotations

import logging
import time
from collections import Counter

from starlette.types import Scope

EVERY_S = 10.0  # ASSUME: between two lines on the same status; the counts miss nothing


class Refusals:
    """How many requests were refused, by status."""

    def __init__(self, log: logging.Logger) -> None:
        self.counts: Counter[str] = Counter()
        self._log = log
        self._said: dict[int, float] = {}

    def note(self, status: int, scope: Scope, address: str) -> None:
        """Count a refusal; say it where the last line on this status is older than 10 s."""
        self.counts[str(status)] += 1
        now = time.monotonic()
        if now - self._said.get(status, -EVERY_S) < EVERY_S:
            return
        self._said[status] = now
        fields = {
            "status": status,
            "count": self.counts[str(status)],
            "address": address,
            "method": scope["method"],
            "path": scope["path"][:200],
        }
        self._log.warning("Requests were refused; this is the last one.", extra={"fields": fields})
