"""All comparisons in one table, what they have to hold, and their means."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from benchmarks.curve.compare import THIRDS, Result
from benchmarks.figures import Figure

# A column of the table is a line here.
COLUMNS: dict[str, Callable[[Result], float | str]] = {
    "best reference": lambda result: result.reference,
    "pinball": lambda result: result.read_ratio("curve"),
    "of truth": lambda result: result.read_ratio("truth") if result.is_simulated else float("nan"),
    "coverage": lambda result: float(result.models.loc["curve", "coverage"]),
    **{name: lambda result, name=name: float(result.models.loc["curve", name]) for name in THIRDS},
    "interval": lambda result: result.alone.get("truth in interval", float("nan")),
    "rmse": lambda result: float(result.models.loc["curve"].get("rmse", float("nan"))),
}
LEGEND = (
    "pinball: loss of best over that of the best reference, and so that of the truth; coverage, wanted 10 %, also by "
    "third of load; interval: hours whose truth lies in the interval of best, wanted 80 %; rmse of best to the truth, "
    "in % of mean specific energy"
)
MEAN = "all simulated"
# Least and greatest of each simulated plant, the mean over its seeds, and of the mean of all.
AIMS = {"pinball": (0.0, 1.0), "interval": (75.0, 90.0), "rmse": (0.0, 0.3)}
MEAN_PINBALL = 0.96


def build_table(results: list[Result]) -> pd.DataFrame:
    """Build the table: a row a comparison."""
    rows = {result.case: {name: read(result) for name, read in COLUMNS.items()} for result in results}
    return pd.DataFrame.from_dict(rows, orient="index")


def build_means(results: list[Result]) -> pd.DataFrame:
    """Build the means of the simulated plants over their seeds (a row a plant), and over all of them."""
    simulated = [result for result in results if result.is_simulated]
    table = build_table(simulated).drop(columns="best reference", errors="ignore").astype(float)
    means = table.groupby([result.group for result in simulated], sort=False).mean()
    means.loc[MEAN] = table.mean()
    return means


def find_misses(means: pd.DataFrame) -> list[str]:
    """Find which plants miss which aim."""
    plants = means.drop(index=MEAN)
    misses = [
        f"{plant}: {name} {row[name]:.3g}, not {low:g} to {high:g}"
        for plant, row in plants.iterrows()
        for name, (low, high) in AIMS.items()
        if not low <= row[name] <= high
    ]
    mean = means.loc[MEAN, "pinball"]
    return misses + ([f"{MEAN}: pinball {mean:.3f}, above {MEAN_PINBALL}"] if mean > MEAN_PINBALL else [])


def summarise(results: list[Result]) -> Iterator[Figure]:
    """Print the table with its means and misses, and yield the means."""
    sys.stdout.write(f"\n{LEGEND}\n{build_table(results).round(3).to_string()}\n")
    if not any(result.is_simulated for result in results):
        return
    means = build_means(results)
    sys.stdout.write(f"\nmeans over seeds\n{means.round(3).to_string()}\n")
    sys.stdout.write("".join(f"missed: {miss}\n" for miss in find_misses(means)))
    for group in means.index:
        ratios = [one.read_ratio("curve") for one in results if group in (one.group, MEAN) and one.is_simulated]
        yield Figure("curve", group, "curve, mean", float(np.mean(ratios)), "of best reference")
        yield Figure("curve", group, "curve, worst", max(ratios), "of best reference")
        yield Figure("curve", group, "coverage, mean", float(means.loc[group, "coverage"]), "%")
        yield Figure("curve", group, "truth in interval, mean", float(means.loc[group, "interval"]), "%")
