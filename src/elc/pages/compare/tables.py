"""A comparison as tables: one column a package, and numbers as they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from elc.pages.labels import say_heading, say_label, say_value
from elc.pages.language import format_number, say, say_version

DASH = "–"


def _list_figures() -> list[tuple[str, str, str, int, int]]:
    """The figures shown: label, key, unit of the key, factor, digits."""
    return [
        (say("pinball loss of best, GJ/h"), "pinball_best", "gj_per_h", 1, 3),
        (say("below best, % (wanted: 10)"), "coverage_best", "frac", 100, 1),
        (say("CV(RMSE) of typical, %"), "cv_rmse", "frac", 100, 2),
        (say("NMBE of typical, %"), "nmbe", "frac", 100, 2),
    ]


def build_metrics(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build the figures of each side with their intervals; no rows without an hour."""
    metrics = comparison.get("metrics", {})
    rows = [
        {say("figure"): label}
        | {name: _write_figure(entry, key, unit, scale, digits) for name, entry in metrics.items()}
        for label, key, unit, scale, digits in _list_figures()
        if metrics
    ]
    return _name_sides(pd.DataFrame(rows, columns=[say("figure"), *comparison["sides"]]), comparison)


def _write_figure(entry: dict[str, float], key: str, unit: str, scale: float, digits: int) -> str:
    value, low, high = (entry.get(f"{key}{end}_{unit}") for end in ("", "_low", "_high"))
    if value is None:
        return DASH
    is_signed = key == "nmbe"
    shown = format_number(scale * value, digits, is_signed=is_signed)
    if low is None or high is None:
        return shown
    ends = [format_number(scale * end, digits, is_signed=is_signed) for end in (low, high)]
    return say("{value} ({low} to {high})", value=shown, low=ends[0], high=ends[1])


def _name_sides(table: pd.DataFrame, comparison: dict[str, Any]) -> pd.DataFrame:
    """Head the columns `left` and `right` with the labels of the sides."""
    return table.rename(columns={name: say_version(side["label"]) for name, side in comparison["sides"].items()})


def build_bands(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build best of the left less best of the right by load band, with its interval; no rows without a right side."""
    heading = say_heading(comparison["throughput"])
    size, low, high, share = build_formats()
    rows = [
        {
            heading: _write_band(band),
            "n": band["intervals"],
            size: band["difference_gj_per_h"],
            low: band.get("difference_low_gj_per_h"),
            high: band.get("difference_high_gj_per_h"),
            share: 100 * band["difference_frac"],
        }
        for band in comparison.get("bands", [])
    ]
    formats = build_formats()
    return pd.DataFrame(rows, columns=[heading, "n", *formats]).astype(dict.fromkeys(formats, float))


def build_formats() -> dict[str, str]:
    """Build the formats of the columns of `build_bands`: the difference, from, to, and its share."""
    return dict.fromkeys((say("difference, GJ/h"), say("from"), say("to"), say("difference, %")), "+.2f")


def _write_band(band: dict[str, float]) -> str:
    low, high = (format_number(band[f"load_{end}"], 1) for end in ("low", "high"))
    return say("{low} to {high}", low=low, high=high)


def build_band_shares(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build the same differences for a picture: `band`, as it is named there, and its share."""
    label = say_label(comparison["throughput"])
    rows = [
        {"band": f"{label} {_write_band(band)}", "share_gj_per_h": band["difference_gj_per_h"] + 0.0}
        for band in comparison.get("bands", [])
    ]
    return pd.DataFrame(rows, columns=["band", "share_gj_per_h"])


def build_drivers(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build the mean absolute share of each driver in best, with its rank, of each side; the left's largest first."""
    shares = comparison.get("attribution", {}).get("shares_gj_per_h", {})
    ranks = {name: _rank(found) for name, found in shares.items()}
    columns = list(
        dict.fromkeys(column for found in shares.values() for column in sorted(found, key=_find_order(found)))
    )
    rows = [
        {say("driver"): say_label(column)}
        | {name: _write_share(found.get(column), ranks[name].get(column)) for name, found in shares.items()}
        for column in columns
    ]
    table = _name_sides(pd.DataFrame(rows, columns=[say("driver"), *comparison["sides"]]), comparison)
    names = [say_version(side["label"]) for side in comparison["sides"].values()]
    return table.rename(columns={name: say("{name}, GJ/h (rank)", name=name) for name in names})


def _find_order(found: dict[str, float]) -> Callable[[str], float]:
    """The order of the largest share first."""
    return lambda column: -found[column]


def _rank(found: dict[str, float]) -> dict[str, int]:
    return {column: place for place, column in enumerate(sorted(found, key=_find_order(found)), start=1)}


def _write_share(share: float | None, rank: int | None) -> str:
    return DASH if share is None else f"{format_number(share, 1)} ({rank})"


def build_training(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build what each package is and learnt from: hashes, and first, last and number of hours of each part."""
    sides = comparison["sides"]
    rows = [{say("what"): say("package (SHA-256)")} | {name: side["sha256"][:12] for name, side in sides.items()}]
    named = {say("first"): "first", say("last"): "last", say("rows"): "rows", say("hash"): "sha256"}
    parts = dict.fromkeys(part for side in sides.values() for part in side["trained_on"])
    for part in parts:
        for what, key in named.items():
            rows.append(
                {say("what"): f"{_say_part(part)}: {what}"}
                | {name: _write_part(side, part, key) for name, side in sides.items()}
            )
    return _name_sides(pd.DataFrame(rows, columns=[say("what"), *sides]), comparison)


def _say_part(part: str) -> str:
    return {"train": say("train"), "valid": say("valid"), "test": say("test")}.get(part, part)


def _write_part(side: dict[str, Any], part: str, key: str) -> str:
    value = side["trained_on"].get(part, {}).get(key)
    if value is None:
        return DASH
    return format_number(value, 0) if key == "rows" else str(value)[:16].replace("T", " ")


def build_ranges(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build the range of each column over the training hours of each side."""
    sides = comparison["sides"]
    known = {name: side["features"] | side["setpoints"] for name, side in sides.items()}
    columns = dict.fromkeys(column for ranges in known.values() for column in ranges)
    rows = [
        {say("column"): say_heading(column)} | {name: _write_range(ranges, column) for name, ranges in known.items()}
        for column in columns
    ]
    return _name_sides(pd.DataFrame(rows, columns=[say("column"), *sides]), comparison)


def _write_range(ranges: dict[str, list[float]], column: str) -> str:
    if column not in ranges:
        return DASH
    low, high = (say_value(value, column, with_unit=False) for value in ranges[column])
    return say("{low} to {high}", low=low, high=high)


def build_changes(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build the settings, libraries and meanings that differ; no rows where none does, or without a right side."""
    table = pd.DataFrame(comparison["changes"], columns=["name", *comparison["sides"]])
    return _name_sides(table.rename(columns={"name": say("name")}), comparison)
