"""What the service says of its plants, and of the version of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from elc.service.versions import Fleet, Loaded


def build_plants(fleet: Fleet, names: Mapping[str, str], may_see: Callable[[str], bool]) -> dict[str, Any]:
    """Build the list of plants that somebody may see; `doubt` says why what is assigned is not what answers."""
    return {
        "environment": fleet.environment,
        "plants": [_build_plant(fleet, plant, name) for plant, name in names.items() if may_see(plant)],
    }


def _build_plant(fleet: Fleet, plant: str, name: str) -> dict[str, Any]:
    lane = fleet.lanes.get(plant)
    coming = lane.coming if lane else None
    return {
        "plant": plant,
        "name": name,
        "version": lane.current.version if lane else None,
        "coming": coming.version if coming else None,
        "is_ready": lane is not None,
        "has_doubt": plant in fleet.doubts,
    }


def build_card(loaded: Loaded, name: str) -> dict[str, Any]:
    """Build the card of a version: what it was trained on, and the columns that it asks for."""
    card, plant = loaded.package.card, loaded.settings.plant
    limits = {tag.column: (tag.low, tag.high) for tag in loaded.tags}
    setpoints = [
        _describe(column)
        | dict(zip(("limit_low", "limit_high"), limits.get(column["column"], (None, None)), strict=True))
        for column in card["setpoints"]
    ]
    return {
        "plant": loaded.plant,
        "name": name,
        "product": plant.product,
        "version": loaded.version,
        "environment": loaded.environment,
        "package": loaded.digest,
        "battery_limit": card.get("battery_limit", plant.battery_limit),
        "throughput": card["throughput"],
        "rated_load": card["rated_load"],
        "quantiles": card.get("quantiles", {}),
        "trained_on": {part: _pick(span) for part, span in card.get("trained_on", {}).items()},
        "features": [_describe(column) for column in card["features"]],
        "setpoints": setpoints,
    }


def _describe(column: Mapping[str, Any]) -> dict[str, Any]:
    return {key: column.get(key) for key in ("column", "unit", "low", "high", "median")}


def _pick(span: Mapping[str, Any]) -> dict[str, Any]:
    return {key: span[key] for key in ("rows", "first", "last") if key in span}
