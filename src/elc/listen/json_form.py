"""Readings in JSON: one object a reading, a list of them, or an object with a member for each tag.

    {"tag": "FT101", "time": "2026-06-20T12:00:00Z", "value": 48.2, "quality": "GOOD"}
    [{...}, {...}]
    {"time": 1781956800000, "FT101": 48.2, "FT102": 61.0}

Times are ISO 8601 with a zone, or milliseconds since 1970. The tag may stand in the topic.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

import orjson

from elc.listen.model import BAD, GOOD, UNCERTAIN, Reading, Reject, Rejects, read_moment, show_value

TIMES = ("time", "timestamp")
WORDS = {GOOD: GOOD, "OK": GOOD, UNCERTAIN: UNCERTAIN, BAD: BAD, "STALE": UNCERTAIN}
# A word alone, or what is said more of it after another sign: "Good, Local Override", "BAD_COMM_FAILURE".
WORD = re.compile(r"\s*([A-Za-z]+)(?:[^A-Za-z].*)?", re.DOTALL)
DOUBTED = re.compile("SUBSTITUTED|QUESTIONABLE|SUSPECT")
# Names of OPC UA, which are written as one word. Source: OPC 10000-8, A.4.3, and 10000-11, 6.4.
UA_GOOD = {"GoodCascade", "GoodClamped", "GoodEdited", "GoodEntryInserted", "GoodEntryReplaced", "GoodLocalOverride"}
UA_OTHER = re.compile(r"(Uncertain|Bad)[A-Z][A-Za-z]*")
QUALITY_CHARACTERS = 200
OPC_DA = ((192, GOOD), (64, UNCERTAIN), (0, BAD))
OPC_UA = ((0x80000000, BAD), (0x40000000, UNCERTAIN), (0, GOOD))
LARGEST = {"opc_da": 255, "opc_ua": 0xBFFFFFFF}
MOST_PARTS = 1_000_000  # lists, objects and members of one message


class FormError(Exception):
    """Why one reading cannot be accepted."""


def read_json(payload: bytes, *, tag: str, codes: str | None, origin: str) -> tuple[list[Reading], tuple[Reject, ...]]:
    """Read a message.

    What it takes grows with the message alone, and what is told of it is bounded.

    Args:
        payload: the message as it came.
        tag: of the topic, for an object that names none.
        codes: what whole numbers mean as quality: opc_ua, opc_da, or None where there are none.
        origin: where it came from, for what is rejected.
    """
    rejects = Rejects(origin)
    readings: list[Reading] = []
    if sum(map(payload.count, (b"[", b"{", b","))) > MOST_PARTS:
        rejects.add(f"holds more than {MOST_PARTS:,} parts; send fewer readings in one message", payload)
        return [], rejects.build()
    try:
        content = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        rejects.add(f"is not valid JSON: {error}", payload)
        return [], rejects.build()
    for item in content if isinstance(content, list) else [content]:
        if isinstance(item, dict):
            _read_item(item, tag, codes, readings, rejects)
        else:
            rejects.add(f"is not an object with time and value, but {show_value(item)}", b"")
    return readings, rejects.build()


def _read_item(item: dict[str, Any], tag: str, codes: str | None, readings: list[Reading], rejects: Rejects) -> None:
    """Read one object; what is wrong with its time or quality is told once, of all its members."""
    values = _find_values(item, tag)
    try:
        time_us = _read_time(item)
        quality = read_quality(item["quality"], codes) if "quality" in item else GOOD
    except FormError as fault:
        name = values[0][0] if len(values) == 1 and isinstance(values[0][0], str) else ""
        rejects.add(str(fault), _Written(item), tag=name, count=len(values))
        return
    for name, value in values:
        try:
            number = _read_value(name, value)
        except FormError as fault:
            written = _Written(item if len(values) == 1 else {name: value})
            rejects.add(str(fault), written, tag=name if isinstance(name, str) else "")
        else:
            readings.append(Reading(name, time_us, number, BAD if number is None else quality))


class _Written:
    """An object as JSON, written only where it is shown."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content

    def __str__(self) -> str:
        try:
            return orjson.dumps(self._content).decode()
        except orjson.JSONEncodeError:
            return "an object with more levels than can be shown"


def _find_values(item: dict[str, Any], tag: str) -> list[tuple[Any, Any]]:
    """Find the tags of an object and their values; one without any gives a name that cannot be one."""
    if "value" in item or "tag" in item:
        return [(item.get("tag", tag), item.get("value", ...))]
    return [(name, value) for name, value in item.items() if name not in (*TIMES, "quality")] or [(tag, ...)]


def _read_value(name: Any, value: Any) -> float | None:
    if not isinstance(name, str) or not name:
        raise FormError("has no tag in the message or in the topic")
    if value is ...:
        raise FormError("has no value")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormError(f"value {show_value(value)} is not a number")
    number = float(value)
    if not math.isfinite(number):
        raise FormError(f"value {value} is not finite")
    return number


def _read_time(item: dict[str, Any]) -> int:
    time = next((item[name] for name in TIMES if name in item), None)
    if isinstance(time, int | float) and not isinstance(time, bool):
        if not abs(time) < 1e14:
            raise FormError(f"time {time} is out of range; expected milliseconds since 1970")
        return round(time * 1000)
    if not isinstance(time, str):
        raise FormError("has no time; expected ISO 8601 with a zone, or milliseconds since 1970")
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        raise FormError(f"time {time[:80]!r} is not ISO 8601") from None
    if moment.tzinfo is None:
        raise FormError(f"time {time[:80]} has no zone; write it as in 2026-06-20T12:00:00Z")
    return read_moment(moment)


def read_quality(quality: Any, codes: str | None) -> str:
    """Read a quality: a word, true or false, or a code where `codes` says of which kind.

    Raises:
        FormError: it is none of them.
    """
    if isinstance(quality, bool):
        return GOOD if quality else BAD
    if isinstance(quality, str) and (found := _read_word(quality[:QUALITY_CHARACTERS].strip())):
        return found
    if isinstance(quality, int) and codes is not None and 0 <= quality <= LARGEST[codes]:
        steps = OPC_DA if codes == "opc_da" else OPC_UA
        return next(word for start, word in steps if quality >= start)
    hint = "; set codes to opc_da or opc_ua to tell what numbers mean" if isinstance(quality, int) and not codes else ""
    raise FormError(f"quality {show_value(quality)} is unknown; expected GOOD, UNCERTAIN or BAD{hint}")


def _read_word(quality: str) -> str:
    """Read a quality by its whole first word; empty where that is none."""
    if quality in UA_GOOD:
        return GOOD
    if named := UA_OTHER.fullmatch(quality):
        return named[1].upper()
    first = WORD.fullmatch(quality)
    found = WORDS.get(first[1].upper(), "") if first else ""
    return UNCERTAIN if found == GOOD and DOUBTED.search(quality.upper()) else found
