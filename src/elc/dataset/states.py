"""What a plant does in each hour, and whether it does it steadily."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.fields import IS_STEADY, STATE
from elc.settings import StageSettings

# ASSUME: a plant at the same load before and after two hours or less without a reading of it ran steadily in them.
LOST_H = 2.0
RUN = "run"
KEYS = {
    "start": "dataset.settle_after_start_h",
    "trip": "dataset.min_load_frac",
    "ramp": "dataset.max_load_slope_frac_per_h and steady_window_h",
    "unknown": "throughput without a reading: ingest.max_hold_h and min_coverage_frac",
}


def mark_states(hourly: pd.DataFrame, throughput: str, rated_load: float, settings: StageSettings) -> pd.DataFrame:
    """Add `plant_state` (run, ramp, start, trip, unknown) and `is_steady`, from the load and its past.

    - trip: the load is below `min_load_frac` of the rated load, and does not yet rise to a start.
    - start: from the load's rise out of a trip until `settle_after_start_h` after the plant runs again.
    - ramp: the load moves faster than `max_load_slope_frac_per_h` over the steady window.
    - unknown: the load is missing in the hour, or for more than `LOST_H` elsewhere in the steady window.
    - run: everything else; only these hours are steady.

    An export of chosen intervals has no start-ups and ramps to tell.
    """
    gate, plant = settings.dataset, settings.plant
    load_frac = hourly[throughput] / rated_load
    is_low = load_frac < gate.min_load_frac
    conditions = [load_frac.isna(), is_low]
    if plant.export.is_continuous:
        is_down = _carry(is_low, load_frac)
        is_rising = _find_rising(load_frac, is_down, gate.max_load_slope_frac_per_h)
        is_settling = is_down.astype(float).rolling(count_settling(settings) + 1, min_periods=1).max().gt(0)
        bridged = _bridge(load_frac, count_lost(settings))
        window = bridged.rolling(count_window(settings) + 1, min_periods=1)  # that many steps, so one more row
        window_h = count_window(settings) * plant.interval_h
        is_ramp = (window.max() - window.min()) / window_h > gate.max_load_slope_frac_per_h
        is_short = window.count() <= count_window(settings)
        conditions = [load_frac.isna(), is_low & ~is_rising, is_settling, is_ramp, is_short]
    names = ["unknown", "trip", "start", "ramp", "unknown"][: len(conditions)]
    marked = hourly.assign(**{STATE: np.select(conditions, names, default=RUN)})
    return marked.assign(**{IS_STEADY: marked[STATE].eq(RUN)})


def _carry(is_low: pd.Series, load_frac: pd.Series) -> pd.Series:
    """Carry a trip through the hours of unknown load that follow it, until the plant is known to run.

    A plant that was down when its load was lost may have come back in any of those hours, so its settling counts
    from the first known one.
    """
    # ASSUME: unknown load between two running hours hides no trip.
    return is_low.astype(float).where(load_frac.notna()).ffill().eq(1)


def _bridge(load_frac: pd.Series, most: int) -> pd.Series:
    """Put the load before a short spell without any into it, so that the window tells whether the next is alike."""
    is_lost = load_frac.isna()
    length = is_lost.groupby(is_lost.ne(is_lost.shift()).cumsum()).transform("size")
    return load_frac.where(~is_lost | (length > most), load_frac.ffill())


def _find_rising(load_frac: pd.Series, is_down: pd.Series, tolerance: float) -> pd.Series:
    """Mark the end of each stop: the hours after the last one at its lowest load, give or take a tolerance.

    A failed attempt to start stays part of the trip.
    """
    stop = is_down.ne(is_down.shift()).cumsum()
    lowest = load_frac.where(is_down).groupby(stop).transform("min")
    at_rest = (load_frac <= lowest + tolerance).astype(int)
    rests_later = at_rest[::-1].groupby(stop[::-1]).cummax()[::-1]
    return is_down & rests_later.eq(0)


def explain_states(states: pd.Series) -> str:
    """Report how many intervals are in each state but run (`states` counts them), and which keys decide it."""
    found = {str(state): int(count) for state, count in states.items() if state != RUN and count}
    return ", ".join(f"{state} {count:,} ({KEYS[state]})" for state, count in found.items())


def count_window(settings: StageSettings) -> int:
    """The steady window in intervals, at least one."""
    return max(_count(settings.dataset.steady_window_h, settings), 1)


def count_settling(settings: StageSettings) -> int:
    """The settling time after a stop in intervals."""
    return _count(settings.dataset.settle_after_start_h, settings)


def count_lost(settings: StageSettings) -> int:
    """The longest spell without load, in intervals, that a steady window reaches across: half of it at most."""
    return min(_count(LOST_H, settings), count_window(settings) // 2)


def _count(hours: float, settings: StageSettings) -> int:
    return round(hours * pd.Timedelta("1h") / settings.plant.interval_length)


def find_reach(settings: StageSettings) -> pd.Timedelta:
    """How far back from its start the state of an hour looks: the steady window and a spell before it, or settling."""
    if not settings.plant.export.is_continuous:
        return pd.Timedelta(0)
    return max(count_window(settings) + count_lost(settings), count_settling(settings)) * pd.Timedelta(
        settings.plant.interval
    )
