"""What passes from a source to the files: readings, what was rejected, and what is owed to the sender."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

GOOD, UNCERTAIN, BAD = "GOOD", "UNCERTAIN", "BAD"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
# ASSUME: no live reading is older. A time in seconds that is taken for milliseconds lies in January 1970.
FIRST_US = (datetime(2000, 1, 1, tzinfo=UTC) - EPOCH) // MICRO
SHOWN_CHARACTERS = 2000


class Reading(NamedTuple):
    """One reading: `time_us` in microseconds since 1970 (UTC); `value` is None where there is none, then it is BAD."""

    tag: str
    time_us: int
    value: float | None
    quality: str


@dataclass(frozen=True)
class Reject:
    """What could not be taken: where it came from, why, and what was written, cut off after 2,000 characters.

    `tag` is empty where it is not known.
    """

    origin: str
    reason: str
    content: str
    tag: str = ""


def build_reject(origin: str, reason: str, content: object, *, tag: str = "") -> Reject:
    """Build a reject of any content; bytes that are no UTF-8 are shown in hexadecimal."""
    text = _decode(content) if isinstance(content, bytes) else str(content)
    return Reject(origin, reason, text[:SHOWN_CHARACTERS], tag)


def _decode(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content[: SHOWN_CHARACTERS // 2].hex()


@dataclass(frozen=True)
class Delivery:
    """What one message, or one look at a server, brought for a plant; an empty plant is one that is not known.

    `confirm` tells the sender that all of it is kept. `state` is what the source must know again after a restart once
    this delivery is confirmed, and `state_name` the file that holds it. `counts` are of what is missing by the
    source's own account.
    """

    plant: str
    readings: tuple[Reading, ...]
    rejects: tuple[Reject, ...] = ()
    confirm: Callable[[], None] | None = None
    state: Mapping[str, object] | None = None
    state_name: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


def read_moment(moment: datetime) -> int:
    """Read a time with a zone as microseconds since 1970."""
    return (moment - EPOCH) // MICRO


def now_us() -> int:
    """The present time in microseconds since 1970."""
    return read_moment(datetime.now(UTC))
