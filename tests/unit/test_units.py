"""Units: factors and offsets against numbers worked out by hand."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from elc import units
from elc.errors import ElcError
from elc.units import read_conversion
from elc.units.__main__ import build_page
from elc.units.spellings import NAMES, WHOLE


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


@pytest.mark.parametrize(
    ("unit", "target", "expected"),
    [
        ("mmBtu", "GJ", 1.055056),
        ("MMBTU/HR", "GJ/h", 1.055056),
        ("Dth/d", "GJ/h", 1.055056 / 24),
        ("KW", "GJ/h", 0.0036),
        ("KWH", "GJ", 0.0036),
        ("MWH", "GJ", 3.6),
        ("tph", "t/h", 1.0),
        ("short tons/day", "t/h", 0.90718474 / 24),
        ("kpph", "t/h", 0.45359237),
        ("klb/h", "t/h", 0.45359237),
        ("lbs/hr", "t/h", 0.00045359237),
        ("Nm³/h", "kNm3/h", 0.001),
        ("Sm3/h", "kNm3/h", 0.000947943),
        ("Sm³/h", "kNm3/h", 0.000947943),
        ("Mcf/d", "kNm3/h", 0.0267906 / 24),
        ("MMscfd", "kNm3/h", 26.7906 / 24),
        ("MMSCFD", "kNm3/h", 26.7906 / 24),
        ("scfm", "kNm3/h", 0.0267906 * 60 / 1000),
        ("cfm", "m**3/h", 1.69901),
        ("gpm", "m**3/h", 0.2271247),
        ("barg", "bar", 1.0),
        ("bara", "bar", 1.0),
        ("psig", "bar", 0.0689476),
        ("psia", "bar", 0.0689476),
        ("kg/cm2", "bar", 0.980665),
        ("kg/cm2g", "bar", 0.980665),
        ("TR", "GJ/h", 0.0126607),
        ("RT", "MW", 0.00351685),
        ("ton of refrigeration", "MW", 0.00351685),
        ("Hz", "Hz", 1.0),
        ("mph", "m/s", 0.44704),
        ("pct", "percent", 1.0),
        ("ppmv", "percent", 1e-4),
        ("kcal_it/Nm3", "MJ/Nm3", 0.0041868),
    ],
)
def test_everyday_spellings_are_understood(unit: str, target: str, expected: float) -> None:
    assert read_conversion(unit, target) == pytest.approx((expected, 0.0), rel=2e-5)


@pytest.mark.parametrize("unit", ["°C", "ºC", "℃", "deg C", "DEGC", "Celsius", "C", "degC"])
def test_degrees_are_written_in_many_ways(unit: str) -> None:
    assert read_conversion(unit, "degC") == pytest.approx((1.0, 0.0))
    assert read_conversion(unit.replace("C", "F").replace("Felsius", "Fahrenheit").replace("℃", "℉"), "degC")[0] < 1


@pytest.mark.parametrize(
    ("unit", "target", "readings"),
    [
        ("MBtu/h", "GJ/h", "kBtu (a thousand), MMBtu (a million)"),
        ("Mlb/h", "t/h", "klb (a thousand), MMlb (a million)"),
        ("mt/h", "t/h", "t (of 1000 kg), 1000 t"),
        ("ton/h", "t/h", "t (of 1000 kg), short_ton (of 2000 lb), long_ton (of 2240 lb), ton_of_refrigeration"),
        ("kcal/h", "GJ/h", "kcal_it (4.1868 J a calorie, steam tables), kcal_th (4.184 J"),
    ],
)
def test_unit_that_the_trade_reads_in_two_ways_is_an_error(unit: str, target: str, readings: str) -> None:
    with pytest.raises(ElcError, match=rf"^unit \w+ has several meanings\. .*{re.escape(readings)}"):
        read_conversion(unit, target)


def test_what_is_listed_is_known() -> None:
    for name in {*NAMES.values(), *WHOLE.values(), "kBtu", "MMlb", "kcal_th", "Mcal_it", "long_ton"}:
        assert dict(units._read_unit(name)) or name == "-", name


def test_page_of_units_is_the_code() -> None:
    page = Path(__file__).parents[2] / "docs" / "units.md"
    assert page.read_text(encoding="utf-8") == build_page(), "python -m elc.units > docs/units.md"


def test_only_temperatures_have_an_offset() -> None:
    assert read_conversion("degF", "degC") == pytest.approx((5 / 9, -160 / 9))
    assert read_conversion("psi", "bar")[1] == 0.0


@pytest.mark.parametrize("unit", ["bargain", "smidgens/h", "knm3/h", "short bar/day"])
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
