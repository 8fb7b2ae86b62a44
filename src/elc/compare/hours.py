"""The hours on which both packages are judged: steady, later than either was trained on, inside both envelopes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.compare.pair import Pair, Side
from elc.dataset import mark_states
from elc.fields import ENERGY, IS_STEADY, TIME
from elc.settings import StageSettings

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Hours:
    """The hours compared, in time order, each side's frame with its predictions added; `left` and `right` row by row.

    `after` is the last hour that either was trained on; `later` counts the hours after it, and `left_out` those of
    them that are not compared, by their first reason.
    """

    after: pd.Timestamp
    later: int
    left_out: dict[str, int]
    sides: dict[str, pd.DataFrame]

    @property
    def count(self) -> int:
        return len(self.sides["left"])

    @property
    def size(self) -> float:
        """What the plant usually takes (GJ/h); NaN without hours."""
        return float(self.sides["left"][ENERGY].median())


def score_pair(hourly: pd.DataFrame, pair: Pair, settings: StageSettings) -> Hours:
    """Score with both packages the hours that both can be judged on; having no such hour is not an error.

    `hourly` is the whole hourly table: whether an hour is steady is seen from those before it.
    """
    after = max(side.find_last() for side in pair.sides.values())
    is_later = (hourly[TIME] > after).to_numpy()
    later = hourly[is_later]
    kept, left_out = np.ones(len(later), dtype=bool), {}
    for reason, mask in _find_reasons(hourly, is_later, pair, settings):
        left_out[reason] = int((kept & mask).sum())
        kept &= ~mask
    chosen = later[kept].reset_index(drop=True)
    return Hours(
        after=after,
        later=len(later),
        left_out={reason: count for reason, count in left_out.items() if count},
        sides={name: _score(chosen, side) for name, side in pair.sides.items()},
    )


def _find_reasons(hourly: pd.DataFrame, is_later: Mask, pair: Pair, settings: StageSettings) -> list[tuple[str, Mask]]:
    """Find why later hours are not compared: reasons in order, each with a mask (later hours,)."""
    sides, later = list(pair.sides.values()), hourly[is_later]
    absent = {side.label: [name for name in side.package.features if name not in hourly] for side in sides}
    if any(absent.values()):
        listed = [f"{', '.join(names)}, which {label} needs" for label, names in absent.items() if names]
        return [(f"without {' and '.join(listed)}", np.ones(len(later), dtype=bool))]
    steady = [_find_steady(hourly, side, settings)[is_later] for side in sides]
    energy = later[ENERGY].to_numpy(float)
    outside = [
        (f"outside the envelope of {side.label}", side.package.find_outside(later).to_numpy(bool)) for side in sides
    ]
    return [
        ("not steady", ~reduce(np.logical_and, steady)),
        ("energy unknown", ~(np.isfinite(energy) & (energy > 0))),
        *outside,
    ]


def _find_steady(hourly: pd.DataFrame, side: Side, settings: StageSettings) -> Mask:
    package = side.package
    marked = mark_states(hourly, package.throughput, package.rated_load, settings)
    return marked[IS_STEADY].to_numpy(bool)


def _score(chosen: pd.DataFrame, side: Side) -> pd.DataFrame:
    if chosen.empty:
        return chosen
    return pd.concat([chosen, side.package.predict(chosen)], axis=1)
