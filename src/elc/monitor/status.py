"""How a plant does now, and whether data and model can be believed: the status behind the monitoring page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from elc.curve import Cost, Package, build_cost, find_last, find_named, sum_costs
from elc.fields import (
    AGE,
    BEST,
    CONDITION_FRAC,
    CONDITION_HIGH,
    CONDITION_LOW,
    CONDITION_SINCE,
    ENERGY,
    GAP,
    GAP_FRAC,
    GAP_HIGH,
    GAP_LOW,
    IS_OUTSIDE,
    IS_STEADY,
    OPERATORS_GAP,
    STATE,
    TIME,
    TYPICAL,
)
from elc.files import replace_file
from elc.findings import Finding, Reason, list_findings
from elc.monitor.check import Check, check_hours
from elc.monitor.silence import is_untold
from elc.monitor.verdict import NOT_CHECKED, Health, Verdict, build_health, build_verdict
from elc.records import status as records
from elc.settings import StageSettings

HARMLESS = ("negative_zero", "filled")  # findings that leave no doubt about the value that is used


@dataclass(frozen=True)
class Month:
    """What the month of the last hour cost so far: energy above best, and stops booked apart.

    `condition_gj` is the part of the energy above best that a named condition of the plant explains.
    """

    gap: Cost
    gap_frac: float
    stop_energy_gj: float
    stops: int
    judged: int
    intervals: int
    condition_gj: float = 0.0


@dataclass(frozen=True)
class Interval:
    """Between what (GJ/h) a gap lies with a probability of `frac`, as best itself is known no better."""

    low: float
    high: float
    frac: float


@dataclass(frozen=True)
class Condition:
    """What a plant takes beyond load, drivers and set-points, as far as that is known in an interval.

    Shares of best, with their 80 % interval; about since when, None where it is not sure enough to be named. In GJ/h at
    the conditions of the interval, and the gap without it: None where there is no gap.
    """

    frac: float
    low: float
    high: float
    since: pd.Timestamp | None
    energy_gj_per_h: float
    operators_gap_gj_per_h: float | None


@dataclass(frozen=True)
class PlantState:
    """Everything that the first lines of a page say about a plant.

    `interval` is that of the gap; None where there is no gap, or the package tells none; `no_gap_reasons` are why there
    is no gap. `check` is all that was found of data and model, `verdict` what to do about it; a status that is built by
    hand has none. `size_gj_per_h` is what the plant usually takes (see `curve.find_size`);
    `condition` None where none is known.
    """

    hour: pd.Series
    state: str
    state_since: pd.Timestamp
    gap: Cost | None
    interval: Interval | None
    day_gap_gj: float | None
    month: Month
    health: Health
    no_gap_reasons: tuple[Reason, ...]
    check: Check | None = None
    verdict: Verdict = NOT_CHECKED
    size_gj_per_h: float = float("nan")
    condition: Condition | None = None


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
    health = build_health(check, find_touched(scored, findings, check), settings)
    reasons = () if gap else _find_reasons(hour, since, findings, package, settings.plant.time_zone)
    return PlantState(
        hour=hour,
        state=str(hour[STATE]),
        state_since=since,
        gap=gap,
        interval=_read_interval(hour, package),
        day_gap_gj=float(day.sum() * width_h) if day.notna().any() else None,
        month=build_month(scored, settings),
        health=health,
        no_gap_reasons=reasons,
        check=check,
        verdict=build_verdict(check, package, settings, hour=hour, no_gap_reasons=reasons, health=health),
        size_gj_per_h=check.size_gj_per_h,
        condition=_read_condition(hour),
    )


def _read_interval(hour: pd.Series, package: Package) -> Interval | None:
    low, high = hour.get(GAP_LOW), hour.get(GAP_HIGH)
    if pd.isna(low) or pd.isna(high):
        return None
    return Interval(float(low), float(high), float(package.card["settings"]["interval_frac"]))


def _read_condition(hour: pd.Series) -> Condition | None:
    if pd.isna(hour.get(CONDITION_FRAC)):
        return None
    frac, low, high, best = (float(hour[name]) for name in (CONDITION_FRAC, CONDITION_LOW, CONDITION_HIGH, BEST))
    since = None if pd.isna(hour[CONDITION_SINCE]) else pd.Timestamp(hour[CONDITION_SINCE])
    rest = None if pd.isna(hour[OPERATORS_GAP]) else float(hour[OPERATORS_GAP])
    return Condition(frac, low, high, since, frac * best, rest)


def _find_state_start(scored: pd.DataFrame) -> pd.Timestamp:
    changed = scored[STATE].ne(scored[STATE].shift())
    return pd.Timestamp(scored.loc[changed, TIME].iloc[-1])


def _find_reasons(
    hour: pd.Series, since: pd.Timestamp, findings: pd.DataFrame, package: Package, zone: str
) -> tuple[Reason, ...]:
    """Find why an hour has no gap."""
    if is_untold(findings, hour[TIME]):
        return (Reason("clock_back"),)
    if not hour[IS_STEADY]:
        return (Reason("not_steady", {"state": str(hour[STATE]), "since": since.tz_convert(zone).to_pydatetime()}),)
    missing = [column for column in package.features if column != AGE and pd.isna(hour[column])]
    missing += [ENERGY] if pd.isna(hour[ENERGY]) else []
    reasons = [Reason("unread", {"columns": missing})] if missing else []
    if AGE in package.features and pd.isna(hour[AGE]):
        reasons.append(Reason("no_turnaround"))
    if not reasons and (outside := package.envelope.explain(hour)):
        reasons.append(Reason("outside", {"reasons": outside}))
    return tuple(reasons)


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
        condition_gj=float((find_named(judged) * judged[BEST]).sum() * width_h),
        stop_energy_gj=float(month.loc[stopped, ENERGY].sum() * width_h),
        stops=int((stopped & ~stopped.shift(fill_value=False)).sum()),
        judged=len(judged),
        intervals=len(month),
    )


def find_touched(scored: pd.DataFrame, findings: pd.DataFrame, check: Check) -> list[Finding]:
    """Find the findings of the last 24 hours about what the models use, without those that leave no doubt."""
    last = scored[TIME].max()
    is_known = findings["check"].isin(HARMLESS) | findings["check"].str.endswith("_check")
    recent = findings[(findings["end"] > last - pd.Timedelta("24h")) & ~is_known]
    touched = recent[recent["column"].isin(check.used) | recent["column"].str.contains("energy")]
    return list(list_findings(touched))


def write_status(folder: Path, status: records.Status, scored: pd.DataFrame) -> None:
    """Write the scored hours and `status.json`, each whole or not at all."""
    with replace_file(folder / "hours.parquet") as temporary:
        columns = [TIME, STATE, IS_STEADY, IS_OUTSIDE, ENERGY, BEST, TYPICAL, GAP, GAP_FRAC, GAP_LOW, GAP_HIGH]
        columns += [name for name in (CONDITION_FRAC, CONDITION_SINCE, OPERATORS_GAP) if name in scored]
        scored[columns].to_parquet(temporary, index=False)
    records.write_status(folder, status)
