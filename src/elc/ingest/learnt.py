"""Which intervals teach what is usual of a plant: those of training, so that no later reading changes a judgement.

What a check knows of a tag (its limits, habits and relations) is learnt from the intervals before the day that the
curve is trained up to, and kept. These intervals are judged by all of them; every later one by them, and by what was
read before it. What takes time to show, as a stuck sensor does, is dated back to where it began: see `elc.quality`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# ASSUME: a season tells the habits of an export that begins after the training of the version in use.
FIRST_DAYS = 90


def mark_learnt(times: pd.DatetimeIndex, train_until: str | None) -> NDArray[np.bool_]:
    """Mark the intervals (in time order, UTC) that teach: those before a day, or all where none is given.

    An export that begins later has no such past; its first `FIRST_DAYS` teach.
    """
    if train_until is None or not len(times):
        return np.ones(len(times), dtype=bool)
    is_learnt = np.asarray(times < pd.Timestamp(train_until, tz="UTC"))
    return is_learnt if is_learnt.any() else np.asarray(times < times[0] + pd.Timedelta(FIRST_DAYS, "D"))
