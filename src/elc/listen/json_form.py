"""Readings in JSON: one object a reading, a list of them, or an object with a member for each tag.

    {"tag": "FT101", "time": "2026-06-20T12:00:00Z", "value": 48.2, "quality": "GOOD"}
    [{...}, {...}]
    {"time": 1781956800000, "FT101": 48.2, "FT102": 61.0}

Times are ISO 8601 with a zone, or milliseconds since 1970. The tag may stand in the topic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from elc.listen.model import BAD, GOOD, UNCERTAIN, Reading, Reject, build_reject, read_moment

TIMES = ("time", "timestamp")
WORDS = {GOOD: GOOD, "OK": GOOD, UNCERTAIN: UNCERTAIN, BAD: BAD, "STALE": UNCERTAIN}
OPC_DA = ((192, GOOD), (64, UNCERTAIN), (0, BAD))
OPC_UA = ((0x80000000, BAD), (0x40000000, UNCERTAIN), (0, GOOD))
LARGEST = {"opc_da": 255, "opc_ua": 0xBFFFFFFF}


class FormError(Exception):
    """Why one reading cannot be taken."""


def read_json(payload: bytes, *, tag: str, codes: str | None, origin: str) -> tuple[list[Reading], list[Reject]]:
    """Read a message.

    Args:
        payload: the message as it came.
        tag: of the topic, for an object that names none.
        codes: what whole numbers mean as quality: opc_ua, opc_da, or None where there are none.
        origin: where it came from, for what is rejected.
    """
    try:
        content = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        return [], [build_reject(origin, f"is no JSON: {error}", payload)]
    readings: list[Reading] = []
    rejects: list[Reject] = []
    for item in content if isinstance(content, list) else [content]:
        if not isinstance(item, dict):
            rejects.append(build_reject(origin, "is no object with time and value", item))
            continue
        for name, value in _find_values(item, tag):
            try:
                readings.append(_read_reading(item, name, value, codes))
            except FormError as fault:
                rejects.append(build_reject(origin, str(fault), item, tag=name if isinstance(name, str) else ""))
    return readings, rejects


def _find_values(item: dict[str, Any], tag: str) -> Iterator[tuple[Any, Any]]:
    """Find the tags of an object and their values; one without any gives a name that cannot be one."""
    if "value" in item or "tag" in item:
        yield item.get("tag", tag), item.get("value", ...)
        return
    found = [(name, value) for name, value in item.items() if name not in (*TIMES, "quality")]
    yield from found or [(tag, ...)]


def _read_reading(item: dict[str, Any], name: Any, value: Any, codes: str | None) -> Reading:
    if not isinstance(name, str) or not name:
        raise FormError("has no tag, neither in the message nor in the topic")
    if value is ...:
        raise FormError("has no value")
    number = _read_value(value)
    quality = read_quality(item["quality"], codes) if "quality" in item else GOOD
    return Reading(name, _read_time(item), number, BAD if number is None else quality)


def _read_value(value: Any) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise FormError(f"value {str(value)[:80]!r} is no number")
    number = float(value)
    if not math.isfinite(number):
        raise FormError(f"value {value} is not finite")
    return number


def _read_time(item: dict[str, Any]) -> int:
    time = next((item[name] for name in TIMES if name in item), None)
    if isinstance(time, int | float) and not isinstance(time, bool):
        if not abs(time) < 1e14:
            raise FormError(f"time {time} lies beyond any clock; expected milliseconds since 1970")
        return round(time * 1000)
    if not isinstance(time, str):
        raise FormError("has no time; expected ISO 8601 with a zone, or milliseconds since 1970")
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        raise FormError(f"time {time[:80]!r} is not ISO 8601") from None
    if moment.tzinfo is None:
        raise FormError(f"time {time} has no zone; write it as in 2026-06-20T12:00:00Z")
    return read_moment(moment)


def read_quality(quality: Any, codes: str | None) -> str:
    """Read a quality: a word, true or false, or a code where `codes` says of which kind.

    Raises:
        FormError: it is none of them.
    """
    if isinstance(quality, bool):
        return GOOD if quality else BAD
    if isinstance(quality, str):
        found = next((WORDS[word] for word in WORDS if quality.strip().upper().startswith(word)), "")
        if found:
            return UNCERTAIN if found == GOOD and quality.strip().upper().endswith("SUBSTITUTED") else found
    if isinstance(quality, int) and codes is not None and 0 <= quality <= LARGEST[codes]:
        steps = OPC_DA if codes == "opc_da" else OPC_UA
        return next(word for start, word in steps if quality >= start)
    hint = "; say what numbers mean with codes: opc_da or opc_ua" if isinstance(quality, int) and not codes else ""
    raise FormError(f"quality {str(quality)[:80]!r} is unknown; expected GOOD, UNCERTAIN or BAD{hint}")
