"""Requests that monitoring does not see: a line of `data/capture/outages.jsonl`. `elc.captured` keeps it."""

from __future__ import annotations

from typing import Literal

from elc.records.record import Moment, Record


class Loss(Record):
    """Requests of a plant that were not kept. Of lines with one `name` the last holds."""

    name: str
    """What tells it from others."""
    kind: Literal["lost", "broken"]
    """`lost`: rows that could not be written. `broken`: a file that cannot be read and was set aside."""
    plant: str
    """The plant's id."""
    start: Moment
    """When the first was lost (UTC)."""
    end: Moment
    """When the last was lost (UTC), as far as it was told where it is not over."""
    rows: int
    """Rows that were lost; 0 of a broken file, for nobody can count them."""
    is_over: bool
    """Whether no more are lost."""
    sentence: str
    """Why they were lost."""
