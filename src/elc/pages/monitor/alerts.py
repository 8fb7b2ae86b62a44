"""Alerts: what monitor found to last, each with the sentence that receivers get and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd

from elc.monitor import Lasting, PlantState
from elc.pages.amounts import write_money, write_site_time
from elc.pages.findings import say_finding
from elc.pages.language import format_share, format_short_energy, say
from elc.pages.monitor.recommendation import say_recommendation
from elc.pages.reasons import say_reasons
from elc.records.alerts import UNJUDGED, Alert, build_alert
from elc.settings import StageSettings


def build_alerts(lasting: Sequence[Lasting], status: PlantState, settings: StageSettings) -> list[Alert]:
    """Build the alerts of what `monitor.find_lasting` found, in the language of the site."""
    alerts = []
    for one in lasting:
        start, end = (None if time is None else _to_utc(time) for time in (one.since, one.last))
        alert = build_alert(
            settings.plant_id,
            one.kind,
            one.subject,
            _write_sentence(one, status, settings),
            since=start,
            last=end,
            values=one.values,
            advice=_write_advice(one, status),
        )
        alerts.append(alert)
    return alerts


def _write_sentence(one: Lasting, status: PlantState, settings: StageSettings) -> str:
    if one.finding is not None:
        return say_finding(one.finding)
    name = settings.plant.name
    if one.since is None:
        return say("{plant} cannot be judged.", plant=name)
    time = write_site_time(one.since, settings.plant.time_zone)
    if one.kind == "gap":
        return _write_gap(one, settings, time)
    if one.kind == UNJUDGED:
        reason = say_reasons(status.no_gap_reasons)
        return say("{plant} has had no gap to judge since {time}: {reason}.", plant=name, time=time, reason=reason)
    return say("{plant} has had no valid reading of energy since {time}, so no gap is known.", plant=name, time=time)


def _write_gap(one: Lasting, settings: StageSettings, time: str) -> str:
    words = {
        "plant": settings.plant.name,
        "gap": format_short_energy(one.values["gap_gj_per_h"], size=one.size_gj_per_h),
        "share": format_share(one.values["gap_frac"], 1),
        "time": time,
    }
    if "money" not in one.values:
        told = say("{plant} has used {gap} {rate_unit} ({share}) more than its best since {time}.", **words)
    else:
        told = say(
            "{plant} has used {gap} {rate_unit} ({share}) more than its best since {time}: {money} so far.",
            **words,
            money=write_money(one.values["money"], settings),
        )
    if "condition_gj_per_h" not in one.values:
        return told
    part = format_short_energy(one.values["condition_gj_per_h"], size=one.size_gj_per_h)
    return f"{told} {say('The condition of the plant, {size} {rate_unit}, is not counted.', size=part)}"


def _write_advice(one: Lasting, status: PlantState) -> str:
    if one.kind == "energy":
        return say("Check its energy meters.")
    return say_recommendation(status.verdict.recommendation) if one.kind in (UNJUDGED, "failed") else ""


def _to_utc(time: pd.Timestamp) -> datetime:
    return time.tz_convert("UTC").to_pydatetime().astimezone(UTC)
