"""What of a plant's hours a target has: `data/publish/<plant>/<target>.json`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from elc.records.record import Moment, Record, read_record, write_record


class Published(Record):
    """What one target has of a plant, so that nothing is written twice."""

    indent: ClassVar[int | None] = None

    place: str
    """Where it was written to; another place has nothing yet."""
    since: Moment
    """From this hour on all that is judged is written or will be (UTC)."""
    hours: dict[str, str]
    """Start of each hour that was written (ISO 8601 in UTC), and a hash of its values."""
    written: int
    """How many hours were written in all, corrections included."""


def read_published(path: Path) -> Published:
    """Read what a target has.

    Raises:
        RecordError: nothing was written yet, or the file cannot be read.
    """
    cure = "The hours of the last days are written again, which changes nothing at the target."
    return read_record(path, Published, cure=cure)


def write_published(path: Path, published: Published) -> None:
    """Write what a target has, whole or not at all."""
    write_record(path, published)
