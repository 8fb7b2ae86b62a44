"""What a kind of source is to the rest: tags that are found, readings that are read page by page, and its errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from elc.errors import ElcError
from elc.fetch.pages import Page


@dataclass(frozen=True)
class SourceTag:
    """A tag as its source lists it; unit and description are empty where it says none."""

    name: str
    unit: str = ""
    description: str = ""


class HistorianSource(Protocol):
    """One historian or database, opened for one run. A kind raises the errors below and no other of its libraries."""

    def find(self, pattern: str) -> Iterator[SourceTag]:
        """List the tags whose name fits a pattern with * and ?."""
        ...

    def read(self, tags: Sequence[str], start: datetime, end: datetime) -> Iterator[Page]:
        """Read what was stored of tags, by their names in the source, from `start` to before `end` (aware, UTC).

        Each page is one request, at most about a hundred thousand readings, and may be empty: between two of them the
        limit on requests waits. What lies outside the period is left out by the caller; order is free.
        """
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


class SourceError(ElcError):
    """The source cannot be used as it is set, or answers what nobody can read; it is not asked again in this run."""


class RefusedError(SourceError):
    """The source refuses this user (401, 403)."""


class AwayError(SourceError):
    """The source does not answer, or not now (no connection, time-out, 429, 5xx); it is asked again.

    Args:
        sentence: what was found, and what to do if it lasts.
        retry_after_s: how long the source asks to be left alone, where it says so.
    """

    def __init__(self, sentence: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s
