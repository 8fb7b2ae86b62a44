"""From readings to the hourly table: one expression, written in Ibis, run by the engine under it.

A value holds until the next reading of its tag, at most `max_hold_h`; an interval's value is the mean weighted by
that time, and its coverage is the share of the interval with good time. So the sum over intervals is the integral
of the readings.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from elc.errors import ElcError
from elc.fields import ENERGY, TIME, coverage
from elc.findings import Finding
from elc.settings import Carrier, TagList


def build_utc(readings: ir.Table, zone: str, plant: str) -> tuple[ir.Table, list[Finding]]:
    """Turn the export's local time into UTC, by the clock changes between its first and last reading.

    A reading whose time carries a zone of its own (`is_utc`) is in UTC already.

    In autumn one hour is shown twice: its readings cannot be told apart, so they are taken as the first pass, the
    quality of both hours' readings is Bad, and a finding says so.

    Raises:
        ElcError: readings at times that the clock skipped in spring: the export is not in this zone.
    """
    if zone == "UTC":
        return readings, []
    bounds = readings.aggregate(first=readings.time.min(), last=readings.time.max()).execute().iloc[0]
    changes = _find_clock_changes(zone, bounds["first"], bounds["last"])
    local = readings.time
    seconds, findings = ibis.literal(changes[0][1]), []
    is_twice = is_skipped = ibis.literal(False)
    for moment, offset, former in changes[1:]:
        # At `moment` (UTC) the clock went from `former` to `offset` seconds ahead of UTC.
        seconds = (local >= _literal(moment, max(former, offset))).ifelse(offset, seconds)
        if offset < former:
            is_twice |= (local >= _literal(moment, offset)) & (local < _literal(moment, former))
            findings.append(_build_clock_finding(plant, moment, former - offset))
        else:
            is_skipped |= (local >= _literal(moment, former)) & (local < _literal(moment, offset))
    _check_skipped(readings.filter(is_skipped & ~readings.is_utc), zone, plant)
    is_local = ~readings.is_utc
    quality = (is_local & is_twice).ifelse("BAD", readings.quality)
    time = is_local.ifelse(local - seconds.as_interval("s"), local)
    return readings.mutate(time=time, quality=quality), findings


def _check_skipped(skipped: ir.Table, zone: str, plant: str) -> None:
    found = skipped.aggregate(count=skipped.count(), first=skipped.time.min()).execute().iloc[0]
    if found["count"]:
        raise ElcError(
            f"plant {plant}: {found['count']} readings carry times that the clocks of {zone} skipped, the first at "
            f"{found['first']}. The export is in another zone, often standard time all year: set export.time_zone to "
            "it, as in Etc/GMT+7 for seven hours behind UTC."
        )


def _literal(moment: pd.Timestamp, offset: int) -> ir.TimestampScalar:
    return ibis.timestamp((moment + pd.Timedelta(offset, "s")).to_pydatetime())


def _find_clock_changes(zone: str, first: pd.Timestamp, last: pd.Timestamp) -> list[tuple[pd.Timestamp, int, int]]:
    """List (UTC moment, offset from then, offset before), the first with the offset at the beginning."""
    hours = pd.date_range(first.floor("D") - pd.Timedelta("2D"), last.ceil("D") + pd.Timedelta("2D"), freq="15min")
    shown = hours.tz_localize("UTC").tz_convert(zone).tz_localize(None)
    offsets = ((shown - hours) / pd.Timedelta("1s")).astype(int)
    changes = [(hours[0], int(offsets[0]), int(offsets[0]))]
    for index in range(1, len(hours)):
        if offsets[index] != offsets[index - 1]:
            changes.append((hours[index], int(offsets[index]), int(offsets[index - 1])))
    return changes


def _build_clock_finding(plant: str, moment: pd.Timestamp, overlap_s: int) -> Finding:
    start = (moment - pd.Timedelta(overlap_s, "s")).tz_localize("UTC")
    end = (moment + pd.Timedelta(overlap_s, "s")).tz_localize("UTC")
    sentence = "The clock went back: readings of the hour shown twice cannot be told apart and are not used."
    return Finding("clock_change", sentence, plant, "", start, end)


def build_intervals(readings: ir.Table, interval_s: int, *, max_hold_h: float, accept_uncertain: bool) -> ir.Table:
    """Build one row per tag and interval.

    Returns:
        tag, start (timestamp), value (time-weighted mean of good time) and good_s; no row without good time.
    """
    good = ["GOOD", "UNCERTAIN"] if accept_uncertain else ["GOOD"]
    marked = readings.mutate(is_good=readings.quality.isin(good) & readings.value.notnull())
    unique = _drop_doubles(marked)
    held = _add_hold(unique, interval_s, max_hold_h)
    parts = held.mutate(
        start=ibis.range(held.first, held.end, ibis.interval(seconds=interval_s)).unnest(),
    )
    stop = ibis.least(parts.end, parts.start + ibis.interval(seconds=interval_s))
    begin = ibis.greatest(parts.time, parts.start)
    weighted = parts.mutate(seconds=_seconds(stop) - _seconds(begin))
    kept = weighted.filter(weighted.is_good & (weighted.seconds > 0))
    return kept.group_by(["tag", "start"]).aggregate(
        value=_sum(kept.value * kept.seconds) / _sum(kept.seconds),
        good_s=_sum(kept.seconds),
    )


def _seconds(moment: ir.TimestampValue) -> ir.FloatingValue:
    return moment.epoch_seconds().cast("float64")


def _sum(values: ir.FloatingValue) -> ir.FloatingValue:
    """Sum in fixed point: exact, so that the engine's order of work, which differs from run to run, cannot matter."""
    return values.cast("decimal(38, 12)").sum().cast("float64")


