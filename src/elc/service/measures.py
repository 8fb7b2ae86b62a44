"""Counts and times as Prometheus reads them; with several workers, of all of them together."""

from __future__ import annotations

import os
from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # of prometheus_client: where workers leave their counts
BOUNDS_S = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0)


class Measures:
    """What the service counts: requests by plant, kind and outcome, their times by version, and what it kept."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "elc_requests", "Requests for predictions and gaps", ["plant", "kind", "outcome"], registry=self._registry
        )
        self._seconds = Histogram(
            "elc_answer_seconds",
            "Time to answer, without the network",
            ["plant", "kind", "version"],
            buckets=BOUNDS_S,
            registry=self._registry,
        )
        # Looking labels up takes longer than counting.
        self._find_requests = cache(self._requests.labels)
        self._find_seconds = cache(self._seconds.labels)
        self._captured = Counter("elc_captured_rows", "Rows kept for monitoring", ["plant"], registry=self._registry)
        self._dropped = Counter(
            "elc_capture_dropped_rows", "Rows that could not be kept", ["plant"], registry=self._registry
        )
        self._refused = Counter("elc_refused", "Requests that the guard refused", ["status"], registry=self._registry)
        self._faults = Counter(
            "elc_write_faults", "Times that a file could not be written", ["file"], registry=self._registry
        )
        self._live = Gauge(
            "elc_ready_plants", "Plants that have a version", registry=self._registry, multiprocess_mode="livemin"
        )

    def count(self, plant: str, kind: str, outcome: str, *, version: str = "", seconds: float | None = None) -> None:
        """Count a request that was answered, refused or failed."""
        self._find_requests(plant, kind, outcome).inc()
        if seconds is not None:
            self._find_seconds(plant, kind, version).observe(seconds)

    def count_capture(self, plant: str, *, kept: int, dropped: int) -> None:
        """Count rows that were kept for monitoring, or could not be."""
        self._captured.labels(plant).inc(kept)
        self._dropped.labels(plant).inc(dropped)

    def count_refusal(self, status: int) -> None:
        """Count a request that was refused before it reached a plant: a wrong key, too large, too often."""
        self._refused.labels(str(status)).inc()

    def count_fault(self, file: str) -> None:
        """Count that a file (swaps or audit) could not be written; the log says what was to be in it."""
        self._faults.labels(file).inc()

    def set_ready(self, plants: int) -> None:
        """Set how many plants have a version."""
        self._live.set(plants)

    def render(self) -> bytes:
        """Write all counts as text."""
        if not os.environ.get(SHARED):
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
