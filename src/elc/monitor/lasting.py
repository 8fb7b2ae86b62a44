"""Find what has lasted long enough to be told: a function of the data alone, so that every run finds the same."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pandas as pd

from elc import language
from elc.alerts import UNJUDGED, Alert, build_alert
from elc.curve import find_size, sum_costs
from elc.fields import BEST, ENERGY, GAP, GAP_FRAC, RUNNING, STATE, TIME, read_currency
from elc.pages import say_findings
from elc.settings import StageSettings

FAILED = "Failed"  # the status of a plant that monitor cannot judge
STOPS = ("trip", "start")


def find_alerts(
    scored: pd.DataFrame,
    findings: pd.DataFrame,
    settings: StageSettings,
    *,
    status: str,
    recommendation: str,
    no_gap_reason: str,
) -> list[Alert]:
    """Find what is open at the last interval of scored hours (see `curve.score_hours`) and has lasted.

    - gap: above `max_gap_frac` for `gap_h` judged hours in a row. Intervals that are not judged count nothing and end
      nothing, unless they go on for longer than `gap_h`; a stop ends it.
    - energy: no reading of energy for `violation_h`, though the plant is not known to be down.
    - not judged: no gap for `violation_h` of running with known energy; `no_gap_reason` is that of the last interval,
      `recommendation` what to do.
    - violation: a finding of monitor that has lasted `violation_h` and reaches into the last interval.
    - failed: the status of monitor, with what it recommends.
    """
    hours = scored.sort_values(TIME, ignore_index=True)
    found: list[Alert | None] = []
    if len(hours):
        unjudged = _find_unjudged(hours, settings, no_gap_reason, recommendation)
        found = [_find_gap(hours, settings), _find_energy(hours, settings), unjudged]
    found += _find_violations(hours, findings, settings)
    found.append(_find_failure(hours, settings, recommendation) if status == FAILED else None)
    return [alert for alert in found if alert is not None]


def _find_width(settings: StageSettings) -> pd.Timedelta:
    return settings.plant.interval_length


def _count(hours: float, settings: StageSettings) -> int:
    return max(math.ceil(pd.Timedelta(hours, "h") / _find_width(settings)), 1)


def _find_gap(hours: pd.DataFrame, settings: StageSettings) -> Alert | None:
    needed = _count(settings.alerts.gap_h, settings)
    spell = hours.iloc[_find_spell_start(hours, needed, settings) :]
    spell = spell[spell[GAP_FRAC].notna()]
    if len(spell) < needed:
        return None
    width_h = _find_width(settings) / pd.Timedelta("1h")
    cost = sum_costs(spell[GAP] * width_h, spell[TIME], settings.plant)
    since, last = spell[TIME].iloc[0], spell[TIME].iloc[-1] + _find_width(settings)
    values = {
        "gap_gj_per_h": float(spell[GAP].mean()),
        "gap_frac": float(spell[GAP].sum() / spell[BEST].sum()),
        "judged_h": len(spell) * width_h,
        **({} if math.isnan(cost.money) else {"money": cost.money}),
        **({} if math.isnan(cost.co2_t) else {"co2_t": cost.co2_t}),
    }
    sentence = _write_gap(values, since, settings, size=find_size(hours))
    return _build(settings, "gap", "energy", sentence, since, last, values=values)


def _find_spell_start(hours: pd.DataFrame, needed: int, settings: StageSettings) -> int:
    """Find where the last spell above the limit begins: after the last interval that ends one."""
    is_judged = hours[GAP_FRAC].notna()
    is_below = is_judged & ~(hours[GAP_FRAC] > settings.alerts.max_gap_frac)
    silence = is_judged.cumsum()
    # ASSUME: a plant that was not judged for longer than it takes to tell a gap may have closed it meanwhile.
    is_long = ~is_judged & (~is_judged).groupby(silence).transform("sum").gt(needed)
    is_end = is_below | is_long | hours[STATE].isin(STOPS)
    is_jump = hours[TIME].diff() > (needed + 1) * _find_width(settings)  # intervals that the table does not hold
    ends = [int(place) + 1 for place in hours.index[is_end]]
    jumps = [int(place) for place in hours.index[is_jump]]
    return max([0, *ends[-1:], *jumps[-1:]])


def _write_gap(values: dict[str, float], since: pd.Timestamp, settings: StageSettings, *, size: float) -> str:
    words = {
        "plant": settings.plant.name,
        "gap": language.format_short_energy(values["gap_gj_per_h"], size=size),
        "share": language.format_share(values["gap_frac"], 1),
        "time": _write_time(since, settings),
    }
    if "money" not in values:
        return language.say("{plant} has used {gap} GJ/h ({share}) more than its best since {time}.", **words)
    money = f"{language.format_money(values['money'])} {read_currency(settings.site.currency)}"
    return language.say(
        "{plant} has used {gap} GJ/h ({share}) more than its best since {time}: {money} so far.", **words, money=money
    )


def _find_later(hours: pd.DataFrame, column: str) -> pd.DataFrame:
    """Find the hours after the last one that has a value of a column; all where none has."""
    known = hours.index[hours[column].notna()]
    return hours.iloc[int(known[-1]) + 1 if len(known) else 0 :]


def _find_energy(hours: pd.DataFrame, settings: StageSettings) -> Alert | None:
    silent = _find_later(hours, ENERGY)
    if len(silent) < _count(settings.alerts.violation_h, settings) or silent[STATE].iloc[-1] == "trip":
        return None
    since, last = silent[TIME].iloc[0], silent[TIME].iloc[-1] + _find_width(settings)
    sentence = language.say(
        "{plant} has had no valid reading of energy since {time}, so no gap is known.",
        plant=settings.plant.name,
        time=_write_time(since, settings),
    )
    advice = language.say("Check its energy meters.")
    return _build(settings, "energy", "energy", sentence, since, last, advice=advice)


def _find_unjudged(hours: pd.DataFrame, settings: StageSettings, reason: str, advice: str) -> Alert | None:
    """One alert from the first running interval after the last judged one, until one is judged again.

    Intervals without energy have an alert of their own; here, as ramps and stops, they count nothing and end nothing.
    """
    later = _find_later(hours, GAP)
    running = later[later[STATE].isin(RUNNING) & later[ENERGY].notna()]
    if len(running) < _count(settings.alerts.violation_h, settings):
        return None
    since, last = running[TIME].iloc[0], later[TIME].iloc[-1] + _find_width(settings)
    time = _write_time(since, settings)
    sentence = language.say(
        "{plant} has had no gap to judge since {time}: {reason}.", plant=settings.plant.name, time=time, reason=reason
    )
    return _build(settings, UNJUDGED, "gap", sentence, since, last, advice=advice)


def _find_violations(hours: pd.DataFrame, findings: pd.DataFrame, settings: StageSettings) -> list[Alert | None]:
    """One alert for each check and column whose finding lasts; where there are several, the latest speaks."""
    lasting = findings[findings["end"] - findings["start"] >= pd.Timedelta(settings.alerts.violation_h, "h")]
    if len(hours):
        lasting = lasting[lasting["end"] > hours[TIME].iloc[-1]]
    alerts: list[Alert | None] = []
    for (check, column), rows in lasting.groupby(["check", "column"], sort=True):
        latest = rows.sort_values(["end", "start"]).iloc[-1]
        subject = f"{check}:{column}".removesuffix(":")
        since, last = rows["start"].min(), latest["end"]
        (sentence,) = say_findings(rows.loc[[latest.name]])
        alerts.append(_build(settings, "violation", subject, sentence, since, last))
    return alerts


def _find_failure(hours: pd.DataFrame, settings: StageSettings, recommendation: str) -> Alert:
    sentence = language.say("{plant} cannot be judged.", plant=settings.plant.name)
    last = hours[TIME].iloc[-1] + _find_width(settings) if len(hours) else None
    return _build(settings, "failed", "monitor", sentence, None, last, advice=recommendation)


def _build(
    settings: StageSettings,
    kind: str,
    subject: str,
    sentence: str,
    since: pd.Timestamp | None,
    last: pd.Timestamp | None,
    *,
    values: dict[str, float] | None = None,
    advice: str = "",
) -> Alert:
    start, end = (None if time is None else _to_utc(time) for time in (since, last))
    return build_alert(settings.plant_id, kind, subject, sentence, since=start, last=end, values=values, advice=advice)


def _write_time(time: pd.Timestamp, settings: StageSettings) -> str:
    return language.format_time(time.tz_convert(settings.plant.time_zone).to_pydatetime())


def _to_utc(time: pd.Timestamp) -> datetime:
    return time.tz_convert("UTC").to_pydatetime().astimezone(UTC)
