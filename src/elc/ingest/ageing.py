"""The declared ageing driver: days since the plant's last turnaround, which no historian records."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from elc.fields import AGE, ENERGY, TIME
from elc.findings import Finding, Kind
from elc.settings import TURNAROUND, PlantSettings, StageSettings, TagList

UNDATED = Kind("ageing", needs=("tag", "first"))


def find_turnaround_faults(tags: TagList, entry: PlantSettings, *, where: str) -> list[str]:
    """Find where a tag list and a plant's entry disagree on who says when the turnarounds were.

    Args:
        where: the file that the entry stands in.

    Returns:
        A sentence for each fault.
    """
    given = [tag.tag for tag in tags if tag.column == AGE]
    if entry.turnarounds and given:
        return [f"both tag {given[0]} and turnarounds in {where} give {AGE}. Keep one of them."]
    if entry.turnarounds and not any(tag.tag == TURNAROUND for tag in tags.tags):
        return [
            f"turnarounds are given in {where}, but the tag list has no line {TURNAROUND}. Add one with the column "
            f"{AGE}, the unit days and the role driver, or remove turnarounds."
        ]
    if not entry.turnarounds and any(tag.is_computed for tag in tags.used):
        return [
            f"the tag list has the line {TURNAROUND}, but its entry in {where} has no turnarounds. Add the first day "
            'of running after each, as in turnarounds: ["2023-06-20"], or set the role of the line to ignore.'
        ]
    return []


def add_age(hourly: pd.DataFrame, tags: TagList, settings: StageSettings) -> tuple[pd.DataFrame, list[Finding]]:
    """Add the age of the plant to an hourly table whose tag list has the line `@turnaround`.

    The age is counted in days (of 24 h) from the last turnaround at or before each interval's start; a turnaround
    stands at midnight of the site. Before the first one it is missing. It is computed, so it has no coverage.

    Returns:
        hourly with `since_turnaround_days` before the energy, and a finding where it is missing.
    """
    if not any(tag.is_computed for tag in tags.used):
        return hourly, []
    starts = _read_starts(settings.plant)
    times = pd.DatetimeIndex(hourly[TIME])
    last = starts.searchsorted(times, side="right") - 1
    age = np.where(last >= 0, (times - starts[np.maximum(last, 0)]) / pd.Timedelta("1D"), np.nan)
    dated = hourly.copy()
    dated.insert(list(dated.columns).index(ENERGY), AGE, age)
    return dated, _find_undated(times, int((last < 0).sum()), settings)


def _read_starts(entry: PlantSettings) -> pd.DatetimeIndex:
    """Read the turnarounds in UTC; where the clock skips or repeats the site's midnight, its day's first moment."""
    days = pd.DatetimeIndex([date.fromisoformat(day) for day in entry.turnarounds])
    is_first = np.ones(len(days), dtype=bool)
    midnights = days.tz_localize(entry.time_zone, ambiguous=is_first, nonexistent="shift_forward")
    return midnights.tz_convert("UTC").as_unit("us")


def _find_undated(times: pd.DatetimeIndex, count: int, settings: StageSettings) -> list[Finding]:
    if not count:
        return []
    end = times[count - 1] + settings.plant.interval_length
    values = {"tag": TURNAROUND, "first": settings.plant.turnarounds[0], "intervals": float(count)}
    return [Finding(UNDATED, settings.plant_id, AGE, times[0], end, values)]
