"""From the unit of a tag to the unit of its column: a level, a counter, or the amount of each interval."""

from __future__ import annotations

import re
from dataclasses import dataclass

from elc.errors import ElcError
from elc.fields import read_unit
from elc.units import read_conversion

_AMOUNT = re.compile(r"(?P<amount>.+?)\s*/\s*(?:(?P<count>\d{1,4})\s*(?P<unit>s|min|h|d)|(?P<word>interval))")
HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0}
RHYTHM = 0.0  # the hours of an amount whose interval is that between its readings


@dataclass(frozen=True)
class Scale:
    """Value in the column's unit = reading x factor + offset.

    A totaliser counts an amount, and its column is the rate. `amount_h` is the length of the interval that a reading is
    the amount of, `RHYTHM` where the readings tell it; None for what is not such an amount.
    """

    factor: float = 1.0
    offset: float = 0.0
    is_totaliser: bool = False
    amount_h: float | None = None


def read_scale(unit: str, column: str) -> Scale:
    """Read what makes a tag's unit the unit of its column.

    Raises:
        ElcError: it cannot become that.
    """
    target = read_unit(column).expression
    written = _AMOUNT.fullmatch(unit.strip())
    if written:
        hours = RHYTHM if written["word"] else int(written["count"]) * HOURS[written["unit"]]
        factor, _ = read_conversion(written["amount"], f"{target}*hour")
        if written["count"] and hours <= 0:
            raise ElcError(f"unit {unit} is an amount without a time. Write it as in kWh/15min.")
        return Scale(factor / (hours or 1.0), amount_h=hours)
    try:
        return Scale(*read_conversion(unit, target))
    except ElcError as error:
        fault = error
    try:
        return Scale(*read_conversion(unit, f"{target}*hour"), is_totaliser=True)
    except ElcError:
        raise fault from None
