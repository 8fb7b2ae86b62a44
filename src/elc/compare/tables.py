"""A comparison as tables: one column a package, and numbers as they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from elc.fields import format_value, read_heading, read_label, read_unit

DASH = "–"
FORMATS = {"difference, GJ/h": "+.2f", "from": "+.2f", "to": "+.2f", "difference, %": "+.2f"}
_FIGURES = (
    ("pinball loss of best, GJ/h", "pinball_best", "gj_per_h", 1, ".3f"),
    ("below best, % (wanted: 10)", "coverage_best", "frac", 100, ".1f"),
    ("CV(RMSE) of typical, %", "cv_rmse", "frac", 100, ".2f"),
    ("NMBE of typical, %", "nmbe", "frac", 100, "+z.2f"),
)


def build_metrics(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build the figures of each side with their intervals; no rows without an hour."""
    metrics = comparison.get("metrics", {})
    rows = [
        {"figure": label} | {name: _write_figure(entry, key, unit, scale, spec) for name, entry in metrics.items()}
        for label, key, unit, scale, spec in _FIGURES
        if metrics
    ]
    return _name_sides(pd.DataFrame(rows, columns=["figure", *comparison["sides"]]), comparison)


def _write_figure(entry: dict[str, float], key: str, unit: str, scale: float, spec: str) -> str:
    value, low, high = (entry.get(f"{key}{end}_{unit}") for end in ("", "_low", "_high"))
    if value is None:
        return DASH
    interval = "" if low is None or high is None else f" ({scale * low:{spec}} to {scale * high:{spec}})"
    return f"{scale * value:{spec}}{interval}"


def _name_sides(table: pd.DataFrame, comparison: dict[str, Any]) -> pd.DataFrame:
    """Head the columns `left` and `right` with the labels of the sides."""
    return table.rename(columns={name: side["label"] for name, side in comparison["sides"].items()})


def build_bands(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build best of the left less best of the right by load band, with its interval; no rows without a right side."""
    heading = read_heading(comparison["throughput"])
    rows = [
        {
            heading: f"{band['load_low']:.1f} to {band['load_high']:.1f}",
            "n": band["intervals"],
            "difference, GJ/h": band["difference_gj_per_h"],
            "from": band.get("difference_low_gj_per_h"),
            "to": band.get("difference_high_gj_per_h"),
            "difference, %": 100 * band["difference_frac"],
        }
        for band in comparison.get("bands", [])
    ]
    table = pd.DataFrame(rows, columns=[heading, "n", *FORMATS])
    return table.astype(dict.fromkeys(FORMATS, float))


def build_band_shares(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build the same differences for a picture: `band`, named as a column of the throughput's unit, and its share."""
    throughput = comparison["throughput"]
    unit = read_unit(throughput).suffix
    rows = [
        {
            "band": f"{read_label(throughput)}_{band['load_low']:.1f}_to_{band['load_high']:.1f}_{unit}",
            "share_gj_per_h": band["difference_gj_per_h"] + 0.0,
        }
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
        {"driver": read_label(column)}
        | {name: _write_share(found.get(column), ranks[name].get(column)) for name, found in shares.items()}
        for column in columns
    ]
    table = _name_sides(pd.DataFrame(rows, columns=["driver", *comparison["sides"]]), comparison)
    return table.rename(
        columns={side["label"]: f"{side['label']}, GJ/h (rank)" for side in comparison["sides"].values()}
    )


def _find_order(found: dict[str, float]) -> Callable[[str], float]:
    """The order of the largest share first."""
    return lambda column: -found[column]


def _rank(found: dict[str, float]) -> dict[str, int]:
    return {column: place for place, column in enumerate(sorted(found, key=_find_order(found)), start=1)}


def _write_share(share: float | None, rank: int | None) -> str:
    return DASH if share is None else f"{share:.1f} ({rank})"


def build_training(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build what each package is and learnt from: hashes, and first, last and number of hours of each part."""
    sides = comparison["sides"]
    rows = [{"what": "package (SHA-256)"} | {name: side["sha256"][:12] for name, side in sides.items()}]
    parts = dict.fromkeys(part for side in sides.values() for part in side["trained_on"])
    for part in parts:
        for what, key in (("first", "first"), ("last", "last"), ("rows", "rows"), ("hash", "sha256")):
            rows.append(
                {"what": f"{part}: {what}"} | {name: _write_part(side, part, key) for name, side in sides.items()}
            )
    return _name_sides(pd.DataFrame(rows, columns=["what", *sides]), comparison)


def _write_part(side: dict[str, Any], part: str, key: str) -> str:
    value = side["trained_on"].get(part, {}).get(key)
    if value is None:
        return DASH
    return f"{value:,}" if key == "rows" else str(value)[:16].replace("T", " ")


def build_ranges(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build the range of each column over the training hours of each side."""
    sides = comparison["sides"]
    known = {name: side["features"] | side["setpoints"] for name, side in sides.items()}
    columns = dict.fromkeys(column for ranges in known.values() for column in ranges)
    rows = [
        {"column": read_heading(column)} | {name: _write_range(ranges, column) for name, ranges in known.items()}
        for column in columns
    ]
    return _name_sides(pd.DataFrame(rows, columns=["column", *sides]), comparison)


def _write_range(ranges: dict[str, list[float]], column: str) -> str:
    if column not in ranges:
        return DASH
    low, high = (format_value(value, column, with_unit=False) for value in ranges[column])
    return f"{low} to {high}"


def build_changes(comparison: dict[str, Any]) -> pd.DataFrame:
    """Build the settings, libraries and meanings that differ; no rows where none does, or without a right side."""
    return _name_sides(pd.DataFrame(comparison["changes"], columns=["name", *comparison["sides"]]), comparison)
