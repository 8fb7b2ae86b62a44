"""What lasts and must be told: what monitor leaves, what was told of it, and what a receiver gets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, RootModel

from elc.records.record import Moment, Record, read_record, write_record

FILE, STATE, LOG = "alerts.json", "state.json", "alerts.jsonl"
UNJUDGED = "not judged"  # the kind of a plant that runs and has no gap


class Alert(Record):
    """One thing that is so now and has lasted; `build_alert` builds it."""

    plant: str
    """The plant's id."""
    kind: str
    """What it is about: `gap`, `energy`, `not judged`, `violation`, `failed`, `stage`, `stale` or `future`."""
    subject: str
    """What of the plant: a column, a check and a column, a stage."""
    sentence: str
    """What is so."""
    since: Moment | None
    """When it began (UTC); null where nobody knows."""
    last: Moment | None
    """End of what was seen of it (UTC)."""
    values: dict[str, float] = Field(default_factory=dict)
    """Figures of the sentence; each name ends in its unit."""
    id: str
    """Made of plant, kind, subject and start, so that the same alert has the same one in every run."""
    advice: str = ""
    """What to do while it lasts; empty where the sentence says it."""

    @property
    def key(self) -> str:
        """What is the same of two alerts about the same thing, whenever they began."""
        return f"{self.kind}|{self.subject}"


def build_alert(
    plant: str,
    kind: str,
    subject: str,
    sentence: str,
    *,
    since: datetime | None,
    last: datetime | None,
    values: Mapping[str, float] | None = None,
    advice: str = "",
) -> Alert:
    """Build an alert: `since` and `last` (UTC) are its start, and the end of what was seen.

    Its id is made of plant, kind, subject and start. Where the start is not known, `since` is None, and the end of what
    was seen stands in for it. `advice` says what to do while it lasts.
    """
    start = since or last
    text = "|".join((plant, kind, subject, "" if start is None else start.isoformat()))
    return Alert(
        plant=plant,
        kind=kind,
        subject=subject,
        sentence=_clean(sentence),
        since=since,
        last=last,
        values=dict(values or {}),
        id=hashlib.sha256(text.encode()).hexdigest()[:16],
        advice=_clean(advice),
    )


def _clean(text: str) -> str:
    """A file's name in a text may hold what no receiver can read."""
    return text.encode("utf-8", "replace").decode()


class Alerts(RootModel[tuple[Alert, ...]]):
    """The alerts of a plant that are open, as monitor found them: a list of Alert."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class Message(Record):
    """What a receiver gets."""

    id: str
    """That of the alert."""
    message: str
    """That of this message: the same however often it is sent."""
    plant: str
    """The plant's id."""
    kind: str
    """As of the alert."""
    subject: str
    """As of the alert."""
    state: Literal["open", "still open", "recovered"]
    """Whether it is told for the first time, once more, or is over."""
    sentence: str
    """As of the alert."""
    advice: str
    """As of the alert."""
    text: str
    """What chat rooms and mails show."""
    since: Moment | None
    """When it began (UTC); null where nobody knows."""
    until: Moment | None
    """When it was last seen (UTC), of what is over; else null."""
    last: Moment | None
    """End of what was seen of it (UTC)."""
    runs: int
    """In how many hourly runs it was seen."""
    values: dict[str, float]
    """As of the alert."""
    url: str | None
    """Where to read more; null where there is no such place."""


class _Dated(Record):
    at: Moment
    """When the message was made."""


class LoggedMessage(Message, _Dated):
    """A line of `data/alerts/<plant>/alerts.jsonl`: a message, and when it was made."""


class Told(Record):
    """An alert that is open and was told."""

    alert: Alert
    """The alert as it was last found."""
    told: Moment
    """When the last message was made."""
    messages: int
    """How many messages there were."""
    runs: int
    """In how many hourly runs it was seen."""


class Unsent(Record):
    """A message that a channel has not taken yet."""

    channel: str
    """`webhook`, `mail`, or `apprise` and the name of its variable."""
    message: Message
    """The message."""
    queued: Moment
    """Since when it waits."""


class AlertState(Record):
    """What was told of a plant, and what is still to be sent: `data/alerts/<plant>/state.json`."""

    open: tuple[Told, ...]
    """What is open and was told."""
    unsent: tuple[Unsent, ...]
    """What is not sent yet."""
    closed: dict[str, int]
    """How many messages each alert had that is over, by its id; the last 1,000."""


NOTHING_TOLD = AlertState(open=(), unsent=(), closed={})


def read_alerts(folder: Path, *, root: Path | None = None) -> list[Alert]:
    """Read the alerts that monitor left in a plant's folder.

    Raises:
        RecordError: there is no such file, or it cannot be read.
    """
    return list(read_record(folder / FILE, Alerts, cure=f"Run elc run monitor {folder.name}.", root=root).root)


def write_alerts(folder: Path, alerts: Sequence[Alert]) -> None:
    """Write the alerts of a plant as `alerts.json`, whole or not at all."""
    write_record(folder / FILE, Alerts(tuple(alerts)))


def read_state(folder: Path) -> AlertState:
    """Read what was told of a plant.

    Raises:
        RecordError: nothing was told yet, or the file cannot be read.
    """
    cure = "The next elc hourly begins it anew, and tells again what is open."
    return read_record(folder / STATE, AlertState, cure=cure)


def write_state(folder: Path, state: AlertState) -> None:
    """Write what was told of a plant, whole or not at all."""
    write_record(folder / STATE, state)
