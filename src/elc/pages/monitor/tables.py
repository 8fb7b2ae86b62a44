"""The tables of the monitoring page: what the month cost, and the models' figures beside their limits."""

from __future__ import annotations

import math

import pandas as pd

from elc.monitor import Check, Figure, Month
from elc.pages.amounts import write_money
from elc.pages.language import (
    convert_energy,
    find_digits,
    find_short_digits,
    format_number,
    format_share,
    format_short_energy,
    get_unit,
    say,
)
from elc.settings import StageSettings

RATE = "GJ/h"  # the unit of a figure that is an energy


def build_month_table(month: Month, settings: StageSettings, *, size: float) -> pd.DataFrame:
    """Build the table of what the month cost so far; `size` is what the plant takes (see `curve.find_size`)."""
    unit = get_unit().sign
    energy, stopped = (format_short_energy(amount, size=size) for amount in (month.gap.energy_gj, month.stop_energy_gj))
    judged = {"judged": format_number(month.judged, 0), "count": format_number(month.intervals, 0)}
    co2 = (
        say("not known")
        if math.isnan(month.gap.co2_t)
        else f"{format_number(month.gap.co2_t, find_short_digits(month.gap.co2_t, most=6))} t"
    )
    rows = [
        (say("Energy above best"), f"{energy} {unit} ({format_share(month.gap_frac, 1)})"),
        *_build_condition_row(month, size),
        (say("Cost"), write_money(month.gap.money, settings)),
        (say("CO₂"), co2),
        (say("Stops and start-ups, booked apart"), f"{month.stops} · {stopped} {unit}"),
        (say("Intervals judged"), say("{judged} of {count}", **judged)),
    ]
    table = pd.DataFrame(rows, columns=[say("this month"), say("so far")])
    table.attrs["numbers"] = [say("so far")]
    return table


def _build_condition_row(month: Month, size: float) -> list[tuple[str, str]]:
    if month.condition_gj == 0:
        return []
    return [
        (
            say("Of it the condition of the plant"),
            f"{format_short_energy(month.condition_gj, size=size)} {get_unit().sign}",
        )
    ]


def build_figures_table(check: Check) -> pd.DataFrame:
    """Build the table of the models' figures on hours they did not learn from, beside their baseline and its limits."""
    table = pd.DataFrame(
        {
            say("model"): [_say_model(figure.model) for figure in check.figures],
            say("figure"): [_write_name(figure) for figure in check.figures],
            say("now"): [_write_figure(figure, _find_digits(figure, check)) for figure in check.figures],
            say("in training"): [
                _write(figure, figure.baseline, _find_digits(figure, check)) for figure in check.figures
            ],
            say("limits"): [_write_limits(figure, _find_digits(figure, check)) for figure in check.figures],
        }
    )
    table.attrs["numbers"] = list(table.columns[2:])
    return table


def _say_model(name: str) -> str:
    return {"typical": say("typical"), "response": say("response")}.get(name, name)


def _write_name(one: Figure) -> str:
    words = {"bias": say("bias"), "coverage of best": say("coverage of best")}
    unit = say("share") if one.unit == "share" else get_unit().rate if one.unit == RATE else one.unit
    return f"{words.get(one.name, one.name)}, {unit}".removesuffix(", ")


def _find_digits(one: Figure, check: Check) -> int:
    """The digits of a figure: one more than those of the plant's energies, two of what is no energy."""
    return find_digits(check.size_gj_per_h) + 1 if one.unit == RATE else 2


def _write_figure(one: Figure, digits: int) -> str:
    now = _write(one, one.now, digits)
    text = now if one.deviation is None else f"{now} ± {_write(one, one.deviation, digits)}"
    return f"[{text}]{{.look}}" if one.is_violated else text


def _write(one: Figure, value: float | None, digits: int) -> str:
    return format_number(value if value is None or one.unit != RATE else convert_energy(value), digits)


def _write_limits(one: Figure, digits: int) -> str:
    if one.low is None and one.high is None:
        return "–"
    if one.low is None:
        return say("at most {high}", high=_write(one, one.high, digits))
    if one.high is None:
        return say("at least {low}", low=_write(one, one.low, digits))
    return say("{low} to {high}", low=_write(one, one.low, digits), high=_write(one, one.high, digits))
