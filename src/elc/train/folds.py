"""Which hours each member of an ensemble does not learn from, and what they say about it.

Neighbouring hours resemble each other, so whole blocks of days are left out. An hour is judged by the one member that
did not see it (CV+: Barber, Candes, Ramdas and Tibshirani, Annals of Statistics 49 (2021) 486), and the members'
spread times the square root of members - 1 is the standard error of the curve (delete-a-group jackknife: Kott,
J. Official Statistics 17 (2001) 521).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from elc.train.network import QUANTILES

Array = NDArray[np.float64]
LEAST_BLOCKS = 3  # that each member leaves out, where a history is too short for `block_days`


def build_folds(times: pd.Series, members: int, block_days: float) -> NDArray[np.int64]:
    """Deal blocks of days to members in turn: for each hour (rows,) the member that does not learn from it."""
    return build_blocks(times, members, block_days) % members


def build_blocks(times: pd.Series, members: int, block_days: float) -> NDArray[np.int64]:
    """Number the blocks of days (rows,) that are left out, or drawn, as one; shorter ones in a short history."""
    days = (times - times.iloc[0]) / pd.Timedelta(1, "D")
    block = min(block_days, float(days.iloc[-1]) / (LEAST_BLOCKS * members))
    return np.asarray((days // block).astype(int)) if block > 0 else np.arange(len(times))


def find_reach(members: int, frac: float) -> float:
    """Half the width of an interval, in standard errors that so many members tell (Student's t)."""
    return float(stdtrit(members - 1, 0.5 + frac / 2))


def find_shifts(errors: Array, folds: NDArray[np.int64], frac: float) -> Array:
    """Find what to add to each quantile so that it covers its share of the hours that it was not learnt from.

    Conformal quantile adjustment: Romano, Patterson and Candes, NeurIPS (2019). A shift is taken back by half the width
    of its own interval, to zero at most, so that it corrects what is sure and adds no chance of its own.

    Args:
        errors: (rows, quantiles), actual less predicted by the member that did not see the hour.
        folds: (rows,), that member.
        frac: of the interval of a shift.
    """
    shifts = _find_quantiles(errors)
    members = int(folds.max()) + 1
    without = np.array([_find_quantiles(errors[folds != member]) for member in range(members)])
    reach = find_reach(members, frac) * np.sqrt(members - 1) * without.std(axis=0)
    return np.asarray(np.sign(shifts) * np.maximum(np.abs(shifts) - reach, 0.0))


def _find_quantiles(errors: Array) -> Array:
    return np.array([np.quantile(errors[:, index], quantile) for index, quantile in enumerate(QUANTILES)])


def is_gain(gains: Array, folds: NDArray[np.int64], frac: float) -> bool:
    """Whether gains (rows,) are above zero beyond chance: the lower end of their interval over folds is."""
    means = np.array([gains[folds == fold].mean() for fold in np.unique(folds)])
    if len(means) < 2:
        return False
    error = means.std(ddof=1) / np.sqrt(len(means))
    return bool(means.mean() > find_reach(len(means), frac) * error)
