"""Hours as numbers: nanoseconds since 1970, which arrays compare and subtract at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Times = NDArray[np.int64]
HOUR_NS = 3600 * 10**9
NEVER = int(pd.NaT.value)  # before every time


def read_times(times: pd.Series) -> Times:
    """Read the times of a column (rows,); a missing one is `NEVER`."""
    return np.asarray(pd.DatetimeIndex(times).as_unit("ns").asi8)


def build_times(times: Iterable[int]) -> pd.DatetimeIndex:
    """Build the column of such times."""
    return pd.DatetimeIndex(np.array(list(times), "datetime64[ns]"), tz="UTC")


def count_ns(hours: float) -> int:
    return round(hours * HOUR_NS)


def find_step_h(times: Times) -> float:
    """How many hours a table's rows usually lie apart; one where it has too few to tell."""
    return float(np.median(np.diff(times))) / HOUR_NS if len(times) > 1 else 1.0


def count_rows(hours: float, step_h: float) -> int:
    """How many rows cover so many hours; one at least."""
    return max(round(hours / step_h), 1)


def find_same_time(times: Times, at: int, near_h: float) -> NDArray[np.bool_]:
    """Find the times within so many hours of the time of day of another (rows,)."""
    half_day = 12 * HOUR_NS
    return np.asarray(np.abs((times - at + half_day) % (2 * half_day) - half_day) <= near_h * HOUR_NS)
