"""Times as people and loggers write them, as ISO 8601: with a Z where they say their zone, else as written."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.core import Locale

from elc.ingest.layout.zones import ABBREVIATIONS
from elc.settings import Export

LANGUAGES = ("en", "de", "nb", "sv", "da", "fr", "es", "it", "pt", "nl", "fi", "pl")
# ASSUME: a number of these is a day of Excel, of the years 1982 to 2091.
SERIALS = (30_000, 70_000)
EPOCHS = ((1e8, 4e9, 1.0), (1e11, 4e12, 1e3), (1e14, 4e15, 1e6), (1e17, 4e18, 1e9))

_CLOCK = r"(?P<h>\d{1,2})(?:[:.h](?P<mi>\d{2})(?:[:.](?P<s>\d{2})(?:[.,:](?P<f>\d+))?)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
_AFTER = rf"(?:(?:T|[\s,:]+){_CLOCK})?"
_WORD = r"(?P<word>[^\W\d_]{3,}\.?)"
_PATTERNS = tuple(
    re.compile(pattern + _AFTER)
    for pattern in (
        r"(?P<y>\d{4})(?P<mark>[-/.])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})",
        rf"(?P<d>\d{{1,2}})[-/. ]*{_WORD}[-/., ]*(?P<y>\d{{4}}|\d{{2}})",
        rf"{_WORD}[-/. ]*(?P<d>\d{{1,2}})[-/., ]+(?P<y>\d{{4}}|\d{{2}})",
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4}|\d{2})",
    )
)
_SLASHED = re.compile(r"(?P<a>\d{1,2})(?P<mark>[-/])(?P<b>\d{1,2})(?P=mark)(?P<y>\d{4}|\d{2})" + _AFTER)
_DIGITS = re.compile(
    r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:T?(?P<h>\d\d)(?:(?P<mi>\d\d)(?:(?P<s>\d\d)(?:\.?(?P<f>\d+))?)?)?)?"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_ZONE = re.compile(
    r"\s*(?:(?P<sign>[+-])(?P<oh>\d{2}):?(?P<om>\d{2})?(?:\s+[A-Z]{3,5})?|(?P<name>Z|[A-Z]{3,5}|[A-Z]\w+/[\w/+-]+))$"
)
_BRACKET = re.compile(r"\s*\[(?P<name>[\w/+-]+)\]$")
_RANGE = re.compile(r"\s+(?:-|–|to|bis|til)\s+|(?<=\d)/(?=\d{4}-)")
_EMPTY_CLOCK = re.compile(r"[ T]0?0:00(:00(\.0+)?)?(?= \d{1,2}:\d{2})")
_GRAINS = ("day", "hour", "minute")


@dataclass
class Moments:
    """Reads times by the formats of the entry, or by their shape; keeps what it has read.

    `order` is that of day and month between slashes, empty where it is open; `grains` are how fine the times are.
    """

    export: Export
    order: str = ""
    grains: set[str] = field(default_factory=set)
    _known: dict[str, str | None] = field(default_factory=dict)

    def learn(self, texts: Iterable[str]) -> None:
        """Find the order of day and month where a number above 12 tells it."""
        orders = set()
        for text in texts:
            found = _SLASHED.match(text.strip())
            if found and int(found["a"]) > 12:
                orders.add("day")
            elif found and int(found["b"]) > 12:
                orders.add("month")
        self.order = orders.pop() if len(orders) == 1 else ""

    def read(self, text: str) -> str | None:
        """Read one time as ISO 8601; None for what is none."""
        if text not in self._known:
            self._known[text] = self._read(" ".join(text.replace("\u202f", " ").split()))
        return self._known[text]

    def _read(self, text: str) -> str | None:
        begin, *end = _RANGE.split(text, maxsplit=1)
        body, zone = _take_zone(begin)
        given = self._read_given(body)
        if given is None and end and not re.search(r"\d", begin):
            return None
        found = given or self._read_shape(_EMPTY_CLOCK.sub("", body))
        if found is None:
            number = _read_number(body)
            return number if not zone else None
        moment, grain = found
        self.grains.add(grain)
        if not zone:
            zone = "UTC" if any(re.search(r"(?<!%)(Z|UTC|GMT)\s*$", one) for one in self.export.time_format) else ""
        offset = _find_offset(zone, moment, self.export.time_zone) if zone else None
        if zone and offset is None:
            return None
        shown = moment if offset is None else moment - offset
        return shown.isoformat(" ") + ("" if offset is None else "Z")

    def _read_given(self, text: str) -> tuple[datetime, str] | None:
        """Read by the entry's formats: with or without a fraction of a second, and midnight without a time."""
        plain = _write_english(re.sub(r"(:\d{2})[.,:](\d+)(?=$| [AaPp])", r"\1", text))
        fraction = re.search(r":\d{2}:\d{2}[.,:](\d+)", text)
        micros = int(fraction[1][:6].ljust(6, "0")) if fraction else 0
        for pattern in self.export.time_format:
            bare = re.sub(r"\s*(%Z|%z|(?<!%)Z|UTC|GMT)\s*$", "", pattern).replace(".%f", "").replace(",%f", "")
            for form in (bare, re.split(r"[ T]%[HI]", bare)[0]):
                try:
                    moment = datetime.strptime(plain, form)
                except ValueError:
                    continue
                return moment + timedelta(microseconds=micros), _find_grain(form)
        return None

    def _read_shape(self, text: str) -> tuple[datetime, str] | None:
        found = next(filter(None, (pattern.fullmatch(text) for pattern in (*_PATTERNS, _DIGITS))), None)
        if found:
            return _build(found.groupdict())
        found = _SLASHED.fullmatch(text)
        if not found or not self.order:
            return None
        parts = found.groupdict()
        day, month = ("a", "b") if self.order == "day" else ("b", "a")
        return _build({**parts, "d": parts[day], "m": parts[month]})


