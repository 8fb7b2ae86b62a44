"""Unit conversion by pint: one factor and one offset a tag, worked out once.

A unit comes from outside, so it is never evaluated: its names are looked up one by one in pint's table, and what joins
them is counted here. pint's own parser works out powers of numbers, for ever where they are large.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from elc.errors import ElcError

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


WHOLE = {  # a unit written as one word
    "tph": "t/h",
    "TPH": "t/h",
    "T/H": "t/h",
    "kpph": "klb/h",
    "KPPH": "klb/h",
    "pph": "lb/h",
    "PPH": "lb/h",
    "scfm": "scf/min",
    "SCFM": "scf/min",
    "scfh": "scf/h",
    "SCFH": "scf/h",
    "MMscfd": "MMscf/d",
    "MMSCFD": "MMscf/d",
    "Mcfd": "Mcf/d",
    "cfm": "cubic_foot/min",
    "CFM": "cubic_foot/min",
    "gpm": "gallon/min",
    "GPM": "gallon/min",
    "kg/cm2": "kgf/cm2",
    "kg/cm2a": "kgf/cm2",
    "kg/cm2g": "kgf/cm2",
    "ksc": "kgf/cm2",
    "ton of refrigeration": "ton_of_refrigeration",
    "tons of refrigeration": "ton_of_refrigeration",
    "deg C": "degC",
    "deg F": "degF",
    "C": "degC",
    "F": "degF",
}
NAMES = {  # a name inside a unit
    **dict.fromkeys(("KW", "kw", "Kw"), "kW"),
    **dict.fromkeys(("KWH", "kwh", "KWh", "Kwh", "kWH"), "kWh"),
    **dict.fromkeys(("MWH", "Mwh"), "MWh"),
    **dict.fromkeys(("GWH",), "GWh"),
    **dict.fromkeys(("mmBtu", "mmbtu", "mmBTU", "MMBTU", "MMbtu"), "MMBtu"),
    **dict.fromkeys(("BTU", "btu"), "Btu"),
    **dict.fromkeys(("Dth", "DTH", "dth", "dekatherm"), "MMBtu"),
    **dict.fromkeys(("HR", "Hr", "hr", "hrs", "HOUR", "Hour"), "h"),
    **dict.fromkeys(("MIN", "Min", "mins"), "min"),
    **dict.fromkeys(("DAY", "Day"), "day"),
    **dict.fromkeys(("SEC", "Sec"), "s"),
    **dict.fromkeys(("gj",), "GJ"),
    **dict.fromkeys(("KG", "Kg"), "kg"),
    **dict.fromkeys(("LB", "LBS", "lbs", "Lb"), "lb"),
    **dict.fromkeys(("KLB", "klbs", "KLBS", "Klb"), "klb"),
    **dict.fromkeys(("tonne", "tonnes", "Tonne", "te"), "t"),
    **dict.fromkeys(("SCF",), "scf"),
    **dict.fromkeys(("MMSCF", "MMcf", "MMCF"), "MMscf"),
    **dict.fromkeys(("MCF", "Mscf", "MSCF"), "Mcf"),
    **dict.fromkeys(("NM3", "nm3"), "Nm3"),
    **dict.fromkeys(("SM3", "sm3"), "Sm3"),
    **dict.fromkeys(("barg", "bara", "Barg", "Bara", "BARG", "BARA", "BAR"), "bar"),
    **dict.fromkeys(("mbarg", "mbara"), "mbar"),
    **dict.fromkeys(("psig", "psia", "PSIG", "PSIA", "PSI"), "psi"),
    **dict.fromkeys(("kPag", "kPaa", "KPA", "kpa", "kPaG", "kPaA"), "kPa"),
    **dict.fromkeys(("TR", "RT"), "ton_of_refrigeration"),
    **dict.fromkeys(("DEGC", "DegC", "degc", "Celsius", "celsius", "°C", "ºC", "℃", "oC"), "degC"),
    **dict.fromkeys(("DEGF", "DegF", "degf", "Fahrenheit", "fahrenheit", "°F", "ºF", "℉", "oF"), "degF"),
    **dict.fromkeys(("pct", "PCT", "Pct", "percent"), "%"),
    **dict.fromkeys(("ppmv", "PPM", "PPMV", "ppmvd"), "ppm"),
    **dict.fromkeys(("HZ", "hz"), "Hz"),
    **dict.fromkeys(("MPH",), "mph"),
}
_THOUSAND_OR_MILLION = ("kBtu (a thousand)", "MMBtu (a million)")
_TONS = ("t (of 1000 kg)", "short_ton (of 2000 lb)", "long_ton (of 2240 lb)", "ton_of_refrigeration")
_CALORIES = ("{0}cal_it (4.1868 J a calorie, steam tables)", "{0}cal_th (4.184 J a calorie, chemistry)")
AMBIGUOUS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("MBtu", "MBTU", "Mbtu", "mBtu", "MBH", "MBtuh"), _THOUSAND_OR_MILLION),
    **dict.fromkeys(("Mlb", "MLB", "Mlbs", "MLBS"), ("klb (a thousand)", "MMlb (a million)")),
    **dict.fromkeys(("mt", "MT", "mton", "Mton"), ("t (of 1000 kg)", "1000 t written as kt", "1e6 t written as Mt")),
    **dict.fromkeys(("ton", "tons", "TON", "TONS", "Ton", "Tons"), _TONS),
    **{f"{prefix}cal": tuple(text.format(prefix) for text in _CALORIES) for prefix in ("", "k", "M")},
    **{name: tuple(text.format("k") for text in _CALORIES) for name in ("Kcal", "KCAL", "Cal", "calorie", "calories")},
}
DEFINITIONS = (
    "normal_cubic_meter = [normal_volume] = Nm3",
    "million_btu = 1e6 * Btu = MMBtu",
    # ASSUME: an energy meter's calorie is the international-table calorie (4.1868 J), as steam tables use it.
    "gigacalorie = 4.1868e9 joule = Gcal",
    "cal_it = 4.1868 joule",
    "cal_th = 4.184 joule",
    # ASSUME: standard is 15 degC and 1.01325 bar for cubic metres, 60 degF and 14.696 psi for cubic feet.
    "standard_cubic_meter = 0.947943 * normal_cubic_meter = Sm3",
    "standard_cubic_foot = 0.0267906 * normal_cubic_meter = scf",
    "thousand_cubic_feet = 1e3 * standard_cubic_foot = Mcf",
    "million_cubic_feet = 1e6 * standard_cubic_foot = MMscf",
    "million_pounds = 1e6 * pound = MMlb",
)
NOTES = (
    "A pressure stays what it is, gauge or absolute: `barg`, `psig` and `kg/cm2g` are read as `bar`, `psi` and "
    "`kgf/cm2`. Where a column shall be absolute, write the pressure of the air as the tag's `offset`.",
    "`Mcf`, `MMscf` and `scf` are standard cubic feet (60 degF, 14.696 psi), `Sm3` standard cubic metres (15 degC), "
    "and `Nm3` normal ones (0 degC).",
    "`kWh/15min`, `t/1h` and `kWh/interval` are the amount of each interval, of any amount.",
)


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
        ValueError: it is no unit as people write it.
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


def build_page() -> str:
    """Build the page of units (Markdown): what is understood, and what is not, because it has two meanings."""
    understood: dict[str, list[str]] = {}
    for name, meaning in (NAMES | WHOLE).items():
        understood.setdefault(meaning, []).append(f"`{name}`")
    lines = [
        "# Units",
        "",
        "Written by `python -m elc.units`. A unit is what [pint](https://pint.readthedocs.io) knows, as `GJ/h`, "
        "`short_ton/day` or `kJ/(kg*K)`, or one of these:",
        "",
        "| meaning | also written as |",
        "| --- | --- |",
        *(
            f"| `{meaning}` | {', '.join(names)} |"
            for meaning, names in sorted(understood.items(), key=lambda one: one[0].lower())
        ),
        "",
        *(f"- {note}" for note in NOTES),
        "",
        "These have two meanings in the trade and are refused; write what is meant:",
        "",
        "| unit | readings |",
        "| --- | --- |",
        *(f"| `{name}` | {', '.join(readings)} |" for name, readings in AMBIGUOUS.items()),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(build_page())
