"""Units that an export writes beside its readings: a contradiction is an error, never a factor of a thousand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from elc import ingest
from elc.errors import ElcError
from elc.pages.findings import say_findings
from elc.settings import TagList, read_tags
from tests.unit.ingest.exports import build_settings

Read = Callable[..., pd.DataFrame]
HEAD = "tag,column,unit,factor,offset,role,carrier,low,high,description\n"
LOAD = "F,product_t_per_h,t/h,,,throughput,,,,\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_it(units: list[str], listed: str = "MW", factor: str = "", kind: str = "csv") -> pd.DataFrame:
        (tmp_path / "tags.csv").write_text(f"{HEAD}P,gas_energy_gj_per_h,{listed},{factor},,energy,gas,,,\n{LOAD}")
        tags: TagList = read_tags(tmp_path / "tags.csv", "fjord")
        times = pd.date_range("2024-06-01", periods=48, freq="30min")
        power = [(time, "P", 16.0 + number % 3, units[number % len(units)]) for number, time in enumerate(times)]
        rows = [*power, *((time, "F", 50.0, "tph") for time in times)]
        table = pd.DataFrame(rows, columns=["time", "tag", "value", "unit"])
        (tmp_path / "export").mkdir(exist_ok=True)
        path = tmp_path / "export" / f"a.{kind}"
        table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
        _, _, findings = ingest.read_export(tmp_path / "export", tags, build_settings(), cache=tmp_path / "cache")
        return findings

    return read_it


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("units", [["MW"], ["mw"], ["MW", ""], [""]])
def test_what_agrees_or_says_nothing_is_read(read: Read, kind: str, units: list[str]) -> None:
    found = read(units, kind=kind)
    assert set(found["check"]) <= {"unknown_unit"}


@pytest.mark.parametrize(
    ("units", "listed", "words"),
    [
        (["kW"], "MW", r"a\.csv: column unit says kW for 48 readings of tag P, the tag list says MW\. Write the unit"),
        (["MW", "MW", "kW"], "MW", r"says kW for 16 readings of tag P"),
        (["MWh"], "MW", r"says MWh for 48 readings of tag P, the tag list says MW"),
        (["degC"], "MW", r"says degC for 48 readings of tag P"),
    ],
)
def test_what_contradicts_is_an_error(read: Read, units: list[str], listed: str, words: str) -> None:
    with pytest.raises(ElcError, match=words):
        read(units, listed)


def test_a_unit_that_nobody_understands_is_a_finding(read: Read) -> None:
    found = read(["bananas"])
    (sentence,) = say_findings(found[found["check"] == "unknown_unit"])
    assert "48 readings of a.csv carry the unit 'bananas', which is not understood; that of the tag" in sentence


def test_a_factor_of_the_tag_list_comes_before_its_unit(read: Read) -> None:
    assert set(read(["kW"], factor="0.001")["check"]) == set()
