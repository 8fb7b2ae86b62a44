"""What `elc fetch` knows of a plant: for what its tags were asked, and what could not be had.

The first lies beside the readings, so that it goes where they go; ingest passes it over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from elc.records.record import Moment, Record, RecordError, read_record

STATUS, FAULTS = ".status.json", "faults.json"


class AskedTag(Record):
    """For which period a tag was asked, and what came; all in UTC."""

    asked_from: Moment
    """The first moment that it was asked for."""
    asked_until: Moment
    """Up to when it was asked for since, without a hole."""
    last: Moment | None
    """Time of its newest reading; null where none came."""


class AskedSource(Record):
    """One source, as the last run found it."""

    last_answer: Moment | None
    """When all that it was asked for came last (UTC); null where it never did."""
    fault: str | None
    """Why the last run could not have all; null where it could."""
    new: int
    """Readings of the last run that were new."""
    corrected: int
    """Readings of the last run that corrected one that was there."""
    outside: int
    """Readings of the last run that nobody had asked for, of another time; they were left out."""


class FetchStatus(Record):
    """What was asked for, and what came."""

    plant: str
    """The plant's id."""
    time: Moment
    """When this was written (UTC)."""
    tags: dict[str, AskedTag]
    """The tags, by their names in the tag list."""
    sources: dict[str, AskedSource]
    """The sources, by their names in params.yaml."""


FaultKind = Literal["failed", "unknown", "text", "time", "quality", "refused", "ahead"]


class FetchFault(Record):
    """What could not be had of a source, or of one tag of it, and while it lasted."""

    source: str
    """The source's name in params.yaml."""
    kind: FaultKind
    """failed (the source), or of a tag: unknown there, values that are text, a time that cannot be read, a quality that
    is unknown, refused, ahead of the clock."""
    tag: str
    """The tag; empty where it is the source that failed."""
    since: Moment
    """When it was found first (UTC)."""
    until: Moment
    """When it was found last (UTC)."""
    example: str
    """What was found, or said."""


class FetchFaults(Record):
    """What could not be had, the oldest first; ingest makes findings of it."""

    plant: str
    """The plant's id."""
    faults: list[FetchFault]
    """Each spell of each fault."""


def read_fetch_status(folder: Path) -> FetchStatus | None:
    """Read what was asked for of the readings in a folder; None where nothing was yet.

    Raises:
        RecordError: the file cannot be read.
    """
    cure = "Remove it: elc fetch finds out again what it holds."
    try:
        return read_record(folder / STATUS, FetchStatus, cure=cure)
    except RecordError as error:
        if error.is_missing:
            return None
        raise


def read_fetch_faults(folder: Path) -> list[FetchFault]:
    """Read what could not be had; nothing where no fault was ever found.

    Raises:
        RecordError: the file cannot be read.
    """
    try:
        return read_record(folder / FAULTS, FetchFaults, cure="Remove it: elc fetch writes it again.").faults
    except RecordError as error:
        if error.is_missing:
            return []
        raise
