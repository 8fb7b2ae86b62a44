"""The sentences and tables of the monitoring page: how are we doing, what to do, what can be believed (Markdown)."""

from __future__ import annotations

import math

import pandas as pd

from elc.curve import build_cost
from elc.fields import TIME, read_currency
from elc.language import (
    escape,
    find_digits,
    find_short_digits,
    format_money,
    format_number,
    format_plain,
    format_share,
    format_short_energy,
    format_time,
    say,
    say_health,
    say_version,
    translate,
)
from elc.monitor.check import Check
from elc.monitor.errors import Figure
from elc.monitor.status import Month, PlantState, format_hour, write_state
from elc.monitor.verdict import FAILED
from elc.pages import say_findings
from elc.settings import StageSettings

SHOWN_LETTERS = 400  # of doubts at the top of a page


def write_head(answer: str, advice: str, status: PlantState, settings: StageSettings, *, version: str) -> str:
    """Write the head of the page: the hour, the answer, what to do, and what can be believed."""
    hour, health = format_hour(status.hour[TIME], settings), status.health
    data, model = "good" if health.data == "sound" else "look", "good" if health.model == "ok" else "look"
    line = [
        hour,
        write_state(status.state),
        say("model: {version}", version=say_version(version)),
        say("data {health}", health=f"[{say_health(health.data)}]{{.{data}}}"),
        say("model {health}", health=f"[{say_health(health.model)}]{{.{model}}}"),
        *([say("simulated")] if settings.is_simulated else []),
    ]
    return (
        f"::: {{.small}}\n{' · '.join(line)}\n:::\n\n::: {{.answer}}\n{answer}\n:::\n\n"
        f"::: {{.advice}}\n{advice}\n:::{_write_warning(status)}"
    )


def _write_warning(status: PlantState) -> str:
    """Write what stands at the top of a page whose data are doubtful, or which cannot be judged; empty for others."""
    is_failed = status.check is not None and status.verdict.status == FAILED
    if status.health.data == "sound" and not is_failed:
        return ""
    reason = "" if status.health.data == "sound" else f"{status.health.data_reason}."
    doubts = reason
    if len(reason) > SHOWN_LETTERS:
        whole = reason[:SHOWN_LETTERS].rpartition("; ")[0] or f"{reason[:SHOWN_LETTERS]} …"
        doubts = f"{whole}. {say('All doubts stand below.')}"
    asked = f"{escape(status.verdict.recommendation)} " if status.verdict.action != "none" else ""
    title = say("These data are doubtful")
    return f'\n\n::: {{.callout-warning title="{title}"}}\n{asked}{escape(doubts)}\n:::'


def build_month_table(month: Month, settings: StageSettings, *, size: float) -> pd.DataFrame:
    """Build the table of what the month cost so far; `size` is what the plant takes (see `curve.find_size`)."""
    energy, stopped = (format_short_energy(one, size=size) for one in (month.gap.energy_gj, month.stop_energy_gj))
    judged = {"judged": format_number(month.judged, 0), "count": format_number(month.intervals, 0)}
    co2 = (
        say("not known")
        if math.isnan(month.gap.co2_t)
        else f"{format_number(month.gap.co2_t, find_short_digits(month.gap.co2_t, most=6))} t"
    )
    rows = [
        (say("Energy above best"), f"{energy} GJ ({format_share(month.gap_frac, 1)})"),
        (say("Cost"), write_money(month.gap.money, settings)),
        (say("CO₂"), co2),
        (say("Stops and start-ups, booked apart"), f"{month.stops} · {stopped} GJ"),
        (say("Intervals judged"), say("{judged} of {count}", **judged)),
    ]
    return pd.DataFrame(rows, columns=[say("this month"), say("so far")])


