"""The closed loop: advice is applied to the simulated plant, whose physics say what it saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.advice.case import Array, Case
from elc import advise
from elc.advise.precedents import find_practice
from elc.fields import ENERGY, GAP, GAP_LOW, TIME

NOWHERE = Path("nowhere")  # a log that is not there
ROUNDS = 3  # of advice in the same hour, each after the moves of the one before
AT_BEST_FRAC = 0.003  # of energy: an hour in which less can be saved is at its best
SAMPLED_H = 7  # every so many hours, so that each shift and time of day has its share


@dataclass
class Sums:
    """What was counted, over hours; energies in GJ/h."""

    real: int = 0
    advised: int = 0
    saved: int = 0
    covered: int = 0
    moves: int = 0
    moves_covered: int = 0
    to_practice: float = 0.0
    to_optimum: float = 0.0
    recovered: list[float] = field(default_factory=lambda: [0.0] * ROUNDS)
    at_best: int = 0
    at_best_advised: int = 0
    put_at_practice: int = 0
    put_at_practice_advised: int = 0
    put_at_optimum: int = 0
    put_at_optimum_advised: int = 0

    def add(self, other: Sums) -> None:
        for name, value in vars(other).items():
            mine = getattr(self, name)
            both = [a + b for a, b in zip(mine, value, strict=True)] if name == "recovered" else mine + value
            setattr(self, name, both)


@dataclass(frozen=True)
class Plant:
    """Hours of a plant whose set-points can be put anywhere; rows of all are in one order.

    `hours` as measured; true `setpoints` (hours, set-points); `load` and the energy of everything else, `rest`.
    """

    case: Case
    hours: pd.DataFrame
    setpoints: Array
    load: Array
    rest: Array

    def put(self, setpoints: Array) -> Plant:
        """Put the true set-points elsewhere: what is measured of them and of energy follows."""
        names = self.case.package.setpoints
        measured = self.hours[names].to_numpy(float) + setpoints - self.setpoints
        energy = self.rest + self.case.build_costs(setpoints, self.load).sum(axis=1)
        hours = self.hours.assign(**{ENERGY: energy}, **dict(zip(names, measured.T, strict=True)))
        return Plant(self.case, self.case.score(hours), setpoints, self.load, self.rest)

    def advise(self) -> advise.Advice:
        case = self.case
        rules, like = case.settings.advise, case.settings.explain
        return advise.build_advice(case.package, self.hours, case.tags, rules, like, notes=advise.build_notes([]))

    def apply(self, given: advise.Advice) -> Array:
        """The true set-points after the moves."""
        rows = pd.Index(self.hours[TIME]).get_indexer(given.moves[TIME])
        places = pd.Index(self.case.package.setpoints).get_indexer(given.moves["setpoint"])
        moved = self.setpoints.copy()
        moved[rows, places] += given.moves["to"].to_numpy() - given.moves["now"].to_numpy()
        return moved


def build_plant(case: Case) -> Plant:
    """Sample a case's later hours."""
    hours = case.score(case.hours.iloc[::SAMPLED_H].reset_index(drop=True))
    hours = hours[hours[GAP].notna()].reset_index(drop=True)
    truth = case.read_truth(hours)
    setpoints, load = truth[case.package.setpoints].to_numpy(float), truth["load_t_per_h"].to_numpy(float)
    rest = hours[ENERGY].to_numpy(float) - case.build_costs(setpoints, load).sum(axis=1)
    return Plant(case, hours, setpoints, load, rest)


def run_loop(case: Case) -> Sums:
    """Count what one case's advice does."""
    plant, sums = build_plant(case), Sums()
    given = plant.advise()
    before = case.build_costs(plant.setpoints, plant.load)
    savings = before - case.build_costs(plant.apply(given), plant.load)
    practice = find_practice(case.package, plant.hours, case.settings.explain.like_hours).reference
    avoidable = before - case.build_costs(practice, plant.load)
    _count_savings(sums, plant, given, savings)
    is_real = (plant.hours[GAP_LOW] > 0).to_numpy()
    sums.real = int(is_real.sum())
    sums.to_practice = float(avoidable.sum(axis=1).clip(0)[is_real].sum())
    sums.to_optimum = float(before[is_real].sum())
    is_best = avoidable.clip(0).sum(axis=1) < AT_BEST_FRAC * plant.hours[ENERGY].to_numpy()
    sums.at_best, sums.at_best_advised = int(is_best.sum()), _count_advised(plant, given, is_best)
    every = np.ones(len(plant.hours), bool)
    best = {point.column: point.best for point in case.history.setpoints}
    optimum = np.tile([best[name] for name in case.package.setpoints], (len(plant.hours), 1))
    for name, goal in (("practice", practice), ("optimum", optimum)):
        there = plant.put(goal)
        setattr(sums, f"put_at_{name}", int(there.hours[GAP].notna().sum()))
        setattr(sums, f"put_at_{name}_advised", _count_advised(there, there.advise(), every))
    for index in range(ROUNDS):
        plant = plant.put(plant.apply(plant.advise()))
        after = case.build_costs(plant.setpoints, plant.load)
        sums.recovered[index] = float((before - after).sum())
    return sums


