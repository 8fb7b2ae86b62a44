"""What passes from a source to the files: readings, what was rejected, and what is owed to the sender."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

GOOD, UNCERTAIN, BAD = "GOOD", "UNCERTAIN", "BAD"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
# ASSUME: no live reading is older. A time in seconds that is taken for milliseconds lies in January 1970.
FIRST_US = (datetime(2000, 1, 1, tzinfo=UTC) - EPOCH) // MICRO
SHOWN_CHARACTERS = 2000
ORIGIN_CHARACTERS = 200
VALUE_CHARACTERS = 80
MOST_SHOWN = 100  # of one message; more are counted


class Reading(NamedTuple):
    """One reading: `time_us` in microseconds since 1970 (UTC); `value` is None where there is none, then it is BAD."""

    tag: str
    time_us: int
    value: float | None
    quality: str


@dataclass(frozen=True)
class Reject:
    """What could not be accepted: where it came from, why, and what was written, each cut off; and how often that was.

    `tag` is empty where it is not known.
    """

    origin: str
    reason: str
    content: str
    tag: str = ""
    count: int = 1


class Rejects:
    """What could not be accepted from one message: the first hundred are shown, the others counted, a count a tag."""

    def __init__(self, origin: str) -> None:
        self._origin = origin[:ORIGIN_CHARACTERS]
        self._shown: list[Reject] = []
        self._others: dict[str, tuple[str, int]] = {}

    def add(self, reason: str, content: object, *, tag: str = "", count: int = 1) -> None:
        """Add one; the text of `content` is built only where it is shown."""
        if len(self._shown) < MOST_SHOWN:
            self._shown.append(Reject(self._origin, reason, _build_text(content), tag, count))
            return
        first, former = self._others.get(tag, (reason, 0))
        self._others[tag] = first, former + count

    def build(self) -> tuple[Reject, ...]:
        """Build what is passed on."""
        others = [Reject(self._origin, reason, "", tag, count) for tag, (reason, count) in self._others.items()]
        return (*self._shown, *others)


def build_reject(origin: str, reason: str, content: object, *, tag: str = "") -> Reject:
    """Build a reject of any content; bytes that are not UTF-8 are shown in hexadecimal."""
    return Reject(origin[:ORIGIN_CHARACTERS], reason, _build_text(content), tag)


def show_value(value: object) -> str:
    """Show a value that is not a number in a sentence: a text by its first characters, others by their type."""
    if isinstance(value, str):
        return repr(value[:VALUE_CHARACTERS])
    if isinstance(value, bool):
        return repr(str(value).lower())
    return repr(value) if value is None or isinstance(value, int | float) else f"of the kind {type(value).__name__}"


def _build_text(content: object) -> str:
    if not isinstance(content, bytes):
        return str(content)[:SHOWN_CHARACTERS]
    try:
        return content[:SHOWN_CHARACTERS].decode()
    except UnicodeDecodeError as error:
        is_cut = error.reason == "unexpected end of data" and len(content) > SHOWN_CHARACTERS
        return content[: error.start].decode() if is_cut else content[: SHOWN_CHARACTERS // 2].hex()


@dataclass(frozen=True)
class Delivery:
    """What one message, or one look at a server, brought for a plant; an empty plant is one that is not known.

    `confirm` tells the sender that all of it is kept. `state` builds what the source must know again after a restart
    once this delivery is confirmed, and `state_name` is the file that holds it. `counts` are of what is missing by the
    source's own account, and of messages that were rejected whole.
    """

    plant: str
    readings: tuple[Reading, ...]
    rejects: tuple[Reject, ...] = ()
    confirm: Callable[[], None] | None = None
    state: Callable[[], Mapping[str, object]] | None = None
    state_name: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


def reject_whole(delivery: Delivery) -> Delivery:
    """Build the delivery that accepts nothing of another one, so that it is not sent again."""
    first = delivery.readings[:1]
    reject = Reject("", "cannot be written; the whole message is rejected", str(first)[:SHOWN_CHARACTERS])
    reject = replace(reject, count=len(delivery.readings))
    counts = {**delivery.counts, "rejected_whole": 1}
    return replace(delivery, readings=(), rejects=(*delivery.rejects, reject), counts=counts)


def read_moment(moment: datetime) -> int:
    """Read a time with a zone as microseconds since 1970."""
    return (moment - EPOCH) // MICRO


def now_us() -> int:
    """The present time in microseconds since 1970."""
    return read_moment(datetime.now(UTC))
