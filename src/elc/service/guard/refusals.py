"""Count what is refused, and say it in the log now and then: who floods the service must not flood the log."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable

from starlette.types import Scope

EVERY_S = 10.0  # ASSUME: between two lines on the same status; the counts miss nothing


class Refusals:
    """Tells `count` the status of each refusal, for /metrics, and the log how many there were of one."""

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
