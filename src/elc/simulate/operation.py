"""What happens to a simulated plant, hour by hour: weather, feed, load, crews, trips, age, and the energy it takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from elc.fields import STATE, TIME
from elc.settings import SimulatedPlant
from elc.simulate.physics import Array, SetPoint, build_setpoints, driver_sec

CREWS = 5
NOISE_FRAC = 0.0035  # ASSUME: what no tag explains moves SEC by 0.35 %, with a memory of six hours
HOLD_MIN_FRAC = 0.6
TURNAROUND_H = 19 * 24
SHORT_START_H, LONG_START_H = 14, 30  # [J] a warm start, a cold start


@dataclass(frozen=True)
class History:
    """The true hours of a plant and what each set-point cost it.

    `hours`: one row per UTC hour; `causes`: the same rows, GJ/h per set-point; `habits` (crews, set-points).
    """

    plant: SimulatedPlant
    hours: pd.DataFrame
    causes: pd.DataFrame
    setpoints: tuple[SetPoint, ...]
    habits: Array


def attention(cooling_water_temp_degc: Array) -> Array:
    """How far crews stray from the best set-points, as a factor: more in hot weather, when limits bind.

    ASSUME: attention depends on the season through cooling water alone, so that the conditional quantiles of
    energy given the drivers are known exactly.
    """
    return np.asarray(0.75 + 0.6 / (1 + np.exp(-(cooling_water_temp_degc - 21) / 3)))


def build_history(plant: SimulatedPlant, start: str, days: int) -> History:
    """Build the true hours of one plant; the same plant, start and days give the same hours."""
    times = pd.date_range(start, periods=days * 24, freq="h", tz="UTC", name=TIME)
    rng = np.random.default_rng(plant.seed)
    setpoints = build_setpoints(plant.flue_o2_gj_per_t_per_pct)
    hours = pd.DataFrame({TIME: times}, copy=False)
    _add_weather(hours, plant, rng)
    _add_feed(hours, rng)
    hours[STATE], progress = _build_states(plant, len(hours), rng)
    load_frac = _build_load(plant, hours[STATE].to_numpy(), progress, rng)
    hours["load_t_per_h"] = load_frac * plant.capacity_t_per_h
    habits = rng.normal(0, 1, (CREWS, len(setpoints)))
    offsets = _add_setpoints(hours, plant, setpoints, habits, rng)
    causes = _add_energy(hours, plant, setpoints, offsets, load_frac, progress, rng)
    _add_results(hours, load_frac)
    return History(plant, hours, causes, setpoints, habits)


def _wander(rng: np.random.Generator, count: int, memory_h: float) -> Array:
    """A stationary first-order random walk of unit variance."""
    keep = np.exp(-1 / memory_h)
    steps = rng.normal(0, np.sqrt(1 - keep**2), count)
    steps[0] /= np.sqrt(1 - keep**2)
    return np.asarray(lfilter([1.0], [1.0, -keep], steps))


def _add_weather(hours: pd.DataFrame, plant: SimulatedPlant, rng: np.random.Generator) -> None:
    count = len(hours)
    day = hours[TIME].dt.day_of_year.to_numpy() + hours[TIME].dt.hour.to_numpy() / 24
    season = -np.cos(2 * np.pi * (day - 20) / 365.25)
    lagged = -np.cos(2 * np.pi * (day - 40) / 365.25)
    daily = -np.cos(2 * np.pi * (hours[TIME].dt.hour.to_numpy() - 3) / 24)
    weather = 3.5 * _wander(rng, count, 60)
    hours["air_temp_degc"] = plant.air_mean_degc + plant.air_season_degc * season + 3 * daily + weather
    water = plant.air_mean_degc + plant.cooling_approach_degc + 0.55 * plant.air_season_degc * lagged
    hours["cooling_water_temp_degc"] = np.clip(water + 0.25 * weather + 0.4 * daily, 4, 36)


def _add_feed(hours: pd.DataFrame, rng: np.random.Generator) -> None:
    count = len(hours)
    hours["feed_c2plus_pct"] = np.clip(4.5 + 1.2 * _wander(rng, count, 400), 2, 8)
    hours["feed_pressure_bar"] = np.clip(33.5 + 1.6 * _wander(rng, count, 200), 28, 37)
    hours["feed_lhv_mj_per_nm3"] = 35.5 + 0.55 * (hours["feed_c2plus_pct"] - 4)


def _build_states(plant: SimulatedPlant, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """State of each hour (run, trip, start) and the progress of its start-up (0 to 1)."""
    state = np.full(count, "run", dtype=object)
    progress = np.ones(count)
    trips = np.flatnonzero(rng.random(count) < plant.trips_per_year / 8766)
    stops = [(int(hour), int(np.clip(rng.lognormal(2.7, 0.6), 4, 96))) for hour in trips]
    if plant.turnaround_day:
        begin, length = plant.turnaround_day * 24, TURNAROUND_H
        # A plant that is opened for weeks cannot trip, nor start in between.
        apart = [stop for stop in stops if stop[0] > begin + length + LONG_START_H or sum(stop) + LONG_START_H < begin]
        stops = [*apart, (begin, length)]
    for begin, length in sorted(stops):
        restart = begin + length
        ramp = SHORT_START_H if length < 48 else LONG_START_H
        state[begin:restart] = "trip"
        state[restart : restart + ramp] = "start"
        progress[begin:restart] = 0
        span = progress[restart : restart + ramp]
        span[:] = np.linspace(0, 1, ramp)[: len(span)]
    return state, progress


def _build_load(plant: SimulatedPlant, state: Array, progress: Array, rng: np.random.Generator) -> Array:
    """Load as a share of capacity: levels held for days, ramps of 2 % an hour, zero in a trip."""
    count = len(state)
    change = rng.random(count) < 1 / 130
    levels = np.clip(rng.normal(plant.mean_load_frac, 0.1, count), HOLD_MIN_FRAC, 1.05)
    target = pd.Series(np.where(change, levels, np.nan)).ffill().fillna(plant.mean_load_frac).to_numpy()
    load = np.empty(count)
    now = target[0]
    for hour in range(count):
        now += np.clip(target[hour] - now, -0.02, 0.02)
        load[hour] = now
    load *= 1 + 0.003 * _wander(rng, count, 5)
    in_start = np.maximum(progress - 0.5, 0) * 2
    return np.asarray(np.where(state == "run", load, load * in_start))


def _add_setpoints(
    hours: pd.DataFrame,
    plant: SimulatedPlant,
    setpoints: tuple[SetPoint, ...],
    habits: Array,
    rng: np.random.Generator,
) -> Array:
    """Add the set-points and the crew on shift; return the distance of each from its best (hours, set-points)."""
    count = len(hours)
    # Five crews on eight-hour shifts: 5 and 3 share no factor, so every crew works every time of day alike.
    shift = np.arange(count) // 8
    hours["crew"] = shift % CREWS
    stray = plant.discipline * attention(hours["cooling_water_temp_degc"].to_numpy())
    offsets = np.empty((count, len(setpoints)))
    for index, point in enumerate(setpoints):
        habit = habits[hours["crew"].to_numpy(), index] * point.habit
        off = stray * (habit + point.wander * _wander(rng, count, 30))
        offsets[:, index] = np.clip(off, point.low - point.best, point.high - point.best)
        hours[point.column] = point.best + offsets[:, index]
    return offsets


def _add_energy(
    hours: pd.DataFrame,
    plant: SimulatedPlant,
    setpoints: tuple[SetPoint, ...],
    offsets: Array,
    load_frac: Array,
    progress: Array,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Add the energy needed, used and its carriers; return the cost of each set-point (GJ/h)."""
    years = np.arange(len(hours)) / 8766
    back = (plant.turnaround_day * 24 + TURNAROUND_H) / 8766 if plant.turnaround_day else np.inf
    age = np.where(years < back, plant.years_since_turnaround + years, years - back)
    hours["ageing_frac"] = plant.ageing_frac_per_year * age
    base = driver_sec(
        plant.sec_gj_per_t,
        load_frac=load_frac,
        ageing_frac=hours["ageing_frac"].to_numpy(),
        **{
            name: hours[name].to_numpy() for name in ("cooling_water_temp_degc", "feed_c2plus_pct", "feed_pressure_bar")
        },
    )
    load = hours["load_t_per_h"].to_numpy()
    cost = np.column_stack([point.cost(offsets[:, i]) for i, point in enumerate(setpoints)])
    hours["energy_at_best_gj_per_h"] = base * load
    hours["energy_needed_gj_per_h"] = (base + cost.sum(axis=1)) * load
    noise = NOISE_FRAC * plant.sec_gj_per_t * _wander(rng, len(hours), 6)
    used = hours["energy_needed_gj_per_h"] + noise * load
    hours["energy_gj_per_h"] = _book_stops(used.to_numpy(), hours[STATE].to_numpy(), progress, plant)
    _add_carriers(hours, plant)
    return pd.DataFrame(cost * load[:, None], columns=[point.column for point in setpoints])


