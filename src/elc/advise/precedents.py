"""The precedents of many hours at once: best practice under their conditions, and which hours it is taken from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.advise.clock import HOUR_NS, read_times
from elc.curve import Package, find_best_practice
from elc.fields import TIME

Array = NDArray[np.float64]
NAMED = 3  # precedents that an advice names, of days of their own
LOOKED_AT = 60  # nearest ones among which those are sought


@dataclass(frozen=True)
class Practice:
    """What the plant did in its best hours under the conditions of each of some hours.

    `reference` (hours, set-points): see `curve.build_best_practice`; `count`: of how many precedents;
    `nearest` (hours,): the starts of the three most alike, each of a day of its own, in ISO 8601, parted by spaces.
    """

    reference: Array
    count: int
    nearest: list[str]


def find_practice(package: Package, hours: pd.DataFrame, count: int) -> Practice:
    """Find best practice among the `count` precedents under the conditions most like those of each hour."""
    reference, rows = find_best_practice(package, hours, count)
    return Practice(reference, rows.shape[1], _name(package.precedents[TIME], rows[:, :LOOKED_AT]))


def _name(times: pd.Series, rows: NDArray[np.int64]) -> list[str]:
    names = times.dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%MZ").to_numpy(str)
    days = read_times(times) // (24 * HOUR_NS)
    found = []
    for chosen in rows:
        firsts = np.sort(np.unique(days[chosen], return_index=True)[1])[:NAMED]
        found.append(" ".join(names[chosen[firsts]]))
    return found
