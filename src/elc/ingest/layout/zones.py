"""Time zones that the header of a time column names, and that may contradict the entry."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from elc.errors import ElcError
from elc.ingest.layout.model import Fields
from elc.ingest.layout.vocabulary import read_bracket
from elc.settings import Export

# Hours ahead of UTC of what times and headers are marked with; those that the world reads in two ways are left out.
_HOURS = (
    "UTC 0 GMT 0 Z 0 WET 0 WEST 1 CET 1 MEZ 1 CEST 2 MESZ 2 EET 2 EEST 3 MSK 3 EST -5 EDT -4 CDT -5 MST -7 MDT -6 "
    "PST -8 PDT -7 AKST -9 AKDT -8 HST -10 JST 9 KST 9 AEST 10 AEDT 11 ACST 9.5 ACDT 10.5 AWST 8 NZST 12 NZDT 13 BRT -3"
)
ABBREVIATIONS = {name: float(hours) for name, hours in re.findall(r"(\w+) (-?[\d.]+)", _HOURS)}
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d{2})?")
_UTC_NAME = re.compile(r"(^|[\s_.-])utc($|[\s_.-])|utc$|^utc", re.IGNORECASE)


def read_offset(text: str) -> float | None:
    """Read an abbreviation or an offset as hours ahead of UTC; None for what is neither."""
    plain = text.strip().upper()
    if plain in ABBREVIATIONS:
        return ABBREVIATIONS[plain]
    found = _OFFSET.fullmatch(plain)
    if not found:
        return None
    hours = int(found[2]) + int(found[3] or 0) / 60
    return -hours if found[1] == "-" else hours


def has_zone(export: Export) -> bool:
    """Tell whether times read by the entry's format are in UTC: by their offset, or by a Z or UTC in the format."""
    return bool(export.time_format) and all(
        "%z" in pattern or re.search(r"(?<!%)(Z|UTC|GMT)\s*$", pattern) is not None for pattern in export.time_format
    )


def check_header(fields: Fields, export: Export) -> None:
    """Check that the header of the time says nothing against the entry's zone.

    Raises:
        ElcError: it names another.
    """
    for name in fields.times:
        said = read_offset(read_bracket(name))
        if said is None and _UTC_NAME.search(name):
            said = 0.0
        if said is not None and said not in _find_offsets(export.time_zone):
            raise ElcError(
                f"has times in {name}, whose header names another zone than export.time_zone {export.time_zone}. Set "
                "export.time_zone to that of the header, or rename the column if the header is wrong."
            )


def _find_offsets(zone: str) -> set[float]:
    """The hours ahead of UTC of a zone through a year."""
    moments = (datetime(2024, month, 15, tzinfo=UTC) for month in range(1, 13))
    return {(moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()) / timedelta(hours=1) for moment in moments}
