"""A simulated plant, the package that it trained, and its later hours, in which set-points can be moved."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc import curve, dataset, settings
from elc.curve import Package
from elc.fields import AGE, ENERGY, IS_STEADY, STATE, TIME
from elc.findings import build_frame
from elc.paths import Project
from elc.settings import StageSettings, TagList
from elc.simulate.operation import TrueHours, build_history

Array = NDArray[np.float64]
PROJECT = Project(Path(__file__).resolve().parents[2])
NOISE_FRAC = 0.003  # of a tag's range: what storing a value only when it changes does to an hour


@dataclass(frozen=True)
class Case:
    """A plant whose package learnt from its first hours; `hours` are its later ones as measured, in time order."""

    plant: str
    package: Package
    tags: TagList
    settings: StageSettings
    history: TrueHours
    hours: pd.DataFrame

    def score(self, hours: pd.DataFrame) -> pd.DataFrame:
        """Score measured hours, scored before or not."""
        return curve.score_hours(hours[self.hours.columns], self.package)

    def read_truth(self, hours: pd.DataFrame) -> pd.DataFrame:
        """The true hours of measured ones, in the same order."""
        return self.history.hours.set_index(TIME).loc[hours[TIME]].reset_index()

    def build_costs(self, setpoints: Array, load: Array) -> Array:
        """What each true set-point (hours, set-points) costs against its optimum at a load (hours,), GJ/h."""
        points = {point.column: point for point in self.history.setpoints}
        chosen = [points[name] for name in self.package.setpoints]
        off = [point.cost(setpoints[:, place] - point.best) for place, point in enumerate(chosen)]
        return np.column_stack(off) * load[:, None]


def build_case(plant: str, seed: int) -> Case:
    """Simulate a plant with a seed of its own, train its package, and keep the test hours' period."""
    whole = settings.read_settings(PROJECT)
    spec = whole.simulate.plants[plant].model_copy(update={"seed": seed})
    history = build_history(spec, whole.simulate.start, whole.simulate.days)
    tags = settings.read_tags(PROJECT.tags(plant), plant)
    chosen = settings.read_plant(PROJECT, plant)
    package, hours = train_package(_measure(history, tags, seed), tags, chosen)
    return Case(plant, package, tags, chosen, history, hours)


def train_package(measured: pd.DataFrame, tags: TagList, chosen: StageSettings) -> tuple[Package, pd.DataFrame]:
    """Train a package on the first hours of a table; give it with the later hours, in time order."""
    from elc import train

    rated = dataset.find_rated_load(measured, tags.throughput)
    marked = dataset.mark_states(measured, tags.throughput, rated, chosen)
    split = dataset.build_split(dataset.drop_unsteady(marked, tags), rated, chosen)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / tags.plant
        fixed = chosen.plant.base.fixed_gj_per_h
        fitted = train.fit_curve(split, tags, chosen.train, fixed_gj_per_h=fixed)
        fits = fitted, train.fit_response(split, tags, chosen.train)
        train.write_package(folder, *fits, split, tags, chosen, weak=build_frame([]))
        package = curve.read(folder)
    return package, marked[marked[TIME] >= split.test[TIME].iloc[0]].reset_index(drop=True)


def _measure(history: TrueHours, tags: TagList, seed: int) -> pd.DataFrame:
    """The hours as the historian's tags tell them: energy as it was used, drivers and set-points with an error."""
    rng = np.random.default_rng([seed, 5])
    columns = [*tags.features, *tags.columns("setpoint")]
    measured = history.hours.assign(**{AGE: _build_age(history)})[[TIME, STATE, ENERGY, *columns]]
    for tag in tags.used:
        if tag.role in ("driver", "setpoint") and not tag.is_computed and tag.low is not None and tag.high is not None:
            measured[tag.column] += rng.normal(0, NOISE_FRAC * (tag.high - tag.low), len(measured))
    return measured.assign(**{IS_STEADY: False})


def _build_age(history: TrueHours) -> Array:
    """Days since the last turnaround."""
    spec, days = history.plant, np.arange(len(history.hours)) / 24
    back = spec.turnaround_day + 19 if spec.turnaround_day else np.inf
    return np.where(days < back, 365.25 * spec.years_since_turnaround + days, days - back)
