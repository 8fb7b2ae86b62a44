"""What the cases of advice came to: how many were followed, what that saved, and how much of it is chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt

import numpy as np
import pandas as pd

from elc.advise.episodes import FOLLOWED, OPEN, UNKNOWN
from elc.advise.outcomes import REALISED
from elc.advise.realised import PLACEBOS


@dataclass(frozen=True)
class Total:
    """What came of the cases of some days: counts, and the energy saved by those followed, with its interval (GJ).

    `saved_gj` is NaN where no case that was followed could be judged; `placebo_gj` is what the same estimate gives at
    like moments without an advised move. `is_shown`: whether anybody was shown the advice;
    then `alike` of `alone` cases of the same set-points moved that way though nobody was shown the advice, on any day
    of the record, and by chance alone the two rates would differ as much with the probability `chance`.
    """

    days: int
    cases: int
    followed: int
    open: int
    judged: int
    saved_gj: float
    low_gj: float
    high_gj: float
    placebo_gj: float
    is_shown: bool
    alone: int
    alike: int
    chance: float

    @property
    def beyond_placebo(self) -> int:
        """1 where more was saved than without an advised move, and by more than chance; -1 less; else 0."""
        reach = (self.high_gj - self.saved_gj) * sqrt(1 + 1 / PLACEBOS)
        difference = self.saved_gj - self.placebo_gj
        return int(difference > reach) - int(difference < -reach)


def build_total(outcomes: pd.DataFrame, last: pd.Timestamp, *, days: int) -> Total:
    """Sum up the cases that began in the last days before an hour; cases that are still open are counted apart.

    Where advice was shown to anybody, only that counts. A step's saving is that of an hour (see `realised`) times the
    hours for which all its moves stayed; errors of steps are independent of each other.
    """
    recent = outcomes[outcomes["start"] > last - pd.Timedelta(days, "D")]
    is_shown = bool(recent["is_shown"].any())
    counted = recent[recent["is_shown"]] if is_shown else recent
    outcome = counted["outcome"].to_numpy()
    is_closed, is_followed = (outcome != OPEN) & (outcome != UNKNOWN), outcome == FOLLOWED
    is_judged = is_followed & counted[REALISED[:2]].notna().all(axis=1).to_numpy()
    # What a step saved stands with each of its moves, so the least of these is all of it.
    steps = counted[is_judged].groupby("step")[["held_h", *REALISED]].min()
    held, (hourly, low, _, placebo) = steps["held_h"], (steps[name] for name in REALISED)
    saved = float((hourly * held).sum()) if len(steps) else float("nan")
    reach = float(np.sqrt((((hourly - low) * held) ** 2).sum()))
    cases, followed = int(is_closed.sum()), int(is_followed.sum())
    alone, alike = _count_alone(outcomes, counted.loc[is_closed, "setpoint"]) if is_shown else (0, 0)
    return Total(
        days=days,
        cases=cases,
        followed=followed,
        open=int((outcome == OPEN).sum()),
        judged=int(is_judged.sum()),
        saved_gj=saved,
        low_gj=saved - reach,
        high_gj=saved + reach,
        placebo_gj=float((placebo * held).sum(skipna=False)) if len(steps) else float("nan"),
        is_shown=is_shown,
        alone=alone,
        alike=alike,
        chance=find_chance(followed, cases, alike, alone),
    )


def _count_alone(outcomes: pd.DataFrame, setpoints: pd.Series) -> tuple[int, int]:
    """Count the cases of the same set-points that nobody was shown, and those of them that moved that way."""
    alone = outcomes[~outcomes["is_shown"] & outcomes["setpoint"].isin(setpoints.unique())]
    alone = alone[~alone["outcome"].isin([OPEN, UNKNOWN])]
    return len(alone), int(alone["outcome"].eq(FOLLOWED).sum())


def find_chance(followed: int, cases: int, alike: int, alone: int) -> float:
    """The probability that two rates differ so much by chance: Fisher's exact test, two-sided; 1 without cases.

    Fisher, The Logic of Inductive Inference, Journal of the Royal Statistical Society 98 (1935) 39.
    """
    moved = followed + alike
    ways = {count: comb(cases, count) * comb(alone, moved - count) for count in range(min(moved, cases) + 1)}
    return sum(number for number in ways.values() if number <= ways[followed]) / sum(ways.values())
