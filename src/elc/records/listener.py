"""What `elc listen` says of itself for one plant: `data/listen/<plant>/status.json`."""

from __future__ import annotations

from pathlib import Path

from elc.records.record import Moment, Record, read_record

FILE = "status.json"


class SourceStatus(Record):
    """One source: the outage that lasts, and the last one that is over."""

    lost_since: str | None
    """Since when the source is gone (ISO 8601 in UTC); null while it is there."""
    fault: str | None
    """Why it is gone."""
    last_lost: str | None
    """When the last outage that is over began (ISO 8601 in UTC)."""
    last_fault: str | None
    """Why the source was gone then."""


class ListenerStatus(Record):
    """What the listener of a plant took in since it started, and what is wrong. Spaces follow, up to a whole block."""

    plant: str
    """The plant's id."""
    time: Moment
    """When this was written (UTC)."""
    last_reading: Moment | None
    """Time of the newest reading (UTC); null where none came."""
    readings: int
    """Readings that were taken in."""
    doubled: int
    """Readings that had come before."""
    rejected: int
    """Readings that could not be read; `rejected.jsonl` holds them."""
    rejected_whole: int
    """Messages of which nothing could be read."""
    strange_messages: int
    """Messages that name no plant that is known here."""
    sequence_gaps: int
    """Messages of Sparkplug that are missing between two others."""
    lost: int
    """Readings, of all plants, that came while the disk was full and that nobody sends again."""
    unknown_tags: dict[str, int]
    """How many readings came of each tag that the tag list lacks; the hundred that come most."""
    cannot_write: str | None
    """Why nothing can be written; null where it can."""
    sources: dict[str, SourceStatus]
    """The sources of the plant, by their names in params.yaml."""


def read_listener(folder: Path) -> ListenerStatus:
    """Read what the listener of a plant says of itself.

    Raises:
        RecordError: it said nothing yet, or it cannot be read.
    """
    return read_record(folder / FILE, ListenerStatus, cure="elc listen writes it again within a minute.")
