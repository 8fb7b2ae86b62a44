"""What happened to a version while it was served: a line of `data/service/swaps.jsonl`."""

from __future__ import annotations

from typing import Literal

from elc.records.record import Record

Event = Literal["started", "loaded", "shifted", "live", "fell_back", "refused", "kept"]


class Swap(Record):
    """One event: of which plant, from which version to which, and why."""

    time: str
    """When it happened (ISO 8601 in UTC, milliseconds)."""
    plant: str
    """The plant's id."""
    environment: str
    """The environment that is served; empty for the candidate."""
    event: Event
    """What happened; `elc swaps` says it in words."""
    version: str
    """The version that it is about."""
    former: str
    """The version before it; empty where none was."""
    digest: str
    """SHA-256 of the package's content, in hexadecimal digits."""
    assigned: str
    """The tag that assigns it, and its object; empty for the candidate."""
    share: float
    """Share of the requests that go to the version, 0 to 1."""
    reason: str
    """Why; empty where nothing is to be said."""
    worker: int
    """Number of the process that wrote it."""
