"""Which hours each member of an ensemble does not learn from, and what they say about it.

Neighbouring hours resemble each other, and so do those of one season: each member leaves out one stretch of the
history. An hour is judged by the one member that did not see it (CV+: Barber, Candes, Ramdas and Tibshirani, Annals of
Statistics 49 (2021) 486), and the members' spread times the square root of members - 1 is the standard error of the
curve (delete-a-group jackknife: Kott, J. Official Statistics 17 (2001) 521). Stretches in place of scattered weeks tell
how far the curve moves from season to season, which is what it will meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from elc.dataset import LEAST_WEEKS
from elc.train.network import QUANTILES

Array = NDArray[np.float64]
LEAST_BLOCKS = 3  # that each member leaves out, where a history is too short for `block_days`
SURE_T = 2.0  # mean gain over its standard error: beyond chance at about 95 %


@dataclass(frozen=True)
class Gain:
    """What a richer model gains on hours that it did not learn from: its mean over blocks of time, and the t value."""

    mean: float
    t: float
    blocks: int

    @property
    def is_sure(self) -> bool:
        """Whether it is beyond chance; few blocks never tell."""
        return self.blocks >= LEAST_WEEKS and self.t > SURE_T


def build_folds(weights: Array, members: int) -> NDArray[np.int64]:
    """Cut rows (rows,) in time order into stretches of equal weight, one a member: for each row who leaves it out."""
    before = np.cumsum(weights) - weights
    return np.asarray(np.minimum(before * members / weights.sum(), members - 1).astype(np.int64))


def deal_blocks(times: pd.Series, members: int, block_days: float) -> NDArray[np.int64]:
    """Deal blocks of days in turn: for each hour (rows,) one of as many shares as members, all alike in season."""
    return build_blocks(times, members, block_days) % members


def build_blocks(times: pd.Series, members: int, block_days: float) -> NDArray[np.int64]:
    """Number the blocks of days (rows,) that are left out, or drawn, as one; shorter ones in a short history."""
    days = float((times.iloc[-1] - times.iloc[0]) / pd.Timedelta(1, "D"))
    block = min(block_days, days / (LEAST_BLOCKS * members))
    return number_blocks(times, block) if block > 0 else np.arange(len(times))


def number_blocks(times: pd.Series, block_days: float) -> NDArray[np.int64]:
    """Number the blocks of days (rows,) whose hours resemble each other, none of them shorter in a short history."""
    days = (times - times.iloc[0]) / pd.Timedelta(1, "D")
    return np.asarray((days // block_days).astype(int))


def find_reach(members: int, frac: float) -> float:
    """Half the width of an interval, in standard errors that so many members tell (Student's t)."""
    return float(stdtrit(members - 1, 0.5 + frac / 2))


def find_shifts(errors: Array, folds: NDArray[np.int64], frac: float) -> Array:
    """Find what to add to each quantile so that it covers its share of the hours that it was not learnt from.

    Conformal quantile adjustment: Romano, Patterson and Candes, NeurIPS (2019). A shift is taken back by half the width
    of its own interval, to zero at most, so that it corrects what is sure and adds no chance of its own.

    Args:
        errors: (rows, quantiles), actual less predicted by the member that did not see the hour.
        folds: (rows,), that member; of one alone nothing is sure.
        frac: of the interval of a shift.
    """
    shifts = _find_quantiles(errors)
    members = np.unique(folds)
    if len(members) < 2:
        return np.zeros_like(shifts)
    without = np.array([_find_quantiles(errors[folds != member]) for member in members])
    reach = find_reach(len(members), frac) * np.sqrt(len(members) - 1) * without.std(axis=0)
    return np.asarray(np.sign(shifts) * np.maximum(np.abs(shifts) - reach, 0.0))


def find_level_error(errors: Array, folds: NDArray[np.int64], quantile: float) -> float:
    """Find the standard error of the level of a quantile: how far its errors scatter from stretch to stretch.

    Args:
        errors: (rows,), actual less predicted by the member that did not see the hour.
        folds: (rows,), that member; one alone says nothing.
    """
    levels = [np.quantile(errors[folds == member], quantile) for member in np.unique(folds)]
    return float(np.std(levels, ddof=1) / np.sqrt(len(levels))) if len(levels) > 1 else 0.0


def _find_quantiles(errors: Array) -> Array:
    return np.array([np.quantile(errors[:, index], quantile) for index, quantile in enumerate(QUANTILES)])


def measure_gain(gains: Array, blocks: NDArray[np.int64]) -> Gain:
    """Measure the mean of gains (rows,) over blocks (rows,), with the t value that their scatter gives it."""
    means = np.array([gains[blocks == block].mean() for block in np.unique(blocks)])
    if len(means) < 2:
        return Gain(float(means.mean()) if len(means) else 0.0, 0.0, len(means))
    error = float(means.std(ddof=1) / np.sqrt(len(means)))
    return Gain(float(means.mean()), float(means.mean()) / error if error > 0 else 0.0, len(means))
