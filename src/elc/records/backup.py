"""What a backup holds: its last file, `backup.json`. One that ends without it was cut short."""

from __future__ import annotations

from elc.records.record import Moment, Record

FILE = "backup.json"


class Backup(Record):
    """When a backup of a machine's state was made, and the hash of each of its files."""

    made: Moment
    """When its first file was read (UTC)."""
    release: str
    """The release of ELC that made it."""
    files: dict[str, str]
    """SHA-256 of each file, in hexadecimal digits, by its path below the project."""
