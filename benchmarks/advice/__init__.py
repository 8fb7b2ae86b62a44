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
- Outcomes: intervals of realised savings, in the plant's own later hours, against the physics.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.advice.case import build_case
from benchmarks.advice.loop import Sums, build_plant, find_covered_outcomes, run_loop
from benchmarks.figures import Figure

SEEDS = {"fjord": (9711, 9712), "delta": (9721, 9722), "steppe": (9731, 9732)}
TINY = {"SEEDS": {"fjord": (9711,)}}


def measure() -> Iterator[Figure]:
    """Measure all plants and seeds; shares in %, and the time of advice for 672 hours."""
    whole, outcomes, seconds = Sums(), [], []
    for plant, seeds in SEEDS.items():
        own = Sums()
        for seed in seeds:
            case = build_case(plant, seed)
            own.add(run_loop(case))
            outcomes += find_covered_outcomes(case)
            sampled = build_plant(case)
            start = time.process_time()
            sampled.advise()
            seconds.append(672 * (time.process_time() - start) / len(sampled.hours))
        yield from _report(plant, own)
        whole.add(own)
    yield from _report("all", whole)
    yield Figure("advice", f"{len(outcomes)} moves made", "realised in 80 %", _share(sum(outcomes), len(outcomes)), "%")
    yield Figure("advice", "28 days of hours", "build_advice", max(seconds), "CPU s")


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
