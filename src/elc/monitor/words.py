"""The sentences and tables of the monitoring page: how are we doing, what to do, what can be believed (Markdown)."""

from __future__ import annotations

import math

import pandas as pd

from elc.curve import build_cost
from elc.fields import ENERGY, TIME, read_currency
from elc.language import format_number, format_time, say, translate
from elc.monitor.check import Check
from elc.monitor.errors import Figure
from elc.monitor.status import STATE_WORDS, Interval, Month, Status, format_hour
from elc.settings import StageSettings

AT_BEST_GJ_PER_H = 0.5  # less is nothing to act on
SMALL_GJ_PER_H = 10.0  # of less, a tenth matters


def write_answer(status: Status, settings: StageSettings) -> str:
    """Write the one sentence that says how the plant is doing; a gap has its interval in brackets, where known."""
    name = settings.plant.name
    if status.gap is None:
        return f"{name} has no gap to judge: {status.no_gap_reason}."
    gap = status.gap.energy_gj
    share = f"{100 * abs(gap) / (float(status.hour[ENERGY]) - gap):.1f} %"
    where = "at this load and weather"
    if abs(gap) < AT_BEST_GJ_PER_H:
        return f"{name} runs [at its best]{{.good}} {where}."
    if gap < 0:
        return f"{name} runs [{_write_size(gap, status.interval)} below]{{.good}} its best curve {where}: {share}."
    money = _write_money(status.gap.money, settings)
    co2 = "" if math.isnan(status.gap.co2_t) else f" and {status.gap.co2_t:.1f} t CO₂"
    return (
        f"{name} uses [{_write_size(gap, status.interval)}]{{.cost}} more than its best {where}: {share}, {money}{co2} "
        "an hour."
    )


def _write_size(gap: float, interval: Interval | None) -> str:
    """Write how far energy is above best, or below it, and between what that lies: `3.1 GJ/h (2.2 to 4.0)`."""
    digits = 1 if abs(gap) < SMALL_GJ_PER_H else 0
    size = f"{abs(gap):.{digits}f} GJ/h"
    if interval is None:
        return size
    ends = sorted(math.copysign(1.0, gap) * end for end in (interval.low, interval.high))
    low, high = (f"{end:z.{digits}f}".replace("-", "−") for end in ends)
    return f"{size} ({low} to {high})"


def write_head(answer: str, advice: str, status: Status, settings: StageSettings, *, version: str) -> str:
    """Write the head of the page: the hour, the answer, what to do, and what can be believed."""
    hour = format_hour(status.hour[TIME], settings)
    data = "good" if status.health.data == "sound" else "look"
    model = "good" if status.health.model == "ok" else "look"
    return (
        f"::: {{.small}}\n{hour} · {STATE_WORDS[status.state]} · model: {version} · "
        f"data [{status.health.data}]{{.{data}}} · model [{status.health.model}]{{.{model}}}\n:::\n\n"
        f"::: {{.answer}}\n{answer}\n:::\n\n::: {{.advice}}\n{advice}\n:::"
    )


def build_month_table(month: Month, settings: StageSettings) -> pd.DataFrame:
    """Build the table of what the month cost so far."""
    rows = [
        ("Energy above best", f"{month.gap.energy_gj:,.0f} GJ ({month.gap_frac:.1%})"),
        ("Cost", _write_money(month.gap.money, settings)),
        ("CO₂", "not known" if math.isnan(month.gap.co2_t) else f"{month.gap.co2_t:,.0f} t"),
        ("Stops and start-ups, booked apart", f"{month.stops} · {month.stop_energy_gj:,.0f} GJ"),
        ("Intervals judged", f"{month.judged:,} of {month.intervals:,}"),
    ]
    return pd.DataFrame(rows, columns=["this month", "so far"])


def build_figures_table(check: Check) -> pd.DataFrame:
    """Build the table of the models' figures on hours they did not learn from, beside their baseline and its limits."""
    return pd.DataFrame(
        {
            say("model"): [translate(one.model) for one in check.figures],
            say("figure"): [f"{translate(one.name)}, {one.unit}".removesuffix(", ") for one in check.figures],
            say("now"): [_write_figure(one) for one in check.figures],
            say("in training"): [format_number(one.baseline, 2) for one in check.figures],
            say("limits"): [_write_limits(one) for one in check.figures],
        }
    )


def build_doubts_table(doubts: pd.DataFrame, settings: StageSettings) -> pd.DataFrame:
    """Build the table of doubtful data from `find_recent`, the end of the last of each in site time."""
    zone = settings.plant.time_zone
    return pd.DataFrame(
        {
            say("doubt"): doubts["sentence"].tolist(),
            say("check"): doubts["check"].tolist(),
            say("times"): doubts["times"].astype(int).tolist(),
            say("hours"): doubts["hours"].astype(float).tolist(),
            say("until"): [format_time(end.tz_convert(zone).to_pydatetime()) for end in doubts["last"]],
        }
    )


def _write_figure(one: Figure) -> str:
    now = format_number(one.now, 2)
    text = now if one.deviation is None else f"{now} ± {format_number(one.deviation, 2)}"
    return f"[{text}]{{.look}}" if one.is_violated else text


def _write_limits(one: Figure) -> str:
    if one.low is None and one.high is None:
        return "–"
    if one.low is None:
        return say("at most {high}", high=format_number(one.high, 2))
    if one.high is None:
        return say("at least {low}", low=format_number(one.low, 2))
    return say("{low} to {high}", low=format_number(one.low, 2), high=format_number(one.high, 2))


def write_health(status: Status, statement: str, weak: pd.DataFrame, settings: StageSettings) -> str:
    """Write whether data and model can be believed and why, what was tested, and what the numbers include.

    `weak` are the findings about the history that the curve learnt from: what it lacks, and what is doubtful in it.
    """
    health, plant = status.health, settings.plant
    rate = build_cost(1.0, plant, at=status.hour[TIME])
    price = f"{rate.money:g} {settings.site.currency}/GJ and {1000 * rate.co2_t:g} kg CO₂/GJ"
    return (
        f"**{say('Recommended')}:** {status.verdict.recommendation}\n\n"
        f"**Data, {health.data}:** {health.data_reason}.\n\n**Model, {health.model}:** {health.model_reason}.\n\n"
        f"**Test:** {statement}\n\n{_write_doubts(weak)}\n\n"
        f"::: {{.small}}\nBattery limit: {plant.battery_limit}. The gap is priced as "
        f"{plant.gap_carrier}: {price}. {_write_interval(status)}{plant.note}\n:::"
    )


def _write_interval(status: Status) -> str:
    if status.interval is None:
        return ""
    return f"In brackets after the gap: its {status.interval.frac:.0%} interval, as far as best itself is known. "


def _write_doubts(findings: pd.DataFrame) -> str:
    if findings.empty:
        return (
            "**Baseline:** the history that the curve learnt from meets every rule of sufficiency, and nothing in it "
            "is doubtful."
        )
    is_short = findings["check"].eq("sufficiency")
    lacks = ["lacks something"] if is_short.any() else []
    doubtful = ["is doubtful in part"] if not is_short.all() else []
    points = "\n".join(f"- {sentence}" for sentence in findings["sentence"])
    what = " and ".join(lacks + doubtful)
    return f"**Baseline:** the history that the curve learnt from {what}; trust the curve less there.\n\n{points}"


def _write_money(amount: float, settings: StageSettings) -> str:
    return "no known price" if math.isnan(amount) else f"{amount:,.0f} {read_currency(settings.site.currency)}"
