"""Several values of one tag at one moment: never settled in silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import ingest
from elc.errors import ElcError
from elc.ingest.conflicts import order_files
from elc.pages.findings import say_findings
from tests.unit.ingest.exports import GAS, TAGS, build_days, build_settings

MOMENT = "2024-06-01 05:00"


def write(folder: Path, **files: pd.DataFrame) -> Path:
    (folder / "export").mkdir()
    for name, readings in files.items():
        readings.to_csv(folder / "export" / f"{name}.csv", index=False)
    return folder / "export"


def read(folder: Path, *, engine: str = "duckdb", **export: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    settings = build_settings(engine=engine, **export)
    hourly, _, found = ingest.read_export(folder / "export", TAGS, settings, cache=folder / engine)
    return hourly, found[found["check"].isin(["conflict", "corrected"])]


def build_hour(value: float) -> pd.DataFrame:
    """One hour of one tag, read once, at a level of its own."""
    return pd.DataFrame({"time": [pd.Timestamp(MOMENT)], "tag": "FT-1", "value": value, "quality": "Good"})


def build_plain() -> pd.DataFrame:
    readings = build_days("2024-06-01", 1, step_min=60)
    return readings[(readings["time"] != MOMENT) | (readings["tag"] != "FT-1")]


@pytest.mark.parametrize(
    ("wins", "expected"), [(None, np.nan), ("first", 30.0), ("last", 10.0), ("mean", 20.0)], ids=str
)
def test_values_of_one_file_are_missing_unless_the_entry_says_which_wins(
    tmp_path: Path, wins: str | None, expected: float
) -> None:
    write(tmp_path, a=pd.concat([build_plain(), *(build_hour(value) for value in (30.0, 20.0, 10.0))]))
    hourly, found = read(tmp_path, conflicts=wins)
    assert hourly[GAS][5] == pytest.approx(expected, nan_ok=True)
    assert hourly[GAS].drop(5).notna().all()
    words = f"the {wins} is used, as export.conflicts says." if wins else "they are missing. Set export.conflicts to"
    said = f"1 moments have several values inside one file, as 10 and 30 at {MOMENT} UTC; {words}"
    assert said in say_findings(found)[0]


@pytest.mark.parametrize("wins", [None, "first", "mean"])
def test_later_file_corrects_an_earlier_one(tmp_path: Path, wins: str | None) -> None:
    write(tmp_path, **{"2": pd.concat([build_plain(), build_hour(80.0)]), "10": build_hour(110.0)})
    hourly, found = read(tmp_path, conflicts=wins)
    assert hourly[GAS][5] == pytest.approx(110.0)
    assert list(found["check"]) == ["corrected"]
    words = f"1 moments have another value in a later file, as 80 and 110 at {MOMENT} UTC; by 30 at most"
    assert words in say_findings(found)[0]


def test_copies_of_a_value_are_no_conflict(tmp_path: Path) -> None:
    plain = pd.concat([build_plain(), build_hour(80.0)])
    write(tmp_path, a=pd.concat([plain, plain, build_hour(80.00001)]), b=plain)
    hourly, found = read(tmp_path)
    assert found.empty
    assert hourly[GAS][5] == pytest.approx(80.0)


def test_bad_value_gives_way_to_a_good_one(tmp_path: Path) -> None:
    bad = build_hour(10.0).assign(quality="Bad")
    write(tmp_path, a=pd.concat([build_plain(), bad, build_hour(80.0), bad]), b=bad)
    hourly, found = read(tmp_path)
    assert found.empty
    assert hourly[GAS][5] == pytest.approx(80.0)


def test_column_that_tells_the_values_apart_is_named(tmp_path: Path) -> None:
    rows = build_days("2024-06-01", 1)
    both = [rows.assign(value=rows["value"] + more, unit_id=name) for name, more in (("CT1", 0), ("CT2", 9))]
    write(tmp_path, a=pd.concat(both).assign(number=range(2 * len(rows))))
    words = r"a\.csv: several values of one tag at one moment, as FT-1 has .* at 2024-06-01 .*; column unit_id tells "
    with pytest.raises(ElcError, match=words + r"them apart: CT1, CT2\. Export one of them, or each"):
        read(tmp_path)
    assert not read(tmp_path, conflicts="mean")[0].empty


def test_column_of_a_wide_file_is_named(tmp_path: Path) -> None:
    rows = build_days("2024-06-01", 1).pivot(index="time", columns="tag", values="value").reset_index()
    write(tmp_path, a=pd.concat([rows.assign(kind=name, **{"FT-1": rows["FT-1"] + n}) for n, name in enumerate("ab")]))
    with pytest.raises(ElcError, match="column kind tells them apart: a, b"):
        read(tmp_path)


def test_new_day_does_not_change_what_was_settled(tmp_path: Path) -> None:
    write(tmp_path, a=pd.concat([build_plain(), build_hour(30.0), build_hour(20.0)]))
    before, found = read(tmp_path)
    build_days("2024-06-02", 1, step_min=60).to_csv(tmp_path / "export" / "b.csv", index=False)
    after, again = read(tmp_path)
    pd.testing.assert_frame_equal(after.iloc[: len(before)], before)
    pd.testing.assert_frame_equal(again, found)


def test_numbers_in_names_order_files() -> None:
    assert order_files(["b/2.csv", "a/10.csv", "a/9.csv", "2024-06-01.csv"]) == [
        "2024-06-01.csv",
        "a/9.csv",
        "a/10.csv",
        "b/2.csv",
    ]
