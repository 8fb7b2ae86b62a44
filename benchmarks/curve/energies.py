"""Plants whose energy is not of the curve's own form, a sum of effects of load and drivers.

Load and cooling water act together, trains stop, noise grows at low load, furnaces foul and are cleaned, and
compressors start one by one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.curve.hours import LOAD, WATER, Form
from elc.fields import AGE
from elc.settings import SimulatedPlant
from elc.simulate.physics import driver_sec

Array = NDArray[np.float64]
AIR, TRAINS = "air_temp_degc", "trains_running_count"
FEED = ("feed_c2plus_pct", "feed_pressure_bar")


def _find_sec(hours: pd.DataFrame, plant: SimulatedPlant, utilisation: Array | None = None) -> Array:
    """The demo plants' specific energy at best (GJ/t)."""
    share = hours[LOAD].to_numpy() / plant.capacity_t_per_h if utilisation is None else utilisation
    known = {name: hours[name].to_numpy() for name in (WATER, *FEED)}
    return driver_sec(plant.sec_gj_per_t, load_frac=share, ageing_frac=np.zeros(len(hours)), **known)


def _cool_harder(hours: pd.DataFrame, plant: SimulatedPlant) -> Array:
    """ASSUME: warm water costs the condensers four times as much at full load as at 60 %: they are short of surface."""
    share = hours[LOAD].to_numpy() / plant.capacity_t_per_h
    warm = np.maximum(hours[WATER].to_numpy() - 15.0, 0.0)
    return _find_sec(hours, plant) + 0.05 * warm * (2.5 * share - 1.5)


def _stop_trains(hours: pd.DataFrame, chance: np.random.Generator) -> None:
    """One of two trains stands still for a week or two at a time, a quarter of the year; two run down to 45 % load."""
    both = np.ones(len(hours), dtype=bool)
    hour = 0
    while hour < len(hours):
        hour += int(chance.exponential(30 * 24)) + 96
        end = hour + int(chance.exponential(10 * 24)) + 72
        both[hour:end] = False
        hour = end
    full = hours[LOAD].max() / 1.05
    share = hours[LOAD] / full
    lower = np.where(share > 0.6, 0.45 + (share - 0.6) * 4 / 3, share)
    hours[LOAD] = full * np.where(both, lower, share / 2)
    hours[TRAINS] = np.where(both, 2.0, 1.0)


def _run_trains(hours: pd.DataFrame, plant: SimulatedPlant) -> Array:
    """Each train has the demo plants' load curve of its own half, and the site's utilities run whatever runs."""
    share = hours[LOAD].to_numpy() / plant.capacity_t_per_h
    common = 0.02 * (1 / np.maximum(share, 0.2) - 1)
    return _find_sec(hours, plant, 2 * share / hours[TRAINS].to_numpy()) + plant.sec_gj_per_t * common


def _grow_noise(load_frac: Array) -> Array:
    """ASSUME: at 60 % load, where controls hunt and recycles open, noise is five times that at full load."""
    return np.asarray(1 + 4 * np.clip((1.0 - load_frac) / 0.4, 0, 1))


def _clean_furnaces(hours: pd.DataFrame, chance: np.random.Generator) -> None:
    """Furnaces are cleaned every two to four months, on two days without load; the driver counts the days since."""
    days = np.arange(len(hours)) / 24
    starts = np.cumsum(np.concatenate([[-chance.uniform(10, 60)], chance.uniform(60, 120, int(days[-1] / 60) + 2)]))
    age = days - starts[np.searchsorted(starts, days, side="right") - 1]
    hours[AGE] = age
    hours.loc[(age < 2) & (days >= 2), LOAD] = 0.0


def _foul(hours: pd.DataFrame, plant: SimulatedPlant) -> Array:
    """ASSUME: fouling takes 3 % in the end, two thirds of it in the first 40 days."""
    return _find_sec(hours, plant) * (1 + 0.03 * (1 - np.exp(-hours[AGE].to_numpy() / 40)))


def _compress(hours: pd.DataFrame, plant: SimulatedPlant) -> Array:
    """Four motor-driven compressors of 27 % of the capacity each; as few run as can, and recycle below 70 % of theirs.

    ASSUME: a tenth of a machine's power is spent whatever it moves; power rises with the inlet's absolute temperature
    and by 0.3 % a degree of the intercoolers' water.
    """
    share = np.maximum(hours[LOAD].to_numpy() / plant.capacity_t_per_h, 0.05)
    machines = np.ceil(share / 0.27)
    moved = np.maximum(share / (machines * 0.27), 0.7)
    power = machines * 0.27 * (0.1 + 0.9 * moved)
    warm = (hours[AIR].to_numpy() + 273.15) / 288.15 * (1 + 0.003 * (hours[WATER].to_numpy() - 15.0))
    return np.asarray(plant.sec_gj_per_t * power / share * warm)


FORMS = {
    "cooling by load": Form("delta", (AIR, WATER, *FEED), _cool_harder),
    "two trains": Form(
        "fjord", (AIR, WATER, *FEED, TRAINS), _run_trains, operate=_stop_trains, dataset={"min_load_frac": 0.25}
    ),
    "noise at low load": Form("steppe", (AIR, WATER, *FEED), _find_sec, noise=_grow_noise),
    "fouling furnaces": Form("fjord", (AIR, WATER, *FEED, AGE), _foul, operate=_clean_furnaces),
    "electric compressors": Form("delta", (AIR, WATER), _compress, sec_gj_per_t=2.0),
}