def _book_stops(used: Array, state: Array, progress: Array, plant: SimulatedPlant) -> Array:
    """Energy of trips and start-ups: a tripped plant keeps warm, a starting one burns before it makes anything.

    ASSUME: 4 % of full energy in a stop, 45 to 90 % while starting: 10 to 40 TJ a start at 1,500 t/d [J].
    """
    full = plant.capacity_t_per_h * plant.sec_gj_per_t
    starting = np.maximum(full * (0.45 + 0.45 * progress), used)
    return np.asarray(np.select([state == "trip", state == "start"], [np.full(len(used), 0.04 * full), starting], used))


def _add_carriers(hours: pd.DataFrame, plant: SimulatedPlant) -> None:
    """Split the energy: feed 20.9 GJ/t, electricity 0.3, steam export 2.0, and fuel is the rest."""
    load = hours["load_t_per_h"]
    total = hours["energy_gj_per_h"]
    hours["electricity_energy_gj_per_h"] = np.minimum(0.3 * (0.4 * plant.capacity_t_per_h + 0.6 * load), 0.5 * total)
    hours["feed_gas_energy_gj_per_h"] = 20.9 * load
    hours["steam_export_energy_gj_per_h"] = 2.0 * load
    hours["fuel_gas_energy_gj_per_h"] = (
        total
        - hours["feed_gas_energy_gj_per_h"]
        - hours["electricity_energy_gj_per_h"]
        + hours["steam_export_energy_gj_per_h"]
    )


def _add_results(hours: pd.DataFrame, load_frac: Array) -> None:
    running = load_frac > 0.3
    stack = 135 + 11 * (hours["flue_o2_pct"] - 2) + 400 * hours["ageing_frac"]
    hours["stack_temp_degc"] = np.where(running, stack, 60)
    pressure = 150 + 45 * (load_frac - 0.9) + 1.2 * (hours["loop_inerts_pct"] - 10)
    hours["loop_pressure_bar"] = np.where(running, pressure, 20)
    hours["antisurge_recycle_pct"] = np.where(running, 100 * np.maximum(0.78 - load_frac, 0), 0)
    hours["product_total_t"] = hours["load_t_per_h"].cumsum()
