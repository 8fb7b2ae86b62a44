"""The value and the quality of a metric of Sparkplug B."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from elc.listen.model import BAD, GOOD, UNCERTAIN

SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}  # Int8, Int16, Int32, Int64, in two's complement
# Source: Sparkplug specification 3.0, property Quality: 0 bad, 192 good, 500 stale.
QUALITIES = {0: BAD, 192: GOOD, 500: UNCERTAIN}
PLAIN = ("float_value", "double_value")
WHOLE = ("int_value", "long_value")
BOOLEAN = 11
SESSION = "bdSeq"  # the number of a node's session, which its death names again


def read_value(metric: Any, datatype: int) -> float | None:
    """Read the value of a metric as a number; None where it is null.

    Raises:
        ValueError: it is a text, a table, or not finite.
    """
    if metric.is_null:
        return None
    field = metric.WhichOneof("value")
    if field in WHOLE:
        return float(_read_signed(getattr(metric, field), datatype))
    if field == "boolean_value":
        if datatype != BOOLEAN:
            raise ValueError(f"value {str(metric.boolean_value).lower()} is not a number, but its kind {datatype} is")
        return float(metric.boolean_value)
    if field not in PLAIN:
        raise ValueError(f"value of the kind {field or 'none'} is not a number")
    number = float(getattr(metric, field))
    if not math.isfinite(number):
        raise ValueError(f"value {number} is not finite")
    return number


def _read_signed(number: int, datatype: int) -> int:
    bits = SIGNED_BITS.get(datatype)
    if bits is None:
        return number
    low = number & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


def read_session(metrics: Iterable[Any]) -> int | None:
    """Read the number of a node's session; None where a message names none."""
    for metric in metrics:
        if metric.name == SESSION and metric.WhichOneof("value") in WHOLE:
            return int(getattr(metric, metric.WhichOneof("value")))
    return None


def read_quality(metric: Any) -> str:
    """Read the property Quality; a metric without is good, and a code that is not known makes it bad."""
    if not metric.HasField("properties"):
        return GOOD
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key.lower() == "quality" and not value.is_null:
            field = value.WhichOneof("value")
            return QUALITIES.get(getattr(value, field), BAD) if field in WHOLE else BAD
    return GOOD
