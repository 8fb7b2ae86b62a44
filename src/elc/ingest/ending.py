"""Where an export ends: how far its last interval is read, which tags are ahead of all others, which fell silent.

A value holds until the next reading of its tag, but not beyond the end of the export: nobody has read it there yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from elc.fields import ENERGY
from elc.findings import Finding, Kind
from elc.ingest.habits import HABIT_DAYS, HOUR_US, LEAST_HABIT, QUIET_INTERVALS, Habits, Silence
from elc.settings import Tag, TagList

AHEAD_FRAC = 0.1  # ASSUME: fewer tags than a tenth that go on where all others end have a wrong clock
MAX_AHEAD_H = 24.0  # ASSUME: no reading of such a tag is used that is later than that after the end of the others
EARLY_QUANTILE, EARLY_FRAC = 0.05, 0.1  # ASSUME: an export that stops a tenth of an interval before where it usually
# does has more to come, if it is used to reach that far in 95 of 100 intervals
LEAST_TAGS = 3  # of three or fewer nobody can say which is ahead
LATE = Kind("ahead", needs=("tag", "readings", "last", "limit_h"))
PART = Kind("part", needs=("read_frac",))
AHEAD, SILENT, WAS_SILENT = (Kind("silent", name, ("tag",)) for name in ("ahead", "now", "over"))

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Ending:
    """The end of an export on its grid, in microseconds since the start of that.

    `end_us` is its newest reading, `until_us` how far values hold, `tags_us` (tags) the newest reading of each, -1 for
    none.
    """

    end_us: float
    until_us: float
    tags_us: Array


def leave_out_ahead(partials: pa.Table, tags: TagList) -> tuple[pa.Table, list[Finding]]:
    """Leave out what is more than `MAX_AHEAD_H` later than most tags end, with a finding for each tag that has it."""
    start = partials["start"].cast("timestamp[us]").cast("int64")
    newest = partials.select(["tag"]).append_column("start", start).group_by("tag").aggregate([("start", "max")])
    end = float(_find_end(newest["start_max"].to_numpy().astype(float)))
    is_late = pc.greater(start, int(end + MAX_AHEAD_H * HOUR_US))
    if not pc.any(is_late).as_py():
        return partials, []
    late = partials.filter(is_late).group_by("tag").aggregate([("readings", "sum"), ("start", "max")]).to_pylist()
    rows = {str(row["tag"]): row for row in late}
    since = pd.Timestamp(int(end), unit="us", tz="UTC")
    found = [_build_ahead(tag, rows[tag.tag], tags.plant, since) for tag in tags if tag.tag in rows]
    return partials.filter(pc.invert(is_late)), found


def _build_ahead(tag: Tag, row: dict[str, Any], plant: str, since: pd.Timestamp) -> Finding:
    last = pd.Timestamp(row["start_max"], tz="UTC")
    values = {
        "tag": tag.tag,
        "readings": float(row["readings_sum"]),
        "last": last.isoformat(),
        "ahead_h": (last - since) / pd.Timedelta("1h"),
        "limit_h": MAX_AHEAD_H,
    }
    return Finding(LATE, plant, tag.column, since, since + pd.Timedelta("1h"), values)


def find_ending(has: Mask, last_us: Array, width_us: int) -> Ending:
    """Find the end of an export from its grid (intervals, tags): which have readings, and the time of each one's last.

    The export ends at its newest reading, save those of a few tags that may be ahead. Values hold to the end of that
    interval, or less where the export usually reaches further into its intervals.
    """
    rows, width = np.arange(len(has))[:, None], float(width_us)
    times = np.where(has, rows * width + np.nan_to_num(last_us), -1.0)
    newest = times.max(axis=0)
    end = float(_find_end(newest))
    row = int(end // width)
    first = max(row - int(HABIT_DAYS * 24 * HOUR_US / width), 0)
    habit = _find_end(times[first:row] - rows[first:row] * width)
    until = (row + 1) * width - _find_short(habit[habit >= 0], end - row * width, EARLY_FRAC * width)
    return Ending(end, until, newest)


def _find_short(habit: Array, reached: float, least: float) -> float:
    """Find how much less far than usual an export reaches into its last interval; 0 where its habit tells nothing."""
    if len(habit) < LEAST_HABIT:
        return 0.0
    usual = float(np.median(habit))
    is_regular = usual - float(np.quantile(habit, EARLY_QUANTILE)) < least
    return usual - reached if is_regular and usual - reached >= least else 0.0


def _find_end(newest: Array) -> Array:
    """Find the newest of the times (..., tags), save those of a few that may be ahead; of more than `LEAST_TAGS`, one
    at least.
    """
    count = newest.shape[-1]
    ahead = max(int(AHEAD_FRAC * count), 1) if count > LEAST_TAGS else 0
    return np.asarray(np.sort(newest, axis=-1)[..., -1 - ahead])


def find_doubts(ending: Ending, habits: Habits, tags: TagList, start: pd.Timestamp, width_us: int) -> list[Finding]:
    """Find what is doubtful at the end of an export: an interval read in part, tags that are silent, and ones ahead.

    Args:
        start: of the grid, in UTC.
    """
    row = int(ending.end_us // width_us)
    first, last = (start + pd.Timedelta(place * width_us, "us") for place in (row, row + 1))
    found = []
    read = (ending.until_us - row * width_us) / width_us
    if read < 1:
        found.append(Finding(PART, tags.plant, ENERGY, first, last, {"read_frac": read}))
    for place, (tag, newest) in enumerate(zip(tags, ending.tags_us, strict=True)):
        since, last_row = start + pd.Timedelta(newest, "us"), int(newest // width_us)
        if newest > ending.end_us and last_row > row:
            found.append(Finding(AHEAD, tags.plant, tag.column, first, since, {"tag": tag.tag}))
        elif newest >= 0 and row - last_row >= QUIET_INTERVALS and habits.is_regular[last_row, place]:
            found.append(Finding(SILENT, tags.plant, tag.column, since, last, {"tag": tag.tag}))
    return found


def build_silences(silences: Iterable[Silence], tags: TagList, start: pd.Timestamp) -> list[Finding]:
    """Build the findings of tags that were silent and have sent again since."""
    used, found = list(tags), []
    for one in silences:
        tag = used[one.place]
        since, until = (start + pd.Timedelta(moment, "us") for moment in (one.since_us, one.until_us))
        found.append(Finding(WAS_SILENT, tags.plant, tag.column, since, until, {"tag": tag.tag}))
    return found
