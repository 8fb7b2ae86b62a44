"""What is said of counters: where they were reset or replaced, how often they were misread, and which do not count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from elc.errors import check_faults
from elc.findings import Finding, Kind
from elc.ingest.counters import Break, Counter
from elc.ingest.grid import Grid
from elc.settings import Tag, TagList

MAX_FALL_FRAC = 0.1  # ASSUME: a tag that falls after more of its readings than this is not a counter
ZERO_FRAC = 0.05  # ASSUME: a counter that goes on below that share of what it showed was reset, above it replaced
LEAST_READINGS = 24  # ASSUME: fewer readings do not tell that a counter stands still
RESET, MISREAD = Kind("totaliser_reset", needs=("tag",)), Kind("misread", needs=("tag", "times"))
REPLACED, STILL = Kind("replaced", needs=("tag", "before", "since", "after", "until")), Kind("still", needs=("tag",))
CURE = (
    "Write kWh/15min or kWh/interval, as t/h or t/interval, where each reading is the amount of its interval; or the "
    "unit of a rate, as kW; or set its role to ignore."
)


def check_counters(counters: dict[str, Counter], grid: Grid, tags: TagList) -> None:
    """Check that what is read as a counter counts.

    Raises:
        ElcError: a tag falls time and again; or none of what the plant takes, or makes, ever rises.
    """
    faults = []
    for position, tag in enumerate(tags):
        if tag.tag not in counters:
            continue
        falls, readings = counters[tag.tag].falls, int(np.nansum(grid.columns["readings"][:, position]))
        if falls > max(1, MAX_FALL_FRAC * readings):
            faults.append(f"{_say_counter(tag)}it falls {falls} times in {readings} good readings. {CURE}")
    for role in ("energy", "throughput"):
        of_role = [tag for tag in tags if tag.role == role]
        if of_role and all(_is_still(counters.get(tag.tag)) for tag in of_role):
            names = ", ".join(tag.tag for tag in of_role)
            faults.append(f"{_say_counter(of_role[0])}the {role} never rises: {names}. {CURE}")
    check_faults(f"plant {tags.plant}", faults)


def _say_counter(tag: Tag) -> str:
    return f"tag {tag.tag} is read as a totaliser, because its unit is an amount and {tag.column} is a rate, but "


def _is_still(counter: Counter | None) -> bool:
    return counter is not None and counter.readings >= LEAST_READINGS and not (counter.rise > 0).any()


def find_breaks(counters: dict[str, Counter], grid: Grid, tags: TagList) -> Iterator[Finding]:
    """Find where counters were reset or replaced, how often they were misread, and which stand still."""
    start, width = pd.Timestamp(grid.start, tz="UTC"), pd.Timedelta(grid.width_us, "us")
    for tag in tags:
        if tag.tag not in counters:
            continue
        counter, named = counters[tag.tag], {"tag": tag.tag}
        for one in sorted(counter.breaks, key=lambda one: one.row):
            kind, values = _explain_break(one, start)
            begin = start + one.row * width
            yield Finding(kind, tags.plant, tag.column, begin, begin + width, named | values)
        first, last = grid.index[0], grid.index[-1] + width
        if counter.misread:
            values = {**named, "times": float(counter.misread)}
            yield Finding(MISREAD, tags.plant, tag.column, first, last, values)
        if _is_still(counter):
            yield Finding(STILL, tags.plant, tag.column, first, last, named)


def _explain_break(one: Break, start: pd.Timestamp) -> tuple[Kind, dict[str, Any]]:
    if 0 <= one.after <= ZERO_FRAC * one.before:
        return RESET, {}
    since, until = (start + pd.Timedelta(moment, "us") for moment in (one.since_us, one.until_us))
    shown = {"before": float(one.before), "after": float(one.after)}
    return REPLACED, {**shown, "since": since.isoformat(), "until": until.isoformat()}