def build_figures_table(check: Check) -> pd.DataFrame:
    """Build the table of the models' figures on hours they did not learn from, beside their baseline and its limits."""
    return pd.DataFrame(
        {
            say("model"): [_say_model(one.model) for one in check.figures],
            say("figure"): [_write_name(one) for one in check.figures],
            say("now"): [_write_figure(one, _find_digits(one, check)) for one in check.figures],
            say("in training"): [format_number(one.baseline, _find_digits(one, check)) for one in check.figures],
            say("limits"): [_write_limits(one, _find_digits(one, check)) for one in check.figures],
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


def _say_model(name: str) -> str:
    return {"typical": say("typical"), "response": say("response")}.get(name, name)


def _write_name(one: Figure) -> str:
    words = {"bias": say("bias"), "coverage of best": say("coverage of best")}
    unit = say("share") if one.unit == "share" else one.unit
    return f"{words.get(one.name, one.name)}, {unit}".removesuffix(", ")


def _find_digits(one: Figure, check: Check) -> int:
    """The digits of a figure: one more than those of the plant's energies, two of what is no energy."""
    return find_digits(check.size_gj_per_h) + 1 if one.unit == "GJ/h" else 2


def _write_figure(one: Figure, digits: int) -> str:
    now = format_number(one.now, digits)
    text = now if one.deviation is None else f"{now} ± {format_number(one.deviation, digits)}"
    return f"[{text}]{{.look}}" if one.is_violated else text


def _write_limits(one: Figure, digits: int) -> str:
    if one.low is None and one.high is None:
        return "–"
    if one.low is None:
        return say("at most {high}", high=format_number(one.high, digits))
    if one.high is None:
        return say("at least {low}", low=format_number(one.low, digits))
    return say("{low} to {high}", low=format_number(one.low, digits), high=format_number(one.high, digits))


def write_health(status: PlantState, statement: str, weak: pd.DataFrame, settings: StageSettings) -> str:
    """Write whether data and model can be believed and why, what was tested, and what the numbers include.

    `weak` are the findings about the history that the curve learnt from: what it lacks, and what is doubtful in it.
    """
    health, plant = status.health, settings.plant
    rate = build_cost(1.0, plant, at=status.hour[TIME])
    price = say(
        "{price} {currency}/GJ and {co2} kg CO₂/GJ",
        price=format_plain(rate.money),
        currency=escape(settings.site.currency),
        co2=format_plain(1000 * rate.co2_t),
    )
    limit = say(
        "Battery limit: {limit}. The gap is priced as {carrier}: {price}.",
        limit=escape(translate(plant.battery_limit)),
        carrier=escape(translate(plant.gap_carrier)),
        price=price,
    )
    data = say("Data, {health}", health=say_health(health.data))
    model = say("Model, {health}", health=say_health(health.model))
    return (
        f"**{say('Recommended')}:** {escape(status.verdict.recommendation)}\n\n"
        f"**{data}:** {escape(health.data_reason)}.\n\n**{model}:** {escape(health.model_reason)}.\n\n"
        f"**{say('Test')}:** {statement}\n\n{_write_doubts(weak)}\n\n"
        f"::: {{.small}}\n{limit} {_write_interval(status)}{escape(plant.note)}\n:::"
    )


def _write_interval(status: PlantState) -> str:
    if status.interval is None:
        return ""
    share = format_share(status.interval.frac, 0)
    return say("In brackets after the gap: its {share} interval, as far as best itself is known.", share=share) + " "


def _write_doubts(findings: pd.DataFrame) -> str:
    if findings.empty:
        return say(
            "**Baseline:** the history that the curve learnt from meets every rule of sufficiency, and nothing in it "
            "is doubtful."
        )
    is_short = findings["check"].eq("sufficiency")
    if is_short.all():
        what = say("**Baseline:** the history that the curve learnt from lacks something; trust the curve less there.")
    elif is_short.any():
        what = say(
            "**Baseline:** the history that the curve learnt from lacks something and is doubtful in part; trust the "
            "curve less there."
        )
    else:
        what = say(
            "**Baseline:** the history that the curve learnt from is doubtful in part; trust the curve less there."
        )
    points = "\n".join(f"- {escape(sentence)}" for sentence in say_findings(findings))
    return f"{what}\n\n{points}"


def write_money(amount: float, settings: StageSettings) -> str:
    """Write money with the sign of the site's currency, or that no price is known."""
    if math.isnan(amount):
        return say("no known price")
    return f"{format_money(amount)} {read_currency(settings.site.currency)}"
