"""A month, quarter or year of a site: its name, and when it starts and ends by the site's clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd

from elc.errors import ElcError

_NAME = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})|-Q(?P<quarter>[1-4]))?")
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Period:
    """A month (`2026-05`), quarter (`2026-Q2`) or year (`2026`); `year` and `month` are of its first day."""

    kind: str
    year: int
    month: int

    @property
    def name(self) -> str:
        if self.kind == "month":
            return f"{self.year:04}-{self.month:02}"
        return f"{self.year:04}-Q{(self.month + 2) // 3}" if self.kind == "quarter" else f"{self.year:04}"

    @property
    def months(self) -> list[Period]:
        """The months that it is made of."""
        return [_build(12 * self.year + self.month - 1 + step, "month") for step in range(MONTHS[self.kind])]

    def shift(self, months: int) -> Period:
        """The period of the same length that begins so many months later."""
        return _build(12 * self.year + self.month - 1 + months, self.kind)

    def find_start(self, zone: str) -> pd.Timestamp:
        """When it starts (UTC), by the clock of a zone."""
        return pd.Timestamp(self.year, self.month, 1, tz=ZoneInfo(zone)).tz_convert("UTC")

    def find_end(self, zone: str) -> pd.Timestamp:
        """When it ends (UTC), by the clock of a zone: the next one's start."""
        return self.shift(MONTHS[self.kind]).find_start(zone)


def _build(count: int, kind: str) -> Period:
    return Period(kind, count // 12, count % 12 + 1)


def read_period(name: str) -> Period:
    """Read the name of a period.

    Raises:
        ElcError: it is not one.
    """
    found = _NAME.fullmatch(name)
    month = int(found["month"] or 1) if found else 0
    if found is None or not 1 <= month <= 12 or int(found["year"]) < 1:
        raise ElcError(f"period {name!r}: expected a month, quarter or year. Write it as in 2026-05, 2026-Q2 or 2026.")
    if found["quarter"]:
        return Period("quarter", int(found["year"]), 3 * int(found["quarter"]) - 2)
    return Period("month" if found["month"] else "year", int(found["year"]), month)


def find_last_month(end: pd.Timestamp, zone: str) -> Period:
    """Find the last month that was over at a moment (aware), by the clock of a zone."""
    local = end.tz_convert(ZoneInfo(zone))
    return Period("month", local.year, local.month).shift(-1)