def _drop_doubles(readings: ir.Table) -> ir.Table:
    """Keep one reading of a tag at a moment: a good one before another, then the smaller value."""
    rank = ibis.row_number().over(
        group_by=["tag", "time"], order_by=[ibis.desc("is_good"), ibis.asc("value"), ibis.asc("quality")]
    )
    ranked = readings.mutate(rank=rank)
    return ranked.filter(ranked["rank"] == 0).drop("rank")


def _add_hold(readings: ir.Table, interval_s: int, max_hold_h: float) -> ir.Table:
    """Add `end`, until when each value holds, and `first`, the start of the interval it begins in.

    No value holds beyond the interval of the export's last reading.
    """
    last = readings.time.max().as_scalar()
    step = ibis.interval(seconds=interval_s)
    limit = readings.time + ibis.interval(seconds=int(max_hold_h * 3600))
    following = readings.time.lead().over(group_by="tag", order_by="time")
    end = ibis.least(ibis.coalesce(following, limit), limit, _floor(last, interval_s) + step)
    return readings.mutate(end=end, first=_floor(readings.time, interval_s))


def _floor(moment: ir.TimestampValue, interval_s: int) -> ir.TimestampValue:
    seconds = moment.epoch_seconds()
    return (seconds - seconds % interval_s).as_timestamp("s").cast("timestamp(6)")


def build_hourly(
    intervals: pd.DataFrame, tags: TagList, carriers: dict[str, Carrier], *, interval: str, min_coverage_frac: float
) -> pd.DataFrame:
    """Build the hourly table: every interval from first to last, a column and its coverage per mapped quantity.

    An interval covered less than `min_coverage_frac` is missing. `energy_gj_per_h` is the sum over carriers, exports
    against; it is missing where any carrier is.
    """
    width_s = pd.Timedelta(interval).total_seconds()
    index = pd.date_range(intervals["start"].min(), intervals["start"].max(), freq=interval, name=TIME)
    by_tag = dict(list(intervals.groupby("tag", observed=True)))
    columns: dict[str, pd.Series] = {}
    for tag in tags:
        rows = by_tag.get(tag.tag, intervals.iloc[:0]).set_index("start").reindex(index)
        covered = (rows["good_s"] / width_s).fillna(0.0)
        values = rows["value"] * tag.factor + tag.offset
        columns[tag.column] = values.where(covered >= min_coverage_frac)
        columns[coverage(tag.column)] = covered
    hourly = pd.DataFrame(columns, index=index).reset_index()
    hourly[TIME] = hourly[TIME].dt.tz_localize("UTC").astype("datetime64[us, UTC]")
    return add_energy(hourly, tags, carriers)


def add_energy(hourly: pd.DataFrame, tags: TagList, carriers: dict[str, Carrier]) -> pd.DataFrame:
    """Add `energy_gj_per_h`, the sum of the energy columns, exports against."""
    total = pd.Series(0.0, index=hourly.index)
    for tag in tags:
        if tag.role == "energy":
            total = total + hourly[tag.column] * (-1.0 if carriers[tag.carrier].is_export else 1.0)
    return hourly.assign(**{ENERGY: total})
