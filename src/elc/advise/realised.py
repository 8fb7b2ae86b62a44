"""What moves saved, like with like: energy after them against what it would have been at the set-points before.

The response tells what load, drivers and set-points make of energy; what it leaves unexplained has a course over the
day, which is taken off. A step of moves saved what is left unexplained before it, as far as that lasts, less what is
left after it with the moved set-points held where they were. How far it lasts, and how far an estimate may be off, the
plant's own hours tell: what is unexplained in one spell predicts that of the next by regression (analysis of
covariance: Vickers and Altman, British Medical Journal 323 (2001) 1123). How far apart the response's members are adds
to its error. So an hour that was advised because it took much does not count its return to the usual as a saving.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.advise.episodes import HOUR_NS, count_rows
from elc.curve import Package
from elc.fields import ENERGY, GAP, TIME

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
REACH = 3  # times `judged_h`: how far from a move the hours may lie that it is judged by
DAY_H, WAVES = 24, 2  # the course over a day: waves of 24 and of 12 hours
LEAST_DAYS = 7  # of judged hours, from which a course over the day is known
PLACEBOS = 12  # moments without an advised move that a step is compared with
LEAST_LIKE = 42  # spells that part at a time of day, two weeks of three
NEAR_H = 1.5  # ASSUME: so far from each other, hours of the day are alike


@dataclass(frozen=True)
class Step:
    """Moves made as one: when the first and the last was made, and the places of their set-points in the package."""

    first: pd.Timestamp
    last: pd.Timestamp
    places: tuple[int, ...]

    def shift(self, first: pd.Timestamp) -> Step:
        """The same step at another time."""
        return Step(first, first + (self.last - self.first), self.places)


@dataclass(frozen=True)
class Saved:
    """What a step saved, the standard error of that, and the mean of the same estimate at like moments without an
    advised move, in GJ/h; NaN where it cannot be judged."""

    mean: float
    error: float
    placebo: float


@dataclass(frozen=True)
class Return:
    """How what is unexplained in one spell returns in the next: which share stays, and how far that is off (GJ/h)."""

    share: float
    deviation: float


class Judged:
    """The judged hours of a plant, and what the response leaves unexplained in each."""

    def __init__(self, hours: pd.DataFrame, package: Package, judged_h: float) -> None:
        """Take scored hours, in time order; `judged_h` before and after a step are compared."""
        names = [*package.features, *package.setpoints]
        is_there = set(names) <= set(hours.columns)
        known = hours[hours[GAP].notna() & hours[names].notna().all(axis=1)] if is_there else hours.iloc[:0]
        self.package, self.judged_h = package, judged_h
        self.count = count_rows(pd.DatetimeIndex(hours[TIME]), judged_h)
        self.times = pd.DatetimeIndex(known[TIME])
        self.inputs = known.reindex(columns=names).to_numpy(float)
        self.energy = known[ENERGY].to_numpy(float)[:, None]
        unexplained = self.energy - self._predict(self.inputs)  # hours x members
        self.usual = _fit_course(self.times, unexplained, count_rows(pd.DatetimeIndex(hours[TIME]), DAY_H))
        self.rest = unexplained - self.usual

    def judge(self, step: Step, steps: Sequence[Step]) -> Saved:
        """Judge one of `steps`, all that were made in these hours."""
        lasting = fit_return(self.rest.mean(axis=1), self.times, self.judged_h, step.last - step.first, at=step.first)
        placebos = [self._estimate(step.shift(at), lasting.share).mean() for at in self._find_moments(step, steps)]
        known = [saved for saved in placebos if np.isfinite(saved)]
        placebo = float(np.mean(known)) if known else float("nan")
        saved = self._estimate(step, lasting.share)
        return Saved(float(saved.mean()), float(np.hypot(lasting.deviation, saved.std(ddof=1))), placebo)

    def _find_moments(self, step: Step, steps: Sequence[Step]) -> pd.DatetimeIndex:
        """Find moments at like hours of the day, none of them near a step, spread evenly over the hours."""
        is_like = _find_like(self.times, step.first)
        apart = pd.Timedelta(REACH * self.judged_h, "h")
        for other in steps:
            is_like &= (self.times < other.first - apart) | (self.times > other.last + apart)
        rows = np.flatnonzero(is_like)
        chosen = np.linspace(0, len(rows) - 1, PLACEBOS if len(rows) else 0).round().astype(int)
        return pd.DatetimeIndex(self.times[rows[np.unique(chosen)]])

    def _estimate(self, step: Step, share: float) -> Array:
        """What a step saved by each member of the response (members,), where this share of what was unexplained before
        it stays; NaN without enough hours."""
        before, after = self._find_spells(step)
        if min(len(before), len(after)) < (self.count + 1) // 2:
            return np.full(self.rest.shape[1], np.nan)
        columns = len(self.package.features) + np.array(step.places, int)
        held = self.inputs[after]
        held[:, columns] = self.inputs[np.ix_(before, columns)].mean(axis=0)
        left = self.energy[after] - self._predict(held) - self.usual[after]
        return np.asarray(share * self.rest[before].mean(axis=0) - left.mean(axis=0))

    def _find_spells(self, step: Step) -> tuple[Rows, Rows]:
        """The rows before and after a step that it is judged by."""
        reach = pd.Timedelta(REACH * self.judged_h, "h")
        start, middle, end = (self.times.searchsorted(at) for at in (step.first - reach, step.first, step.last))
        beyond = self.times.searchsorted(step.last + reach, side="right")
        return np.arange(max(start, middle - self.count), middle), np.arange(end, min(beyond, end + self.count))

    def _predict(self, inputs: Array) -> Array:
        return self.package.score_response(inputs.astype(np.float32))


def _fit_course(times: pd.DatetimeIndex, rest: Array, rows_a_day: int) -> Array:
    """Fit the mean of what is unexplained (rows, members), with its course over the day where enough days are known."""
    if len(times) < LEAST_DAYS * rows_a_day:
        return np.broadcast_to(rest.mean(axis=0) if len(rest) else 0.0, rest.shape)
    angle = 2 * np.pi * times.as_unit("ns").asi8 / (DAY_H * HOUR_NS)
    waves = [wave(number * angle) for number in range(1, WAVES + 1) for wave in (np.cos, np.sin)]
    terms = np.column_stack([np.ones(len(times)), *waves])
    return np.asarray(terms @ np.linalg.lstsq(terms, rest, rcond=None)[0])


def _find_like(times: pd.DatetimeIndex, at: pd.Timestamp) -> NDArray[np.bool_]:
    """Find the times at the same time of day, or nearly (rows,)."""
    hour = np.asarray((times - at) / pd.Timedelta("1h"))
    return np.asarray(np.abs((hour + DAY_H / 2) % DAY_H - DAY_H / 2) <= NEAR_H)


def fit_return(
    rest: Array, times: pd.DatetimeIndex, judged_h: float, apart: pd.Timedelta, *, at: pd.Timestamp
) -> Return:
    """Fit how the mean of `judged_h` of `rest` (rows,) predicts that of as long a spell, `apart` after its end.

    Where enough are known, by spells that part at the same time of day as at `at`: crews move set-points as shifts
    change, and the response is not right about each. NaN where too few spells are known.
    """
    count = count_rows(times, judged_h)
    lag = count + (count_rows(times, apart / pd.Timedelta("1h")) if apart else 0)
    means = pd.Series(rest).rolling(count).mean().to_numpy()
    longest = pd.Timedelta(REACH * judged_h, "h") + apart
    is_near = np.asarray(times[lag:] - times[:-lag] <= longest) if len(times) > lag else np.zeros(0, bool)
    before, after = means[:-lag][is_near], means[lag:][is_near]
    is_known = np.isfinite(before) & np.isfinite(after)
    is_like = is_known & _find_like(times[1 : len(means) - lag + 1][is_near], at)
    chosen = is_like if is_like.sum() >= LEAST_LIKE else is_known
    before, after = before[chosen], after[chosen]
    if len(before) < 2:
        return Return(float("nan"), float("nan"))
    share = float(np.clip(before @ after / max(before @ before, np.finfo(float).tiny), 0, 1))
    return Return(share, float(np.sqrt(np.mean((after - share * before) ** 2))))
