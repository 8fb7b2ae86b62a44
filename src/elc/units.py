"""Unit conversion by pint: one factor and one offset a tag, worked out once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from elc.errors import ElcError

if TYPE_CHECKING:
    import pint


@lru_cache(maxsize=1)
def _build_registry() -> pint.UnitRegistry[float]:
    import pint  # a third of a second that commands without units need not wait for

    registry: pint.UnitRegistry[float] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    registry.define("normal_cubic_meter = [normal_volume] = Nm3")
    registry.define("million_btu = 1e6 * Btu = MMBtu")
    # ASSUME: an energy meter's calorie is the international-table calorie (4.1868 J), as steam tables use it.
    registry.define("gigacalorie = 4.1868e9 joule = Gcal")
    return registry


def _read_expression(unit: str) -> str:
    """Turn a unit as people write it (kgf/cm2, %) into pint's spelling."""
    if unit == "%":
        return "percent"
    if unit == "-":
        return ""
    return re.sub(r"(?<=[a-zA-Z])(?<!Nm)([23])\b", r"**\1", unit)


def read_conversion(unit: str, target: str) -> tuple[float, float]:
    """Return (factor, offset) so that value in `target` = value in `unit` x factor + offset.

    Raises:
        ElcError: the unit is unknown, or is of another dimension than the target (pint's expression).
    """
    from pint import DimensionalityError

    registry = _build_registry()
    try:
        source = registry.parse_units(_read_expression(unit))
        goal = registry.parse_units(target)
        offset = float(registry.Quantity(0.0, source).to(goal).magnitude)
        one = float(registry.Quantity(1.0, source).to(goal).magnitude)
    except DimensionalityError:
        raise ElcError(
            f"unit {unit} cannot become {target or 'a number'}, the unit in the column's name. "
            "Correct the unit, or give the tag a factor and write the unit after it."
        ) from None
    except Exception:  # pint's parser lets out errors of many kinds on what is no unit
        raise ElcError(
            f"unit {unit} is unknown. Write it as in GJ/h, MMBtu/h, degF, bar or short_ton/day, and - for none."
        ) from None
    return one - offset, offset
