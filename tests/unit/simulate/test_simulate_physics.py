"""Physics: signs and sizes of what moves specific energy, against the published and calculated numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from elc.simulate.physics import Array, SetPoint, build_setpoints, driver_sec, load_factor, pressure_cost

FLUE_O2 = 0.035
SETPOINTS = {point.column: point for point in build_setpoints(FLUE_O2)}
AT_REFERENCE: dict[str, Any] = {
    "load_frac": 1.0,
    "cooling_water_temp_degc": 15.0,
    "feed_c2plus_pct": 4.0,
    "feed_pressure_bar": 37.0,
    "ageing_frac": 0.0,
}


def read_sec(**changed: float) -> float:
    """SEC of a 28 GJ/t plant, at the reference but for what is changed."""
    given = {name: np.array([value]) for name, value in {**AT_REFERENCE, **changed}.items()}
    return float(driver_sec(28.0, **given)[0])


def read_cost(column: str, value: float) -> float:
    """What a set-point costs at a value (GJ/t)."""
    point = SETPOINTS[column]
    return float(point.cost(np.array([value - point.best]))[0])


def build_range(point: SetPoint) -> Array:
    return np.linspace(point.low, point.high, 201) - point.best


@pytest.mark.parametrize(("load", "rise"), [(1.0, 0.0), (0.8, 0.008), (0.7, 0.027), (0.6, 0.056)])
def test_part_load_costs_what_was_calculated(load: float, rise: float) -> None:
    assert load_factor(np.array([load]))[0] - 1 == pytest.approx(rise, abs=0.005)


def test_part_load_rises_all_the_way_down_and_steeper_below_anti_surge() -> None:
    loads = np.linspace(0.4, 1.0, 61)
    steps = -np.diff(load_factor(loads))
    assert (steps > 0).all()
    assert steps[loads[1:] < 0.77].min() > 2 * steps[loads[:-1] > 0.79].max()


def test_overload_costs_a_little() -> None:
    assert 1.0 < load_factor(np.array([1.05]))[0] < 1.01


def test_energy_rises_with_load() -> None:
    loads = np.linspace(0.3, 1.05, 76)
    assert (np.diff(load_factor(loads) * loads) > 0).all()


def test_sec_at_the_reference_is_the_plant_s_own() -> None:
    assert read_sec() == pytest.approx(28.0)


@pytest.mark.parametrize(
    ("changed", "low", "high"),
    [
        ({"cooling_water_temp_degc": 16.0}, 0.05, 0.10),  # GJ/t per degC
        ({"feed_c2plus_pct": 5.0}, 0.02, 0.03),  # per mol-%
        ({"ageing_frac": 0.01}, 0.28, 0.28),
    ],
)
def test_drivers_cost_what_was_calculated(changed: dict[str, float], low: float, high: float) -> None:
    assert low - 1e-9 <= read_sec(**changed) - read_sec() <= high + 1e-9


def test_feed_pressure_matters_near_31_bar_and_not_at_37() -> None:
    cost = pressure_cost(np.array([30.5, 31.5, 36.5, 37.0, 38.0]))
    assert 0.02 <= cost[0] - cost[1] <= 0.03
    assert cost[2] - cost[3] < 0.002
    assert list(cost[3:]) == [0.0, 0.0]


def test_drivers_act_in_one_direction() -> None:
    def steps(name: str, values: Array) -> Array:
        return np.diff([read_sec(**{name: value}) for value in values])

    assert (steps("cooling_water_temp_degc", np.linspace(4, 36, 17)) > 0).all()
    assert (steps("feed_c2plus_pct", np.linspace(2, 8, 13)) > 0).all()
    assert (steps("ageing_frac", np.linspace(0, 0.05, 6)) > 0).all()
    assert (steps("feed_pressure_bar", np.linspace(28, 36.9, 13)) < 0).all()


@pytest.mark.parametrize("point", SETPOINTS.values(), ids=SETPOINTS)
def test_set_point_costs_nothing_at_its_best_and_never_less(point: SetPoint) -> None:
    assert point.low < point.best < point.high
    assert point.cost(np.zeros(1))[0] == 0.0
    off = build_range(point)
    assert (point.cost(off)[np.abs(off) > 1e-6 * (point.high - point.low)] > 0).all()


@pytest.mark.parametrize("point", SETPOINTS.values(), ids=SETPOINTS)
def test_set_point_costs_more_the_farther_it_strays(point: SetPoint) -> None:
    off = build_range(point)
    assert (np.diff(point.cost(off[off >= 0])) > 0).all()
    assert (np.diff(point.cost(off[off <= 0])) < 0).all()


@pytest.mark.parametrize(
    ("column", "value", "cost", "tolerance"),
    [
        ("steam_to_carbon_ratio", 3.05, 0.055, 0.001),
        ("flue_o2_pct", 3.0, 0.035, 0.001),
        ("air_preheat_temp_degc", 490.0, 0.05, 0.001),
        ("h2_n2_ratio", 2.90, 0.055, 0.0275),
        ("h2_n2_ratio", 2.80, 0.15, 0.05),
        ("loop_inerts_pct", 5.0, 0.12, 0.005),
        ("loop_inerts_pct", 16.0, 0.09, 0.005),
        ("converter_inlet_temp_degc", 386.0, 0.010, 0.001),
        ("chiller_temp_degc", -12.0, 0.05, 0.005),
        ("chiller_temp_degc", -24.0, 0.05, 0.005),
    ],
)
def test_set_point_costs_what_was_calculated(column: str, value: float, cost: float, tolerance: float) -> None:
    assert read_cost(column, value) == pytest.approx(cost, abs=tolerance)


def test_reboiler_duty_costs_between_the_two_slopes() -> None:
    assert 0.004 <= read_cost("reboiler_duty_mj_per_kmol", 43.0) <= 0.012


def test_reformer_outlet_saves_near_785_degc_and_saturates() -> None:
    saved = read_cost("reformer_outlet_temp_degc", 784.5) - read_cost("reformer_outlet_temp_degc", 785.5)
    assert saved == pytest.approx(0.013, abs=0.002)
    late = read_cost("reformer_outlet_temp_degc", 809.5) - read_cost("reformer_outlet_temp_degc", 810.5)
    assert 0 < late < saved / 2


def test_too_little_steam_is_dearer_than_too_much() -> None:
    assert read_cost("steam_to_carbon_ratio", 2.85) > read_cost("steam_to_carbon_ratio", 3.05)


def test_excess_air_costs_what_the_plant_s_furnace_costs() -> None:
    old = next(point for point in build_setpoints(0.09) if point.column == "flue_o2_pct")
    assert old.cost(np.array([1.0]))[0] == pytest.approx(0.09)
    assert old.cost(np.array([-0.5]))[0] == pytest.approx(read_cost("flue_o2_pct", 1.5))
