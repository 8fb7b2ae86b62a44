"""From readings to partial results, in numpy: whole columns of readings at a time, whatever engine has read them.

A partial result belongs to one tag and one interval and depends on nothing but the set of readings inside that
interval: not on their order, nor on the files they came in. So intervals can be worked out in any batches, kept, and
only those that a new file reaches are worked out again. `hourly` carries values from one interval into the next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from elc.ingest.engine import Engine
from elc.ingest.series import Series, Values, Whole, build_series

HOUR_S = 3600
MICRO = 1_000_000
READINGS = pa.schema({"time": pa.timestamp("us"), "tag": pa.string(), "value": pa.float64()})
SCHEMA = pa.schema(
    {
        "tag": pa.dictionary(pa.int32(), pa.string()),
        "start": pa.timestamp("us"),
        "first_us": pa.int64(),
        "first_value": pa.float64(),
        "last_us": pa.int64(),
        "last_value": pa.float64(),
        "integral": pa.float64(),
        "good_us": pa.int64(),
        "low": pa.float64(),
        "high": pa.float64(),
        "readings": pa.int64(),
        "resets": pa.int64(),
        "conflicts": pa.int64(),
        "corrections": pa.int64(),
        "clash_at": pa.timestamp("us"),
        "clash_from": pa.float64(),
        "clash_to": pa.float64(),
    }
)


def to_micros(hours: float) -> int:
    return int(hours * HOUR_S * MICRO)


def read_good(engine: Engine, readings: ir.Table, names: Sequence[str], good: Sequence[str]) -> pa.Table:
    """Read the readings of some tags as `build_partials` takes them.

    Args:
        readings: time (timestamp, UTC), tag, value, quality, as `Survey.read` gives them.
        names: of the tags.
        good: qualities that count.
    """
    schema = ibis.schema({"tag": "string", "code": "int32"})
    codes = engine.take_rows(pd.DataFrame({"tag": names, "code": range(len(names))}), schema)
    is_good = readings.quality.isin(good) & readings.value.notnull()
    marked = readings.select("tag", "time", value=is_good.ifelse(readings.value, math.nan))
    # A number for each name: texts would take longer than all else.
    found = engine.read_arrow(marked.join(codes, "tag").select("time", "code", "value")).combine_chunks()
    tag = pa.DictionaryArray.from_arrays(found["code"].combine_chunks(), pa.array(names, pa.string()))
    return pa.table({"time": found["time"], "tag": tag, "value": found["value"]})


def build_partials(
    readings: pa.Table,
    interval_s: int,
    *,
    max_hold_h: float,
    totalisers: Sequence[str],
    holds_h: Mapping[str, float] | None = None,
) -> pa.Table:
    """Build one row per tag and interval that has readings.

    Args:
        readings: time (timestamp, UTC), tag (text, or a dictionary of it), value (NULL or NaN where it is not good).
        interval_s: length of an interval; it divides the hour, or whole hours of it the day.
        max_hold_h: how long a value holds at most.
        holds_h: the same of tags that have another.
        totalisers: tags that count up; of them the rise is summed, not the level.

    Returns:
        tag, start (timestamp), first and last reading (microseconds after start; value, NULL where not good),
        integral (value x microseconds of good time between first and last; of a totaliser its rise), good_us (that
        time), low, high (of good readings), readings (how many), resets (of a totaliser) and conflicts (good readings
        that differ from the one before at the same moment); what is counted of these (see `conflicts`) is empty.
    """
    tag = readings["tag"].combine_chunks().dictionary_encode()
    names = tag.dictionary.to_pylist()
    code = tag.indices.to_numpy().astype(np.min_scalar_type(len(names)))
    time = readings["time"].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    value = readings["value"].to_numpy()
    holds = np.array([to_micros((holds_h or {}).get(name, max_hold_h)) for name in names], dtype=np.int64)
    is_total = np.isin(names, totalisers)[code]
    # A counter goes on while a reading of it is bad, so its bad readings are left out.
    parts = ((_integrate, ~is_total), (_add_rises, is_total & ~np.isnan(value)))
    tables = [SCHEMA.empty_table()]
    for work, chosen in parts:
        if chosen.any():
            picked = slice(None) if chosen.all() else chosen
            series = build_series(code[picked], time[picked], value[picked], interval_s * MICRO)
            tables.append(work(series, holds[series.code], tag.dictionary))
    return pa.concat_tables(tables)


def _integrate(series: Series, holds_us: Whole, names: pa.Array) -> pa.Table:
    """Weigh the values by the time that they hold."""
    held = np.minimum(series.find_lengths(), series.spread(holds_us))
    weighed = series.value * held
    is_bad = np.isnan(series.value)
    weighed[is_bad], held[is_bad] = 0, 0
    return _finish(
        series,
        series,
        names,
        integral=series.sum_up(weighed),
        good_us=np.add.reduceat(held, series.begin),
        resets=np.zeros(len(series.begin), dtype=np.int64),
    )


def _add_rises(series: Series, holds_us: Whole, names: pa.Array) -> pa.Table:
    """Sum the rises of counters; a fall is a reset, and what was counted around it is lost."""
    single = series.drop_doubles()
    lengths = single.find_lengths()
    is_held = lengths <= single.spread(holds_us)
    rise = np.diff(single.value, append=0)
    rise[single.end] = 0
    return _finish(
        series,
        single,
        names,
        integral=single.sum_up(np.where(is_held & (rise > 0), rise, 0)),
        good_us=np.add.reduceat(np.where(is_held, lengths, 0), single.begin),
        resets=np.add.reduceat((rise < 0).astype(np.int64), single.begin),
    )


def _finish(
    series: Series, single: Series, names: pa.Array, *, integral: Values, good_us: Whole, resets: Whole
) -> pa.Table:
    """Put the sums beside what else is told of each interval; its first and last reading are those of `single`."""
    found = {
        "tag": pa.DictionaryArray.from_arrays(pa.array(series.code, pa.int32()), names),
        "start": series.start.view("datetime64[us]"),
        "first_us": single.time[single.begin] - single.start,
        "first_value": single.value[single.begin],
        "last_us": single.time[single.end] - single.start,
        "last_value": single.value[single.end],
        "integral": integral,
        "good_us": good_us,
        "low": np.fmin.reduceat(series.value, series.begin),
        "high": np.fmax.reduceat(series.value, series.begin),
        "readings": series.count,
        "resets": resets,
        "conflicts": series.count_clashes(),
        "corrections": np.zeros(len(series.begin), dtype=np.int64),
    }
    none = pa.nulls(len(series.begin))
    columns = [pa.array(found.get(field.name, none), field.type, from_pandas=True) for field in SCHEMA]
    return pa.table(columns, schema=SCHEMA)
