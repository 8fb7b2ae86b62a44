"""Weather may be filled over short gaps; energy, production and everything else never."""

from __future__ import annotations

import pandas as pd

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
    width = settings.plant.interval_length
    filled, findings = hourly.copy(), []
    for tag in tags:
        if tag.column not in settings.ingest.weather or tag.role != "driver" or not settings.plant.export.is_continuous:
            continue
        for start, end in _find_gaps(hourly[tag.column]):
            if (end - start) * width > pd.Timedelta(settings.ingest.max_gap_h, "h"):
                continue
            line = hourly[tag.column].iloc[start - 1 : end + 1].interpolate()
            filled.loc[filled.index[start:end], tag.column] = line.iloc[1:-1]
            begin, values = hourly[TIME].iloc[start], {"tag": tag.tag}
            findings.append(Finding(FILLED, tags.plant, tag.column, begin, begin + (end - start) * width, values))
    return filled, build_frame(findings)


def _find_gaps(values: pd.Series) -> list[tuple[int, int]]:
    """Find the spells of missing values that have a value on both sides, as (first row, row after the last)."""
    is_missing = values.isna().to_numpy().astype(int)
    edges = pd.Series(is_missing).diff().fillna(0)
    starts, ends = edges[edges == 1].index, edges[edges == -1].index
    if len(ends) and (not len(starts) or ends[0] < starts[0]):
        ends = ends[1:]
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=False)]
