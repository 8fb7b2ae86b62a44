"""Which readings came lately: of a reading that comes a second time, the second is left out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

Marks = NDArray[np.uint64]


def build_marks(table: pa.Table) -> Marks:
    """Build a mark of 64 bits for each reading, of tag, time and value (rows,).

    Two different readings have the same mark once in 10^13 comparisons with a million others.
    """
    times = table["time"].cast(pa.int64()).to_numpy().view(np.uint64)
    values = table["value"].to_numpy(zero_copy_only=False).astype(np.float64)
    # All that stands for no value is the same, and -0.0 is 0.0.
    bits = np.where(np.isnan(values), np.nan, values + 0.0).view(np.uint64)
    marks: Marks = pd.util.hash_array(table["tag"].to_pandas().astype(object).to_numpy(), categorize=True)
    for part in (times, bits):
        mixed = pd.util.hash_array(part).astype(np.uint64)
        marks = pd.util.hash_array(marks * np.uint64(0x9E3779B97F4A7C15) ^ mixed).astype(np.uint64)
    return marks


class Recent:
    """The marks of what was written in the last minutes; eight bytes a reading."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._kept: deque[tuple[float, Marks]] = deque()

    def find_new(self, marks: Marks) -> NDArray[np.bool_]:
        """Find which readings are new: the first of each mark that was not written lately (rows,)."""
        ordered, first = np.unique(marks, return_index=True)
        is_new = np.zeros(len(marks), dtype=bool)
        is_fresh = np.ones(len(ordered), dtype=bool)
        for _, kept in self._kept:
            places = np.minimum(np.searchsorted(kept, ordered), len(kept) - 1)
            is_fresh &= kept[places] != ordered
        is_new[first[is_fresh]] = True
        return is_new

    def add(self, parts: Sequence[Marks]) -> None:
        """Remember what was written now, and forget what was written before the window."""
        now = time.monotonic()
        self._kept.extend((now, np.sort(marks)) for marks in parts if len(marks))
        while self._kept and now - self._kept[0][0] > self._window_s:
            self._kept.popleft()
