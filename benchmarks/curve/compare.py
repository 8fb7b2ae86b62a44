"""The curve on the test part of a split, beside the references and, where it is known, the truth."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.curve.references import score_all
from benchmarks.curve.shape import find_violations
from benchmarks.figures import Figure
from elc import curve
from elc.dataset import Split
from elc.evaluate.metrics import pinball
from elc.fields import BEST, BEST_HIGH, BEST_LOW, ENERGY
from elc.settings import EvaluateSettings

Array = NDArray[np.float64]
QUANTILE = 0.1
THIRDS = ("low", "middle", "high")  # of load: as many test hours in each
VIOLATIONS = ("energy falls", "quantiles cross")


@dataclass(frozen=True)
class Result:
    """What one comparison found: a row a model, figures of the curve alone, and the unit of pinball loss.

    `group` is what the seeds of one plant have in common.
    """

    case: str
    group: str
    unit: str
    models: pd.DataFrame
    alone: dict[str, float]

    @property
    def is_simulated(self) -> bool:
        """Whether the truth is known."""
        return "truth" in self.models.index

    @property
    def reference(self) -> str:
        """The best reference; neither the curve nor the truth is one."""
        return str(self.models["pinball"].drop(["curve", "truth"], errors="ignore").idxmin())

    def read_ratio(self, model: str) -> float:
        """Read a model's pinball loss over that of the best reference."""
        return float(self.models.loc[model, "pinball"] / self.models.loc[self.reference, "pinball"])


def compare(
    case: str,
    split: Split,
    package: curve.Package,
    settings: EvaluateSettings,
    *,
    truth: Array | None,
    unit: tuple[str, float] = ("GJ/h", 1.0),
    group: str = "",
) -> Result:
    """Compare on the test hours that the curve can score and whose truth is known.

    Args:
        truth: 10 % quantile of energy of each test hour (GJ/h), where a simulator knows it.
        unit: what pinball loss is reported in, and its size in GJ/h.
        group: the plant, where it is simulated with several seeds.
    """
    predicted = package.predict(split.test)
    known = predicted[BEST].notna().to_numpy() & (True if truth is None else np.isfinite(truth))
    hours, predicted = split.test[known], predicted[known]
    references = score_all(split, hours, package, settings)
    found = {name: frame[BEST].to_numpy(float) for name, frame in references.items()}
    found["curve"] = predicted[BEST].to_numpy(float)
    true = None if truth is None else truth[known]
    if true is not None:
        found["truth"] = true
    inside = ~package.find_outside(hours).to_numpy()
    load = hours[package.throughput].to_numpy(float)
    rows = {name: _score(hours[ENERGY].to_numpy(float), best, load, true, inside) for name, best in found.items()}
    models = pd.DataFrame.from_dict(rows, orient="index")
    models["pinball"] /= unit[1]
    alone = {"scored": 100 * known.mean(), "inside envelope": 100 * inside.mean()}
    if true is not None and BEST_LOW in predicted:
        alone["truth in interval"] = (
            100 * predicted[BEST_LOW].le(true)[inside].where(predicted[BEST_HIGH].ge(true)[inside], False).mean()
        )
        alone["interval width"] = 100 * ((predicted[BEST_HIGH] - predicted[BEST_LOW]) / predicted[BEST]).mean()
    alone |= dict(zip(VIOLATIONS, find_violations(package), strict=True))
    return Result(case, group or case, unit[0], models, alone)


def _score(actual: Array, best: Array, load: Array, truth: Array | None, inside: NDArray[np.bool_]) -> dict[str, float]:
    """Score one model's best: pinball loss, coverage (%), and its distance from the truth inside the envelope."""
    below = actual <= best
    third = np.digitize(load, np.quantile(load, [1 / 3, 2 / 3]))
    row = {"pinball": pinball(actual, best, QUANTILE), "coverage": 100 * float(below.mean())}
    row |= {name: 100 * float(below[third == index].mean()) for index, name in enumerate(THIRDS)}
    if truth is not None:
        error = 100 * ((best - truth) / load)[inside] / np.mean(actual / load)
        row |= {"offset": float(error.mean()), "rmse": float(np.sqrt(np.mean(error**2))), "spread": float(error.std())}
    return row


def report(result: Result) -> Iterator[Figure]:
    """Print the table of a comparison and yield its figures."""
    models, best = result.models, result.reference
    shown = models.assign(ratio=models["pinball"] / models.loc[best, "pinball"])
    legend = f"pinball of best in {result.unit}; coverage, also by third of load, in %"
    if "truth" in models.index:
        legend += "; distance of best from the truth in % of mean SEC: offset, RMSE, spread without offset"
    sys.stdout.write(f"\n{result.case}: {legend}\n{shown.round(3).to_string()}\n")
    for model in ("curve", "truth"):
        if model in models.index:
            value = models.loc[model, "pinball"]
            yield Figure("curve", result.case, f"{model}, pinball", value, result.unit, best, result.read_ratio(model))
    truth = models.loc["truth"] if "truth" in models.index else None
    for name in ("coverage", *THIRDS):
        against = (
            (None, None) if truth is None or not truth[name] else ("truth", models.loc["curve", name] / truth[name])
        )
        label = name if name == "coverage" else f"coverage, {name} load"
        yield Figure("curve", result.case, label, models.loc["curve", name], "%", *against)
    for name in ("rmse", "spread", "offset") if truth is not None else ():
        against = (None, None) if name == "offset" else (best, models.loc["curve", name] / models.loc[best, name])
        yield Figure("curve", result.case, f"best - truth, {name}", models.loc["curve", name], "% of SEC", *against)
    for name, value in result.alone.items():
        yield Figure("curve", result.case, name, value, "of 100,000" if name in VIOLATIONS else "%")
