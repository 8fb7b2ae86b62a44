"""Names, numbers and times in the sentences of findings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from elc.fields import format_value
from elc.findings import Finding
from elc.pages.labels import name_column
from elc.pages.language import ENGLISH, get_language, localise, say

Sentences = dict[tuple[str, str], Callable[[Finding], str]]
_SIGNS = {"-": "−", "%": "\u00a0%", "inf": "∞"}  # of Python, and as text has them


def name_tag(finding: Finding) -> str:
    """Name the column of a finding in words, and its tag: `flue O2 (AIC132)`."""
    return f"{name_column(finding.column)} ({finding.values['tag']})"


def describe_column(finding: Finding) -> str:
    """Name the column of a finding as the table has it, and its tag where there is one: `flue_o2_pct (AIC132)`."""
    tag = finding.values["tag"]
    return f"{finding.column} ({tag})" if tag else finding.column


def write(value: float, spec: str) -> str:
    """Write a number by a format of Python, with the signs of the chosen language."""
    text = localise(f"{value:{spec}}")
    if get_language() == ENGLISH:
        return text
    for sign, shown in _SIGNS.items():
        text = text.replace(sign, shown)
    return text


def write_value(value: float, column: str) -> str:
    """Write a value of a column with the digits that its size deserves, without its unit."""
    return localise(format_value(value, column, with_unit=False))


def write_time(time: datetime | str) -> str:
    """Write a moment in UTC, of which JSON keeps the text: `2024-06-01 13:00`."""
    return f"{_read_time(time):%Y-%m-%d %H:%M}"


def write_day(time: datetime | str) -> str:
    """Write the day of a moment in UTC: `2024-06-01`."""
    return f"{_read_time(time):%Y-%m-%d}"


def write_since(finding: Finding) -> str:
    """Write the day that a finding begins, with the days between which it lies."""
    first, last = (write_day(finding.values[name]) for name in ("since_first", "since_last"))
    return say_since(write_day(finding.start), first, last)


def say_since(day: str, first: str, last: str) -> str:
    """Say a day, and the days between which it lies where they are two: `2024-06-12 (2024-06-08 to 2024-06-16)`."""
    return day if first == last else say("{day} ({first} to {last})", day=day, first=first, last=last)


def _read_time(time: datetime | str) -> datetime:
    return (datetime.fromisoformat(time) if isinstance(time, str) else time).astimezone(UTC)
