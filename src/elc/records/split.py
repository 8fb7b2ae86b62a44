"""What train, validation and test hours share beside their rows: `split.json`."""

from __future__ import annotations

from typing import ClassVar

from elc.records.record import Record

FILE = "split.json"


class Rating(Record):
    """What the whole history says of the plant."""

    rated_load: float
    """Load at which the plant runs fully, in the unit of the throughput."""

    indent: ClassVar[int | None] = None
