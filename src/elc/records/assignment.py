"""What lies in a deployed folder: `deployed/<environment>/<plant>/deployed.json`, beside the package."""

from __future__ import annotations

from elc.records.record import Record

FILE = "deployed.json"


class Assignment(Record):
    """Which version of a plant an environment was assigned: by which tag, and with which package and content."""

    plant: str
    """The plant's id."""
    environment: str
    """The environment's name."""
    version: str
    """The version, such as `v1.2.0`."""
    commit: str
    """The commit that the version is of, in hexadecimal digits."""
    tag: str
    """Name of the tag that assigns it."""
    oid: str
    """Hash of that tag's object, in hexadecimal digits."""
    package: str
    """Hash of the package as DVC knows it."""
    sha256: str
    """SHA-256 of the package's content, in hexadecimal digits."""
