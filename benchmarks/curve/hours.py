"""The hours of a simulated plant whose energy is of another form than the demo plants', with the truth of best.

Weather, load, crews and what their straying costs are those of a demo plant that does not age, without a historian
and its faults. Given the drivers, only the crew, the wandering of its set-points and the noise are unknown, as
in `elc.simulate.truth`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from elc.fields import ENERGY, TIME
from elc.settings import SimulatedPlant
from elc.simulate.operation import CREWS, NOISE_FRAC, TrueHours, attention, build_history

Array = NDArray[np.float64]
LOAD, WATER = "load_t_per_h", "cooling_water_temp_degc"
TRUTH = "energy_q10_gj_per_h"
QUANTILE, SAMPLES, LEVELS = 0.1, 60_000, 12
SEC_GJ_PER_T = 28.0  # of a plant whose set-points cost what `elc.simulate.physics` says


@dataclass(frozen=True)
class Form:
    """One plant: which demo plant it is like, its drivers, and what its energy depends on.

    `operate` changes the simulated hours, before `base` gives the specific energy at best (GJ/t) and `noise` the size
    of the noise (1: that of the demo plants). `dataset` holds settings other than the default.
    """

    like: str
    drivers: tuple[str, ...]
    base: Callable[[pd.DataFrame, SimulatedPlant], Array]
    noise: Callable[[Array], Array] = np.ones_like
    operate: Callable[[pd.DataFrame, np.random.Generator], None] = lambda *_: None
    sec_gj_per_t: float | None = None
    dataset: dict[str, Any] = field(default_factory=dict)


def build_hours(form: Form, spec: dict[str, Any], *, start: str, days: int) -> pd.DataFrame:
    """Build a plant's hours: time, load, drivers and energy (GJ/h), with the 10 % quantile of energy given these."""
    changed = {"ageing_frac_per_year": 0.0, "turnaround_day": 0}
    changed |= {"sec_gj_per_t": form.sec_gj_per_t} if form.sec_gj_per_t else {}
    plant = SimulatedPlant.model_validate(spec | changed)
    history = build_history(plant, start, days)
    chance = np.random.default_rng([plant.seed, 3])
    hours = history.hours.copy()
    lost = hours["energy_needed_gj_per_h"] - hours["energy_at_best_gj_per_h"]
    noise = hours[ENERGY] - hours["energy_needed_gj_per_h"]
    once = 1 / hours[LOAD].clip(lower=1e-9)
    excess, noise = plant.sec_gj_per_t / SEC_GJ_PER_T * lost * once, noise * once
    form.operate(hours, chance)
    share = hours[LOAD].to_numpy() / plant.capacity_t_per_h
    size, base = form.noise(share), form.base(hours, plant)
    stray = plant.discipline * attention(hours[WATER].to_numpy())
    energy = {
        ENERGY: (base + excess + size * noise) * hours[LOAD],
        TRUTH: (base + _find_excess(history, stray, size)) * hours[LOAD],
    }
    return hours[[TIME, LOAD, *form.drivers]].assign(**energy)


def _find_excess(history: TrueHours, stray: Array, size: Array) -> Array:
    """Find the quantile of what straying and noise add (GJ/t), at each hour's attention and size of the noise."""
    rng = np.random.default_rng(history.plant.seed + 1)
    crew, chance = rng.integers(0, CREWS, SAMPLES), rng.normal(0, 1, (len(history.setpoints), SAMPLES))
    noise = NOISE_FRAC * history.plant.sec_gj_per_t * rng.normal(0, 1, SAMPLES)
    grid = [np.linspace(values.min(), values.max() + 1e-9, LEVELS) for values in (stray, size)]
    found = np.empty((LEVELS, LEVELS))
    for row, level in enumerate(grid[0]):
        cost = np.zeros(SAMPLES)
        for index, point in enumerate(history.setpoints):
            off = level * (history.habits[crew, index] * point.habit + point.wander * chance[index])
            cost += point.cost(np.clip(off, point.low - point.best, point.high - point.best))
        cost *= history.plant.sec_gj_per_t / SEC_GJ_PER_T
        found[row] = [np.quantile(cost + factor * noise, QUANTILE) for factor in grid[1]]
    return np.asarray(RegularGridInterpolator(grid, found)(np.column_stack([stray, size])))
