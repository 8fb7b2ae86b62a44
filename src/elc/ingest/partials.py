"""From readings to partial results: one expression, written in Ibis, run by the engine under it.

A partial result belongs to one tag and one interval and depends on nothing but the set of readings inside that
interval: not on their order, nor on the files they came in. So intervals can be worked out in any batches, kept, and
only those that a new file reaches are worked out again. `hourly` carries values from one interval into the next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

HOUR_S = 3600
MICRO = 1_000_000
SAME_FRAC = 1e-6  # ASSUME: values that differ by less are one value, written with more digits or fewer
COLUMNS = (
    "tag",
    "start",
    "first_us",
    "first_value",
    "last_us",
    "last_value",
    "integral",
    "good_us",
    "low",
    "high",
    "readings",
    "resets",
    "conflicts",
    "corrections",
    "clash_at",
    "clash_from",
    "clash_to",
)


@dataclass(frozen=True)
class Holds:
    """How long (microseconds) a value holds at most, and those of tags that have another."""

    usual: int
    others: Mapping[str, int]

    def find(self, table: ir.Table) -> ir.IntegerValue | int:
        """Find that of each row; a plain number, which is cheaper, where it is the same for all."""
        if not self.others:
            return self.usual
        return ibis.cases(*((table.tag == tag, hold) for tag, hold in self.others.items()), else_=self.usual)


def to_micros(hours: float) -> int:
    return int(hours * HOUR_S * MICRO)


def build_partials(
    readings: ir.Table,
    interval_s: int,
    *,
    max_hold_h: float,
    accept_uncertain: bool,
    totalisers: list[str],
    holds_h: Mapping[str, float] | None = None,
) -> ir.Table:
    """Build one row per tag and interval that has readings.

    Args:
        readings: time (timestamp, UTC), tag, value, quality, as `readers.read_readings` gives them.
        interval_s: length of an interval; it divides the hour, or whole hours of it the day.
        max_hold_h: how long a value holds at most.
        holds_h: the same of tags that have another.
        accept_uncertain: count readings of quality Uncertain as good.
        totalisers: tags that count up; of them the rise is summed, not the level.

    Returns:
        tag, start (timestamp), first and last reading (microseconds after start; value, NULL where not good),
        integral (value x microseconds of good time between first and last; of a totaliser its rise), good_us (that
        time), low, high (of good readings), readings (how many), resets (of a totaliser) and conflicts (good readings
        that differ from the one before at the same moment); what is counted of these (see `conflicts`) is empty.
    """
    good = ["GOOD", "UNCERTAIN"] if accept_uncertain else ["GOOD"]
    is_good = readings.quality.isin(good) & readings.value.notnull()
    holds = Holds(to_micros(max_hold_h), {tag: to_micros(hours) for tag, hours in (holds_h or {}).items()})
    if not totalisers:
        return _integrate(_pair(_collect(readings, is_good, interval_s)), holds)
    is_total = readings.tag.isin(totalisers)
    # A counter goes on while a reading of it is bad, so its bad readings are left out.
    counted = _drop_doubles(_collect(readings.filter(is_total & is_good), is_good, interval_s))
    levels = _collect(readings.filter(~is_total), is_good, interval_s)
    return ibis.union(_integrate(_pair(levels), holds), _add_rises(_pair(counted), holds))


def _find_start(time: ir.TimestampValue, interval_s: int) -> ir.TimestampValue:
    hour = time.truncate("h")
    if interval_s == HOUR_S:
        return hour
    if interval_s > HOUR_S:
        hours = interval_s // HOUR_S
        return time.truncate("D") + (time.hour() // hours * hours).cast("int64").as_interval("h")
    minutes = interval_s // 60
    return hour + (time.minute() // minutes * minutes).cast("int64").as_interval("m")


def _collect(readings: ir.Table, is_good: ir.BooleanValue, interval_s: int) -> ir.Table:
    """Put the readings of each tag and interval in order.

    The order is by time, then what is not good, then the largest value, and `negated` (-inf where not good) sorts
    so: of readings at the same moment only the last holds for any time, a good one before another. Good ones that
    differ are counted, and settled in `conflicts`.
    """
    marked = readings.select(
        "tag",
        start=_find_start(readings.time, interval_s),
        value=is_good.ifelse(readings.value, ibis.null("float64")),
        reading=ibis.struct({"time": readings.time, "negated": is_good.ifelse(-readings.value, -math.inf)}),
    )
    collected = marked.group_by(["tag", "start"]).aggregate(
        series=marked.reading.collect().sort(),
        low=marked.value.min(),
        high=marked.value.max(),
        readings=marked.count(),
    )
    return collected.mutate(clashes=_count_clashes(collected.series))


def _count_clashes(series: ir.ArrayValue) -> ir.IntegerValue:
    """Count the good readings that differ from the good one before at the same moment."""

    # Ibis mixes up two functions of one query whose arguments have the same names.
    def is_clash(own: ir.StructValue, position: ir.IntegerValue) -> ir.BooleanValue:
        following = series[position + 1]
        is_other = (own["negated"] - following["negated"]).abs() > SAME_FRAC * own["negated"].abs()
        is_same_moment = following["time"] == own["time"]
        return ibis.coalesce(is_same_moment & is_other & _is_good(own["negated"]), False)

    return series.filter(is_clash).length()


def _drop_doubles(table: ir.Table) -> ir.Table:
    """Keep the last of the readings at the same moment."""
    series = table.series

    # Ibis mixes up two functions of one query whose arguments have the same names.
    def is_last(one: ir.StructValue, place: ir.IntegerValue) -> ir.BooleanValue:
        return ibis.coalesce(series[place + 1]["time"] != one["time"], True)

    return table.mutate(series=series.filter(is_last))


def _pair(table: ir.Table) -> ir.Table:
    """Set each reading beside its follower: how long it lasts (microseconds; 0 for the last) and what follows."""
    series = table.series

    def build_step(reading: ir.StructValue, index: ir.IntegerValue) -> ir.StructValue:
        following = series[index + 1]
        # Not NULL for the last: Ibis on Spark would lose the sum at it.
        length = ibis.coalesce(following["time"].delta(reading["time"], unit="microsecond"), 0)
        return ibis.struct({"negated": reading["negated"], "length": length, "following": following["negated"]})

    return table.select(
        "tag",
        "start",
        "low",
        "high",
        "readings",
        "clashes",
        first=series[0],
        last=series[series.length() - 1],  # Ibis on Spark knows no index from the end
        steps=series.map(build_step),
    )


def _is_good(negated: ir.FloatingValue) -> ir.BooleanValue:
    return negated > -math.inf


def _integrate(table: ir.Table, holds: Holds) -> ir.Table:
    hold_us = holds.find(table)

    def hold(step: ir.StructValue) -> ir.IntegerValue:
        return (step["length"] > hold_us).ifelse(hold_us, step["length"])

    def weigh(step: ir.StructValue) -> ir.FloatingValue:
        return _is_good(step["negated"]).ifelse(-step["negated"] * hold(step), 0.0)

    steps = table.steps
    return _finish(
        table,
        integral=_sum(steps.map(weigh)),
        good_us=_sum(steps.map(lambda step: _is_good(step["negated"]).ifelse(hold(step), 0))),
        resets=ibis.literal(0),
    )


def _add_rises(table: ir.Table, holds: Holds) -> ir.Table:
    """Sum the rises of counters; a fall is a reset, and what was counted around it is lost."""
    hold_us = holds.find(table)

    def rise(step: ir.StructValue) -> ir.FloatingValue:
        return step["negated"] - step["following"]

    def is_held(step: ir.StructValue) -> ir.BooleanValue:
        return step["length"] <= hold_us

    steps = table.steps
    return _finish(
        table,
        integral=_sum(steps.map(lambda step: (is_held(step) & (rise(step) > 0)).ifelse(rise(step), 0.0))),
        good_us=_sum(steps.map(lambda step: is_held(step).ifelse(step["length"], 0))),
        resets=_sum(steps.map(lambda step: (rise(step) < 0).ifelse(1, 0))),
    )


def _sum(values: ir.ArrayValue) -> ir.NumericValue:
    """Sum in the order of the list, so that the same readings give the same bits."""
    return ibis.coalesce(values.sums(), 0)


def _finish(table: ir.Table, **sums: ir.Value) -> ir.Table:
    ends = {}
    for name in ("first", "last"):
        reading = table[name]
        ends[f"{name}_us"] = reading["time"].delta(table.start, unit="microsecond").cast("int64")
        value = _is_good(reading["negated"]).ifelse(-reading["negated"], ibis.null("float64"))
        ends[f"{name}_value"] = value
    whole = {name: sums[name].cast("int64") for name in ("good_us", "resets")}
    found = table.select(
        "tag",
        "start",
        "low",
        "high",
        "readings",
        integral=sums["integral"].cast("float64"),
        **ends,
        **whole,
        conflicts=table.clashes.cast("int64"),
        corrections=ibis.literal(0, "int64"),
        clash_at=ibis.null("timestamp(6)"),
        clash_from=ibis.null("float64"),
        clash_to=ibis.null("float64"),
    )
    return found.select(*COLUMNS)
