"""What happens to a simulated plant, hour by hour: weather, feed, load, crews, trips, age, and the energy it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

import numpy as np
import pandas as pd

from elc.fields import STATE, TIME
from elc.settings import SimulatedPlant
from elc.simulate.chance import BLOCK_DAYS, BLOCK_H, Chance, count_blocks
from elc.simulate.physics import Array, SetPoint, build_setpoints, driver_sec

CREWS = 5
NOISE_FRAC = 0.0035  # ASSUME: what no tag explains moves SEC by 0.35 %, with a memory of six hours
HOLD_MIN_FRAC = 0.6
TURNAROUND_H = 19 * 24
SHORT_START_H, LONG_START_H = 14, 30  # [J] a warm start, a cold start


@dataclass(frozen=True)
class Order:
    """What crews are told to hold: a set-point's value, from a time to another (UTC)."""

    setpoint: str
    value: float
    start: pd.Timestamp
    end: pd.Timestamp


@dataclass(frozen=True)
class TrueHours:
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


def build_history(plant: SimulatedPlant, start: str, days: int) -> TrueHours:
    """Build the true hours of one plant; more days never change earlier ones."""
    blocks = list(islice(build_blocks(plant, start), count_blocks(days)))
    hours, causes = (
        pd.concat(frames, ignore_index=True).iloc[: days * 24]
        for frames in ([block.hours for block in blocks], [block.causes for block in blocks])
    )
    return TrueHours(plant, hours, causes, blocks[0].setpoints, blocks[0].habits)


def build_blocks(plant: SimulatedPlant, start: str, orders: Sequence[Order] = ()) -> Iterator[TrueHours]:
    """Build a plant's life without an end, block by block (`chance.BLOCK_DAYS`), each going on from the one before.

    Orders change set-points and what follows from them; nothing that chance gives depends on them.
    """
    chance = Chance(plant.seed)
    for number in count():
        chance.begin(number)
        yield _build_block(
            plant, pd.Timestamp(start, tz="UTC") + number * pd.Timedelta(days=BLOCK_DAYS), chance, orders
        )


def _build_block(plant: SimulatedPlant, start: pd.Timestamp, chance: Chance, orders: Sequence[Order]) -> TrueHours:
    setpoints = build_setpoints(plant.flue_o2_gj_per_t_per_pct)
    hours = pd.DataFrame({TIME: pd.date_range(start, periods=BLOCK_H, freq="h", name=TIME)}, copy=False)
    _add_weather(hours, plant, chance)
    _add_feed(hours, chance)
    hours[STATE], progress = _build_states(plant, chance)
    load_frac = _build_load(plant, hours[STATE].to_numpy(), progress, chance)
    hours["load_t_per_h"] = load_frac * plant.capacity_t_per_h
    if chance.habits is None:
        chance.habits = chance.rng.normal(0, 1, (CREWS, len(setpoints)))
    offsets = _find_offsets(hours, plant, setpoints, chance)
    _follow(orders, hours[TIME], setpoints, offsets)
    for index, point in enumerate(setpoints):
        hours[point.column] = point.best + offsets[:, index]
    causes = _add_energy(hours, plant, setpoints, offsets, load_frac, progress, chance)
    _add_results(hours, load_frac, chance)
    return TrueHours(plant, hours, causes, setpoints, chance.habits)


def _add_weather(hours: pd.DataFrame, plant: SimulatedPlant, chance: Chance) -> None:
    day = hours[TIME].dt.day_of_year.to_numpy() + hours[TIME].dt.hour.to_numpy() / 24
    season = -np.cos(2 * np.pi * (day - 20) / 365.25)
    lagged = -np.cos(2 * np.pi * (day - 40) / 365.25)
    daily = -np.cos(2 * np.pi * (hours[TIME].dt.hour.to_numpy() - 3) / 24)
    weather = 3.5 * chance.wander("weather", 60)
    hours["air_temp_degc"] = plant.air_mean_degc + plant.air_season_degc * season + 3 * daily + weather
    water = plant.air_mean_degc + plant.cooling_approach_degc + 0.55 * plant.air_season_degc * lagged
    hours["cooling_water_temp_degc"] = np.clip(water + 0.25 * weather + 0.4 * daily, 4, 36)


def _add_feed(hours: pd.DataFrame, chance: Chance) -> None:
    hours["feed_c2plus_pct"] = np.clip(4.5 + 1.2 * chance.wander("feed_c2plus", 400), 2, 8)
    hours["feed_pressure_bar"] = np.clip(33.5 + 1.6 * chance.wander("feed_pressure", 200), 28, 37)
    hours["feed_lhv_mj_per_nm3"] = 35.5 + 0.55 * (hours["feed_c2plus_pct"] - 4)


def _build_states(plant: SimulatedPlant, chance: Chance) -> tuple[Array, Array]:
    """State of each hour (run, trip, start) and the progress of its start-up (0 to 1)."""
    state = np.full(BLOCK_H, "run", dtype=object)
    progress = np.ones(BLOCK_H)
    for begin, length in _draw_stops(plant, chance):
        ramp = SHORT_START_H if length < 48 else LONG_START_H
        # A stop of the block before goes on here, from before the first row.
        first, restart, end = (max(hour, 0) for hour in (begin, begin + length, begin + length + ramp))
        state[first:restart] = "trip"
        state[restart:end] = "start"
        progress[first:restart] = 0
        span = progress[restart:end]
        span[:] = np.linspace(0, 1, ramp)[ramp - (end - restart) :][: len(span)]
    return state, progress


