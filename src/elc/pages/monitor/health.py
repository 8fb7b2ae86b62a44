"""The head of the monitoring page, and what can be believed of data and model (Markdown)."""

from __future__ import annotations

import pandas as pd

from elc.curve import build_cost
from elc.fields import TIME
from elc.monitor import Health, PlantState
from elc.monitor.verdict import FAILED, SOUND
from elc.pages.amounts import write_hour
from elc.pages.findings import say_finding, say_findings
from elc.pages.language import escape, format_plain, format_share, get_unit, say, say_health, say_version, translate
from elc.pages.monitor.recommendation import say_recommendation
from elc.pages.reasons import say_reason, write_state
from elc.settings import StageSettings

SHOWN_LETTERS = 400  # of doubts at the top of a page


def write_head(answer: str, advice: str, status: PlantState, settings: StageSettings, *, version: str) -> str:
    """Write the head of the page: the hour, the answer, what to do, and what can be believed."""
    hour, health = _write_dated_hour(status.hour[TIME], settings), status.health
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


def _write_dated_hour(start: pd.Timestamp, settings: StageSettings) -> str:
    """Write the hour with when it ended, so that a browser can say that it is late. A simulated one never is."""
    hour, late_h = write_hour(start, settings), settings.alerts.stale_h
    if settings.is_simulated or late_h is None:
        return hour
    return f'[{hour}]{{.hour until="{start + settings.plant.interval_length:%Y-%m-%dT%H:%MZ}" late="{late_h:g}"}}'


def _write_warning(status: PlantState) -> str:
    """Write what stands at the top of a page whose data are doubtful, or which cannot be judged; empty for others."""
    is_failed, is_sound = status.check is not None and status.verdict.status == FAILED, status.health.data == SOUND
    if is_sound and not is_failed:
        return ""
    reason = "" if is_sound else f"{say_data(status.health)}."
    doubts = reason
    if len(reason) > SHOWN_LETTERS:
        whole = reason[:SHOWN_LETTERS].rpartition("; ")[0] or f"{reason[:SHOWN_LETTERS]} …"
        doubts = f"{whole}. {say('All doubts stand below.')}"
    asked = f"{escape(say_recommendation(status.verdict.recommendation))} " if status.verdict.action != "none" else ""
    title = say("These data are doubtful")
    return f'\n\n::: {{.callout-warning title="{title}"}}\n{asked}{escape(doubts)}\n:::'


def write_health(status: PlantState, statement: str, weak: pd.DataFrame, settings: StageSettings) -> str:
    """Write whether data and model can be believed and why, what was tested, and what the numbers include.

    `weak` are the findings about the history that the curve was trained on: what it lacks, and what is doubtful in it.
    """
    health, plant = status.health, settings.plant
    rate = build_cost(1.0, plant, at=status.hour[TIME])
    price = say(
        "{price} {currency}/{energy_unit} and {co2} kg CO₂/{energy_unit}",
        price=format_plain(float(f"{rate.money * get_unit().gj:.4g}")),
        currency=escape(settings.site.currency),
        co2=format_plain(float(f"{1000 * rate.co2_t * get_unit().gj:.4g}")),
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
        f"**{say('Recommended')}:** {escape(say_recommendation(status.verdict.recommendation))}\n\n"
        f"**{data}:** {escape(say_data(health))}.\n\n**{model}:** {escape(say_model(health))}.\n\n"
        f"**{say('Condition of the plant')}:** {_write_condition(status)}\n\n"
        f"**{say('Test')}:** {statement}\n\n{_write_doubts(weak)}\n\n"
        f"::: {{.small}}\n{limit} {_write_interval(status)}{escape(plant.note)}\n:::"
    )


def say_data(health: Health) -> str:
    """Say what is doubtful of the data, each doubt once, or that nothing is."""
    doubts = sorted({say_finding(finding).rstrip(".") for finding in health.data_doubts})
    return "; ".join(doubts) or say("no finding in the last 24 hours, and no violation in the last week")


def say_model(health: Health) -> str:
    """Say what the model was judged by, or why it was not, and what is doubtful of it."""
    doubts = [say_finding(finding).rstrip(".") for finding in health.model_doubts]
    return "; ".join([say_reason(health.model_reason), *doubts])


def _write_condition(status: PlantState) -> str:
    """Write what the plant takes beyond what its load, drivers and set-points explain, and whether that is sure."""
    condition = status.condition
    if condition is None:
        return say("not known; it needs a week of judged hours after training.")
    places = {
        "share": format_share(condition.frac, 1),
        "low": format_share(condition.low, 1),
        "high": format_share(condition.high, 1),
    }
    if condition.since is None:
        return say(
            "{share} ({low} to {high}) of best beyond what {explained} explain over the last "
            "four weeks: too little to be sure of, so the gap is not split by it.",
            **places,
        )
    return say(
        "{share} ({low} to {high}) of best beyond what {explained} explain over the last four "
        "weeks. What no tag shows is part of it, such as fouling, a leak or a meter; declare an event or train again "
        "to make it part of best.",
        **places,
    )


def _write_interval(status: PlantState) -> str:
    if status.interval is None:
        return ""
    share = format_share(status.interval.frac, 0)
    return say("In brackets after the gap: its {share} interval, as far as best itself is known.", share=share) + " "


def _write_doubts(findings: pd.DataFrame) -> str:
    if findings.empty:
        return say(
            "**Baseline:** the history that the curve was trained on meets every rule of sufficiency, and nothing in "
            "it is doubtful."
        )
    is_short = findings["check"].eq("sufficiency")
    if is_short.all():
        what = say("**Baseline:** the history that the curve was trained on is incomplete; trust the curve less there.")
    elif is_short.any():
        what = say(
            "**Baseline:** the history that the curve was trained on is incomplete, and doubtful in part; trust the "
            "curve less there."
        )
    else:
        what = say(
            "**Baseline:** the history that the curve was trained on is doubtful in part; trust the curve less there."
        )
    points = "\n".join(f"- {escape(sentence)}" for sentence in say_findings(findings))
    return f"{what}\n\n{points}"
