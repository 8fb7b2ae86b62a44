"""The precedents of many hours at once: the same as `curve.find_precedents` finds for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve import Package
from elc.fields import TIME

Array = NDArray[np.float64]
CHUNK = 500  # hours whose distances are held at once
NAMED = 3  # precedents that an advice names, of days of their own
LOOKED_AT = 60  # nearest ones among which those are sought


@dataclass(frozen=True)
class Practice:
    """What the plant did in its best hours under the conditions of each of some hours.

    `reference` (hours, set-points): the median of each set-point over the precedents; `count`: how many there were;
    `nearest` (hours,): the starts of the three most alike, each of a day of its own, in
    ISO 8601, parted by spaces.
    """

    reference: Array
    count: int
    nearest: list[str]


def find_practice(package: Package, hours: pd.DataFrame, count: int) -> Practice:
    """Find the `count` precedents under the conditions most like those of each hour, and their set-points.

    Distance is Euclidean over throughput and drivers, each divided by its training range; ties go to the earlier one.
    """
    spans = np.array([feature["high"] - feature["low"] or 1.0 for feature in package.card["features"]])
    known = package.precedents[package.features].to_numpy(float) / spans
    given = hours[package.features].to_numpy(float) / spans
    setpoints = package.precedents[package.setpoints].to_numpy(float)
    taken = min(count, len(known))
    reference, nearest = [np.empty((0, len(package.setpoints)))], []
    for start in range(0, len(given), CHUNK):
        part = given[start : start + CHUNK]
        squares = sum((part[:, [index]] - known[:, index]) ** 2 for index in range(known.shape[1]))
        order = np.argsort(squares, axis=1, kind="stable")[:, :taken]
        reference.append(np.median(setpoints[order], axis=1))
        nearest += _name(package.precedents[TIME], order[:, :LOOKED_AT])
    return Practice(np.concatenate(reference), taken, nearest)


def _name(times: pd.Series, rows: NDArray[np.intp]) -> list[str]:
    names = times.dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%MZ").to_numpy(str)
    days = np.char.partition(names, "T")[:, 0] if len(names) else names
    found = []
    for chosen in rows:
        firsts = np.sort(np.unique(days[chosen], return_index=True)[1])[:NAMED]
        found.append(" ".join(names[chosen[firsts]]))
    return found
