"""Columns made by formulas: their value, coverage and findings follow from their parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import ingest, quality
from elc.errors import ElcError
from elc.ingest.contract import check_contract
from elc.pages.findings import say_findings
from elc.settings import TagList, read_tags
from tests.unit.ingest.exports import build_settings

HEAD = "tag,column,unit,factor,offset,role,carrier,low,high,description\n"
LIST = """= gas_knm3_per_h * 36[MJ/Nm3],gas_energy_gj_per_h,GJ/h,,,energy,gas,0,3000,Gas
G,gas_knm3_per_h,kNm3/h,,,state,,0,90,Gas
A,first_t_per_h,t/h,,,state,,,,One machine
B,second_t_per_h,t/h,,,state,,,,Another
= first_t_per_h + second_t_per_h,total_t_per_h,t/h,,,throughput,,,,Both
= supply_degc - wet_bulb_degc,approach_degc,degC,,,driver,,,,Approach
S,supply_degc,degC,,,state,,,,Supply
W,wet_bulb_degc,degF,,,state,,,,Wet bulb
"""
HOURS = 24 * 30


@pytest.fixture
def tags(tmp_path: Path) -> TagList:
    (tmp_path / "tags.csv").write_text(HEAD + LIST)
    return read_tags(tmp_path / "tags.csv", "fjord")


def build_table() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    load = 40 + np.cumsum(rng.normal(0, 0.1, HOURS))
    return pd.DataFrame(
        {
            "time": pd.date_range("2024-06-01", periods=HOURS, freq="h"),
            "G": load * 0.7 + rng.normal(0, 0.1, HOURS),
            "A": load / 4 + rng.normal(0, 0.02, HOURS),
            "B": load * 3 / 4 + rng.normal(0, 0.02, HOURS),
            "S": 25 + rng.normal(0, 0.3, HOURS),
            "W": 68 + rng.normal(0, 0.5, HOURS),
        }
    )


def read(table: pd.DataFrame, tags: TagList, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    (folder / "export").mkdir()
    table.to_csv(folder / "export" / "a.csv", index=False)
    settings = build_settings(min_coverage_frac=0.5, max_hold_h=1.0)
    hourly, traces, findings = ingest.read_export(folder / "export", tags, settings, cache=folder / "cache")
    checked, suspects = quality.check_hourly(hourly, traces, tags, settings)
    check_contract(checked, tags, settings.plant.carriers, interval="1h", weather=[], where="test")
    return checked, pd.concat([findings, suspects], ignore_index=True)


def test_values_come_from_the_means_of_the_parts(tags: TagList, tmp_path: Path) -> None:
    table = build_table()
    hourly, findings = read(table, tags, tmp_path)
    np.testing.assert_allclose(hourly["gas_energy_gj_per_h"], table["G"] * 36)
    np.testing.assert_allclose(hourly["energy_gj_per_h"], table["G"] * 36)
    np.testing.assert_allclose(hourly["total_t_per_h"], table["A"] + table["B"])
    np.testing.assert_allclose(hourly["approach_degc"], table["S"] - (table["W"] - 32) / 1.8)
    assert hourly.columns[1] == "gas_energy_gj_per_h"  # in the order of the list
    assert findings.empty, say_findings(findings)


def test_a_part_that_is_missing_makes_its_formula_missing(tags: TagList, tmp_path: Path) -> None:
    table = build_table()
    table.loc[100:119, "B"] = np.nan
    hourly, findings = read(table, tags, tmp_path)
    assert hourly["total_t_per_h"].isna().to_numpy().nonzero()[0].tolist() == list(range(100, 120))
    assert hourly["total_t_per_h_coverage_frac"][110] == 0
    assert {"second_t_per_h", "total_t_per_h"} <= set(findings.loc[findings["check"] == "gap", "column"])


def test_what_a_check_takes_from_a_part_is_taken_from_its_formula(tags: TagList, tmp_path: Path) -> None:
    table = build_table()
    table.loc[300, "G"] = 4000.0  # above high
    hourly, findings = read(table, tags, tmp_path)
    assert np.isnan(hourly["gas_energy_gj_per_h"][300])
    assert np.isnan(hourly["energy_gj_per_h"][300])
    assert "gas_knm3_per_h" in set(findings.loc[findings["check"] == "range", "column"])


def test_limits_of_a_formula_are_its_own(tags: TagList, tmp_path: Path) -> None:
    table = build_table()
    table.loc[300:303, "G"] = 88.0  # within its own range, and beyond 3000 GJ/h
    hourly, findings = read(table, tags, tmp_path)
    assert hourly["gas_knm3_per_h"][301] == 88
    assert hourly["gas_energy_gj_per_h"][300:304].isna().all()
    assert "gas_energy_gj_per_h" in set(findings.loc[findings["check"] == "range", "column"])


def test_a_part_that_the_export_lacks_is_said_by_its_own_name(tags: TagList, tmp_path: Path) -> None:
    with pytest.raises(ElcError, match=r"1 of 5 tags are missing: B\."):
        read(build_table().drop(columns="B"), tags, tmp_path)


def test_the_inventory_holds_a_formula_whose_parts_are_there(tags: TagList, tmp_path: Path) -> None:
    table = build_table().drop(columns="B")
    table.to_csv(tmp_path / "a.csv", index=False)
    found = ingest.read_inventory(tmp_path / "a.csv", tags, build_settings(), cache=tmp_path / "cache")
    present = {tag.column for tag in found.tags}
    assert {"gas_energy_gj_per_h", "approach_degc"} <= present
    assert "total_t_per_h" not in present


def test_steam_that_is_none_has_no_value_and_a_finding(tmp_path: Path) -> None:
    steam = """F,hp_steam_t_per_h,t/h,,,state,,,,Steam
P,hp_bar,bar,,,state,,,,Pressure
T,hp_degc,degC,,,state,,,,Temperature
"= hp_steam_t_per_h * (steam_enthalpy(hp_bar, hp_degc) - water_enthalpy(105[degC]))",hp_gj_per_h,GJ/h,,,energy,steam,,,
"""
    (tmp_path / "tags.csv").write_text(HEAD + LIST + steam)
    tags = read_tags(tmp_path / "tags.csv", "fjord")
    table = build_table()
    table["F"], table["P"] = table["G"] * 2, 40.0 + 0.01 * table["S"]
    table["T"] = 420 + table["S"] - 25
    table.loc[300:303, "T"] = 240.0  # below the 250 degC at which water boils here
    checked, findings = read(table, tags, tmp_path)
    told = findings[findings["check"] == "formula"]
    assert list(told["column"]) == ["hp_gj_per_h"]
    assert told["hours"].iloc[0] == 4.0
    missing = checked["hp_gj_per_h"].isna()
    assert list(np.flatnonzero(missing)) == [300, 301, 302, 303]
    expected = checked["hp_steam_t_per_h"] * (3.2614 - 0.4402)
    np.testing.assert_allclose(checked.loc[~missing, "hp_gj_per_h"], expected[~missing], rtol=0.003)
