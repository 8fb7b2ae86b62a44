"""What each package was made of: training hours, columns with their ranges, and settings."""

from __future__ import annotations

from typing import Any

from elc.compare.pair import HASH_DIGITS, Pair, Side

# What a card says of its package beside the settings of its training.
_SAID = ("throughput", "rated_load", "interval", "battery_limit")
_NONE = "none"


def build_facts(pair: Pair) -> dict[str, Any]:
    """Build the facts of each side: label, hashes, training and validation hours, ranges of its columns."""
    return {name: _build_side(side) for name, side in pair.sides.items()}


def _build_side(side: Side) -> dict[str, Any]:
    card = side.package.card
    parts = {
        name: {key: part[key] for key in ("rows", "first", "last")} | {"sha256": part["sha256"][:HASH_DIGITS]}
        for name, part in card["trained_on"].items()
    }
    ranges = {
        role: {found["column"]: [found["low"], found["high"]] for found in card[role]}
        for role in ("features", "setpoints")
    }
    return {"label": side.label, "sha256": side.sha256, "trained_on": parts, **ranges}


def find_changes(pair: Pair) -> list[dict[str, str]]:
    """Find what differs in the cards: settings of the training, what the curve is of, and versions of libraries.

    Returns:
        name, left, right as texts, in the order of their names; `none` where a card does not hold it.
    """
    if pair.right is None:
        return []
    left, right = (_list_settings(side.package.card) for side in (pair.left, pair.right))
    names = sorted(left.keys() | right.keys())
    both = [{"name": name, "left": left.get(name, _NONE), "right": right.get(name, _NONE)} for name in names]
    return [entry for entry in both if entry["left"] != entry["right"]]


def _list_settings(card: dict[str, Any]) -> dict[str, str]:
    found = {f"train.{key}": value for key, value in card.get("settings", {}).items()}
    found |= {f"library {key}": value for key, value in card.get("libraries", {}).items()}
    found |= {key.replace("_", " "): card[key] for key in _SAID if key in card}
    return {name: _write(value) for name, value in found.items()}


def _write(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
