"""Weather may be filled over short gaps; energy, production and everything else never."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.fields import TIME
from elc.findings import Finding, Kind, build_frame
from elc.settings import StageSettings, TagList

FILLED = Kind("filled", needs=("tag",))


def fill_weather(hourly: pd.DataFrame, tags: TagList, settings: StageSettings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fill gaps of the columns under `ingest.weather`, up to `max_gap_h` each, by a straight line between its ends.

    Coverage stays as measured, so that what was filled can be told.

    Returns:
        hourly with the gaps filled, and a finding for each.
    """
    width, longest = settings.plant.interval_length, pd.Timedelta(settings.ingest.max_gap_h, "h")
    times, filled, findings = pd.DatetimeIndex(hourly[TIME]), {}, []
    for tag in tags:
        if tag.column not in settings.ingest.weather or tag.role != "driver" or not settings.plant.export.is_continuous:
            continue
        values = filled[tag.column] = hourly[tag.column].to_numpy(copy=True)
        for start, end in _find_gaps(values):
            if (end - start) * width > longest:
                continue
            values[start:end] = np.interp(np.arange(start, end), (start - 1, end), values[[start - 1, end]])
            begin = times[start]
            findings.append(
                Finding(FILLED, tags.plant, tag.column, begin, begin + (end - start) * width, {"tag": tag.tag})
            )
    return hourly.assign(**filled), build_frame(findings)


def _find_gaps(values: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Find the spells of missing values that have a value on both sides, as (first row, row after the last)."""
    is_missing = np.isnan(values)
    edges = np.flatnonzero(is_missing[1:] != is_missing[:-1]) + 1
    inner = edges[1:] if is_missing[:1].any() else edges
    return list(zip(inner[:-1:2].tolist(), inner[1::2].tolist(), strict=True))
