"""How a plant does now, and whether data and model can be believed: the status behind the monitoring page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from elc.curve import Cost, Package, build_cost, find_last, sum_costs
from elc.fields import (
    AGE,
    BEST,
    ENERGY,
    GAP,
    GAP_FRAC,
    GAP_HIGH,
    GAP_LOW,
    IS_OUTSIDE,
    IS_STEADY,
    STATE,
    TIME,
    TYPICAL,
    say_label,
)
from elc.language import format_short_time, format_time, get_language, name_zone, say, say_list, say_state
from elc.monitor.check import Check, check_hours
from elc.monitor.doubts import HARMLESS
from elc.monitor.silence import is_untold
from elc.monitor.verdict import NOT_CHECKED, Health, Verdict, build_verdict, write_data_health, write_model_health
from elc.pages import say_findings
from elc.paths import replace_file
from elc.records import status as records
from elc.settings import StageSettings


@dataclass(frozen=True)
class Month:
    """What the month of the last hour cost so far: energy above best, and stops booked apart."""

    gap: Cost
    gap_frac: float
    stop_energy_gj: float
    stops: int
    judged: int
    intervals: int


@dataclass(frozen=True)
class Interval:
    """Between what (GJ/h) a gap lies with a probability of `frac`, as best itself is known no better."""

    low: float
    high: float
    frac: float


@dataclass(frozen=True)
class PlantState:
    """Everything that the first lines of a page say about a plant.

    `interval` is that of the gap; None where there is no gap, or the package tells none. `check` is all that was found
    of data and model, `verdict` what to do about it; a status that is built by hand has none. `size_gj_per_h` is what
    the plant usually takes (see `curve.find_size`).
    """

    hour: pd.Series
    state: str
    state_since: pd.Timestamp
    gap: Cost | None
    interval: Interval | None
    day_gap_gj: float | None
    month: Month
    health: Health
    no_gap_reason: str
    check: Check | None = None
    verdict: Verdict = NOT_CHECKED
    size_gj_per_h: float = float("nan")


def build_status(scored: pd.DataFrame, findings: pd.DataFrame, package: Package, settings: StageSettings) -> PlantState:
    """Build the status of the last interval from scored hours (see `curve.score_hours`) and findings.

    `findings` are those of the hourly table and of `fit_hours`.

    Raises:
        ElcError: there is no interval, or `monitor.tags` names a column that the package does not know.
    """
    hour = find_last(scored)
    check = check_hours(scored, findings, package, settings)
    width_h = settings.plant.interval_h
    since = _find_state_start(scored)
    gap = None if pd.isna(hour[GAP]) else build_cost(float(hour[GAP]), settings.plant, at=hour[TIME])
    day = scored.loc[scored[TIME] > hour[TIME] - pd.Timedelta("24h"), GAP]
    health = build_health(scored, findings, check, settings)
    reason = "" if gap else _find_reason(hour, since, findings, package, settings.plant.time_zone)
    return PlantState(
        hour=hour,
        state=str(hour[STATE]),
        state_since=since,
        gap=gap,
        interval=_read_interval(hour, package),
        day_gap_gj=float(day.sum() * width_h) if day.notna().any() else None,
        month=build_month(scored, settings),
        health=health,
        no_gap_reason=reason,
        check=check,
        verdict=build_verdict(check, package, settings, hour=hour, no_gap_reason=reason, health=health),
        size_gj_per_h=check.size_gj_per_h,
    )


def _read_interval(hour: pd.Series, package: Package) -> Interval | None:
    low, high = hour.get(GAP_LOW), hour.get(GAP_HIGH)
    if pd.isna(low) or pd.isna(high):
        return None
    return Interval(float(low), float(high), float(package.card["settings"]["interval_frac"]))


def _find_state_start(scored: pd.DataFrame) -> pd.Timestamp:
    changed = scored[STATE].ne(scored[STATE].shift())
    return pd.Timestamp(scored.loc[changed, TIME].iloc[-1])


def write_state(state: str) -> str:
    """Write the state of a plant; of one that is unknown, why."""
    return say("without enough load readings") if state == "unknown" else say_state(state)


def _find_reason(hour: pd.Series, since: pd.Timestamp, findings: pd.DataFrame, package: Package, zone: str) -> str:
    """Explain why an hour has no gap."""
    if is_untold(findings, hour[TIME]):
        return say("the clock went back, and readings of the hour shown twice cannot be told apart")
    if not hour[IS_STEADY]:
        time = format_short_time(since.tz_convert(zone).to_pydatetime())
        return say("{state} since {time}", state=write_state(str(hour[STATE])), time=time)
    missing = [say_label(column) for column in package.features if column != AGE and pd.isna(hour[column])]
    if pd.isna(hour[ENERGY]):
        missing.append(say("energy"))
    reasons = [say("no valid reading of {columns}", columns=", ".join(missing))] if missing else []
    if AGE in package.features and pd.isna(hour[AGE]):
        reasons.append(say("no turnaround before it is known"))
    return say_list(reasons) or package.envelope.explain(hour)


def build_month(scored: pd.DataFrame, settings: StageSettings) -> Month:
    """Sum up the month (in site time) of the last interval."""
    local = scored[TIME].dt.tz_convert(settings.plant.time_zone)
    month = scored[local.dt.strftime("%Y-%m") == local.iloc[-1].strftime("%Y-%m")]
    width_h = settings.plant.interval_h
    judged = month[month[GAP].notna()]
    stopped = month[STATE].isin(["trip", "start"])
    total = float(judged[GAP].sum() * width_h)
    best = float(judged[BEST].sum() * width_h)
    return Month(
        gap=sum_costs(judged[GAP] * width_h, judged[TIME], settings.plant),
        gap_frac=total / best if best else 0.0,
        stop_energy_gj=float(month.loc[stopped, ENERGY].sum() * width_h),
        stops=int((stopped & ~stopped.shift(fill_value=False)).sum()),
        judged=len(judged),
        intervals=len(month),
    )


def build_health(scored: pd.DataFrame, findings: pd.DataFrame, check: Check, settings: StageSettings) -> Health:
    """Judge the data by the findings of the last 24 hours and the violations of the last week, the model by its errors.

    What is wrong with set-points is the plant's matter: it leaves the model in good health.
    """
    last = scored[TIME].max()
    is_known = findings["check"].isin(HARMLESS) | findings["check"].str.endswith("_check")
    recent = findings[(findings["end"] > last - pd.Timedelta("24h")) & ~is_known]
    touched = recent[recent["column"].isin(check.used) | recent["column"].str.contains("energy")]
    data = write_data_health(check, say_findings(touched))
    return Health(*data, *write_model_health(check, settings))


def build_records(
    status: PlantState, settings: StageSettings, *, answer: str, advice: str, version: str
) -> records.Status:
    """Build what pages say about one plant, and in which language; no NaN, missing is None."""
    gap, month = status.gap, status.month
    interval, verdict, health = status.interval, status.verdict, status.health
    return records.Status(
        plant=settings.plant_id,
        name=settings.plant.name,
        product=settings.plant.product,
        state=status.state,
        state_since=status.state_since.tz_convert(settings.plant.time_zone).isoformat(),
        hour=status.hour[TIME].to_pydatetime(),
        last_hour=format_hour(status.hour[TIME], settings),
        gap_gj_per_h=None if gap is None else gap.energy_gj,
        gap_low_gj_per_h=None if interval is None else interval.low,
        gap_high_gj_per_h=None if interval is None else interval.high,
        gap_frac=_drop_nan(float(status.hour[GAP_FRAC])),
        money_per_h=None if gap is None else _drop_nan(gap.money),
        co2_t_per_h=None if gap is None else _drop_nan(gap.co2_t),
        money_month=_drop_nan(month.gap.money) if month.judged else None,
        gap_gj_24h=status.day_gap_gj,
        size_gj_per_h=_drop_nan(status.size_gj_per_h),
        currency=settings.site.currency,
        no_gap_reason=status.no_gap_reason,
        version=version,
        status=verdict.status,
        action=verdict.action,
        recommendation=verdict.recommendation,
        language=get_language(),
        answer=answer,
        advice=advice,
        data_health=health.data,
        model_health=health.model,
    )


def _drop_nan(value: float) -> float | None:
    return None if np.isnan(value) else value


def format_hour(start: pd.Timestamp, settings: StageSettings) -> str:
    """Write an interval in site time: `Tue 30 Jun 2026 23:00–24:00, Europe/Oslo`."""
    return format_span(start, settings.plant.interval_length, settings.plant.time_zone)


def format_span(start: pd.Timestamp, width: pd.Timedelta, zone: str) -> str:
    """Write a span of time in a zone, as `format_hour` does, by the clock that it begins on.

    Where the zone's clock shows it twice its name tells which is meant: `01:00–02:00 CDT, America/Chicago`.
    """
    local = start.tz_convert(zone).to_pydatetime()
    shown = local.replace(tzinfo=None)
    end = shown + width.to_pytimedelta()
    closing = "24:00" if end.strftime("%H:%M") == "00:00" else end.strftime("%H:%M")
    return f"{format_time(shown)}–{closing}{name_zone(local)}, {zone}"


def write_status(folder: Path, status: records.Status, scored: pd.DataFrame) -> None:
    """Write the scored hours and `status.json`, each whole or not at all."""
    with replace_file(folder / "hours.parquet") as temporary:
        columns = [TIME, STATE, IS_STEADY, IS_OUTSIDE, ENERGY, BEST, TYPICAL, GAP, GAP_FRAC, GAP_LOW, GAP_HIGH]
        scored[columns].to_parquet(temporary, index=False)
    records.write_status(folder, status)
