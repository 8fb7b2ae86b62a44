"""Build the envelope of the training hours: ranges, prototypes, and how far an unseen week lies."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve.envelope.distance import Array, Points, read_values
from elc.curve.envelope.model import Envelope
from elc.curve.envelope.ranges import build_range
from elc.errors import check_faults
from elc.fields import AGE

# ASSUME: one training hour in 200 may lie farther from the others than the limit.
SHARE_WITHIN = 0.995
# ASSUME: hours nearer than 1 % of the scaled span are alike, however little the training hours move.
LEAST_LIMIT = 0.01


def build_envelope(
    train: pd.DataFrame, features: list[str], groups: NDArray[np.int64], *, margin_frac: float, prototypes: int
) -> Envelope:
    """Build the envelope of the training hours.

    Prototypes are training hours chosen one by one, each the farthest from those before it (k-center greedy, Gonzalez
    1985), from the hour nearest the median on. The limit is the distance within which 99.5 % of the hours find a
    prototype of another group, so it says how far hours of an unseen week lie. Hours with a missing feature teach
    the curve nothing and are left out here too.

    Args:
        groups: (hours,) the group of weeks that each training hour was dealt to.
        margin_frac: how far beyond its training range a feature may lie, as a share of the range.
        prototypes: how many hours stand for all; fewer where fewer differ.

    Raises:
        ElcError: a feature is missing, no hour is complete, or fewer than two groups or one prototype were asked for.
    """
    values = read_values(train, features, "build the envelope")
    known: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=1))
    _check_training(len(train), features, known, groups, prototypes)
    values, dealt = values[known], groups[known]
    ranges = tuple(build_range(name, values[:, index], margin_frac) for index, name in enumerate(features))
    measured = [index for index, name in enumerate(features) if name != AGE]
    scaled = values[:, measured] / np.array([ranges[index].scale for index in measured])
    chosen = _choose_prototypes(scaled, prototypes)
    kept = pd.DataFrame(values[np.ix_(chosen, measured)], columns=[features[index] for index in measured])
    return Envelope(ranges, kept, _find_limit(scaled, dealt, chosen))


def _check_training(
    rows: int, features: list[str], known: NDArray[np.bool_], groups: NDArray[np.int64], prototypes: int
) -> None:
    faults = []
    if not set(features) - {AGE}:
        faults.append(f"there is no feature besides {AGE}. Give at least the throughput.")
    if len(groups) != rows:
        faults.append(f"{len(groups)} groups were given for {rows} training hours. Give one for each hour.")
    elif not known.any():
        faults.append("no training hour has every feature. Check the coverage of the drivers in the findings.")
    elif len(np.unique(groups[known])) < 2:
        faults.append("the training hours are all of one group of weeks, at least 2 are needed. Train on more weeks.")
    if prototypes < 1:
        faults.append(f"{prototypes} prototypes were requested, at least 1 is needed.")
    check_faults("training envelope", faults)


def _choose_prototypes(scaled: Array, count: int) -> list[int]:
    """Choose rows that cover all others: next is always the one farthest from those chosen; the first of equals."""
    chosen = [int(_square(scaled, np.median(scaled, axis=0)).argmin())]
    distance = _square(scaled, scaled[chosen[0]])
    while len(chosen) < count and distance.max() > 0:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, _square(scaled, scaled[chosen[-1]]))
    return chosen


def _square(scaled: Array, point: Array) -> Array:
    squares: Array = ((scaled - point) ** 2).sum(axis=1)
    return squares


def _find_limit(scaled: Array, groups: NDArray[np.int64], chosen: list[int]) -> float:
    """Find the distance that holds for all but a few hours; a group that owns every prototype tells nothing."""
    owners = groups[chosen]
    points = scaled[chosen]
    found = [
        Points(points[owners != group]).measure(scaled[groups == group])
        for group in np.unique(groups)
        if (owners != group).any()
    ]
    return max(float(np.quantile(np.concatenate(found), SHARE_WITHIN)), LEAST_LIMIT)
