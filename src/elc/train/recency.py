"""How fast hours lose weight, where that pays: a plant may foul, be changed, or its meters drift.

The half-life of an hour's weight is chosen by a rolling origin (Tashman, Int. J. Forecasting 16 (2000) 437): each of
the last four eighths of the history is judged by what the hours before it say, as the additive part of best learns
them. Here alone that part knows the set-points too. One that is left off for months moves energy as fouling does: if
that made old hours count less, best would rise by what it costs, and the gap would forgive it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc import curve
from elc.dataset import LEAST_WEEKS
from elc.fields import TIME
from elc.train.additive import fit_lines
from elc.train.basis import Array, build_additive, build_scale
from elc.train.folds import Gain, measure_gain, number_blocks
from elc.train.network import QUANTILES

HALF_LIVES = (180.0, 90.0, 30.0)  # days
PARTS, JUDGED = 8, 4  # of the history, each in its turn by those before it
LEAST_WEIGHT = 1 / 8  # ASSUME: hours older than three half-lives judge nothing


@dataclass(frozen=True)
class Recency:
    """How fast hours lose weight: `half_life_days`, or None where all count alike.

    `gain` is what the best of the half-lives, `tried_days`, gains on later hours, by week: a share of energy.
    """

    half_life_days: float | None
    tried_days: float
    gain: Gain

    def weigh(self, times: pd.Series) -> Array:
        """Weigh hours (rows,) by their age when the last of them ends: between 0 and 1."""
        return curve.weigh_hours(times, self.half_life_days)

    def find_judges(self, times: pd.Series) -> NDArray[np.bool_]:
        """Mark the hours (rows,) that weigh enough for the curve to be judged by them."""
        return np.asarray(self.weigh(times) >= LEAST_WEIGHT)

    def describe(self) -> str:
        """Say what was chosen, and why, in a sentence."""
        gain, tried = self.gain, f"{self.tried_days:.0f} days"
        found = f"{gain.mean:+.4%} of energy on later hours (t = {gain.t:.1f} over {gain.blocks} weeks)"
        if gain.blocks < LEAST_WEEKS:
            return f"All hours count alike: {gain.blocks} weeks cannot tell whether old ones should count less."
        if self.half_life_days is None:
            return f"All hours count alike: a half-life of {tried}, the best of those tried, gains {found}."
        return f"An hour counts half as much as one that is {tried} younger: that gains {found}."


EVEN = Recency(None, HALF_LIVES[0], Gain(0.0, 0.0, 0))


def choose_recency(
    hours: pd.DataFrame, columns: list[str], target: Array, pieces: list[int], block_days: float
) -> Recency:
    """Choose the half-life that predicts later hours best, if it gains beyond chance over blocks of days.

    Args:
        hours: in time order, no column missing.
        columns: what best is found from here: load, drivers and set-points.
        target: (rows,), ln(SEC) of the hours.
        pieces: straight pieces in which each column is seen.
        block_days: length of a block.
    """
    cuts = np.arange(PARTS + 1) * len(hours) // PARTS
    later = slice(cuts[PARTS - JUDGED], None)
    blocks = number_blocks(hours[TIME], block_days)[later] if len(hours) else np.empty(0, np.int64)
    count = len(np.unique(blocks))
    if count < LEAST_WEEKS:
        return Recency(None, HALF_LIVES[0], Gain(0.0, 0.0, count))
    features = hours[columns].to_numpy(np.float64)
    losses = [
        _judge(features[:end], hours[TIME].iloc[:start], target[:end], pieces)
        for start, end in zip(cuts[PARTS - JUDGED :], cuts[PARTS - JUDGED + 1 :], strict=False)
    ]
    loss = np.concatenate(losses)
    gains = loss[:, :1] - loss[:, 1:]
    best = int(gains.mean(axis=0).argmax())
    gain = measure_gain(gains[:, best], blocks)
    return Recency(HALF_LIVES[best] if gain.is_sure else None, HALF_LIVES[best], gain)


def _judge(features: Array, times: pd.Series, target: Array, pieces: list[int]) -> Array:
    """The pinball loss of best (rows, 1 + half-lives) in the rows after those of `times`, which it learns from.

    The first column is that of hours that count alike.
    """
    past, quantile = len(times), QUANTILES[0]
    scale = build_scale(features[:past])
    scaled = scale.apply(features)
    additive = build_additive(scaled[:past], pieces)
    terms = additive.apply(scaled)
    level, spread = target[:past].mean(), target[:past].std()
    free = np.full(len(additive.feature), np.inf)
    known, wanted = terms[:past], (target[:past] - level) / spread
    losses = []
    for half_life in (None, *HALF_LIVES):
        weights = curve.weigh_hours(times, half_life)
        found = fit_lines(known, wanted, weights, quantile, -free, free, additive.feature)
        predicted = found[0] + np.einsum("np,p->n", terms[past:], found[1:])
        error = target[past:] - level - spread * predicted
        losses.append(np.maximum(quantile * error, (quantile - 1) * error))
    return np.column_stack(losses)
