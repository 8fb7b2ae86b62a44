"""Since when a source is gone, why, and what to do: each reason is logged once, not at every attempt."""

from __future__ import annotations

from datetime import UTC, datetime

from elc.listen.log import write_log
from elc.records.listener import SourceStatus


class Outage:
    """The status of a source while it is gone. `since` is ISO 8601 in UTC; None while the source is there."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._event = "not_connected"
        self.since: str | None = _now()
        self.reason: str | None = None
        self._former: tuple[str | None, str] | None = None

    def begin(self, reason: str) -> None:
        """The connection is lost or cannot be made; this is logged if the reason has changed."""
        event = "not_connected" if self.since else "disconnected"
        if (event, reason) != (self._event, self.reason):
            write_log("warning" if event == "disconnected" else "error", event, source=self._source, reason=reason)
        self.since = self.since or _now()
        self._event, self.reason = event, reason

    def end(self) -> None:
        """The source is there again; the last outage stays in the status, for one that comes again and again."""
        if self.reason is not None:
            self._former = self.since, self.reason
        self.since = self.reason = None

    def build_status(self) -> SourceStatus:
        """Build what status.json says: the outage that lasts, and the last one that is over."""
        last_lost, last_fault = self._former or (None, None)
        return SourceStatus(lost_since=self.since, fault=self.reason, last_lost=last_lost, last_fault=last_fault)


def explain_taken(identity: str, source: str) -> str:
    """Explain that another client has taken the session, and what to do."""
    return (
        f"session taken over: another client connected as {identity}, and each takes messages from the other; leave "
        "client_id out of params.yaml, and where a project was copied, remove "
        f"data/listen/source.{source}.id in the copy"
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
