"""In which meter the gap is, in a sentence and a table (Markdown)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from elc.pages.labels import say_name
from elc.pages.language import convert_energy, find_digits, format_energy, format_number, say


def write_meters(meters: pd.DataFrame, *, size: float) -> str:
    """Write in which meter the gap is (`explain.explain_meters`); empty where that is not known.

    `size` is what the plant takes (see `curve.find_size`).
    """
    if meters.empty:
        return ""
    gap = float(meters["share_gj_per_h"].sum())
    off = meters["share_gj_per_h"].abs() - meters["usual_gj_per_h"]
    if off.max() <= 0:
        text = say("**By meter:** the gap is in no single meter; each is about where it usually is at best.")
    else:
        row = meters.iloc[int(off.to_numpy().argmax())]
        places = {
            "meter": _say_meter(row),
            "share": format_energy(row["share_gj_per_h"], size=size, is_signed=True),
            "gap": format_energy(gap, size=size, is_signed=True),
        }
        text = say("**By meter:** {meter} is off most: {share} {rate_unit}, of a gap of {gap} {rate_unit}.", **places)
    how = say(
        "Each is compared with what it took in the training hours at the same {conditions} when the plant was at its "
        "best."
    )
    return f"{text} {how}"


def build_meters_table(meters: pd.DataFrame, *, size: float) -> pd.DataFrame:
    """Build the table of what each meter shows, and would show at best; the parts of the gap add up to it."""
    rows = meters.to_dict("records")
    shown = {"now_gj_per_h": say("now, {rate_unit}"), "at_best_gj_per_h": say("at best, {rate_unit}")}
    table = {say("meter"): [_say_meter(row) for row in rows]}
    table |= {name: [format_energy(row[column], size=size) for row in rows] for column, name in shown.items()}
    signed = [format_energy(row["share_gj_per_h"], size=size, is_signed=True) for row in rows]
    usual = [_write_usual(row["usual_gj_per_h"], size) for row in rows]
    return pd.DataFrame({**table, say("part of the gap"): signed, say("in four of five hours within"): usual})


def _write_usual(usual: float, size: float) -> str:
    """Write how far a meter usually lies off with the digits of the plant, or that it is less than the last of them."""
    digits = find_digits(size)
    least = 10.0**-digits
    shown = convert_energy(usual)
    return f"< {format_number(least, digits)}" if shown < least / 2 else f"± {format_number(shown, digits)}"


def _say_meter(row: Mapping[Any, Any] | pd.Series) -> str:
    name = say_name(row["meter"])
    return say("{meter} (exported)", meter=name) if row["is_export"] else name
