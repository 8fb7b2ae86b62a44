"""Unit conversion by pint: one factor and one offset a tag, worked out once.

A unit comes from outside, so it is never evaluated: its names are looked up one by one in pint's table, and what joins
them is counted here. pint's own parser works out powers of numbers, for ever where they are large.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from elc.errors import ElcError
from elc.units.spellings import AMBIGUOUS, DEFINITIONS, NAMES, WHOLE

if TYPE_CHECKING:
    import pint
    from pint.util import UnitsContainer

MOST_LETTERS = 40  # ASSUME: no unit of a plant is longer
KNOWN = 1024  # conversions that are remembered
MOST_SEEN = 10_000  # units after which pint's own memory is emptied
_NAME = r"[^\W\d][\w]*|[°º][A-Za-z]+|[℃℉%]"
_PART = re.compile(rf"\s*(?P<sign>[*/·]|(?<=\S)\s|^)\s*(?:1(?![\w.])|(?P<name>{_NAME})(?:\^(?P<power>-?[1-4]))?)")
_BELOW = re.compile(r"/\s*\(([^()/]*)\)")  # kJ/(kg*K) is kJ/kg/K
_TON = re.compile(r"\b(short|long|metric) ton(?:s|ne|nes)?\b")
_POWERS = str.maketrans({"²": "2", "³": "3"})


@lru_cache(maxsize=1)
def _build_registry() -> pint.UnitRegistry[float]:
    import pint  # a third of a second that commands without units need not wait for

    registry: pint.UnitRegistry[float] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    for definition in DEFINITIONS:
        registry.define(definition)
    return registry


def _read_parts(unit: str) -> Iterator[tuple[str, int]]:
    """Read a unit as people write it (kgf/cm2, MMBtu/h, %) as names and their powers.

    Raises:
        ValueError: it is written in no such way.
    """
    if len(unit) > MOST_LETTERS:
        raise ValueError
    if unit == "-":
        return
    unit = _TON.sub(r"\1_ton", WHOLE.get(unit.strip().translate(_POWERS), unit))
    text = _BELOW.sub(lambda found: "/" + re.sub(r"[*·]", "/", found[1].strip()), unit.strip())
    text = re.sub(r"(?<=[a-zA-Z])(?<![NSns]m)(?<![NS]M)([23])\b", r"^\1", text.translate(_POWERS).replace("**", "^"))
    place = 0
    while place < len(text):
        found = _PART.match(text, place)
        if found is None:
            raise ValueError
        if found["name"]:
            yield _read_name(found["name"]), int(found["power"] or 1) * (-1 if found["sign"] == "/" else 1)
        place = found.end()


def _read_name(name: str) -> str:
    """Read a name as plants write it.

    Raises:
        ElcError: the trade reads it in two ways.
    """
    if name in AMBIGUOUS:
        raise ElcError(f"unit {name} has several meanings. Write the one that is meant: {', '.join(AMBIGUOUS[name])}.")
    return NAMES.get(name, name)


def _read_unit(unit: str) -> UnitsContainer:
    """Look up what a unit is made of, one name after the other.

    Raises:
        ValueError: it is not a unit in any known spelling.
        pint.UndefinedUnitError: a name is unknown.
    """
    registry = _build_registry()
    parts = list(_read_parts(unit))
    powers: dict[str, float] = {}
    for name, power in parts:
        known = registry.get_name(name)
        if (len(parts) > 1 or power != 1) and f"delta_{known}" in registry:
            known = f"delta_{known}"  # a degree beside other units is a difference
        powers[known] = powers.get(known, 0) + power
    return registry.UnitsContainer({known: power for known, power in powers.items() if power})


@lru_cache(maxsize=KNOWN)
def _convert(unit: str, target: str) -> tuple[float, float]:
    if _convert.cache_info().misses % MOST_SEEN == MOST_SEEN - 1:
        _build_registry.cache_clear()  # pint remembers every unit that it ever saw
    source, goal = _read_unit(unit), _read_unit(target)
    offset = float(_build_registry().convert(0.0, source, goal))
    factor = float(_build_registry().convert(1.0, source, goal)) - offset
    if not math.isfinite(factor) or factor == 0:
        raise ValueError
    return factor, offset


def read_conversion(unit: str, target: str) -> tuple[float, float]:
    """Return (factor, offset) so that value in `target` = value in `unit` x factor + offset.

    Raises:
        ElcError: the unit is unknown, has several meanings, or is of another dimension than the target.
    """
    from pint import DimensionalityError, PintError

    try:
        return _convert(unit, target)
    except DimensionalityError:
        raise ElcError(
            f"unit {unit} cannot become {target or 'a number'}, the unit in the column's name. "
            "Correct the unit, or give the tag a factor and write the unit after it."
        ) from None
    except (PintError, ValueError, ArithmeticError):
        raise ElcError(
            f"unit {unit[:MOST_LETTERS]} is unknown. "
            "Write it as in GJ/h, MMBtu/h, degF, bar or short_ton/day, and - for none."
        ) from None


def look_up(unit: str) -> UnitsContainer:
    """Look up what a unit is made of, to be multiplied and divided.

    Raises:
        ElcError: the unit is unknown, or has several meanings.
    """
    read_conversion(unit, unit)
    return _read_unit(unit)


def convert(source: UnitsContainer, goal: UnitsContainer) -> float | None:
    """Find how many of `goal` one of `source` is, both without an offset; None where they are of other dimensions."""
    from pint import DimensionalityError

    try:
        return float(_build_registry().convert(1.0, source, goal))
    except DimensionalityError:
        return None


def is_unit(text: str) -> bool:
    """Tell whether a text is a unit that is understood in one way."""
    try:
        read_conversion(text, text)
    except ElcError:
        return False
    return True
