"""The report of a plant for a period, built from hours that one version judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from elc.curve import Package, find_size
from elc.explain import explain_hours
from elc.fields import ENERGY, GAP, STATE, TIME, TYPICAL
from elc.records.report import BaselineModel, Report, Share
from elc.records.spans import SpanSum
from elc.report.baseline import Baseline, fit_baseline
from elc.report.hours import STOPPED, build_hours, cut, list_energies, read_production_unit
from elc.report.known import Known, count_alerts, count_findings, find_versions, sum_advice
from elc.report.period import Period, find_last_month, read_period
from elc.report.remarks import (
    find_baseline_remarks,
    find_change_remarks,
    find_data_remarks,
    find_price_remarks,
)
from elc.report.spans import Table, Times, build_bookings, build_carriers
from elc.settings import StageSettings

YEAR_MONTHS = 12


@dataclass(frozen=True)
class Judged:
    """What a report is made of: the hours of a plant, the version that judged them, and its name.

    `carriers` are those of the energy columns (`settings.read_carriers`).
    """

    scored: pd.DataFrame
    package: Package
    carriers: Mapping[str, str]
    label: str


def choose_period(name: str, scored: pd.DataFrame, settings: StageSettings) -> Period:
    """Choose the period of a name; the last month of which the data reach the end for an empty one.

    Raises:
        ElcError: the name is not that of a period.
    """
    if name:
        return read_period(name)
    return find_last_month(scored[TIME].max() + settings.plant.interval_length, settings.plant.time_zone)


def build_report(
    judged: Judged, known: Known, settings: StageSettings, *, period: Period
) -> tuple[Report, pd.DataFrame]:
    """Build a report, and the table of its intervals that its sums are made of (`hours.build_hours`)."""
    judged = replace(judged, scored=judged.scored.sort_values(TIME, ignore_index=True))
    times = period.find_start(settings.plant.time_zone), period.find_end(settings.plant.time_zone)
    baseline = find_baseline(judged.scored, settings)
    hours = build_hours(judged.scored, judged.package, baseline)
    table, inside = Table(hours, baseline, settings), cut(hours, *times)
    whole = table.build_period(period)
    bookings = build_bookings(inside, whole.intervals, settings)
    until = hours[TIME].max() + settings.plant.interval_length
    year, before, months = _find_spans(period, table)
    explained, shares = _share_out(judged, times, settings)
    report = Report(
        **_describe(judged, settings),
        period=period.name,
        data_until=until.to_pydatetime(),
        remarks=(
            *find_data_remarks(whole, bookings, until, settings),
            *find_baseline_remarks(hours, times, baseline, settings),
            *find_price_remarks(times, settings),
            *find_change_remarks(times, find_versions(known, times), judged.label, settings),
        ),
        whole=whole,
        year_to_date=year,
        year_before=before,
        months=tuple(months),
        bookings=bookings,
        stops=_count_stops(inside),
        carriers=build_carriers(inside, list_energies(judged.carriers, settings.plant), settings),
        baseline=_describe_baseline(baseline),
        explained=explained,
        shares=shares,
        advice=sum_advice(known, times),
        alerts=count_alerts(known, times),
        findings=count_findings(known, times),
        bias_frac=_find_bias(judged, times),
        versions=find_versions(known, times),
        edition=1,
        replaced=(),
    )
    return report, inside


def find_inside(judged: Judged, hours: pd.DataFrame) -> pd.DataFrame:
    """Find the scored intervals, with the conditions of each, that the table of a report's intervals counts."""
    return judged.scored[judged.scored[TIME].isin(hours[TIME])]


def _describe(judged: Judged, settings: StageSettings) -> dict[str, Any]:
    """Describe the plant, what judged it, and the units of its figures."""
    interval, size = judged.package.card.get("settings", {}).get("interval_frac"), find_size(judged.scored)
    return {
        "plant": settings.plant_id,
        "name": settings.plant.name,
        "product": settings.plant.product,
        "judged_by": judged.label,
        "width_h": settings.plant.interval_h,
        "currency": settings.site.currency,
        "production_unit": read_production_unit(judged.package.throughput),
        "energy_unit": settings.energy_unit,
        "gap_interval_frac": None if interval is None else float(interval),
        "savings_interval_frac": settings.report.interval_frac,
        "size_gj_per_h": None if pd.isna(size) else size,
    }


def find_baseline(scored: pd.DataFrame, settings: StageSettings) -> Baseline | None:
    """Fit the model of the declared baseline period; None where none is declared, or its judged hours are too few."""
    declared = settings.plant.baseline_times
    if declared is None:
        return None
    start, end = (pd.Timestamp(time) for time in declared)
    found = fit_baseline(scored, start, end)
    is_enough = found is not None and found.intervals * settings.plant.interval_h >= settings.report.min_baseline_h
    return found if is_enough else None


def _describe_baseline(baseline: Baseline | None) -> BaselineModel | None:
    if baseline is None:
        return None
    return BaselineModel(
        start=baseline.start.to_pydatetime(),
        end=baseline.end.to_pydatetime(),
        intervals=baseline.intervals,
        ratio=baseline.ratio,
        mean_gj_per_h=baseline.mean,
        cv_rmse_frac=baseline.cv_rmse,
        nmbe_frac=baseline.nmbe,
        lag=baseline.lag,
        effective=baseline.effective,
    )


def _find_spans(period: Period, table: Table) -> tuple[SpanSum, SpanSum | None, list[SpanSum]]:
    """Find the year to date, the same period a year before, and each month since that; none from before the data."""
    zone, first = table.settings.plant.time_zone, table.hours[TIME].min()
    before = period.shift(-YEAR_MONTHS)
    names = [before.months[0].shift(step) for step in range(YEAR_MONTHS + len(period.months))]
    months = [month for month in names if month.find_end(zone) > first]
    start = Period("year", period.year, 1).find_start(zone)
    year = table.build(f"{period.year:04}", (start, period.find_end(zone)))
    return (
        year,
        table.build_period(before) if before.find_end(zone) > first else None,
        [table.build_period(month) for month in months],
    )


def _count_stops(inside: pd.DataFrame) -> int:
    is_stopped = inside[STATE].isin(STOPPED)
    return int((is_stopped & ~is_stopped.shift(fill_value=False)).sum())


def _share_out(judged: Judged, times: Times, settings: StageSettings) -> tuple[int, tuple[Share, ...]]:
    """Share out the gap of the judged intervals that can be explained: how many, and the shares, largest first."""
    inside = cut(judged.scored, *times)
    rows = explain_hours(judged.package, inside[inside[GAP].notna()], settings.explain)
    sums = rows.groupby("setpoint")["share_gj_per_h"].sum().sort_values(ascending=False, kind="stable")
    shares = [Share(name=str(name), energy_gj=float(sum_ * settings.plant.interval_h)) for name, sum_ in sums.items()]
    return int(rows[TIME].nunique()), tuple(shares)


def _find_bias(judged: Judged, times: Times) -> float | None:
    """Find what typical was off in the judged intervals of a span that the curve has not learnt from."""
    inside, until = cut(judged.scored, *times), judged.package.trained_until
    later = inside[inside[GAP].notna()] if until is None else inside[inside[GAP].notna() & (inside[TIME] > until)]
    typical = float(later[TYPICAL].sum())
    return float(later[ENERGY].sum()) / typical - 1 if typical else None
