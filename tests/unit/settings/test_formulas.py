"""Formulas of the tag list: what is worked out, which units fit, and that nothing else is ever run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elc.errors import ElcError
from elc.settings import read_tags
from elc.settings.formulas import read_formula

ONE, TWO, THREE = np.array([10.0, np.nan, 8.0]), np.array([4.0, 3.0, 0.0]), np.array([4.0, 3.0, 6.0])
HEAD = "tag,column,unit,factor,offset,role,carrier,low,high,description\n"
LIST = """G,gas_knm3_per_h,kNm3/h,,,state,,,,
V,gas_lhv_mj_per_nm3,MJ/Nm3,,,state,,,,
F,product_t_per_h,t/h,,,throughput,,,,
"""


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("a_degc - b_degc", "approach_degc", [6, np.nan, 8]),
        ("(a_degc + b_degc) / 2", "mean_degc", [7, np.nan, 4]),
        ("a_degc - (b_degc - c_degc)", "x_degc", [10, np.nan, 14]),
        ("a_t_per_h + b_t_per_h", "total_t_per_h", [14, np.nan, 8]),
        ("a_knm3_per_h * b_mj_per_nm3", "gas_energy_gj_per_h", [40, np.nan, 0]),
        ("a_knm3_per_h * 36.5[MJ/Nm3]", "gas_energy_gj_per_h", [365, np.nan, 292]),
        ("a_t_per_h * 4.19[kJ/kg/K] * (b_degc - c_degc) * 0.001[GJ/MJ]", "heat_energy_gj_per_h", [0, np.nan, -0.20112]),
        ("a_gj_per_h / b_gj_per_h", "share_ratio", [2.5, np.nan, np.nan]),
        ("a_bar + 1.013", "absolute_bar", [11.013, np.nan, 9.013]),
        ("-a_pct + 100", "rest_pct", [90, np.nan, 92]),
        ("min(a_pct, b_pct)", "least_pct", [4, np.nan, 0]),
        ("max(a_pct, 9, b_pct)", "most_pct", [10, np.nan, 9]),
        ("a_t_per_h * (steam_enthalpy(40[bar], 420[degC]) - 0.44[GJ/t])", "x_gj_per_h", [28.22, np.nan, 22.58]),
        ("b_t_per_h * (saturated_steam_enthalpy(a_bar) - water_enthalpy(105[degC]))", "x_gj_per_h", [9.35, np.nan, 0]),
        ("a_t_per_h * steam_enthalpy(b_bar, 120[degC])", "x_gj_per_h", [np.nan, np.nan, np.nan]),
    ],
)
def test_a_formula_is_worked_out_with_its_units(text: str, column: str, expected: list[float]) -> None:
    formula = read_formula(text, column)
    values = {name: {"a": ONE, "b": TWO, "c": THREE}[name[0]] for name in formula.parts}
    np.testing.assert_allclose(formula.build(values), expected, rtol=1e-3)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("a_degc + b_bar", "x_degc", "adds .* Convert them to one unit first"),
        ("a_degc * b_t_per_h", "x_gj_per_h", "multiplies a temperature, whose zero is arbitrary"),
        ("a_knm3_per_h * b_mj_per_nm3", "x_t_per_h", "cannot become .*, the unit of x_t_per_h"),
        ("a_mw", "x_gj_per_h", r"of which 1 is 3\.6 GJ/h, the unit of x_gj_per_h\. Convert its numbers to that unit"),
        ("a_degc", "x_bar", "cannot become"),
        ("3 * 4", "x_bar", "does not use any column of the list"),
        ("a_bar +", "x_bar", "cannot be read"),
        ("a_bar ** 9", "x_bar", r"holds a_bar \*\* 9\. Allowed are"),
        ("a_bar.real", "x_bar", "holds a_bar.real"),
        ("__import__('os').system('true')", "x_bar", "Allowed are"),
        ("min(a_bar)", "x_bar", "holds min"),
        ("steam_enthalpy(a_bar)", "x_ratio", r"holds steam_enthalpy\(a_bar\)\. Allowed are"),
        ("steam_enthalpy(a_mbar, b_degc)", "x_ratio", "gives steam_enthalpy millibar, expected bar"),
        ("a_t_per_h * water_enthalpy(105)", "x_gj_per_h", "gives water_enthalpy a number, expected degC"),
        ("exec(a_bar, b_bar)", "x_bar", "holds exec"),
        ("[a_bar][0]", "x_bar", "holds"),
        ("a_bar * 1e400", "x_bar", "holds"),
        ("a_bar * 2[kg**9**9]", "x_bar", "unit kg"),
        ("a_bar if a_bar else b_bar", "x_bar", "holds"),
        ("(" * 400 + "a_bar" + ")" * 400, "x_bar", "cannot be read|at most 500"),
        ("a_nounit", "x_bar", "does not end in a known unit"),
    ],
)
def test_what_is_no_formula_or_no_unit_is_refused(text: str, column: str, words: str) -> None:
    with pytest.raises(ElcError, match=words):
        read_formula(text, column)


def read(tmp_path: Path, *lines: str) -> object:
    path = tmp_path / "tags.csv"
    path.write_text(HEAD + LIST + "".join(f"{line}\n" for line in lines))
    return read_tags(path, "mill")


def test_a_line_of_the_list_may_be_a_formula(tmp_path: Path) -> None:
    tags = read(tmp_path, "= gas_knm3_per_h * gas_lhv_mj_per_nm3,gas_energy_gj_per_h,GJ/h,,,energy,gas,0,2000,Gas")
    assert [tag.tag for tag in tags.read.tags] == ["G", "V", "F"]
    assert [tag.column for tag in tags][-1] == "gas_energy_gj_per_h"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["= gas_knm3_per_h * gas_lhv_mj_per_nm3,e_gj_per_h,GJ/h,2,,energy,gas,,,"], "a formula takes no factor"),
        (["= gas_knm3_per_h * 36[MJ/Nm3],e_gj_per_h,MW,,,energy,gas,,,"], "must be that of its column, found MW"),
        (
            ["= gaz_knm3_per_h * 36[MJ/Nm3],e_gj_per_h,GJ/h,,,energy,gas,,,"],
            "gaz_knm3_per_h is not a column that is",
        ),
        (
            [
                "= gas_knm3_per_h * 36[MJ/Nm3],e_gj_per_h,GJ/h,,,energy,gas,,,",
                "= e_gj_per_h + e_gj_per_h,f_gj_per_h,GJ/h,,,state,,,,",
            ],
            "e_gj_per_h is not a column that is read",
        ),
    ],
)
def test_faults_of_a_line_are_named(tmp_path: Path, lines: list[str], words: str) -> None:
    with pytest.raises(ElcError, match=words):
        read(tmp_path, *lines)