def _count_savings(sums: Sums, plant: Plant, given: advise.Advice, savings: Array) -> None:
    moves = given.moves
    rows = pd.Index(plant.hours[TIME]).get_indexer(moves[TIME])
    places = pd.Index(plant.case.package.setpoints).get_indexer(moves["setpoint"])
    own = savings[rows, places]
    sums.moves = len(moves)
    sums.moves_covered = int(((own >= moves["low_gj_per_h"]) & (own <= moves["high_gj_per_h"])).sum())
    whole = moves.assign(true=savings[rows].sum(axis=1)).groupby(TIME).first()
    sums.advised, sums.saved = len(whole), int((whole["true"] > 0).sum())
    is_covered = whole["true"].between(whole["total_low_gj_per_h"], whole["total_high_gj_per_h"])
    sums.covered = int(is_covered.sum())


def _count_advised(plant: Plant, given: advise.Advice, chosen: Array) -> int:
    return int((plant.hours[TIME].isin(given.moves[TIME]).to_numpy() & chosen).sum())


@dataclass(frozen=True)
class Judgement:
    """Whether an estimate's interval holds what a step truly saved, and whether one as wide holds its placebo and 0."""

    is_covered: bool
    is_placebo_covered: bool


def judge_outcomes(case: Case) -> list[Judgement]:
    """Judge the estimates of what was realised, in the plant's own later hours.

    Nobody follows the advice here, but crews move set-points at every shift, and often that way. The true saving is
    what the physics say of the advised set-points that were moved: at the load after the step, where they were before
    it against where they are.
    """
    scored, rules = case.score(case.hours), case.settings.advise
    judged_rows = scored[GAP].notna().to_numpy()
    truth = case.read_truth(scored[judged_rows])
    found = []
    for end in pd.date_range(scored[TIME].max(), scored[TIME].min(), freq=f"-{rules.log_days}D"):
        part = scored[scored[TIME] <= end]
        recent, notes = advise.find_logged(part, rules.log_days), advise.build_notes([])
        given = advise.build_advice(case.package, recent, case.tags, rules, case.settings.explain, notes=notes)
        log = advise.build_log(given, advise.read_log(NOWHERE), version="", is_deployed=False)
        former = advise.read_outcomes(NOWHERE)
        outcomes = advise.build_outcomes(part, log, notes, case.package, rules, former=former)
        judged = outcomes[outcomes["realised_gj_per_h"].notna()]
        for _, step in judged.groupby("step"):
            true, first = _find_true(case, truth, step, round(rules.judged_h)), step.iloc[0]
            low, high = first["realised_low_gj_per_h"], first["realised_high_gj_per_h"]
            is_near = abs(first["placebo_gj_per_h"]) <= (high - low) / 2
            found.append(Judgement(bool(low <= true <= high), bool(is_near)))
    return found


def _find_true(case: Case, truth: pd.DataFrame, step: pd.DataFrame, count: int) -> float:
    """What the moves of a step saved by the physics, GJ/h."""
    names = case.package.setpoints
    before = truth[truth[TIME] < step["moved_at"].min()].tail(count)
    after = truth[truth[TIME] >= step["moved_at"].max()].head(count)
    load, now = after["load_t_per_h"].to_numpy(float), after[names].to_numpy(float)
    held = now.copy()
    places = [names.index(name) for name in sorted(set(step["setpoint"]))]
    held[:, places] = before[names].to_numpy(float)[:, places].mean(axis=0)
    return float((case.build_costs(held, load) - case.build_costs(now, load)).sum(axis=1).mean())