def _find_grain(form: str) -> str:
    if not re.search(r"%[HI]", form):
        return "day"
    return "minute" if "%M" in form else "hour"


def _build(parts: dict[str, str | None]) -> tuple[datetime, str] | None:
    """Build a moment from its parts; None where one cannot be."""
    word = parts.get("word")
    month = _list_months().get(word.casefold().rstrip(".")) if word else int(parts["m"] or 0)
    hour, year = int(parts["h"] or 0), int(parts["y"] or 0)
    if parts.get("half"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if str(parts["half"])[0] in "pP" else 0)
    if hour > 24 or month is None or (hour == 24 and int(parts["mi"] or 0) + int(parts["s"] or 0) > 0):
        return None
    try:
        day = datetime(year + (2000 if year < 70 else 1900 if year < 100 else 0), month, int(parts["d"] or 0))
        clock = timedelta(hours=hour, minutes=_below_sixty(parts["mi"]), seconds=_below_sixty(parts["s"]))
    except ValueError:
        return None
    grain = "day" if parts["h"] is None else "hour" if parts["mi"] is None else "minute"
    return day + clock + timedelta(microseconds=int((parts["f"] or "0")[:6].ljust(6, "0"))), grain


def _below_sixty(text: str | None) -> int:
    if int(text or 0) > 59:
        raise ValueError(text)
    return int(text or 0)


def _read_number(text: str) -> str | None:
    """Read seconds (or parts of them) since 1970, or a day of Excel with its fraction."""
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text.replace(",", "."))
    if SERIALS[0] <= value < SERIALS[1]:
        seconds = round(value * 86_400, 1)
        return (datetime(1899, 12, 30) + timedelta(seconds=round(seconds))).isoformat(" ")
    for low, high, per_second in EPOCHS:
        if low <= value < high:
            return (datetime(1970, 1, 1) + timedelta(seconds=value / per_second)).isoformat(" ") + "Z"
    return None


def _take_zone(text: str) -> tuple[str, str]:
    """Part a time from the zone that it ends with; an offset goes before a name in brackets."""
    bracket = _BRACKET.search(text)
    body = text[: bracket.start()] if bracket else text
    found = _ZONE.search(body)
    if not found or not re.search(r"\d", body[: found.start()]) or _is_month(found["name"]):
        return body, bracket["name"] if bracket else ""
    if found["sign"] and not re.search(r":\d{2}|\d[T ]\d{2}", body[: found.start()]):
        return body, ""  # 03-06-24: no offset, but the rest of a date
    zone = found["name"] or f"{found['sign']}{found['oh']}:{found['om'] or '00'}"
    return body[: found.start()], zone


def _is_month(name: str | None) -> bool:
    return name is not None and name.casefold() in _list_months()


def _find_offset(zone: str, moment: datetime, own: str) -> timedelta | None:
    """Find how far a zone is ahead of UTC; an abbreviation is first looked for in the export's own zone."""
    if zone[0] in "+-":
        hours, minutes = zone[1:].split(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return -offset if zone[0] == "-" else offset
    for fold in (0, 1):
        shown = moment.replace(tzinfo=ZoneInfo(own), fold=fold)
        if shown.tzname() == zone:
            return shown.utcoffset()
    if zone in ABBREVIATIONS:
        return timedelta(hours=ABBREVIATIONS[zone])
    try:
        return moment.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    except (KeyError, ValueError, OSError):
        return None


@functools.cache
def _list_months() -> dict[str, int]:
    """The months' names, long and short, of the languages; a name of two months in two of them is left out."""
    found: dict[str, set[int]] = {}
    for language in LANGUAGES:
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for month, name in Locale.parse(language).months[context][width].items():
                    found.setdefault(name.casefold().rstrip("."), set()).add(month)
                    found.setdefault(name.casefold()[:3], set()).add(month)
    return {name: months.pop() for name, months in found.items() if len(months) == 1}


def _write_english(text: str) -> str:
    """Write the name of a month in English, as strptime reads it."""
    word = re.search(r"[^\W\d_]{3,}\.?", text)
    month = _list_months().get(word[0].casefold().rstrip(".")) if word else None
    if not word or not month:
        return text
    names = Locale.parse("en").months["format"]
    width = "wide" if len(word[0]) > 4 else "abbreviated"
    return text.replace(word[0], names[width][month])
