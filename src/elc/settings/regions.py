"""Regions of params.yaml: settings that plants share. What a plant says itself counts before what its region says.

Mappings merge key by key; every other value of the plant, and one by dates, replaces that of its region.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from elc.errors import build_nearest
from elc.settings.faults import Place, put_below, read_faults
from elc.settings.ids import is_name
from elc.settings.plant import PlantSettings

KEY = "region"
ALL_OF = "/*"  # after a region's name: all its plants
_OWN = (KEY, "name")  # what no region can say for its plants
_NO_REGIONS = "params.yaml has no regions. Add it, or remove this key."
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Origin:
    """Where the keys of a plant's entry stand: in the entry itself, whose place is `where`, or in its region."""

    entry: Any
    regions: Any
    where: Place = ()

    @property
    def region(self) -> Any:
        """The name of the region, None for none; it may be unknown."""
        return self.entry.get(KEY) if isinstance(self.entry, Mapping) else None

    @property
    def shared(self) -> Any:
        """What the region says; None where there is none of this name."""
        is_named = isinstance(self.regions, Mapping) and isinstance(self.region, str)
        return (self.regions.get(self.region, None) or {}) if is_named and self.region in self.regions else None

    def merge(self) -> Any:
        """Give the entry with what its region says where it says nothing itself."""
        return _merge(self.shared, self.entry) if isinstance(self.entry, Mapping) else self.entry

    def find(self, place: Place) -> Place:
        """Find where a key of the merged entry stands in params.yaml; one that is missing belongs to the entry."""
        is_shared = not _has(self.entry, place) and _has(self.shared, place)
        return ("regions", self.region, *place) if is_shared else (*self.where, *place)


def _merge(shared: Any, own: Any) -> Any:
    if not (isinstance(shared, Mapping) and isinstance(own, Mapping)) or _is_by_date(own):
        return own
    return {**shared, **{key: _merge(shared.get(key), value) for key, value in own.items()}}


def _is_by_date(content: Mapping[Any, Any]) -> bool:
    return any(_DAY.fullmatch(str(key)) for key in content)


def _has(content: Any, place: Place) -> bool:
    """Whether a place is in a content; what stands in brackets in it is pydantic's."""
    for part in (str(part) for part in place):
        if part.startswith("["):
            continue
        named = {str(key): value for key, value in content.items()} if isinstance(content, Mapping) else {}
        if isinstance(content, list) and part.isdecimal() and int(part) < len(content):
            content = content[int(part)]
        elif part in named:
            content = named[part]
        else:
            return False
    return True


def read_origins(content: Any) -> dict[str, Origin]:
    """Read of each plant of a params.yaml where its keys stand; nothing where there are no entries."""
    if not isinstance(content, Mapping) or not isinstance(content.get("plants"), Mapping):
        return {}
    regions = content.get("regions")
    return {name: Origin(entry, regions, ("plants", name)) for name, entry in content["plants"].items()}


def find_region_faults(regions: Any) -> Iterator[str]:
    """Find what is wrong with regions by themselves; what a region leaves out, its plants say."""
    for name, content in regions.items() if isinstance(regions, Mapping) else ():
        where = f"regions.{name}"
        if not is_name(str(name)):
            yield (
                f"{where}: a region's name consists of lowercase letters, digits and _, starts with a letter, ends "
                "with a letter or digit, and has at most 64 characters."
            )
        if not isinstance(content, Mapping):
            continue
        own = [key for key in _OWN if key in content]
        yield from (
            f"{where}.{key}: found in a region, but each plant has its own. Move it to the plants." for key in own
        )
        try:
            PlantSettings.model_validate({key: value for key, value in content.items() if key not in own})
        except ValidationError as error:
            yield from read_faults(error, PlantSettings, put_below("regions", name), is_partial=True)


def find_unknown(origins: Mapping[str, Origin]) -> Iterator[str]:
    """Find the plants whose region is not there."""
    for plant, origin in origins.items():
        if isinstance(origin.region, str) and origin.shared is None:
            known = origin.regions if isinstance(origin.regions, Mapping) else {}
            cure = build_nearest(origin.region, map(str, known)) if known else _NO_REGIONS
            yield f"plants.{plant}.{KEY}: region {origin.region} is unknown: {cure}"


def spread_names(
    names: Iterable[str], regions: Mapping[str, str | None], known: Collection[str]
) -> tuple[list[str], list[str]]:
    """Put the plants of a region in the place of its name, as in `north/*`; the names of regions unknown come second.

    Args:
        names: of plants, and of regions followed by `/*`.
        regions: the region of each plant.
        known: the names of all regions.
    """
    spread: dict[str, None] = {}
    unknown = []
    for name in names:
        region = name.removesuffix(ALL_OF)
        if region == name:
            spread[name] = None
        elif region in known:
            spread |= dict.fromkeys(plant for plant, its in regions.items() if its == region)
        else:
            unknown.append(region)
    return list(spread), unknown
