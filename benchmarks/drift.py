"""What condition forgives and what it does not, on simulated plants that change and on plants where waste begins.

The plants of `detection`, with seeds of their own, drift from an hour on: fouling, a meter, a cleaning, or not at all.
Half way through what is left, one set-point after the other is left off where it costs half a per cent more, which is
waste. Everything is run with and without that, so what a step of waste does to the condition is known to the last
digit. The rules:
- Hidden: how far the condition that is named rises with the waste, over the waste, in the hours later than four weeks
  after its beginning; the mean over the set-points and seeds of a plant, drifts and all. It may be at most 15 %. Below
  zero operators are charged with more than their waste: a condition near its limit is named later, or no longer.
- Named: days from the beginning of a drift until a condition is named, and how much of the drift it says at the end.
- False: the share of days of a plant that does not change, with and without waste, on which a condition is named.
- Loss and coverage are those of best in the hours of a drift without waste: as it is, and with the condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.detection import kinds
from benchmarks.detection.plants import Case, build_case
from benchmarks.figures import Figure
from elc import curve
from elc.fields import BEST, CONDITION_SINCE, ENERGY, GAP, TIME

SEEDS = {"fjord": (6701, 6702), "delta": (6801, 6802), "steppe": (6901, 6902)}
DAYS, LEARNT_DAYS = 740, 600
AT_DAYS, SETTLED_DAYS = 45, 29
CLEANED_FRAC = 0.015
BEST_QUANTILE = 0.1
TINY = {"SEEDS": {"fjord": (6701,)}, "DAYS": 260, "LEARNT_DAYS": 200, "AT_DAYS": 5}
Change = Callable[[Case, pd.DataFrame, int, int], str]


def _clean_up(_: Case, hours: pd.DataFrame, at: int, __: int) -> str:
    """Take off one and a half per cent of energy, as fuel, from an hour on."""
    total = sum(hours[name] for name in (kinds.FEED, kinds.FUEL))
    hours.loc[hours.index >= at, kinds.FUEL] -= CLEANED_FRAC * total[hours.index >= at]
    return kinds.FUEL


DRIFTS: dict[str, Change | None] = {
    "no change": None,
    "fouling to 2 %": kinds.foul,
    "meter 3 %/year": kinds.drift(kinds.FEED, 0.03),
    "cleaning": _clean_up,
}


@dataclass(frozen=True)
class Run:
    """The judged hours of one plant after training, with and without waste on the same hours, by time."""

    drift: str
    begun: pd.Timestamp
    wasted: pd.Timestamp
    plain: pd.DataFrame
    waste: list[pd.DataFrame]
    undrifted: pd.Series


def measure() -> Iterator[Figure]:
    """Measure all plants, seeds and drifts."""
    runs: dict[str, list[Run]] = {}
    for plant, seeds in SEEDS.items():
        for seed in seeds:
            case = build_case(plant, seed, days=DAYS, learnt_days=LEARNT_DAYS)
            runs.setdefault(plant, []).extend(_run(case, drift) for drift in DRIFTS)
    yield from _measure_hidden(runs)
    every = [run for several in runs.values() for run in several]
    for drift in DRIFTS:
        chosen = [run for run in every if run.drift == drift]
        yield from _measure_false(chosen) if DRIFTS[drift] is None else _measure_drift(chosen)


def _run(case: Case, drift: str) -> Run:
    hours, begun = case.hours.copy(), case.later + AT_DAYS * 24
    wasted = (begun + len(hours)) // 2
    undrifted = _score(case, hours)[ENERGY]
    if (change := DRIFTS[drift]) is not None:
        change(case, hours, begun, 0)
    times = case.hours[TIME]
    points = [
        found
        for found in kinds.build_setpoints(case.spec.flue_o2_gj_per_t_per_pct)
        if kinds.find_left(case, hours, found) is not None
    ]
    waste = []
    for run in range(len(points)):
        wasteful = hours.copy()
        kinds.leave_off(case, wasteful, wasted, run)
        waste.append(_score(case, wasteful))
    return Run(drift, times[begun], times[wasted], _score(case, hours), waste, undrifted)


def _score(case: Case, hours: pd.DataFrame) -> pd.DataFrame:
    scored = curve.add_condition(case.score(hours.iloc[case.later - 24 :]), case.package, case.chosen.plant)
    judged = scored[scored[GAP].notna() & (scored[TIME] > case.hours[TIME][case.later - 1])]
    return judged.set_index(TIME)


def _measure_hidden(runs: dict[str, list[Run]]) -> Iterator[Figure]:
    shares = {}
    for plant, several in runs.items():
        hidden = [share for run in several for share in _find_hidden(run)]
        shares[plant] = float(np.mean(hidden))
        yield Figure("drift", plant, "waste hidden", shares[plant], "share")
        yield Figure("drift", plant, "hidden, worst set-point", float(np.max(hidden)), "share")
    worst = max(shares, key=lambda name: shares[name])
    yield Figure("drift", "worst plant", "waste hidden", shares[worst], "share")


def _find_hidden(run: Run) -> Iterator[float]:
    for waste in run.waste:
        common = waste.index.intersection(run.plain.index)
        common = common[common > run.wasted + pd.Timedelta(SETTLED_DAYS, "D")]
        plain, wasteful = run.plain.loc[common], waste.loc[common]
        added = (wasteful[ENERGY] - plain[ENERGY]).sum()
        excused = (curve.find_named(wasteful) - curve.find_named(plain)) * plain[BEST]
        yield float(excused.sum() / added)


def _measure_false(runs: list[Run]) -> Iterator[Figure]:
    frames = [frame for run in runs for frame in (run.plain, *run.waste)]
    for case, chosen in (("no change", [run.plain for run in runs]), ("no change, with waste", frames)):
        named = np.mean([frame[CONDITION_SINCE].notna().mean() for frame in chosen])
        yield Figure("drift", case, "falsely named", 100 * float(named), "% of hours")


def _measure_drift(runs: list[Run]) -> Iterator[Figure]:
    days, told = [], []
    for run in runs:
        later = run.plain[run.plain.index >= run.begun]
        named = later.index[later[CONDITION_SINCE].notna()]
        days.append((named[0] - run.begun) / pd.Timedelta(1, "D") if len(named) else np.inf)
        last = later.iloc[-24 * SETTLED_DAYS :]
        true = last[ENERGY] - run.undrifted.reindex(last.index)
        told.append(float((curve.find_named(last) * last[BEST]).sum() / true.sum()))
    case = runs[0].drift
    yield Figure("drift", case, "median until named", float(np.median(days)), "days")
    yield Figure("drift", case, "last until named", float(np.max(days)), "days")
    yield Figure("drift", case, "told at the end", float(np.median(told)), "share")
    yield from _measure_best(case, [run.plain[run.plain.index >= run.begun] for run in runs])


def _measure_best(case: str, frames: list[pd.DataFrame]) -> Iterator[Figure]:
    """Loss and coverage of best as it is, and of best with the condition."""
    losses, shares = [], []
    for frame in frames:
        lines = frame[BEST], frame[BEST] * (1 + curve.find_named(frame))
        errors = [frame[ENERGY] - line for line in lines]
        pinball = [float(np.maximum(BEST_QUANTILE * error, (BEST_QUANTILE - 1) * error).mean()) for error in errors]
        losses.append([loss / frame[ENERGY].mean() for loss in pinball])
        shares.append([float((error < 0).mean()) for error in errors])
    plain, told = np.mean(losses, axis=0)
    yield Figure("drift", case, "pinball, best", 100 * plain, "% of energy")
    yield Figure("drift", case, "pinball, with condition", 100 * told, "% of energy", "best", told / plain)
    for name, share in zip(("coverage, best", "coverage, with condition"), np.mean(shares, axis=0), strict=True):
        yield Figure("drift", case, name, float(share), "share")
