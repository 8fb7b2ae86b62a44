"""The state of an OPC UA node as a reading, and what is known of the nodes after a restart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from elc.connect.opcua import read_quality
from elc.listen.model import BAD, Reading, now_us, read_moment, show_value


def build_reading(tag: str, data: Any, now: int) -> Reading:
    """Build a reading of a value with its status and times; `now` is used where the server gives no time.

    Raises:
        ValueError: the value is not a number.
    """
    value = data.Value.Value if data.Value is not None else None
    if value is not None and (not isinstance(value, bool | int | float) or not math.isfinite(value)):
        raise ValueError(f"value {show_value(value)} is not a finite number")
    quality = BAD if value is None else read_quality(data.StatusCode)
    return Reading(tag, read_time(data, now), None if value is None else float(value), quality)


def read_time(data: Any, otherwise: int) -> int:
    """Read the time of the source, else of the server, in microseconds since 1970."""
    moment: datetime | None = data.SourceTimestamp or data.ServerTimestamp
    if moment is None:
        return otherwise
    return read_moment(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def read_looks(state: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
    """Read when all was last looked at, and each tag's last time, of what was kept; what is not a time is left out."""
    last = state.get("last")
    times = last if isinstance(last, dict) else {}
    looked_us = state.get("looked_us")
    return _read_kept(looked_us) or 0, {tag: kept for tag, at in times.items() if (kept := _read_kept(at))}


def _read_kept(value: object) -> int | None:
    return value if type(value) is int and 0 < value <= now_us() else None
