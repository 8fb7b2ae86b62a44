"""A comparison as tables: one column a package, and numbers as they are read."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from elc.pages.labels import say_heading, say_label, say_value
from elc.pages.language import (
    convert_energy,
    find_level_digits,
    format_energy,
    format_number,
    get_unit,
    say,
    say_version,
)
from elc.records.card import Span
from elc.records.comparison import Comparison, LoadBand

DASH = "–"
LARGEST_PART = 5  # ASSUME: a plant takes so many times what its strongest driver moves; digits follow that


def find_loss_digits(comparison: Comparison) -> int:
    """Find the digits after the point of a pinball loss, and of what is as large: four significant ones."""
    loss = comparison.metrics.get("left", {}).get("pinball_best_gj_per_h", math.nan)
    return min(find_level_digits(convert_energy(loss)), 6)


def _list_figures(digits: int) -> list[tuple[str, str, str, float, int]]:
    """The figures shown: label, key, unit of the key, factor, digits; `digits` of a loss."""
    return [
        (say("pinball loss of best, {rate_unit}"), "pinball_best", "gj_per_h", 1 / get_unit().gj, digits),
        (say("below best, % (wanted: 10)"), "coverage_best", "frac", 100, 1),
        (say("CV(RMSE) of typical, %"), "cv_rmse", "frac", 100, 2),
        (say("NMBE of typical, %"), "nmbe", "frac", 100, 2),
    ]


def build_metrics(comparison: Comparison) -> pd.DataFrame:
    """Build the figures of each side with their intervals; no rows without an hour."""
    metrics = comparison.metrics
    rows = [
        {say("figure"): label}
        | {name: _write_figure(entry, key, unit, scale, digits) for name, entry in metrics.items()}
        for label, key, unit, scale, digits in _list_figures(find_loss_digits(comparison))
        if metrics
    ]
    return _name_sides(pd.DataFrame(rows, columns=[say("figure"), *comparison.sides]), comparison)


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


def _name_sides(table: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """Head the columns `left` and `right` with the labels of the sides."""
    return table.rename(columns={name: say_version(side.label) for name, side in comparison.sides.items()})


def build_bands(comparison: Comparison) -> pd.DataFrame:
    """Build best of the left less best of the right by load band, with its interval; no rows without a right side."""
    heading = say_heading(comparison.throughput)
    formats, gj = build_formats(comparison), get_unit().gj
    size, low, high, share = formats
    rows = [
        {
            heading: _write_band(band),
            "n": band.intervals,
            size: band.difference_gj_per_h / gj,
            low: None if band.difference_low_gj_per_h is None else band.difference_low_gj_per_h / gj,
            high: None if band.difference_high_gj_per_h is None else band.difference_high_gj_per_h / gj,
            share: 100 * band.difference_frac,
        }
        for band in comparison.bands
    ]
    return pd.DataFrame(rows, columns=[heading, "n", *formats]).astype(dict.fromkeys(formats, float))


def build_formats(comparison: Comparison) -> dict[str, str]:
    """Build the formats of the columns of `build_bands`: the difference, from, to, and its share."""
    names = (say("difference, {rate_unit}"), say("from"), say("to"))
    digits = max(find_loss_digits(comparison) - 1, 0)
    return {**dict.fromkeys(names, f"+.{digits}f"), say("difference, %"): "+.2f"}


def _write_band(band: LoadBand) -> str:
    low, high = (format_number(edge, 1) for edge in (band.load_low, band.load_high))
    return say("{low} to {high}", low=low, high=high)


def build_band_shares(comparison: Comparison) -> pd.DataFrame:
    """Build the same differences for a picture: `band`, as it is named there, and its share."""
    label = say_label(comparison.throughput)
    rows = [
        {"band": f"{label} {_write_band(band)}", "share_gj_per_h": band.difference_gj_per_h + 0.0}
        for band in comparison.bands
    ]
    return pd.DataFrame(rows, columns=["band", "share_gj_per_h"])


def build_drivers(comparison: Comparison) -> pd.DataFrame:
    """Build the mean absolute share of each driver in best, with its rank, of each side; the left's largest first."""
    shares = comparison.attribution.shares_gj_per_h if comparison.attribution else {}
    ranks = {name: _rank(found) for name, found in shares.items()}
    largest = max((share for found in shares.values() for share in found.values()), default=math.nan)
    columns = list(
        dict.fromkeys(column for found in shares.values() for column in sorted(found, key=_find_order(found)))
    )
    rows = [
        {say("driver"): say_label(column)}
        | {name: _write_share(found.get(column), ranks[name].get(column), largest) for name, found in shares.items()}
        for column in columns
    ]
    table = _name_sides(pd.DataFrame(rows, columns=[say("driver"), *comparison.sides]), comparison)
    names = [say_version(side.label) for side in comparison.sides.values()]
    return table.rename(columns={name: say("{name}, {rate_unit} (rank)", name=name) for name in names})


def _find_order(found: dict[str, float]) -> Callable[[str], float]:
    """The order of the largest share first."""
    return lambda column: -found[column]


def _rank(found: dict[str, float]) -> dict[str, int]:
    return {column: place for place, column in enumerate(sorted(found, key=_find_order(found)), start=1)}


def _write_share(share: float | None, rank: int | None, largest: float) -> str:
    return DASH if share is None else f"{format_energy(share, size=LARGEST_PART * largest)} ({rank})"


def build_training(comparison: Comparison) -> pd.DataFrame:
    """Build what each package is and learnt from: hashes, and first, last and number of hours of each part."""
    sides = comparison.sides
    rows = [{say("what"): say("package (SHA-256)")} | {name: side.sha256[:12] for name, side in sides.items()}]
    parts = dict.fromkeys(part for side in sides.values() for part in side.trained_on)
    for part in parts:
        spans = {name: _write_span(side.trained_on.get(part)) for name, side in sides.items()}
        for place, what in enumerate((say("first"), say("last"), say("rows"), say("hash"))):
            texts = {name: span[place] for name, span in spans.items()}
            rows.append({say("what"): f"{_say_part(part)}: {what}"} | texts)
    return _name_sides(pd.DataFrame(rows, columns=[say("what"), *sides]), comparison)


def _say_part(part: str) -> str:
    return {"train": say("train"), "valid": say("valid"), "test": say("test")}.get(part, part)


def _write_span(span: Span | None) -> tuple[str, str, str, str]:
    """Write first, last and number of the hours of a part, and its hash."""
    if span is None:
        return DASH, DASH, DASH, DASH
    first, last = (time[:16].replace("T", " ") for time in (span.first, span.last))
    return first, last, format_number(span.rows, 0), span.sha256


def build_ranges(comparison: Comparison) -> pd.DataFrame:
    """Build the range of each column over the training hours of each side."""
    sides = comparison.sides
    known = {name: side.features | side.setpoints for name, side in sides.items()}
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


def build_changes(comparison: Comparison) -> pd.DataFrame:
    """Build the settings, libraries and meanings that differ; no rows where none does, or without a right side."""
    table = pd.DataFrame([change.model_dump() for change in comparison.changes], columns=["name", *comparison.sides])
    return _name_sides(table.rename(columns={"name": say("name")}), comparison)
