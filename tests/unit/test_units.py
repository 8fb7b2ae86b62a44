"""Units: factors and offsets against numbers worked out by hand."""

from __future__ import annotations

import re
import time

import pytest

from elc import units
from elc.errors import ElcError
from elc.units import read_conversion


@pytest.mark.parametrize(
    ("unit", "target", "reading", "expected"),
    [
        ("MMBtu/h", "GJ/h", 100.0, 105.5056),  # 1 Btu = 1055.056 J
        ("Gcal/h", "GJ/h", 100.0, 418.68),  # international-table calorie
        ("MW", "GJ/h", 10.0, 36.0),
        ("GJ/h", "GJ/h", 7.25, 7.25),
        ("degF", "degC", 32.0, 0.0),
        ("degF", "degC", 212.0, 100.0),
        ("degF", "degC", -40.0, -40.0),
        ("degC", "degC", 21.5, 21.5),
        ("K", "degC", 273.15, 0.0),
        ("short_ton/day", "t/h", 2400.0, 90.718474),  # 0.90718474 t, 100 short tons an hour
        ("t/d", "t/h", 2400.0, 100.0),
        ("klb/h", "t/h", 1000.0, 453.59237),
        ("kgf/cm2", "bar", 30.0, 29.41995),
        ("psi", "bar", 500.0, 34.4737864),
        ("inHg", "mbar", 25.0, 846.597),
        ("%", "percent", 2.5, 2.5),
        ("ppm", "percent", 250.0, 0.025),
        ("m3/h", "m**3/h", 12.0, 12.0),
        ("kNm3/h", "kNm3/h", 40.0, 40.0),
        ("Nm3/h", "kNm3/h", 40_000.0, 40.0),
        ("MJ/Nm3", "MJ/Nm3", 35.5, 35.5),
        ("kJ/mol", "MJ/kmol", 42.0, 42.0),
        ("-", "", 2.98, 2.98),
    ],
)
def test_conversion_gives_the_number_worked_out_by_hand(
    unit: str, target: str, reading: float, expected: float
) -> None:
    factor, offset = read_conversion(unit, target)
    assert reading * factor + offset == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_only_temperatures_have_an_offset() -> None:
    assert read_conversion("degF", "degC") == pytest.approx((5 / 9, -160 / 9))
    assert read_conversion("psi", "bar")[1] == 0.0


@pytest.mark.parametrize("unit", ["barg", "smidgens/h", "knm3/h", "short ton/day"])
def test_unknown_unit_is_named(unit: str) -> None:
    with pytest.raises(ElcError, match=f"^unit {unit} is unknown. Write it as in GJ/h, MMBtu/h, degF, bar"):
        read_conversion(unit, "bar")


@pytest.mark.parametrize(
    ("unit", "target", "found"),
    [
        ("t/h", "GJ/h", "unit t/h cannot become GJ/h, the unit in the column's name"),
        ("m3/h", "kNm3/h", "unit m3/h cannot become kNm3/h"),
        ("bar", "", "unit bar cannot become a number"),
    ],
)
def test_unit_of_another_dimension_is_named(unit: str, target: str, found: str) -> None:
    with pytest.raises(ElcError, match=f"^{re.escape(found)}.*or give the tag a factor and write the unit after it"):
        read_conversion(unit, target)


@pytest.mark.parametrize("unit", ["GJ/", "2 t/h", "mol-%", "t/h)", "€", "#"])
def test_unit_that_cannot_be_parsed_is_named(unit: str) -> None:
    with pytest.raises(ElcError, match=re.escape(f"unit {unit}")):
        read_conversion(unit, "t/h")


@pytest.mark.parametrize(
    "unit",
    [
        "9**9**9**9",
        "m**9**9**9",
        "2**2000000000*m",
        "1e999999999 m",
        "(m)**(9**9**9)",
        "m^-9999999999",
        "().__class__",
        "__import__('os')",
        "[mass]",
        "lambda:0",
        "t/h" * 10_000,
        "(" * 30 + ")" * 10,
        "nan",
        "yottameter**4*yottameter**4",
    ],
)
def test_a_unit_is_looked_up_and_never_worked_out(unit: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ElcError, match=r"^unit .* (is unknown|cannot become)"):
        read_conversion(unit, "t/h")
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize(
    ("unit", "target", "factor"),
    [
        ("kJ/(kg*K)", "kJ/kg/K", 1.0),
        ("m³/h", "m**3/h", 1.0),
        ("m^3/h", "m**3/h", 1.0),
        ("kW*h", "kWh", 1.0),
        ("kW h", "kWh", 1.0),
        ("kJ/degF", "kJ/K", 1.8),
        ("1/h", "1/day", 24.0),
        (" GJ / h ", "GJ/h", 1.0),
    ],
)
def test_units_are_written_in_many_ways(unit: str, target: str, factor: float) -> None:
    assert read_conversion(unit, target) == pytest.approx((factor, 0.0))


def test_units_of_ten_thousand_strangers_take_no_memory_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "MOST_SEEN", 50)
    first = units._build_registry()
    for power in range(60):
        read_conversion("*".join(["t/h"] + ["m/m"] * (power % 5)) + " " * (power // 5), "t/h")
    assert units._build_registry() is not first
