"""Operation of a simulated plant: the same seed gives the same hours, and the hours make sense."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import settings
from elc.paths import Project
from elc.settings import SimulatedPlant
from elc.simulate.chance import BLOCK_DAYS, BLOCK_H
from elc.simulate.operation import CREWS, TrueHours, attention, build_history

ROOT = Path(__file__).resolve().parents[3]
PLANTS = ("fjord", "delta", "steppe")
START, DAYS = "2024-06-20", 731
CARRIERS = ("feed_gas", "fuel_gas", "electricity", "steam_export")


def read_plant(name: str) -> SimulatedPlant:
    return settings.read_settings(Project(ROOT)).simulate.plants[name]


@pytest.fixture(scope="module", params=PLANTS)
def history(request: pytest.FixtureRequest) -> TrueHours:
    """Two years of one plant."""
    return build_history(read_plant(request.param), START, DAYS)


def find_spells(state: pd.Series) -> pd.DataFrame:
    """Unbroken spells of a state: which, from which row, for how many hours."""
    number = (state != state.shift()).cumsum()
    rows = state.reset_index(drop=True).groupby(number.to_numpy())
    return pd.DataFrame(
        {"state": rows.first(), "first": [index[0] for index in rows.groups.values()], "hours": rows.size()}
    )


def test_same_plant_start_and_days_give_the_same_hours() -> None:
    plant = read_plant("delta")
    first, second = build_history(plant, START, 60), build_history(plant, START, 60)
    pd.testing.assert_frame_equal(first.hours, second.hours, check_exact=True)
    pd.testing.assert_frame_equal(first.causes, second.causes, check_exact=True)
    np.testing.assert_array_equal(first.habits, second.habits)


def test_another_seed_gives_other_hours() -> None:
    plant = read_plant("delta")
    other = build_history(plant.model_copy(update={"seed": 23}), START, 30).hours
    assert not np.allclose(other["energy_gj_per_h"], build_history(plant, START, 30).hours["energy_gj_per_h"])


def test_every_hour_of_the_days_is_there(history: TrueHours) -> None:
    times = history.hours["time_utc"]
    assert len(times) == 24 * DAYS
    assert times.iloc[0] == pd.Timestamp(START, tz="UTC")
    assert (times.diff().dropna() == pd.Timedelta("1h")).all()
    assert not history.hours.isna().any(axis=None)


def test_crews_work_each_time_of_day_alike(history: TrueHours) -> None:
    share = pd.crosstab(history.hours["time_utc"].dt.hour, history.hours["crew"], normalize="index")
    assert share.shape == (24, CREWS)
    assert share.to_numpy() == pytest.approx(1 / CREWS, abs=0.01)


def test_shifts_last_eight_hours(history: TrueHours) -> None:
    crew = history.hours["crew"]
    assert (crew.groupby(np.arange(len(crew)) // 8).nunique() == 1).all()
    assert (crew.iloc[::8].diff().dropna() != 0).all()


def test_carriers_sum_to_energy_with_the_export_against(history: TrueHours) -> None:
    feed, fuel, power, steam = (history.hours[f"{name}_energy_gj_per_h"] for name in CARRIERS)
    np.testing.assert_allclose(feed + fuel + power - steam, history.hours["energy_gj_per_h"], rtol=1e-12)


def test_no_carrier_flows_backwards(history: TrueHours) -> None:
    for name in CARRIERS:
        assert history.hours[f"{name}_energy_gj_per_h"].min() >= 0, name


def test_set_points_stay_inside_their_limits(history: TrueHours) -> None:
    for point in history.setpoints:
        values = history.hours[point.column]
        assert values.between(point.low - 1e-9, point.high + 1e-9).all(), point.column
        assert values.std() > 0, point.column


@pytest.mark.parametrize("plant", PLANTS)
def test_set_points_move_inside_the_limits_of_the_tag_list(plant: str) -> None:
    tags = settings.read_tags(Project(ROOT).tags(plant), plant)
    history = build_history(read_plant(plant), START, 5)
    assert {point.column for point in history.setpoints} == set(tags.columns("setpoint"))
    for point in history.setpoints:
        tag = tags.find(point.column)
        assert tag.low is not None
        assert tag.high is not None
        assert tag.low <= point.low < point.high <= tag.high, point.column


def test_running_plant_makes_between_half_and_a_little_over_capacity(history: TrueHours) -> None:
    load = history.hours["load_t_per_h"] / history.plant.capacity_t_per_h
    running = history.hours["plant_state"] == "run"
    assert load[running].between(0.55, 1.08).all()
    assert load[running].mean() == pytest.approx(history.plant.mean_load_frac, abs=0.03)
    assert (load[history.hours["plant_state"] == "trip"] == 0).all()


def test_needed_energy_is_at_best_energy_and_what_set_points_cost(history: TrueHours) -> None:
    hours = history.hours
    excess = hours["energy_needed_gj_per_h"] - hours["energy_at_best_gj_per_h"]
    np.testing.assert_allclose(history.causes.sum(axis=1), excess, atol=1e-9)
    assert history.causes.min().min() >= 0


def test_what_no_tag_explains_is_small_and_favours_no_side(history: TrueHours) -> None:
    running = history.hours[history.hours["plant_state"] == "run"]
    off = running["energy_gj_per_h"] / running["energy_needed_gj_per_h"] - 1
    assert off.mean() == pytest.approx(0, abs=0.0005)
    assert off.std() == pytest.approx(0.0035, rel=0.15)


def test_trips_come_about_as_often_as_asked(history: TrueHours) -> None:
    spells = find_spells(history.hours["plant_state"])
    trips = int((spells["state"] == "trip").sum())
    expected = history.plant.trips_per_year * DAYS / 365.25 + 1
    assert abs(trips - expected) <= 3 * np.sqrt(expected) + 1


def test_start_ups_carry_10_to_40_tj_at_1500_t_per_day(history: TrueHours) -> None:
    size = (1500 / 24 * 28) / (history.plant.capacity_t_per_h * history.plant.sec_gj_per_t)
    spells = find_spells(history.hours["plant_state"])
    whole = spells[(spells["state"] == "start") & (spells["hours"] >= 14)]
    assert len(whole) > 3
    for first, count in zip(whole["first"], whole["hours"], strict=True):
        energy = history.hours["energy_gj_per_h"].iloc[first : first + count].sum() * size / 1000
        assert 10 <= energy <= 40


def test_stopped_plant_only_keeps_warm(history: TrueHours) -> None:
    full = history.plant.capacity_t_per_h * history.plant.sec_gj_per_t
    stopped = history.hours.loc[history.hours["plant_state"] == "trip", "energy_gj_per_h"]
    np.testing.assert_allclose(stopped, 0.04 * full)


def test_turnaround_is_one_stop_of_19_days_in_a_plant_that_trips_often() -> None:
    plant = read_plant("fjord").model_copy(update={"trips_per_year": 100, "turnaround_day": 40})
    history = build_history(plant, START, 80)
    assert set(history.hours["plant_state"].iloc[40 * 24 : 59 * 24]) == {"trip"}


def test_ageing_rises_and_is_reset_by_the_turnaround(history: TrueHours) -> None:
    ageing = history.hours["ageing_frac"].to_numpy()
    falls = np.flatnonzero(np.diff(ageing) < 0)
    assert list(falls + 1) == [(history.plant.turnaround_day + 19) * 24]
    assert ageing[0] == pytest.approx(history.plant.ageing_frac_per_year * history.plant.years_since_turnaround)
    assert ageing[falls[0] + 1] == pytest.approx(0, abs=1e-6)


def test_no_turnaround_lets_ageing_rise_throughout() -> None:
    history = build_history(read_plant("fjord").model_copy(update={"turnaround_day": 0}), START, 400)
    assert (np.diff(history.hours["ageing_frac"]) > 0).all()


def test_cooling_water_follows_the_seasons(history: TrueHours) -> None:
    by_month = history.hours.groupby(history.hours["time_utc"].dt.month)["cooling_water_temp_degc"].mean()
    assert by_month[[7, 8, 9]].min() > by_month[[1, 2, 3]].max()


def test_product_total_adds_up(history: TrueHours) -> None:
    total = history.hours["product_total_t"]
    assert total.iloc[-1] == pytest.approx(history.hours["load_t_per_h"].sum())
    assert (total.diff().dropna() >= 0).all()


def test_crews_stray_more_in_hot_weather() -> None:
    stray = attention(np.linspace(4, 36, 33))
    assert (np.diff(stray) > 0).all()
    assert 0.7 < stray[0] < 0.8 < 1.3 < stray[-1] < 1.4


@pytest.fixture(scope="module")
def blocks() -> pd.DataFrame:
    """The hours of two blocks of a plant that stops every other day; its first block ends in a stop."""
    plant = read_plant("delta").model_copy(update={"seed": 5, "trips_per_year": 200, "turnaround_day": BLOCK_DAYS + 20})
    hours = build_history(plant, START, 2 * BLOCK_DAYS).hours
    assert hours["plant_state"].iloc[BLOCK_H - 1] == "trip"
    return hours


def test_stop_goes_on_over_the_end_of_a_block(blocks: pd.DataFrame) -> None:
    spells = find_spells(blocks["plant_state"])
    over = spells[(spells["first"] < BLOCK_H) & (spells["first"] + spells["hours"] > BLOCK_H)]
    assert list(over["state"]) == ["trip"]
    followed = spells["state"].shift(-1)[spells["state"] == "trip"].dropna()
    assert set(followed) == {"start"}


def test_ageing_crews_and_totaliser_go_on_over_the_end_of_a_block(blocks: pd.DataFrame) -> None:
    total = blocks["product_total_t"]
    np.testing.assert_allclose(total, blocks["load_t_per_h"].cumsum())
    assert (blocks["crew"].iloc[::8].diff().dropna() != 0).all()
    grown = blocks["ageing_frac"].diff().dropna()
    assert grown[grown > 0].to_numpy() == pytest.approx(0.006 / 8766, rel=1e-6)
    assert int((grown < 0).sum()) == 1  # at the end of the turnaround, in the second block
    assert grown.idxmin() == (BLOCK_DAYS + 20 + 19) * 24


def test_load_and_weather_do_not_jump_at_the_end_of_a_block() -> None:
    plant = read_plant("fjord").model_copy(update={"trips_per_year": 0, "turnaround_day": 0})
    hours = build_history(plant, START, 2 * BLOCK_DAYS).hours
    for column in ("load_t_per_h", "air_temp_degc", "feed_pressure_bar", "feed_c2plus_pct"):
        steps = hours[column].diff().abs()
        assert steps.iloc[BLOCK_H] <= steps.drop(BLOCK_H).max(), column
