"""What the readings did inside each interval: its mean hides a minute's spike, and a value that only holds."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Traces:
    """Frames with hourly's rows (RangeIndex) and a column per mapped quantity, in the column's unit.

    `low` and `high`: lowest and highest good value that held in the interval, be it read there or carried in; NaN
    without good time. `readings`: how many readings arrived, of any quality. `changes`: 1 where a good reading differs
    from the good reading before it, else 0. `untold`: starts and ends (UTC) of times without a reading that is used,
    because the clock showed them twice.
    """

    low: pd.DataFrame
    high: pd.DataFrame
    readings: pd.DataFrame
    changes: pd.DataFrame
    untold: tuple[tuple[pd.Timestamp, pd.Timestamp], ...] = ()
