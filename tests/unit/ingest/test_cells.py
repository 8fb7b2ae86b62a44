"""Cells of wide tables: empty ones, and numbers with their unit behind them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from elc import ingest
from elc.errors import ElcError
from elc.pages.findings import say_findings
from elc.settings import TagList, read_tags
from tests.unit.ingest.exports import build_settings

HEAD = "tag,column,unit,factor,offset,role,carrier,low,high,description\n"
ROWS = "P,gas_energy_gj_per_h,MW,,,energy,gas,,,\nF,product_t_per_h,t/h,,,throughput,,,,\n"
GAS, LOAD = "gas_energy_gj_per_h", "product_t_per_h"
Read = Callable[..., tuple[pd.DataFrame, ingest.Traces, pd.DataFrame]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    (tmp_path / "tags.csv").write_text(HEAD + ROWS)
    tags: TagList = read_tags(tmp_path / "tags.csv", "fjord")

    def read_it(power: list[object], load: list[object], *, kind: str = "csv", **export: object) -> tuple:
        times = pd.date_range("2024-06-01", periods=len(power), freq="15min")
        table = pd.DataFrame({"time": times, "P": power, "F": load})
        folder = tmp_path / "export"
        folder.mkdir(exist_ok=True)
        path = folder / f"a.{kind}"
        table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
        settings = build_settings(min_coverage_frac=0.5, **export)
        return ingest.read_export(folder, tags, settings, cache=tmp_path / "cache")

    return read_it


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_that_is_mostly_empty_is_said(read: Read, kind: str) -> None:
    load = [50.0, None, None, None] * 24
    hourly, _, findings = read([16.0] * 96, load, kind=kind)
    assert hourly[LOAD].isna().all()
    (said,) = say_findings(findings[findings["check"] == "empty_cell"])
    assert f"product (F): 72 readings of a.{kind} are empty cells" in said
    assert "export.empty_cells to held" in said


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_empty_cell_holds_where_that_was_told(read: Read, kind: str) -> None:
    load = [50.0, None, None, None, 52.0, None, None, None] * 12
    hourly, _, findings = read([16.0] * 96, load, kind=kind, empty_cells="held")
    assert hourly[LOAD].tolist() == [50.0, 52.0] * 12
    assert set(findings["check"]) <= {"part"}


def test_a_few_empty_cells_are_missing_and_not_said(read: Read) -> None:
    hourly, _, findings = read([16.0] * 96, [None if 8 <= row < 16 else 50.0 for row in range(96)])
    assert hourly[LOAD].isna().sum() == 2
    assert "empty_cell" not in set(findings["check"])


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("shown", ["{:.3f} MW", "{:.3f}MW", "{:,.3f} MW", " {:.3f}  MW "])
def test_a_number_with_its_unit_is_read(read: Read, kind: str, shown: str) -> None:
    power = [1200 + row / 8 for row in range(96)]
    hourly, _, findings = read([shown.format(one) for one in power], ["50 t/h"] * 96, kind=kind)
    assert hourly[GAS].tolist() == pytest.approx([3.6 * sum(power[row : row + 4]) / 4 for row in range(0, 96, 4)])
    assert hourly[LOAD].tolist() == [50.0] * 24
    assert set(findings["check"]) <= {"part"}


@pytest.mark.parametrize("few", [1, 90])
def test_another_unit_behind_numbers_is_an_error(read: Read, few: int) -> None:
    power = ["900.0 kW"] * few + ["1.1 MW"] * (96 - few)
    with pytest.raises(ElcError, match=f"text behind the numbers says kW for {few} readings of tag P, .* says MW"):
        read(power, ["50 t/h"] * 96)


def test_a_unit_that_is_first_met_late_is_a_finding(read: Read) -> None:
    power = ["1.1 MW"] * 3000 + ["900.0 kW"] * 8
    hourly, _, findings = read(power, ["50 t/h"] * len(power))
    (said,) = say_findings(findings[findings["check"] == "text_value"])
    assert "8 readings of a.csv are not numbers, as in 900.0 kW" in said
    assert hourly[GAS].isna().tolist()[-2:] == [True, True]


def test_what_stands_behind_a_few_numbers_is_a_remark(read: Read) -> None:
    power = ["16.0"] * 92 + ["15 MW", "12f", "0x10", "15.3-"]
    hourly, _, findings = read(power, [50.0] * 96)
    (said,) = say_findings(findings[findings["check"] == "text_value"])
    assert "4 readings of a.csv are not numbers" in said
    assert hourly[GAS].isna().sum() == 1


def test_a_value_after_bad_ones_is_a_change(read: Read) -> None:
    power = [16.0] * 40 + ["bad"] * 8 + [17.0] * 4 + ["bad"] * 8 + [17.0] * 36
    _, traces, _ = read(power, [50.0] * 96)
    assert traces.changes[GAS].to_numpy().nonzero()[0].tolist() == [12]


@pytest.mark.parametrize("is_lines", [True, False])
def test_a_key_that_comes_late_in_json_is_read(tmp_path: Path, is_lines: bool) -> None:
    """A tag that a historian began to record later has no key in the first thousands of records."""
    (tmp_path / "tags.csv").write_text(HEAD + ROWS)
    times = pd.date_range("2024-06-01", periods=4000, freq="15min")
    rows = [{"time": str(time), "P": 16.0} | ({"F": 50.0} if row >= 2400 else {}) for row, time in enumerate(times)]
    text = "\n".join(map(json.dumps, rows)) if is_lines else json.dumps(rows)
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "a.json").write_text(text)
    tags = read_tags(tmp_path / "tags.csv", "fjord")
    hourly, _, _ = ingest.read_export(tmp_path / "export", tags, build_settings(), cache=tmp_path / "cache")
    assert hourly[GAS].notna().all()
    assert hourly[LOAD].notna().sum() == 400
