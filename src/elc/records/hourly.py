"""What the hourly run leaves for itself and for the next: who holds it, and on what each stage succeeded."""

from __future__ import annotations

from typing import ClassVar

from elc.records.record import Record


class Stamp(Record):
    """On what a stage of a plant succeeded last: `operation/<environment>/state/<plant>/<stage>.json`."""

    indent: ClassVar[int | None] = None

    stamp: str
    """SHA-256 of settings, code and files that the stage reads, in hexadecimal digits."""


class Holder(Record):
    """Which process runs the hour: `operation/<environment>/hourly.lock`."""

    indent: ClassVar[int | None] = None

    pid: int
    """Number of the process."""
    since: str
    """Since when, by this machine's clock: `HH:MM:SS`."""
