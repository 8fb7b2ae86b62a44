"""A page of readings as a source gave it, in the form in which day files hold readings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.typing import NaTType

from elc.files.readings import SCHEMA

GOOD, UNCERTAIN, BAD = "GOOD", "UNCERTAIN", "BAD"
SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class TagFault:
    """What could not be taken as it came of one tag, by its name in the source.

    `kind`: unknown (the source has no such tag), text (values that are not numbers), time (no time can be read),
    quality (it is unknown), or refused (the source refuses this tag). `example` is what was written or said.
    """

    tag: str
    kind: str
    count: int = 1
    example: str = ""


@dataclass(frozen=True)
class Page:
    """Readings of one answer (time in UTC, tag, value, quality), and what could not be taken of it."""

    readings: pa.Table
    faults: tuple[TagFault, ...] = ()


def build_page(
    times: Any, tags: Any, values: Any, qualities: Any = GOOD, faults: Sequence[TagFault] = (), zone: str = "UTC"
) -> Page:
    """Build a page of columns of equal length; a tag or quality may be one text for all.

    A value that is a number in text is taken as that number, true as 1. One that is text, none or not finite becomes a
    BAD reading without a value; where it is text, a fault says so. A reading without a time is left out, with a fault.

    Args:
        times: datetimes, or texts in ISO 8601; None where there is none.
        tags: names.
        values: numbers, or what came instead.
        qualities: GOOD, UNCERTAIN or BAD.
        faults: what is known already of tags that could not be had.
        zone: of times that name none.
    """
    given = pd.Series(values) if hasattr(values, "dtype") else pd.Series(list(values), dtype=object)
    frame = pd.DataFrame({"time": _read_times(times, zone).array, "value": given.to_numpy()})
    frame["tag"], frame["quality"] = _spread(tags, len(frame)), _spread(qualities, len(frame))
    numbers, is_text = _read_numbers(given)
    found = [*faults, *_count(frame, is_text, "text"), *_count(frame, frame["time"].isna().to_numpy(), "time")]
    is_number = np.isfinite(numbers)
    frame["value"] = np.where(is_number, numbers, np.nan)
    frame["quality"] = np.where(is_number, frame["quality"], BAD)
    kept = frame[frame["time"].notna() & frame["tag"].notna()]
    return Page(pa.Table.from_pandas(kept[SCHEMA.names], schema=SCHEMA, preserve_index=False), tuple(found))


def _spread(given: Any, count: int) -> Any:
    return [given] * count if isinstance(given, str) else np.asarray(given, dtype=object)


def _read_times(given: Any, zone: str) -> pd.Series:
    """Read times as microseconds of UTC; what cannot be read is none, and so is a time that its zone never showed."""
    times = pd.Series(given) if hasattr(given, "dtype") else pd.Series(list(given), dtype=object)
    if times.dtype == object or pd.api.types.is_string_dtype(times.dtype):
        # A time that the clock shows twice is taken as the first pass; name the zone in the source to tell them apart.
        times = times.map(lambda one: _read_time(one, zone))
        times = pd.Series(pd.to_datetime(times, utc=True), index=times.index)
    elif times.dt.tz is None:
        times = times.dt.tz_localize(zone, ambiguous=np.ones(len(times), bool), nonexistent="NaT")
    return times.dt.tz_convert("UTC").dt.as_unit("us")


def _read_time(given: Any, zone: str) -> pd.Timestamp | None:
    try:
        time = pd.Timestamp(given)
        if time.tzinfo is None and not pd.isna(time):
            local = time.tz_localize(zone, ambiguous=True, nonexistent="NaT")
        else:
            local = time
    except (ValueError, TypeError):
        return None
    return None if isinstance(local, NaTType) else local.tz_convert("UTC")


def _read_numbers(given: pd.Series) -> tuple[Any, Any]:
    """Read values as numbers, NaN where one is none; and tell which are other text."""
    if pd.api.types.is_numeric_dtype(given.dtype):
        return given.astype(float).to_numpy(), np.zeros(len(given), bool)
    flags = given.map(lambda value: float(value) if isinstance(value, bool | np.bool_) else value).astype(object)
    numbers = pd.to_numeric(flags, errors="coerce").astype(float).to_numpy()
    is_said = given.map(lambda value: isinstance(value, str) and bool(value.strip())).to_numpy(bool)
    return numbers, np.isnan(numbers) & is_said


def _count(frame: pd.DataFrame, is_hit: Any, kind: str) -> Iterator[TagFault]:
    for tag, rows in frame[is_hit].groupby("tag"):
        yield TagFault(str(tag), kind, len(rows), str(rows["value"].iloc[0])[:SHOWN_CHARACTERS])
