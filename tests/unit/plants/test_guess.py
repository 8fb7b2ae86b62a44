"""First lines of a tag list: units as the export names them, roles and limits to correct."""

from __future__ import annotations

import numpy as np
import pytest

from elc.plants.guess import Guess, SeenTag, find_unit, guess_tags
from elc.settings.tag_units import read_scale

HOURS = 200
RNG = np.random.default_rng(4)
LOAD = 50 + np.cumsum(RNG.normal(0, 0.2, HOURS))


def guess(*seen: SeenTag) -> dict[str, Guess]:
    return {one.tag: one for one in guess_tags(seen, usual_hold_h=6.0, interval_h=1.0)}


def see(tag: str, unit: str = "", values: np.ndarray | None = None, step_h: float = 0.25) -> SeenTag:
    return SeenTag(tag, unit, RNG.normal(10, 1, HOURS) if values is None else values, step_h)


@pytest.mark.parametrize(
    ("tag", "told", "unit"),
    [
        ("Power (MW)", "", "MW"),
        ("Power [kW]", "", "kW"),
        ("Gas flow (Nm3/h)", "", "Nm3/h"),
        ("1LDC-GROSS-MW", "", "MW"),
        ("air_degC", "", "degC"),
        ("O2 %", "", "%"),
        ("Power (MW)", "kW", "kW"),  # what the export says beside the readings
        ("FT-101", "", ""),
        ("TIC-2.PV", "", ""),
        ("Power", "", ""),
        ("Steam (total)", "", ""),
        ("Gas (MBtu)", "", ""),  # a thousand, or a million
        ("P", "no unit at all", ""),
    ],
)
def test_a_unit_is_read_and_never_guessed(tag: str, told: str, unit: str) -> None:
    assert find_unit(tag, told) == unit


def test_the_largest_energy_of_each_carrier_counts_and_others_wait() -> None:
    found = guess(
        see("Gas", "MMBtu/h", 28 * LOAD),
        see("Fuel", "GJ/h", 10 * LOAD),
        see("Power", "MW", LOAD / 20),
        see("Pump", "kW", LOAD),
        see("NH3 product", "t/h", LOAD),
    )
    roles = {tag: (one.role, one.carrier) for tag, one in found.items()}
    assert roles == {
        "Gas": ("energy", "gas"),
        "Fuel": ("ignore", ""),
        "Power": ("energy", "electricity"),
        "Pump": ("ignore", ""),
        "NH3 product": ("throughput", ""),
    }
    assert "use role energy if it is not part of the other" in found["Fuel"].why


def test_without_a_name_the_flow_that_goes_with_energy_is_the_throughput() -> None:
    found = guess(
        see("A", "t/h", RNG.normal(90, 1, HOURS)), see("B", "t/h", LOAD), see("E", "GJ/h", 28 * LOAD + RNG.normal(0, 1))
    )
    assert found["B"].role == "throughput"
    assert found["A"].role == "state"


@pytest.mark.parametrize(
    ("tag", "role"),
    [
        ("AmbientTemp", "driver"),
        ("Wet bulb", "driver"),
        ("CW119", "driver"),
        ("Flue O2", "setpoint"),
        ("FIC-3.SP", "setpoint"),
        ("Dispatch", "ignore"),
        ("XY-1", "ignore"),
    ],
)
def test_a_role_is_told_by_words(tag: str, role: str) -> None:
    assert guess(see(tag))[tag].role == role


def test_a_counter_is_told_from_an_amount_of_each_interval() -> None:
    found = guess(
        see("C", "kWh", np.cumsum(RNG.uniform(900, 1100, HOURS))), see("A", "MWh", RNG.uniform(0.9, 1.1, HOURS))
    )
    assert (found["C"].unit, found["A"].unit) == ("kWh", "MWh/interval")
    assert read_scale("kWh", found["C"].column).is_totaliser
    assert 3.96 <= float(found["C"].high) <= 5  # GJ/h of some 1,100 kWh an hour, and a fifth of the span
    assert 15.8 <= float(found["A"].high) <= 20  # of some 1.1 MWh a quarter of an hour


def test_limits_are_wider_than_what_was_seen_but_not_those_of_a_setpoint() -> None:
    values = np.linspace(10, 20, HOURS)
    found = guess(see("T", "degC", values), see("O2", "%", values), see("F", "t/h", values))
    assert float(found["T"].low) <= 8.1
    assert float(found["T"].high) >= 21.9
    assert (float(found["O2"].low), float(found["O2"].high)) == pytest.approx((10, 20), abs=0.11)
    assert found["F"].low == "0"


def test_a_rare_tag_holds_as_long_as_its_readings_are_apart() -> None:
    found = guess(see("Lab", "%", step_h=24.0), see("T", "degC", step_h=1.0), see("E", "kWh", step_h=24.0))
    assert found["Lab"].max_hold_h == "29"
    assert found["T"].max_hold_h == ""
    assert found["E"].max_hold_h == ""  # an amount of its interval is never held


def test_columns_are_named_once_and_end_in_their_unit() -> None:
    found = guess(see("P (MW)", "MW"), see("P [MW]", "MW"), see("21-FT (t/h)", "t/h"), see("µ", ""))
    columns = [one.column for one in found.values()]
    assert columns == ["p_energy_gj_per_h", "p_energy_2_gj_per_h", "tag_21_ft_t_per_h", "tag_raw"]


def test_a_tag_without_values_has_no_limits() -> None:
    found = guess(see("T", "degC", np.full(HOURS, np.nan), 0.0), see("E", "kWh", np.full(HOURS, np.nan), 0.0))
    assert {(one.low, one.high) for one in found.values()} == {("", "")}
