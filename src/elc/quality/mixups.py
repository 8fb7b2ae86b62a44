"""Units that are mistaken for one another, and how far off each mistake shows a tag."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from elc.fields import read_unit
from elc.quality.relation import Relation
from elc.quality.sheet import Sheet
from elc.settings import Tag

NORMAL_TO_STANDARD = 288.15 / 273.15
# ASSUME: the gas is natural gas, whose higher heating value is 10.5 % above the lower.
HIGHER_TO_LOWER = 1.105


@dataclass(frozen=True)
class Mixup:
    """A value given in one unit and taken as another: shown = true x factor + offset."""

    shown: str
    true: str
    factor: float
    offset: float = 0.0

    def reverse(self) -> Mixup:
        return Mixup(self.true, self.shown, 1 / self.factor, -self.offset / self.factor)


Shift = tuple[Mixup, float]  # with the distance that it makes

_ENERGY = (
    Mixup("higher", "lower heating value", HIGHER_TO_LOWER),
    Mixup("standard", "normal cubic metres", NORMAL_TO_STANDARD),
    Mixup("GJ", "Gcal", 4.1868),
    Mixup("GJ", "MWh", 3.6),
)
OF_FUELS = _ENERGY[:2]
# ASSUME: an energy meter measures a fuel unless its carrier, or its column, is named so.
NO_FUELS = {"electric", "electricity", "elec", "power", "grid", "solar", "wind"}
_VOLUME = (Mixup("standard", "normal cubic metres", NORMAL_TO_STANDARD), Mixup("m3", "thousand m3", 1000.0))
MIXUPS = {
    "gj_per_h": _ENERGY,
    "t_per_h": (
        Mixup("short tons", "tonnes", 1 / 0.90718474),
        Mixup("long tons", "tonnes", 1 / 1.0160469),
        Mixup("kg", "tonnes", 1000.0),
        Mixup("tonnes a day", "tonnes an hour", 24.0),
    ),
    "m3_per_h": _VOLUME,
    "knm3_per_h": _VOLUME,
    "mw": (Mixup("GJ/h", "MW", 3.6), Mixup("kW", "MW", 1000.0)),
    "degc": (Mixup("degF", "degC", 1.8, 32.0), Mixup("K", "degC", 1.0, 273.15)),
    "bar": (
        Mixup("kg/cm2", "bar", 1 / 0.980665),
        Mixup("gauge", "absolute pressure", 1.0, -1.01325),
        Mixup("psi", "bar", 14.5038),
        Mixup("kPa", "bar", 100.0),
    ),
    "mbar": (Mixup("mm of water", "mbar", 10.1972), Mixup("Pa", "mbar", 100.0)),
    "mj_per_nm3": (
        Mixup("higher", "lower heating value", HIGHER_TO_LOWER),
        Mixup("normal", "standard cubic metres", NORMAL_TO_STANDARD),
        Mixup("kcal", "MJ", 238.846),
    ),
    "pct": (Mixup("percent", "fraction", 100.0),),
}


def list_mixups(sheet: Sheet, relation: Relation, column: int) -> list[Shift]:
    """List the mix-ups of a column's unit with the distance that each makes."""
    mixups = MIXUPS.get(read_unit(sheet.tags[column].column).suffix, ())
    if not _is_fuel(sheet.tags[column]):
        mixups = tuple(mixup for mixup in mixups if mixup not in OF_FUELS)
    level = relation.level[column, sheet.is_running & sheet.is_learnt]
    level = level[~np.isnan(level)]
    if len(level) == 0:
        return []
    usual = float(np.median(level))
    both_ways = [way for mixup in mixups for way in (mixup, mixup.reverse())]
    shifts = [(mixup, find_shift(mixup, usual, is_log=bool(relation.is_log[column]))) for mixup in both_ways]
    return [(mixup, shift) for mixup, shift in shifts if shift]


def find_shift(mixup: Mixup, level: float, *, is_log: bool) -> float:
    """The distance that a mix-up makes at a level; 0 where it could not be shown."""
    shown = level * mixup.factor + mixup.offset
    if not is_log:
        return shown - level
    return float(np.log(shown / level)) if shown > 0 else 0.0


def _is_fuel(tag: Tag) -> bool:
    """Whether a tag may have a heating value, and be metered as a volume of gas: electricity has none."""
    words = set(re.split(r"[^a-z]+", f"{tag.carrier} {tag.column}".lower()))
    return bool(words & {"gas", "fuel"}) or not words & NO_FUELS
