"""Fields: the name of a column says its quantity and its unit."""

from __future__ import annotations

import pytest

from elc import fields
from elc.errors import ElcError
from elc.units import read_conversion


@pytest.mark.parametrize(
    ("column", "suffix"),
    [
        ("gas_energy_gj_per_h", "gj_per_h"),
        ("load_t_per_h", "t_per_h"),
        ("product_total_t", "t"),
        ("feed_lhv_mj_per_nm3", "mj_per_nm3"),
        ("air_flow_knm3_per_h", "knm3_per_h"),
        ("gross_power_mw", "mw"),
        ("h2_n2_ratio", "ratio"),
    ],
)
def test_longest_suffix_is_the_unit(column: str, suffix: str) -> None:
    assert fields.read_unit(column).suffix == suffix


@pytest.mark.parametrize("column", ["air_temp", "gj_per_h", "air_temp_degf", "Load_T_per_H", ""])
def test_name_without_a_known_unit_is_refused(column: str) -> None:
    with pytest.raises(
        ElcError, match=f"^column {column}: its name does not end in a known unit. End it in one of bar, count"
    ):
        fields.read_unit(column)


@pytest.mark.parametrize("unit", fields.UNITS.values(), ids=fields.UNITS)
def test_every_unit_is_one_that_tags_can_be_converted_to(unit: fields.Unit) -> None:
    assert read_conversion(unit.expression, unit.expression) == pytest.approx((1.0, 0.0), abs=1e-9)


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("flue_o2_pct", "flue O2"),
        ("air_temp_degc", "air temperature"),
        ("h2_n2_ratio", "H2/N2"),
        ("feed_c2plus_pct", "feed C2+"),
        ("feed_lhv_mj_per_nm3", "feed LHV"),
        ("mills_count", "mills"),
    ],
)
def test_column_reads_as_plain_words(column: str, label: str) -> None:
    assert fields.read_label(column) == label


@pytest.mark.parametrize(
    ("value", "with_unit", "expected"),
    [
        (2.0, True, "2.00 %"),
        (-2.346, False, "-2.35"),
        (10.0, True, "10.0 %"),
        (-99.94, False, "-99.9"),
        (1234.5678, True, "1235 %"),
    ],
)
def test_value_has_the_digits_its_size_deserves(value: float, with_unit: bool, expected: str) -> None:
    assert fields.format_value(value, "flue_o2_pct", with_unit=with_unit) == expected


def test_value_without_a_sign_ends_in_no_space() -> None:
    assert fields.format_value(2.985, "h2_n2_ratio", with_unit=True) == "2.98"


def test_coverage_column_is_no_quantity_of_its_own() -> None:
    assert fields.coverage("load_t_per_h") == "load_t_per_h_coverage_frac"


@pytest.mark.parametrize(
    ("throughput", "sign"),
    [("load_t_per_h", "GJ/t"), ("gross_power_mw", "GJ/MWh"), ("water_m3_per_h", "GJ/m³")],
)
def test_specific_energy_is_per_unit_made(throughput: str, sign: str) -> None:
    assert fields.sec_sign(throughput) == sign
