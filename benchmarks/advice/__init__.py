"""Advice in closed loop: the moves are made in the simulator, whose physics say what they saved.

The rules, so that every figure can be judged:
- Plants are simulated with seeds that no setting was chosen on (`SEEDS`), trained on their first 60 % (15 % say when
  to stop), and advised in every seventh of their later hours that has a gap. Set-points are measured with an error of
  0.3 % of their range, and move by what is advised; savings are those of the physics, without noise.
- Avoidable is what the hours with a real gap (its interval above zero) use more than with every set-point where it
  was in the plant's best hours under like conditions (practice), or at its true optimum. An advice moves three
  set-points at most, so what three of them in a row recover stands beside.
- At best is an hour in which going to practice would save less than 0.3 % of energy, counting what would be saved
  only; or any hour, after every set-point was put to practice, or to its optimum.
- On a chiller, advised condenser water is impossible where it is colder than the cooling tower can make it, once
  without limits in the tag list, once with its floor as a formula (`benchmarks.advice.chiller`).
- Outcomes: intervals of realised savings, in the plant's own later hours, against the physics; and whether what the
  same estimate finds without an advised move is as near to nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.advice.case import build_case
from benchmarks.advice.chiller import FLOOR, build_chiller
from benchmarks.advice.loop import Judgement, Sums, build_plant, judge_outcomes, run_loop
from benchmarks.figures import Figure

SEEDS = {"fjord": (9711, 9712), "delta": (9721, 9722), "steppe": (9731, 9732)}
CHILLER_SEEDS = (9741, 9742)
TINY = {"SEEDS": {"fjord": (9711,)}, "CHILLER_SEEDS": (9741,)}


def measure() -> Iterator[Figure]:
    """Measure all plants and seeds; shares in %, and the time of advice for 672 hours."""
    whole, seconds = Sums(), []
    outcomes: list[Judgement] = []
    for plant, seeds in SEEDS.items():
        own = Sums()
        for seed in seeds:
            case = build_case(plant, seed)
            own.add(run_loop(case))
            outcomes += judge_outcomes(case)
            sampled = build_plant(case)
            start = time.process_time()
            sampled.advise()
            seconds.append(672 * (time.process_time() - start) / len(sampled.hours))
        yield from _report(plant, own)
        whole.add(own)
    yield from _report("all", whole)
    yield from _measure_chillers()
    made = f"{len(outcomes)} steps made"
    for name, is_so in (
        ("realised in 80 %", [one.is_covered for one in outcomes]),
        ("placebo in 80 %", [one.is_placebo_covered for one in outcomes]),
    ):
        yield Figure("advice", made, name, _share(sum(is_so), len(is_so)), "%")
    yield Figure("advice", "28 days of hours", "build_advice", max(seconds), "CPU s")


def _measure_chillers() -> Iterator[Figure]:
    """Measure how many of the advised temperatures of condenser water the cooling towers could not make."""
    chillers = [build_chiller(seed) for seed in CHILLER_SEEDS]
    for name, limit in (("no limits", None), ("limit a formula", FLOOR)):
        counts = [chiller.count(limit) for chiller in chillers]
        advised, impossible = (sum(numbers) for numbers in zip(*counts, strict=True))
        yield Figure("advice", f"chiller, {name}", f"impossible of {advised}", impossible, "moves")


def _report(case: str, sums: Sums) -> Iterator[Figure]:
    shares = {
        "recovered of practice": (sums.recovered[0], sums.to_practice),
        "the same, 3 in a row": (sums.recovered[-1], sums.to_practice),
        "recovered of optimum": (sums.recovered[0], sums.to_optimum),
        "optimum, 3 in a row": (sums.recovered[-1], sums.to_optimum),
        "real gaps advised": (sums.advised, sums.real),
        "advised that save": (sums.saved, sums.advised),
        "covered by 80 %": (sums.covered, sums.advised),
        "moves covered": (sums.moves_covered, sums.moves),
        f"advised of {sums.at_best} at best": (sums.at_best_advised, sums.at_best),
        "advised at practice": (sums.put_at_practice_advised, sums.put_at_practice),
        "advised at optimum": (sums.put_at_optimum_advised, sums.put_at_optimum),
    }
    for name, (part, of) in shares.items():
        yield Figure("advice", case, name, _share(part, of), "%")


def _share(part: float, of: float) -> float:
    return 100 * part / of if of else float("nan")
