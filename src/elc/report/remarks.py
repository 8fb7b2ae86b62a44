"""What a reader must know before the numbers of a report, and why some of them are missing, as data."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from elc.fields import TIME
from elc.records.report import Ran, Remark
from elc.records.spans import Booking, SpanSum
from elc.report.baseline import Baseline
from elc.report.hours import BOOKED, STOPPED, cut
from elc.report.spans import Times
from elc.settings import StageSettings

MOST_UNKNOWN_FRAC = 0.05  # ASSUME: with less of its energy unread a month still stands for itself
MOST_OUTSIDE_FRAC = 0.1  # ASSUME: with fewer running intervals outside the envelope those inside stand for the period
MOST_CV_RMSE = 0.3  # of hourly models, by ASHRAE Guideline 14


def find_data_remarks(
    whole: SpanSum, bookings: tuple[Booking, ...], until: pd.Timestamp, settings: StageSettings
) -> Iterator[Remark]:
    """Find what the period lacks: data, running hours, hours that could be judged."""
    counts = {one.kind: one.intervals for one in bookings}
    read = whole.intervals - counts.get("no_row", 0) - counts.get("unknown", 0)
    if read <= 0 or (whole.known == 0 and whole.production == 0):
        yield Remark(name="no_data", values={})
        return
    if until < whole.end:
        yield Remark(name="partial", values={"until": until.isoformat(), "intervals": whole.intervals})
    unknown = whole.intervals - whole.known
    if unknown > MOST_UNKNOWN_FRAC * whole.intervals:
        yield Remark(name="gaps", values={"unknown": unknown, "intervals": whole.intervals})
    if set(counts) <= {*STOPPED, "no_row", "unknown"}:
        yield Remark(name="down", values={})
        return
    running = sum(count for kind, count in counts.items() if kind not in (*STOPPED, "no_row", "unknown"))
    outside = counts.get("outside", 0)
    if outside > MOST_OUTSIDE_FRAC * running:
        yield Remark(name="outside", values={"outside": outside, "running": running})
    if whole.judged < settings.report.min_judged_frac * whole.intervals:
        yield Remark(name="few_judged", values={"judged": whole.judged, "intervals": whole.intervals})


def find_baseline_remarks(
    hours: pd.DataFrame, times: Times, baseline: Baseline | None, settings: StageSettings
) -> Iterator[Remark]:
    """Find why savings are not known, or less well than they should be; `hours` are all of `hours.build_hours`."""
    declared, limits = settings.plant.baseline_times, settings.report
    if declared is None:
        yield Remark(name="no_baseline", values={})
        return
    start, end = (pd.Timestamp(time) for time in declared)
    days = round((end - start) / pd.Timedelta(1, "D"))
    first, last = hours[TIME].min(), hours[TIME].max() + settings.plant.interval_length
    counts = cut(hours, start, end)[BOOKED].value_counts()
    if baseline is None:
        shown = {"intervals": int(counts.sum()), "judged": int(counts.get("judged", 0))}
        yield Remark(name="baseline_none", values={**shown, "least_h": limits.min_baseline_h})
    elif days < limits.min_baseline_days:
        yield Remark(name="baseline_short", values={"days": days, "least": round(limits.min_baseline_days)})
    if baseline is not None and (first > start or last < end):
        known = round((min(last, end) - max(first, start)) / pd.Timedelta(1, "D"))
        yield Remark(name="baseline_partly", values={"known": known, "days": days})
    running, outside = int(counts.drop([*STOPPED, "unknown"], errors="ignore").sum()), int(counts.get("outside", 0))
    if baseline is not None and outside > MOST_OUTSIDE_FRAC * running:
        yield Remark(name="baseline_outside", values={"outside": outside, "running": running})
    if times[0] < end and times[1] > start:
        yield Remark(name="baseline_overlap", values={"inside": int(times[1] <= end)})
    if baseline is not None and baseline.cv_rmse > MOST_CV_RMSE:
        yield Remark(name="baseline_weak", values={"cv_rmse": baseline.cv_rmse, "most": MOST_CV_RMSE})


def find_price_remarks(times: Times, settings: StageSettings) -> Iterator[Remark]:
    """Find the days without a price or CO2 of a carrier, and the prices that changed within the period."""
    plant = settings.plant
    days = _list_days(times, plant.time_zone)
    for name, carrier in plant.carriers.items():
        for what, find in (("no_price", carrier.find_price), ("no_co2", carrier.find_co2)):
            missing = [day for day in days if math.isnan(find(day))]
            if missing:
                yield Remark(name=what, values={"carrier": name, **_describe(missing, days)})
        for before, day in itertools.pairwise(days):
            old, new = carrier.find_price(before), carrier.find_price(day)
            if old != new and not math.isnan(old) and not math.isnan(new):
                moment = {"carrier": name, "day": day.isoformat()}
                yield Remark(name="price_changed", values={**moment, "before": old, "after": new})


def _describe(missing: list[date], days: list[date]) -> dict[str, float | int | str]:
    first, last = missing[0].isoformat(), missing[-1].isoformat()
    return {"all": int(len(missing) == len(days)), "first": first, "last": last, "days": len(missing)}


def _list_days(times: Times, zone: str) -> list[date]:
    first, last = (time.tz_convert(ZoneInfo(zone)).date() for time in times)
    return [first + timedelta(days=step) for step in range((last - first).days)]


def find_change_remarks(
    times: Times, versions: tuple[Ran, ...], judged_by: str, settings: StageSettings
) -> Iterator[Remark]:
    """Find what changed: the version in use within the period, and declared events since the baseline period began."""
    names = list(dict.fromkeys(ran.version for ran in versions))
    if len(names) > 1:
        yield Remark(name="versions", values={"count": len(names), "names": ", ".join(names), "judged_by": judged_by})
    declared = settings.plant.baseline_times
    since = times[0] if declared is None else min(times[0], pd.Timestamp(declared[0]))
    for event, time in zip(settings.plant.events, settings.plant.event_times, strict=True):
        if since <= time < times[1]:
            yield Remark(name="event", values={"day": event.date, "kind": event.kind, "reason": event.reason})
