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

from elc.advise.clock import HOUR_NS, Times, count_ns, count_rows, find_same_time, find_step_h, read_times
from elc.curve import Package
from elc.fields import ENERGY, GAP, TIME

Array = NDArray[np.float64]
REACH = 3  # times `judged_h`: how far from a move the hours may lie that it is judged by
DAY_H, WAVES = 24, 2  # the course over a day: waves of 24 and of 12 hours
LEAST_DAYS = 7  # of judged hours, from which a course over the day is known
PLACEBOS = 12  # moments without an advised move that a step is compared with
LEAST_LIKE = 42  # spells that part at a time of day, two weeks of three
NEAR_H = 1.5  # ASSUME: so far from each other, hours of the day are alike


@dataclass(frozen=True)
class Step:
    """Moves made as one: when the first and the last was made, and the places of their set-points in the package."""

    first: int
    last: int
    places: tuple[int, ...]

    def shift(self, first: int) -> Step:
        """The same step at another time."""
        return Step(first, first + self.last - self.first, self.places)


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

    def __init__(self, hours: pd.DataFrame, package: Package, judged_h: float, steps: Sequence[Step]) -> None:
        """Take scored hours, in time order, and all steps that were made in them.

        `judged_h` before and after a step are compared.
        """
        inputs = hours.reindex(columns=[*package.features, *package.setpoints]).to_numpy(float)
        is_known = hours[GAP].notna().to_numpy() & ~np.isnan(inputs).any(axis=1)
        times = read_times(hours[TIME])
        step_h = find_step_h(times)
        self.package, self.reach, self.count = package, count_ns(REACH * judged_h), count_rows(judged_h, step_h)
        self.times, self.inputs = times[is_known], inputs[is_known]
        self.energy = hours[ENERGY].to_numpy(float)[is_known, None]
        unexplained = self.energy - self._predict(self.inputs)  # hours x members
        self.usual = _fit_course(self.times, unexplained, count_rows(DAY_H, step_h))
        self.rest = unexplained - self.usual
        self.spells = Spells(self.rest.mean(axis=1), self.times, judged_h)
        self.is_free = np.ones(len(self.times), bool)
        for step in steps:
            start, end = self.times.searchsorted([step.first - self.reach, step.last + self.reach + 1])
            self.is_free[start:end] = False

    def judge(self, step: Step) -> Saved:
        """Judge one of the steps."""
        lasting = self.spells.fit_return(step.last - step.first, at=step.first)
        placebos = [self._estimate(step.shift(at), lasting.share).mean() for at in self._find_moments(step)]
        known = [saved for saved in placebos if np.isfinite(saved)]
        placebo = float(np.mean(known)) if known else float("nan")
        saved = self._estimate(step, lasting.share)
        return Saved(float(saved.mean()), float(np.hypot(lasting.deviation, saved.std(ddof=1))), placebo)

    def _find_moments(self, step: Step) -> list[int]:
        """Find moments at like hours of the day, none of them near a step, spread evenly over the hours."""
        rows = np.flatnonzero(self.is_free & find_same_time(self.times, step.first, NEAR_H))
        chosen = np.linspace(0, len(rows) - 1, PLACEBOS if len(rows) else 0).round().astype(int)
        found: list[int] = self.times[rows[np.unique(chosen)]].tolist()
        return found

    def _estimate(self, step: Step, share: float) -> Array:
        """What a step saved by each member of the response (members,), where this share of what was unexplained before
        it stays; NaN without enough hours."""
        before, after = self._find_spells(step)
        if min(before.stop - before.start, after.stop - after.start) < (self.count + 1) // 2:
            return np.full(self.rest.shape[1], np.nan)
        columns = len(self.package.features) + np.array(step.places, int)
        held = self.inputs[after].copy()
        held[:, columns] = self.inputs[before].take(columns, axis=1).mean(axis=0)
        left = self.energy[after] - self._predict(held) - self.usual[after]
        return np.asarray(share * self.rest[before].mean(axis=0) - left.mean(axis=0))

    def _find_spells(self, step: Step) -> tuple[slice, slice]:
        """The rows before and after a step that it is judged by."""
        ends = [step.first - self.reach, step.first, step.last, step.last + self.reach + 1]
        start, middle, end, beyond = self.times.searchsorted(ends).tolist()
        return slice(max(start, middle - self.count), middle), slice(end, min(beyond, end + self.count))

    def _predict(self, inputs: Array) -> Array:
        return self.package.score_response(inputs.astype(np.float32))


def _fit_course(times: Times, rest: Array, rows_a_day: int) -> Array:
    """Fit the mean of what is unexplained (rows, members), with its course over the day where enough days are known."""
    if len(times) < LEAST_DAYS * rows_a_day:
        return np.broadcast_to(rest.mean(axis=0) if len(rest) else 0.0, rest.shape)
    angle = 2 * np.pi * times / (DAY_H * HOUR_NS)
    waves = [wave(number * angle) for number in range(1, WAVES + 1) for wave in (np.cos, np.sin)]
    terms = np.column_stack([np.ones(len(times)), *waves])
    return np.asarray(terms @ np.linalg.lstsq(terms, rest, rcond=None)[0])


class Spells:
    """The mean of what is unexplained in each spell of `judged_h`, and how it returns in the next."""

    def __init__(self, rest: Array, times: Times, judged_h: float) -> None:
        """Take what is unexplained in each judged hour (rows,)."""
        self.times, self.step_h = times, find_step_h(times)
        self.count, self.reach = count_rows(judged_h, self.step_h), count_ns(REACH * judged_h)
        self.means = pd.Series(rest).rolling(self.count).mean().to_numpy()  # of each row and those before it

    def fit_return(self, apart: int, *, at: int) -> Return:
        """Fit how the mean of a spell predicts that of as long a spell, `apart` after its end.

        Where enough are known, by spells that part at the same time of day as at `at`: crews move set-points as shifts
        change, and the response is not right about each. NaN where too few spells are known.
        """
        lag = self.count + (count_rows(apart / HOUR_NS, self.step_h) if apart else 0)
        before, after = self.means[:-lag], self.means[lag:]
        is_near = self.times[lag:] - self.times[:-lag] <= self.reach + apart
        is_known = is_near & np.isfinite(before) & np.isfinite(after)
        is_like = is_known & find_same_time(self.times[1 : len(before) + 1], at, NEAR_H)
        chosen = is_like if is_like.sum() >= LEAST_LIKE else is_known
        before, after = before[chosen], after[chosen]
        if len(before) < 2:
            return Return(float("nan"), float("nan"))
        share = float(np.clip(before @ after / max(before @ before, np.finfo(float).tiny), 0, 1))
        return Return(share, float(np.sqrt(np.mean((after - share * before) ** 2))))
