"""Whether the explanation ranks the true first cause first: simulated plants with set-points put off, and as they run.

Three plants of other seeds than anything was chosen on are simulated, trained on their earlier hours and explained on
later ones. Spells of some hours have one or two set-points put off, where crews keep the others, and where the others
are near their best; the simulator knows what each set-point costs. Plants without the faults of a historian: what these
do is measured by the benchmark of findings.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.figures import Figure
from elc import curve, dataset, explain, settings
from elc.fields import AGE, ENERGY, GAP, TIME
from elc.paths import Project
from elc.simulate.operation import TrueHours, build_history
from elc.simulate.physics import SetPoint

ROOT = Path(__file__).resolve().parents[1]
MORE_SEED = 9000  # added to the seeds of params.yaml
SPELLS, SPELL_H = 20, 6  # of each kind and plant
DOMINANT_FRAC, TWO_FRAC = 0.4, 0.6  # of all that set-points cost: by the first cause, by the first two
OFF = (0.005, 0.995)  # quantiles of training at which a set-point put off stands: hours like that have been seen
WITHIN = 0.3  # of its usual wandering, for a set-point near its best
NATURAL_HOURS = 1000
PLANTS = ("fjord", "delta", "steppe")
TINY = {"PLANTS": ("fjord",), "SPELLS": 2, "NATURAL_HOURS": 20}
KINDS = {"one put off": (1, False), "two put off": (2, False), "one, rest at best": (1, True)}
KINDS |= {"two, rest at best": (2, True)}
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Plant:
    """A simulated plant with its package; `later`: steady hours inside the envelope that it was not trained on."""

    chosen: settings.StageSettings
    setpoints: tuple[SetPoint, ...]
    package: curve.Package
    train: pd.DataFrame
    later: pd.DataFrame

    @property
    def columns(self) -> list[str]:
        return [point.column for point in self.setpoints]

    def find_causes(self, hours: pd.DataFrame) -> Array:
        """What each set-point truly costs (hours, set-points), GJ/h."""
        cost = [point.cost(hours[point.column].to_numpy(float) - point.best) for point in self.setpoints]
        return np.column_stack(cost) * hours[self.package.throughput].to_numpy(float)[:, None]


def measure() -> Iterator[Figure]:
    """Measure every kind of hour on every plant, the sums, and what an explanation costs."""
    found: dict[str, list[Array]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in PLANTS:
            plant = build_plant(name, Path(folder) / name)
            for kind, hours in _build_cases(plant):
                rows = measure_ranks(plant, hours)
                found.setdefault(kind, []).append(rows)
                yield from _report(f"{name}, {kind}", rows)
            yield from _measure_cost(plant, name)
    for kind, parts in found.items():
        yield from _report(f"all, {kind}", np.concatenate(parts))
    errors = np.concatenate([rows[:, 3] for parts in found.values() for rows in parts])
    yield Figure("attribution", "all", "sum off by", 1e6 * float(errors.max()), "1e-6 GJ/h")


def build_plant(name: str, folder: Path) -> Plant:
    """Simulate a plant, train it on the hours before `train_until`, and keep the test hours and those after."""
    from elc import findings, train  # TensorFlow

    project = Project(ROOT)
    spec = settings.read_settings(project).simulate
    seeded = spec.plants[name].model_copy(update={"seed": spec.plants[name].seed + MORE_SEED})
    history = build_history(seeded, spec.start, spec.days)
    chosen, tags = settings.read_plant(project, name), settings.read_tags(project.tags(name), name)
    hourly = _build_hourly(history, chosen, tags)
    rated = dataset.find_rated_load(hourly, tags.throughput)
    marked = dataset.mark_states(hourly, tags.throughput, rated, chosen)
    steady = dataset.drop_unsteady(dataset.drop_after(marked, chosen.plant.train_until), tags)
    split = dataset.build_split(steady, rated, chosen)
    fixed = chosen.plant.base.fixed_gj_per_h
    fitted = train.fit_curve(split, tags, chosen.train, fixed_gj_per_h=fixed)
    fits = fitted, train.fit_response(split, tags, chosen.train)
    train.write_package(folder, *fits, split, tags, chosen, weak=findings.build_frame([]))
    package = curve.read(folder)
    scored = curve.score_hours(marked[marked[TIME] >= split.test[TIME].iloc[0]], package)
    later = scored[scored[GAP].notna()].reset_index(drop=True)
    return Plant(chosen, history.setpoints, package, split.train, later)


def _build_hourly(history: TrueHours, chosen: settings.StageSettings, tags: settings.TagList) -> pd.DataFrame:
    hours = history.hours
    turnarounds = pd.to_datetime(pd.Series(chosen.plant.turnarounds, dtype=str)).dt.tz_localize("UTC")
    age = [(hour - turnarounds[turnarounds <= hour].max()) / pd.Timedelta(1, "D") for hour in hours[TIME]]
    columns = [TIME, ENERGY, *tags.features, *tags.columns("setpoint")]
    return hours.assign(**{AGE: age})[columns]


def _build_cases(plant: Plant) -> Iterator[tuple[str, pd.DataFrame]]:
    places = np.unique(np.linspace(0, len(plant.later) - 1, NATURAL_HOURS).round().astype(int))
    yield "as it runs", plant.later.iloc[places]
    for number, (kind, (count, is_clean)) in enumerate(KINDS.items()):
        rng = np.random.default_rng([MORE_SEED, number])
        starts = rng.choice(len(plant.later) - SPELL_H, SPELLS, replace=False)
        spells = [_put_off(plant, plant.later.iloc[s : s + SPELL_H], count, is_clean, rng) for s in starts]
        yield kind, pd.concat(spells)


def _put_off(plant: Plant, hours: pd.DataFrame, count: int, is_clean: bool, rng: np.random.Generator) -> pd.DataFrame:
    """Put set-points off in a spell, with the energy that follows."""
    moved = hours.copy()
    if is_clean:
        for point in plant.setpoints:
            moved[point.column] = point.best + WITHIN * point.wander * rng.normal(0, 1, len(hours))
    for index in rng.permutation(len(plant.setpoints))[:count]:
        column = plant.setpoints[index].column
        moved[column] = plant.train[column].quantile(OFF[rng.integers(2)])
    more = plant.find_causes(moved).sum(axis=1) - plant.find_causes(hours).sum(axis=1)
    moved[ENERGY] += more
    moved[GAP] += more
    return moved


def measure_ranks(plant: Plant, hours: pd.DataFrame) -> Array:
    """Explain hours: whether the true first cause is ranked first, dominates, is one of two, and how the sum is off."""
    numbered = hours.reset_index(drop=True)
    numbered[TIME] = pd.date_range("2000-01-01", periods=len(hours), freq="h", tz="UTC")  # spells may overlap
    shares = explain.explain_hours(plant.package, numbered, plant.chosen.explain)
    table = shares.pivot(index=TIME, columns="setpoint", values="share_gj_per_h")
    causes = plant.find_causes(numbered)
    part = np.sort(causes, axis=1)[:, ::-1] / causes.sum(axis=1, keepdims=True)
    is_first = table[plant.columns].to_numpy().argmax(axis=1) == causes.argmax(axis=1)
    off = np.abs(table.sum(axis=1).to_numpy() - numbered[GAP].to_numpy())
    return np.column_stack([is_first, part[:, 0] >= DOMINANT_FRAC, part[:, :2].sum(axis=1) >= TWO_FRAC, off])


def _report(case: str, rows: Array) -> Iterator[Figure]:
    first, one, two = rows[:, 0], rows[:, 1] == 1, rows[:, 2] == 1
    for name, chosen in (("one dominates", one), ("two dominate", two | one), ("every hour", np.ones(len(rows), bool))):
        if chosen.any():
            yield Figure("attribution", case, f"{name}, first", float(first[chosen].mean()), f"of {chosen.sum()} hours")


def _measure_cost(plant: Plant, name: str) -> Iterator[Figure]:
    """CPU seconds of all that the stage computes for the last hour, and the step that was predicted apart."""
    start = time.process_time()
    last = explain.find_last_judged(plant.later)
    explain.explain_period(plant.package, plant.later, plant.chosen.explain)
    shares = explain.explain_gap(plant.package, last, plant.chosen.explain)
    explain.build_waterfall(last, shares)
    explain.explain_drivers(plant.package, last)
    drift = _rank(plant, plant.later).set_index("what")["ndcg"]
    yield Figure("attribution", name, "compute", time.process_time() - start, "CPU s")
    ends = pd.DataFrame([last, last])[plant.package.features + plant.columns].astype(float).reset_index(drop=True)
    best = shares.set_index("setpoint")["best_practice"]
    ends.loc[1, plant.columns] = best[plant.columns].to_numpy()
    now, then = plant.package.predict_response(ends).mean(axis=1)
    total = float(shares["share_gj_per_h"].iloc[:-1].sum())
    yield Figure("attribution", name, "step off by", 1e6 * abs(total - (now - then)), "1e-6 GJ/h")
    for what, ndcg in drift.items():
        yield Figure("attribution", name, f"ndcg, {what}", float(ndcg), "of 1")
    yield from _measure_drift(plant, name)


def _rank(plant: Plant, hours: pd.DataFrame) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as kept:
        return explain.measure_drift(
            explain.choose_weeks(plant.package, hours, plant.chosen), plant.chosen, kept=Path(kept)
        )


def _measure_drift(plant: Plant, name: str) -> Iterator[Figure]:
    """How often four later weeks, in which nothing happened, are called a violation."""
    days = plant.chosen.explain.drift_days
    ends = pd.date_range(plant.later[TIME].iloc[0] + pd.Timedelta(days, "D"), plant.later[TIME].iloc[-1], freq="7D")
    if ends.empty:  # a tiny case has no four weeks
        return
    drifts = [_rank(plant, plant.later[plant.later[TIME] <= end]) for end in ends]
    ndcg = pd.concat(drifts)["ndcg"]
    alarms = float((ndcg < plant.chosen.explain.min_ndcg).mean())
    yield Figure("attribution", name, "false drift", alarms, f"of {len(ndcg)} rankings")
    yield Figure("attribution", name, "lowest ndcg", float(ndcg.min()), "of 1")
