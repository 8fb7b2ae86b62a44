"""What moved of load, weather and feed: since when, and whether it explains that energy is off typical.

Energy that is off because a plant runs where its curve knows little is not a change of the plant. And a sensor that is
off takes typical with it: where its own jump, taken back, takes the error back, that sensor is the cause.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from elc.curve import Package, build_days, read_sketch
from elc.curve.levels import MEAN
from elc.fields import AGE, ENERGY, IS_STEADY, TIME, TYPICAL
from elc.monitor.dating import Since, date_change

EDGE = 0.05  # an input whose weekly median lies beyond this share of the training hours has moved
LOOKED_DAYS = 120  # ASSUME: what moved longer ago is how the plant runs
SURE_SPREADS = 3.0  # ASSUME: a load that stepped by so many of its daily spreads is another one
LIKE_H = 48.0  # ASSUME: fewer later hours like the earlier ones do not tell whether energy is off there too
LIKE_FRAC = 0.02  # of the earlier hours at either end, which no later one has to be like
WHOLE_FRAC = 0.6  # ASSUME: of an error, that a cause must explain
# ASSUME: a sensor that shifts jumps further than its tag usually does between neighbouring pairs of days.
JUMP_DAYS, JUMP_DEVIATIONS = 2, 2.5
MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True)
class Moved:
    """An input that moved: since when, and its medians (in its unit) before that and since."""

    column: str
    since: Since
    before: float
    after: float


def find_moved_inputs(
    scored: pd.DataFrame, package: Package, *, drifted: Collection[str], width_h: float
) -> list[Moved]:
    """Find the inputs whose last week lies where few training hours did, or a load that stepped; the age always moves.

    Args:
        scored: hours of operation and of training; the steady ones count.
        package: the package that scored them.
        drifted: columns whose week is known to be unlike those of training.
        width_h: length of an interval.
    """
    steady = scored[scored[IS_STEADY].astype(bool)]
    if steady.empty:
        return []
    recent = steady[steady[TIME] > steady[TIME].max() - pd.Timedelta(LOOKED_DAYS, "D")]
    last = recent[recent[TIME] > recent[TIME].max() - pd.Timedelta(7, "D")]
    found = []
    for feature in package.baseline.statistics.get("features", []):
        column, sketch = feature["name"], read_sketch(feature)
        if column not in package.features or column == AGE or sketch is None:
            continue
        since = date_change(build_days(recent[TIME], recent[column].to_numpy(float), width_h=width_h))
        if since is None:
            continue
        median = float(last[column].median())
        is_at_edge = not sketch.find_quantile(EDGE) <= median <= sketch.find_quantile(1 - EDGE)
        usual = sketch.find_quantile(0.75) - sketch.find_quantile(0.25)
        is_other_load = column == package.throughput and _is_step(since, usual)
        if is_at_edge or is_other_load or column in drifted:
            is_after = recent[TIME] >= since.day
            found.append(
                Moved(
                    column,
                    since,
                    float(recent.loc[~is_after, column].median()),
                    float(recent.loc[is_after, column].median()),
                )
            )
    return found


def _is_step(since: Since, usual: float) -> bool:
    """Whether a load stepped out of its daily scatter, by more than half of its hours usually lie apart."""
    return since.is_step and abs(since.size) > max(SURE_SPREADS * since.spread, usual)


def find_sensor(known: pd.DataFrame, since: Since, size: float, package: Package, *, width_h: float) -> str:
    """Find the driver whose sensor explains an error: its own jump, taken back, takes the error back; empty for none.

    Args:
        known: scored hours with a gap, of operation and of training.
        since: when the error changed.
        size: by how much (share of typical).
        package: the package that scored them.
        width_h: length of an interval.
    """
    after = known[known[TIME] >= since.day]
    for column in package.features:
        jump = 0.0
        if column not in (AGE, package.throughput):
            jump = _find_jump(build_days(known[TIME], known[column].to_numpy(float), width_h=width_h), since)
        if jump == 0:
            continue
        typical = package.predict(after.assign(**{column: after[column] - jump}))[TYPICAL]
        gone = float((after[ENERGY] / after[TYPICAL] - after[ENERGY] / typical).mean())
        if WHOLE_FRAC < gone / size < 1 / WHOLE_FRAC:
            return column
    return ""


def _find_jump(days: pd.DataFrame, since: Since) -> float:
    """Find how far an input jumped on one of the days of a date, from two days to the next two; 0 if as ever."""
    level = days[MEAN].rolling(JUMP_DAYS).mean()
    jumps = (level.shift(1 - JUMP_DAYS) - level.shift(1)).to_numpy(float)
    inside = jumps[days[TIME].between(since.first, since.last).to_numpy() & np.isfinite(jumps)]
    if len(inside) == 0:
        return 0.0
    largest = float(inside[np.abs(inside).argmax()])
    return largest if abs(largest) > JUMP_DEVIATIONS * MAD_TO_DEVIATION * float(np.nanmedian(np.abs(jumps))) else 0.0


def find_regime(scored: pd.DataFrame, moved: list[Moved], since: Since, size: float, *, width_h: float) -> Moved | None:
    """Find the input with whose move an error came, and without which there is little of it, as far as is known.

    Later hours in which the input is where it was before tell that.

    Args:
        scored: hours with a gap, of operation and of training.
        moved: the inputs that moved.
        since: when the error changed.
        size: by how much (share of typical).
        width_h: length of an interval.
    """
    before, after = scored[scored[TIME] < since.first], scored[scored[TIME] >= since.day]
    for one in moved:
        is_sudden = one.since.is_step and not one.since.overlaps(since)
        if is_sudden or one.since.first > since.last:
            continue
        low, high = before[one.column].quantile([LIKE_FRAC, 1 - LIKE_FRAC])
        like = after[after[one.column].between(low, high)]
        error = float((like[ENERGY] / like[TYPICAL] - 1).mean()) if len(like) else np.nan
        if len(like) * width_h < LIKE_H or error / size < 1 - WHOLE_FRAC:
            return one
    return None
