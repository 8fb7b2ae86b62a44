"""A tag's times in site time, and its texts in one clean line."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from elc.registry.context import Context

_LATEST = 253_402_128_000  # 30 December 9999: a tag may bear any time, a calendar ends there


def read_zone(context: Context, plant: str) -> ZoneInfo:
    """Read the time zone of a plant's site.

    Raises:
        ElcError: params.yaml has no such plant.
    """
    context.line(plant)
    return ZoneInfo(context.settings.plants[plant].time_zone)


def read_moment(seconds: int, zone: tzinfo) -> datetime:
    """Read a tag's time in a zone; one beyond the calendar is the calendar's end."""
    return datetime.fromtimestamp(min(max(seconds, 0), _LATEST), zone)


def clean(text: str) -> str:
    """Put a text of a tag into one line, without what a terminal would obey."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