def _draw_stops(plant: SimulatedPlant, chance: Chance) -> list[tuple[int, int]]:
    """Draw the stops (first hour of the block, hours) in order, after those that the block before left."""
    trips = np.flatnonzero(chance.rng.random(BLOCK_H) < plant.trips_per_year / 8766)
    drawn = [(int(hour), int(np.clip(chance.rng.lognormal(2.7, 0.6), 4, 96))) for hour in trips]
    stops = [*chance.stops, *drawn]
    chance.stops = [(begin - BLOCK_H, length) for begin, length in stops if begin + length + LONG_START_H > BLOCK_H]
    if plant.turnaround_day:
        begin, length = plant.turnaround_day * 24 - chance.number * BLOCK_H, TURNAROUND_H
        # A plant that is opened for weeks cannot trip, nor start in between.
        apart = [stop for stop in stops if stop[0] > begin + length + LONG_START_H or sum(stop) + LONG_START_H < begin]
        stops = [*apart, (begin, length)]
    return sorted(stops)


def _build_load(plant: SimulatedPlant, state: Array, progress: Array, chance: Chance) -> Array:
    """Load as a share of capacity: levels held for days, ramps of 2 % an hour, zero in a trip."""
    change = chance.rng.random(BLOCK_H) < 1 / 130
    levels = np.clip(chance.rng.normal(plant.mean_load_frac, 0.1, BLOCK_H), HOLD_MIN_FRAC, 1.05)
    held = pd.Series(np.where(change, levels, np.nan)).ffill()
    target = held.fillna(chance.last.get("target", plant.mean_load_frac)).to_numpy()
    load = np.empty(BLOCK_H)
    now = chance.last.get("load", target[0])
    for hour in range(BLOCK_H):
        now += np.clip(target[hour] - now, -0.02, 0.02)
        load[hour] = now
    chance.last |= {"target": target[-1], "load": now}
    load *= 1 + 0.003 * chance.wander("load_noise", 5)
    in_start = np.maximum(progress - 0.5, 0) * 2
    return np.asarray(np.where(state == "run", load, load * in_start))


def _find_offsets(hours: pd.DataFrame, plant: SimulatedPlant, setpoints: tuple[SetPoint, ...], chance: Chance) -> Array:
    """Add the crew on shift; return the distance of each set-point from its best (hours, set-points)."""
    assert chance.habits is not None
    # Five crews on eight-hour shifts: 5 and 3 share no factor, so every crew works every time of day alike.
    shift = chance.hours // 8
    hours["crew"] = shift % CREWS
    stray = plant.discipline * attention(hours["cooling_water_temp_degc"].to_numpy())
    offsets = np.empty((len(hours), len(setpoints)))
    for index, point in enumerate(setpoints):
        habit = chance.habits[hours["crew"].to_numpy(), index] * point.habit
        off = stray * (habit + point.wander * chance.wander(point.column, 30))
        offsets[:, index] = np.clip(off, point.low - point.best, point.high - point.best)
    return offsets


def _follow(orders: Sequence[Order], times: pd.Series, setpoints: tuple[SetPoint, ...], offsets: Array) -> None:
    """Hold what was ordered, within the set-point's bounds; a later order replaces an earlier one."""
    columns = [point.column for point in setpoints]
    for order in orders:
        point = setpoints[columns.index(order.setpoint)]
        value = min(max(order.value, point.low), point.high)
        held = times.between(order.start, order.end, inclusive="left").to_numpy()
        offsets[held, columns.index(order.setpoint)] = value - point.best


def _add_energy(
    hours: pd.DataFrame,
    plant: SimulatedPlant,
    setpoints: tuple[SetPoint, ...],
    offsets: Array,
    load_frac: Array,
    progress: Array,
    chance: Chance,
) -> pd.DataFrame:
    """Add the energy needed, used and its carriers; return the cost of each set-point (GJ/h)."""
    years = chance.hours / 8766
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
    noise = NOISE_FRAC * plant.sec_gj_per_t * chance.wander("noise", 6)
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


def _add_results(hours: pd.DataFrame, load_frac: Array, chance: Chance) -> None:
    running = load_frac > 0.3
    stack = 135 + 11 * (hours["flue_o2_pct"] - 2) + 400 * hours["ageing_frac"]
    hours["stack_temp_degc"] = np.where(running, stack, 60)
    pressure = 150 + 45 * (load_frac - 0.9) + 1.2 * (hours["loop_inerts_pct"] - 10)
    hours["loop_pressure_bar"] = np.where(running, pressure, 20)
    hours["antisurge_recycle_pct"] = np.where(running, 100 * np.maximum(0.78 - load_frac, 0), 0)
    total = chance.last.get("product", 0.0) + hours["load_t_per_h"].cumsum()
    hours["product_total_t"] = total
    chance.last["product"] = float(total.iloc[-1])
