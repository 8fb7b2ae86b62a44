"""Which set-points stay where they are: those whose move an operator answered as not possible, for a stated time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.settings import AdviseSettings

Flags = NDArray[np.bool_]
NOT_POSSIBLE = "not possible"


def find_standing(notes: pd.DataFrame, at: pd.Timestamp, settings: AdviseSettings) -> pd.DataFrame:
    """Find the answers that hold in an hour: the last one to each set-point, where it was that a move is not possible.

    An answer counts from the hour after the one that it is about, so that this one stays as it was shown.

    Returns:
        Rows of `notes` (hour, setpoint, answer, why), a set-point each, ordered by name, with `until`, the first hour
        in which the move may be advised again.
    """
    earlier = notes[notes["hour"] < at].sort_values("hour", kind="stable")
    last = earlier.groupby("setpoint", sort=True).tail(1).sort_values("setpoint", ignore_index=True)
    until = last["hour"] + pd.Timedelta(settings.answer_holds_h, "h")
    found: pd.DataFrame = last.assign(until=until)[last["answer"].eq(NOT_POSSIBLE) & (until > at)]
    return found.reset_index(drop=True)


def find_held(times: pd.Series, notes: pd.DataFrame, setpoints: Sequence[str], settings: AdviseSettings) -> Flags:
    """Find which set-points an answer holds in which hours (hours, set-points); see `find_standing`."""
    held = np.zeros((len(times), len(setpoints)), bool)
    for name, own in notes.sort_values("hour", kind="stable").groupby("setpoint"):
        if name in setpoints:
            last = own["hour"].searchsorted(times, side="left") - 1
            given = own.iloc[np.maximum(last, 0)]
            until = given["hour"] + pd.Timedelta(settings.answer_holds_h, "h")
            is_before = until.to_numpy() > times.to_numpy()
            held[:, setpoints.index(str(name))] = (last >= 0) & given["answer"].eq(NOT_POSSIBLE).to_numpy() & is_before
    return held


def spread_held(held: Flags, players: Sequence[Sequence[int]]) -> Flags:
    """Hold every set-point of a group of which one is held (hours, set-points): they move together or not at all."""
    spread = held.copy()
    for columns in players:
        spread[:, list(columns)] = held[:, list(columns)].any(axis=1, keepdims=True)
    return spread
