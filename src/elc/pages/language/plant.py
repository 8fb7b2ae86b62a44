"""What sentences say of the plant that they are about: its unit of energy, and what its best depends on beside load.

Chosen once for a plant, as its language is; inside everything stays in GJ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from elc.fields import AGE, read_unit
from elc.settings.plant import EnergyUnit

_WEATHER = re.compile(r"(^|_)(air|ambient|outdoor|outside|wet_bulb|dew|humid\w*|baro\w*|cooling_water|sea|wind)(_|$)")
_FEED = re.compile(r"(^|_)(feed\w*|feedstock|raw|gas|coal|coke|ore|scrap|crude)(_|$)")


@dataclass(frozen=True)
class Unit:
    """A unit of energy: its sign, that of the unit an hour, how many GJ it is, and its thousand where that has one."""

    sign: str
    rate: str
    gj: float
    thousand: str | None


UNITS: dict[EnergyUnit, Unit] = {
    "GJ": Unit("GJ", "GJ/h", 1.0, "TJ"),
    "MWh": Unit("MWh", "MW", 3.6, "GWh"),
    "kWh": Unit("kWh", "kW", 0.0036, "MWh"),
    "MMBtu": Unit("MMBtu", "MMBtu/h", 1.055056, None),
    "Gcal": Unit("Gcal", "Gcal/h", 4.1868, "Tcal"),
}


@dataclass(frozen=True)
class _Plant:
    unit: Unit = UNITS["GJ"]
    has_weather: bool = True
    has_feed: bool = True
    has_others: bool = False


_UNKNOWN = _Plant()
_chosen: ContextVar[_Plant | None] = ContextVar("plant", default=None)


def choose_plant(unit: EnergyUnit, drivers: Sequence[str] | None = None) -> None:
    """Choose the plant of all that is said from here on in this process.

    Args:
        unit: in which its energy is said.
        drivers: columns of what its best depends on, load first; None where they are not known.
    """
    if drivers is None:
        _chosen.set(_Plant(UNITS[unit]))
        return
    others = [name for name in drivers[1:] if name != AGE]
    weather = [name for name in others if _WEATHER.search(name)]
    feed = [name for name in others if name not in weather and _FEED.search(name)]
    is_all = len(weather) + len(feed) == len(others)
    _chosen.set(_Plant(UNITS[unit], bool(weather), bool(feed), not is_all))


def find_unit(sign: str) -> EnergyUnit:
    """Find a unit of energy by the sign that a record holds; one of a former release holds none, and meant GJ."""
    return next((unit for unit in UNITS if unit == sign), "GJ")


def get_unit() -> Unit:
    """The unit in which energy is said."""
    return (_chosen.get() or _UNKNOWN).unit


def get_drivers() -> tuple[bool, bool, bool]:
    """Whether best depends on weather, on the feed, and on something else, beside load."""
    plant = _chosen.get() or _UNKNOWN
    return plant.has_weather, plant.has_feed, plant.has_others


def sign_level(throughput: str) -> str:
    """The sign of specific energy for a throughput column: GJ/t, kWh/m³ or GJ/MWh."""
    unit = read_unit(throughput)
    below = "MWh" if unit.suffix == "mw" else unit.sign.removesuffix("/h")
    return f"{get_unit().sign}/{below}"
