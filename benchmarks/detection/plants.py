"""Simulated plants whose model has learnt 15 months, and ten clean months after that to change things in."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from elc import curve, dataset, findings, ingest, settings
from elc.curve import Package
from elc.fields import AGE
from elc.paths import Project
from elc.settings import SimulatedPlant, StageSettings, TagList
from elc.simulate.operation import build_history

PROJECT = Project(Path(__file__).resolve().parents[2])
START, DAYS, LEARNT_DAYS = "2024-06-20", 740, 600
FLOW_NOISE, SENSOR_NOISE = 0.001, 0.002  # of the value, and of the tag's range: an hour's mean as measured
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Case:
    """One plant: what it was told, its model, and its measured hours; `later` is the first row after those learnt."""

    plant: str
    seed: int
    spec: SimulatedPlant
    chosen: StageSettings
    tags: TagList
    package: Package
    hours: pd.DataFrame
    later: int

    def score(self, hours: pd.DataFrame) -> pd.DataFrame:
        """Book the carriers, mark the states and score hours, as operation does."""
        booked = ingest.add_energy(hours, self.tags, self.chosen.plant.carriers)
        marked = dataset.mark_states(booked, self.package.throughput, self.package.rated_load, self.chosen)
        return curve.score_hours(marked, self.package)


def build_case(plant: str, seed: int, *, days: int | None = None, learnt_days: int | None = None) -> Case:
    """Simulate a plant without faults of its historian, measure its hours, and train on the first of them.

    `days` in all, and those that are learnt from, are `DAYS` and `LEARNT_DAYS` where none are given.
    """
    whole = settings.read_settings(PROJECT)
    spec = whole.simulate.plants[plant].model_copy(update={"seed": seed})
    chosen = settings.read_plant(PROJECT, plant)
    tags = settings.read_tags(PROJECT.tags(plant), plant)
    truth = build_history(spec, START, days or DAYS).hours
    hours = _measure(truth, spec, tags, np.random.default_rng([seed, 3]))
    return train_case(plant, spec, chosen, tags, hours, learnt_days or LEARNT_DAYS)


def train_case(
    plant: str, spec: SimulatedPlant, chosen: StageSettings, tags: TagList, hours: pd.DataFrame, learnt_days: int
) -> Case:
    """Train a plant on the first of its measured hours."""
    from elc import train

    booked = ingest.add_energy(hours, tags, chosen.plant.carriers)
    first = booked.iloc[: learnt_days * 24]
    rated = dataset.find_rated_load(first, tags.throughput)
    steady = dataset.drop_unsteady(dataset.mark_states(first, tags.throughput, rated, chosen), tags)
    split = dataset.build_split(steady, rated, chosen)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / plant
        fixed = chosen.plant.base.fixed_gj_per_h
        fitted = train.fit_curve(split, tags, chosen.train, fixed_gj_per_h=fixed)
        fits = fitted, train.fit_response(split, tags, chosen.train)
        train.write_package(folder, *fits, split, tags, chosen, weak=findings.build_frame([]))
        package = curve.read(folder)
    until = pd.Timestamp(package.card["trained_on"]["valid"]["last"])
    return Case(plant, spec.seed, spec, chosen, tags, package, hours, int((hours["time_utc"] <= until).sum()))


def _measure(truth: pd.DataFrame, spec: SimulatedPlant, tags: TagList, rng: np.random.Generator) -> pd.DataFrame:
    """Measure the true hours: each tag's own noise, and the age as it is declared."""
    hours = pd.DataFrame({"time_utc": truth["time_utc"]})
    hours[AGE] = DAYS_PER_YEAR * truth["ageing_frac"] / spec.ageing_frac_per_year
    for tag in tags:
        if tag.column in truth:
            values = truth[tag.column].to_numpy(float)
            is_flow = tag.role in ("energy", "throughput") or tag.low is None or tag.high is None
            size = FLOW_NOISE * np.abs(values) if is_flow else SENSOR_NOISE * (tag.high - tag.low)  # type: ignore[operator]
            hours[tag.column] = values + size * rng.normal(0, 1, len(values))
    return hours
