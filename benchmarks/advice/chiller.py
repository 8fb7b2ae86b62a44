"""A simulated chiller whose condenser water cannot be colder than its cooling tower makes it.

The tower's floor is the wet-bulb temperature and an approach that grows with the load. Crews order temperatures between
the floor and a few degrees above it; each degree colder saves energy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from benchmarks.advice.case import PROJECT, Array, train_package
from elc import advise, curve, settings
from elc.curve import Package
from elc.fields import ENERGY, GAP, IS_STEADY, STATE, TIME
from elc.settings import StageSettings, Tag, TagList

LOAD, WET_BULB = "cooling_water_t_per_h", "wet_bulb_degc"
CONDENSER, CHILLED = "condenser_water_temp_degc", "chilled_water_temp_degc"
POWER = "electricity_energy_gj_per_h"
DAYS = 731
APPROACH_K = (2.5, 4.0)  # at no load, and at full load
FLOOR = f"= {WET_BULB} + 4"
FULL_LOAD = 1000.0  # t/h
SHIFT_H = 8
SENSOR_K = 0.05  # standard deviation of what the hour's temperatures are off
SLACK_K = 4 * SENSOR_K * 2**0.5  # two sensors together may show so much less than there is


@dataclass(frozen=True)
class Chiller:
    """A chiller whose package learnt from its first hours; `hours` are its later ones as measured, in time order."""

    package: Package
    settings: StageSettings
    hours: pd.DataFrame
    floor: pd.Series

    def count(self, limit: str | None) -> tuple[int, int]:
        """Count the advised temperatures of condenser water, and those that the tower cannot make.

        These are below its floor by more than sensors are off. `limit` is the low limit of the tag list.
        """
        scored = curve.score_hours(self.hours, self.package)
        judged = scored[scored[GAP].notna()].reset_index(drop=True)
        rules, like = self.settings.advise, self.settings.explain
        notes = advise.build_notes([])
        given = advise.build_advice(self.package, judged, build_tags(limit), rules, like, notes=notes)
        moves = given.moves[given.moves["setpoint"] == CONDENSER]
        is_below = moves["to"].to_numpy() < self.floor.loc[moves[TIME]].to_numpy() - SLACK_K
        return len(moves), int(is_below.sum())


def build_chiller(seed: int) -> Chiller:
    """Simulate a chiller and train its package, on a tag list without limits."""
    hours, floor = _simulate(np.random.default_rng([seed, 11]))
    chosen = settings.read_plant(PROJECT, "fjord")
    package, later = train_package(hours, build_tags(None), chosen)
    return Chiller(package, chosen, later, floor)


def build_tags(limit: str | None) -> TagList:
    """The tag list of the chiller, with a low limit of condenser water: a formula, or none."""
    formula = settings.read_formula(limit.removeprefix("=").strip(), CONDENSER) if limit else None
    roles = {POWER: "energy", LOAD: "throughput", WET_BULB: "driver", CONDENSER: "setpoint", CHILLED: "setpoint"}
    return TagList("chiller", tuple(_build_tag(name, role, formula) for name, role in roles.items()))


def _build_tag(column: str, role: str, formula: settings.Formula | None) -> Tag:
    carrier = "electricity" if role == "energy" else ""
    tag = Tag(column, column, role, carrier, 1.0, 0.0, None, None, "")
    return replace(tag, low_formula=formula) if formula and column == CONDENSER else tag


def _simulate(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Series]:
    """The hours as measured, and by time the coldest condenser water that the tower could make in each."""
    count = DAYS * 24
    start = pd.Timestamp(settings.read_settings(PROJECT).simulate.start, tz="UTC")
    times = pd.date_range(start, periods=count, freq="h").as_unit("us")
    day = np.arange(count) / 24
    season, daily = -np.cos(2 * np.pi * day / 365.25), -np.cos(2 * np.pi * (day - 4 / 24))
    wet_bulb = 13 + 8 * season + 1.5 * daily + _wander(rng, count, hours=60, deviation=2.5)
    load_frac = np.clip(0.8 + 0.08 * season + _wander(rng, count, hours=120, deviation=0.08), 0.5, 1.0)
    floor = wet_bulb + APPROACH_K[0] + (APPROACH_K[1] - APPROACH_K[0]) * load_frac
    condenser = np.maximum(_order(rng, count, 21.0, 2.5), floor + _order(rng, count, 1.0, 1.0).clip(0))
    chilled = _order(rng, count, 6.5, 0.7)
    effect = 1 + 0.022 * (condenser - 20) - 0.02 * (chilled - 6.5) + _wander(rng, count, hours=6, deviation=0.008)
    power = 20.0 * load_frac * (1 + 0.1 * (load_frac - 0.8) ** 2) * effect
    measured = {WET_BULB: wet_bulb, CONDENSER: condenser, CHILLED: chilled}
    shown = {name: values + rng.normal(0, SENSOR_K, count) for name, values in measured.items()}
    table = {TIME: times, STATE: "", POWER: power, LOAD: FULL_LOAD * load_frac, ENERGY: power, **shown}
    return pd.DataFrame(table).assign(**{IS_STEADY: False}), pd.Series(floor, index=times)


def _wander(rng: np.random.Generator, count: int, *, hours: float, deviation: float) -> Array:
    """Noise that forgets itself within some hours."""
    keeps = np.exp(-1 / hours)
    steps = rng.normal(0, deviation * np.sqrt(1 - keeps**2), count)
    return np.asarray(lfilter([1.0], [1.0, -keeps], steps))


def _order(rng: np.random.Generator, count: int, usual: float, deviation: float) -> Array:
    """What crews order, shift by shift."""
    return np.repeat(rng.normal(usual, deviation, -(-count // SHIFT_H)), SHIFT_H)[:count]
