"""From the local time of an export to UTC, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from elc.errors import ElcError
from elc.findings import Finding, Kind
from elc.ingest.engine import Engine

CLOCK_CHANGE = "clock_change"
DOUBLED, MISSED = Kind(CLOCK_CHANGE, "doubled"), Kind(CLOCK_CHANGE, "missed", ("zone", "step_h", "instead"))
Span = tuple[pd.Timestamp, pd.Timestamp]


@dataclass(frozen=True)
class ClockChange:
    """The offset of a zone from `moment` (UTC) on, and before it, in seconds ahead of UTC."""

    moment: pd.Timestamp
    offset: int
    former: int

    @property
    def is_back(self) -> bool:
        return self.offset < self.former

    @property
    def is_forward(self) -> bool:
        return self.offset > self.former


def find_changes(zone: str, first: pd.Timestamp, last: pd.Timestamp) -> list[ClockChange]:
    """List the clock changes of a zone around local times; the first entry is the offset at the beginning."""
    moments = pd.date_range(first.floor("D") - pd.Timedelta("2D"), last.ceil("D") + pd.Timedelta("2D"), freq="15min")
    shown = moments.tz_localize("UTC").tz_convert(zone).tz_localize(None)
    offsets = ((shown - moments) / pd.Timedelta("1s")).to_numpy().astype(int)
    changes = [ClockChange(moments[0], int(offsets[0]), int(offsets[0]))]
    for index in (offsets[1:] != offsets[:-1]).nonzero()[0] + 1:
        changes.append(ClockChange(moments[index], int(offsets[index]), int(offsets[index - 1])))
    return changes


def build_utc(readings: ir.Table, changes: list[ClockChange]) -> ir.Table:
    """Turn local time into UTC by the clock changes around it.

    A reading whose time carries a zone of its own, or whose pass was told (`is_utc`), is in UTC already. In autumn one
    hour is shown twice: readings whose pass is not told are taken as the first, and the quality of both hours is Bad.
    """
    if [change.offset for change in changes] == [0]:
        return readings
    local = readings.time
    seconds = ibis.literal(changes[0].offset)
    is_twice = ibis.literal(False)
    for change in changes[1:]:
        seconds = (local >= _show(change, max(change.former, change.offset))).ifelse(change.offset, seconds)
        if change.is_back:
            is_twice |= (local >= _show(change, change.offset)) & (local < _show(change, change.former))
    is_local = ~readings.is_utc
    return readings.mutate(
        time=is_local.ifelse(local - seconds.as_interval("s"), local),
        quality=(is_local & is_twice).ifelse("BAD", readings.quality),
    )


def check_skipped(engine: Engine, readings: ir.Table, changes: list[ClockChange], where: str, zone: str) -> None:
    """Check that no reading carries a time that the clock skipped in spring.

    Raises:
        ElcError: some do: the export is not in this zone.
    """
    is_skipped = ibis.literal(False)
    for change in changes[1:]:
        if change.is_forward:
            is_skipped |= (readings.time >= _show(change, change.former)) & (
                readings.time < _show(change, change.offset)
            )
    skipped = readings.filter(is_skipped & ~readings.is_utc)
    found = engine.execute(skipped.aggregate(count=skipped.count(), first=skipped.time.min())).iloc[0]
    if found["count"]:
        raise ElcError(
            f"{where}: {found['count']} readings have times that the clocks of {zone} skipped, the first at "
            f"{found['first']}. The export is in another zone, often standard time all year: set export.time_zone to "
            "it, as in Etc/GMT+7 for seven hours behind UTC."
        )


def find_doubled_spans(changes: Sequence[ClockChange], first: pd.Timestamp, last: pd.Timestamp) -> list[Span]:
    """Find the times (UTC) that the clock showed twice, of the changes at which it went back between two times."""
    spans = []
    for change in changes:
        overlap = pd.Timedelta(change.former - change.offset, "s")
        start, end = ((change.moment + step).tz_localize("UTC") for step in (-overlap, overlap))
        if start <= last and end > first:
            spans.append((start, end))
    return spans


def build_doubled_hours(plant: str, spans: Sequence[Span]) -> list[Finding]:
    """Build a finding for each time that the clock showed twice, and whose readings cannot be assigned."""
    return [Finding(DOUBLED, plant, "", start, end) for start, end in spans]


def shift_to_start(readings: ir.Table) -> ir.Table:
    """Move readings that are stamped at the end of their interval to its beginning, by how far each tag's are apart."""
    seconds = readings.time.epoch_seconds()
    before = seconds.lag().over(group_by="tag", order_by="time")
    stepped = readings.select("tag", step=seconds - before)
    steps = stepped.filter(stepped.step > 0).group_by("tag").aggregate(step=stepped.step.median().cast("int64"))
    joined = readings.left_join(steps, "tag")
    return joined.select(
        *(readings[name] for name in readings.columns if name != "time"),
        time=joined.time - joined.step.fill_null(0).as_interval("s"),
    ).select(*readings.columns)


def build_missed_hours(plant: str, zone: str, changes: Sequence[ClockChange]) -> list[Finding]:
    """Build a finding for each change at which the clock went back while the export shows no hour twice."""
    return [
        Finding(
            MISSED,
            plant,
            "",
            (change.moment - pd.Timedelta(change.former - change.offset, "s")).tz_localize("UTC"),
            (change.moment + pd.Timedelta(change.former - change.offset, "s")).tz_localize("UTC"),
            {
                "zone": zone,
                "step_h": (change.former - change.offset) / 3600,
                "instead": f"Etc/GMT{-change.offset // 3600:+d}",
            },
        )
        for change in changes
    ]


def show_time(change: ClockChange, offset: int) -> pd.Timestamp:
    """The local time at the moment of a change, on a clock of one offset."""
    return change.moment + pd.Timedelta(offset, "s")


def _show(change: ClockChange, offset: int) -> ir.TimestampScalar:
    return ibis.timestamp(show_time(change, offset).to_pydatetime())
