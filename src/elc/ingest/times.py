"""Times of readings: typed, counted since 1970, by a pattern, or ISO 8601 with or without a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import ibis
import ibis.expr.types as ir

from elc.ingest.engine import Engine
from elc.ingest.layout import Layout
from elc.ingest.layout.zones import has_zone
from elc.settings import Export

# ASSUME: no historian's reading is older, or later than a day from now; a time outside is one misread.
FIRST = datetime(1970, 1, 1)
AHEAD = timedelta(days=1)
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_DAY = r"^\s*[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
_CLOCK = r"[T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?"
_ZONE = r" ?([zZ]|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"


def find_last() -> datetime:
    """The last time (UTC) that is believed."""
    return datetime.now(UTC).replace(tzinfo=None) + AHEAD


def build_time(
    engine: Engine, layout: Layout, time: ir.Value, nanos: ir.Value | None, export: Export
) -> tuple[ir.TimestampValue, ir.BooleanValue]:
    """Build the time of each reading, NULL where it cannot be read, and whether it is in UTC by its own account."""
    unit = layout.meaning.time_unit
    if time.type().is_integer() and not unit:
        unit = "ns"  # an engine without a type for timestamp[ns] reads it as whole numbers
    if unit:
        return _build_from_epoch(engine, time, nanos, unit), ibis.literal(layout.meaning.is_utc)
    if not time.type().is_string():
        in_utc = time.cast("timestamp('UTC')") if layout.meaning.is_utc else time
        return in_utc.cast("timestamp"), ibis.literal(layout.meaning.is_utc)
    pattern = export.time_format[0] if len(export.time_format) == 1 and not layout.is_opened else ""
    if pattern and "%Z" not in pattern:  # what a zone's name means differs by engine: such a file is opened
        return _within(engine.parse_time(time, pattern)), ibis.literal(has_zone(export))
    return _build_from_iso(time)


def _build_from_epoch(engine: Engine, time: ir.Value, nanos: ir.Value | None, unit: str) -> ir.TimestampValue:
    whole = _build_whole(time)
    per_second = PER_SECOND[unit]
    last = int((find_last() - FIRST).total_seconds()) * per_second
    # Checked before it is multiplied: a number beyond would overflow.
    known = whole.between(0, last).ifelse(whole, None)
    micros = known * (1_000_000 // per_second) if per_second <= 1_000_000 else known // (per_second // 1_000_000)
    offset = 0 if nanos is None else _build_whole(nanos).fill_null(0) // 1_000
    return engine.build_time((micros + offset).cast("int64"))


def _build_whole(value: ir.Value) -> ir.IntegerValue:
    if not value.type().is_string():
        return value.cast("int64")
    return value.re_search(r"^\s*[0-9]+\s*$").ifelse(value, None).strip().try_cast("int64")


def _build_from_iso(text: ir.StringValue) -> tuple[ir.TimestampValue, ir.BooleanValue]:
    # The casts alone would take more: 13:00 PM, CET, 1/2/24, infinity.
    is_local = text.re_search(rf"{_DAY}({_CLOCK})?\s*$")
    is_zoned = text.re_search(rf"{_DAY}{_CLOCK}{_ZONE}\s*$")
    plain = text.strip().replace(" UTC", "Z").replace("UTC", "Z").replace(" Z", "Z").replace(" z", "Z")
    tight = plain.replace(" +", "+").replace(" -", "-")
    zoned = tight.try_cast("timestamp('UTC')").cast("timestamp")
    local = text.try_cast("timestamp")
    return _within(ibis.cases((is_local, local), (is_zoned, zoned), else_=None)), is_zoned


def _within(time: ir.TimestampValue) -> ir.TimestampValue:
    return time.between(ibis.timestamp(FIRST), ibis.timestamp(find_last())).ifelse(time, None)
