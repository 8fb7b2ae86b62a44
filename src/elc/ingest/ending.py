"""Where an export ends: how far its last interval is read, which tags are ahead of all others, which fell silent.

A value holds until the next reading of its tag, but not beyond the end of the export: nobody has read it there yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from elc.fields import ENERGY, read_label
from elc.findings import Finding
from elc.settings import Tag, TagList

AHEAD_FRAC = 0.1  # ASSUME: fewer tags than a tenth that go on where all others end have a wrong clock
MAX_AHEAD_H = 24.0  # ASSUME: no reading of such a tag is used that is later than that after the end of the others
HABIT_DAYS = 28  # ASSUME: long enough to tell how far an export reaches into an interval, and how often a tag is read
EARLY_QUANTILE, EARLY_FRAC = 0.05, 0.1  # ASSUME: an export that stops a tenth of an interval before where it usually
# does has more to come, if it is used to reach that far in 95 of 100 intervals
STEADY_FRAC = 0.98  # ASSUME: a tag that is read in so many intervals is read in all, so that two without are a silence
QUIET_INTERVALS = 2
LEAST_HABIT = 24  # ASSUME: fewer intervals tell no habit
LEAST_TAGS = 3  # of three or fewer nobody can say which is ahead
HOUR_US = 3_600_000_000

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Ending:
    """The end of an export on its grid, in microseconds since the start of that.

    `end_us` is its newest reading, `until_us` how far values hold, `tags_us` (tags) the newest reading of each, -1 for
    none, and `is_steady` (tags) which of them are read all the time.
    """

    end_us: float
    until_us: float
    tags_us: Array
    is_steady: Mask


def leave_out_ahead(partials: pa.Table, tags: TagList) -> tuple[pa.Table, list[Finding]]:
    """Leave out what is more than `MAX_AHEAD_H` later than most tags end, with a finding for each tag that has it."""
    start = partials["start"].cast("timestamp[us]").cast("int64")
    newest = partials.select(["tag"]).append_column("start", start).group_by("tag").aggregate([("start", "max")])
    end = _find_end(newest["start_max"].to_numpy().astype(float))
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
    sentence = (
        f"{_name(tag)} has {row['readings_sum']:.0f} readings up to {last:%Y-%m-%d %H:%M} UTC, more than "
        f"{MAX_AHEAD_H:g} hours later than the other tags end; they are not used. Look at its clock."
    )
    values = {"readings": float(row["readings_sum"]), "ahead_h": (last - since) / pd.Timedelta("1h")}
    return Finding("ahead", sentence, plant, tag.column, since, since + pd.Timedelta("1h"), values)


def find_ending(has: Mask, last_us: Array, width_us: int) -> Ending:
    """Find the end of an export from its grid (intervals, tags): which have readings, and the time of each one's last.

    The export ends at its newest reading, save those of a few tags that may be ahead. Values hold to the end of that
    interval, or less where the export usually reaches further into its intervals.
    """
    rows, width = np.arange(len(has))[:, None], float(width_us)
    times = np.where(has, rows * width + np.nan_to_num(last_us), -1.0)
    newest = times.max(axis=0)
    end = _find_end(newest)
    row = int(end // width)
    first = max(row - int(HABIT_DAYS * 24 * HOUR_US / width), 0)
    habit = np.array([_find_end(found) for found in times[first:row] - rows[first:row] * width])
    until = (row + 1) * width - _find_short(habit[habit >= 0], end - row * width, EARLY_FRAC * width)
    is_read = has[first : max(row - QUIET_INTERVALS + 1, 0)]
    is_steady = (
        is_read.mean(axis=0) >= STEADY_FRAC if len(is_read) >= LEAST_HABIT else np.zeros(has.shape[1], dtype=bool)
    )
    return Ending(end, until, newest, np.asarray(is_steady))


def _find_short(habit: Array, reached: float, least: float) -> float:
    """Find how much less far than usual an export reaches into its last interval; 0 where its habit tells nothing."""
    if len(habit) < LEAST_HABIT:
        return 0.0
    usual = float(np.median(habit))
    is_regular = usual - float(np.quantile(habit, EARLY_QUANTILE)) < least
    return usual - reached if is_regular and usual - reached >= least else 0.0


def _find_end(newest: Array) -> float:
    """Find the newest of some times, save those of a few that may be ahead; of more than `LEAST_TAGS`, one at least."""
    ahead = max(int(AHEAD_FRAC * len(newest)), 1) if len(newest) > LEAST_TAGS else 0
    return float(np.sort(newest)[::-1][ahead])


def find_silences(ending: Ending, tags: TagList, start: pd.Timestamp, width_us: int) -> list[Finding]:
    """Find what is doubtful at the end of an export: an interval that is read in part, and tags that fell silent.

    Args:
        start: of the grid, in UTC.
    """
    row = int(ending.end_us // width_us)
    first, last = (start + pd.Timedelta(place * width_us, "us") for place in (row, row + 1))
    found = []
    read = (ending.until_us - row * width_us) / width_us
    if read < 1:
        sentence = (
            f"The last interval is read in part ({read:.0%}): it changes when the rest arrives, and is not judged "
            "where less than ingest.min_coverage_frac of it is read."
        )
        found.append(Finding("part", sentence, tags.plant, ENERGY, first, last, {"read_frac": read}))
    for tag, newest, is_steady in zip(tags, ending.tags_us, ending.is_steady, strict=True):
        since = start + pd.Timedelta(newest, "us")
        words = ""
        if newest > ending.end_us and newest // width_us > row:
            words = f"has readings up to {since:%Y-%m-%d %H:%M} UTC, later than most other tags; look at its clock."
            since, until = first, since
        elif is_steady and row - newest // width_us >= QUIET_INTERVALS:
            words = (
                f"has brought no reading since {since:%Y-%m-%d %H:%M} UTC, where others have, so its last value holds "
                "for ingest.max_hold_h."
            )
            until = last
        if words:
            found.append(Finding("silent", f"{_name(tag)} {words}", tags.plant, tag.column, since, until))
    return found


def _name(tag: Tag) -> str:
    return f"{read_label(tag.column)} ({tag.tag})"
