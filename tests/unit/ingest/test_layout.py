"""A layout is found from a file's content; what the first rows leave open, later rows or the settings decide."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from elc.errors import ElcError
from elc.ingest.layout import Layout, find_files, read_layout
from elc.settings import Export, Tag, TagList

TAGS = TagList("fjord", (Tag("FT-1", "x", "driver", "", 1.0, 0.0, None, None, ""),))
HEAD = "time;tag;value;quality\n"
ROWS = 6000  # more than the sample


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.csv"


def read(path: Path, **export: object) -> Layout:
    return read_layout(path, Export.model_validate(export), TAGS)


def write(path: Path, rows: list[str]) -> None:
    path.write_text(HEAD + "".join(f"2024-06-01 00:00;FT-1;{row}\n" for row in rows))


def test_long_csv(path: Path) -> None:
    write(path, ["1,5;Good"])
    layout = read(path)
    assert (layout.kind, layout.delimiter, layout.encoding, layout.is_gzip) == ("csv", ";", "utf-8", False)
    assert (layout.fields.time, layout.fields.alias, layout.fields.values, layout.fields.quality) == (
        *("time", "tag", ("value",)),
        "quality",
    )
    assert layout.meaning.decimal == ","
    assert not layout.fields.is_wide


def test_wide_table_has_the_listed_tags_alone(path: Path) -> None:
    path.write_text("time,FT-1,FT-9\n2024-06-01,1,2\n")
    layout = read(path)
    assert layout.fields.is_wide
    assert layout.fields.values == ("FT-1",)


def test_packing_and_encoding_are_told_by_content(path: Path) -> None:
    path.write_bytes(gzip.compress((HEAD + "2024-06-01;FT-1;1;Größe\n").encode("latin-1")))
    layout = read(path)
    assert (layout.is_gzip, layout.encoding) == (True, "latin-1")


def test_equal_files_have_equal_layouts(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write(tmp_path / name, ["1,5;Good"])
    assert len({read(tmp_path / name) for name in ("a.csv", "b.csv")}) == 1


def test_rows_after_the_sample_decide_on_a_code(path: Path) -> None:
    write(path, ["1;0"] * ROWS + ["1;192"])
    assert read(path).meaning.codes == "opc_da"
    write(path, ["1;0"] * ROWS + ["1;2147483648"])
    assert read(path).meaning.codes == "opc_ua"


def test_rows_after_the_sample_decide_on_a_comma(path: Path) -> None:
    write(path, ["1,234;Good"] * ROWS + ["1,5;Good"])
    assert read(path).meaning.decimal == ","


def test_quality_of_the_last_row_keeps_an_empty_column(path: Path) -> None:
    write(path, ["1;"] * ROWS + ["1;Bad"])
    assert read(path).meaning.has_quality
    write(path, ["1;"] * ROWS)
    assert not read(path).meaning.has_quality


def test_settings_decide_what_content_leaves_open(path: Path) -> None:
    write(path, ["1,234;0"])
    with pytest.raises(ElcError, match=r'^has numbers as in 1,234 only.* Set export\.decimal to "," or "\."\.$'):
        read(path)
    with pytest.raises(ElcError, match=r"^has quality codes 0 \(1 times\), .* set export\.quality_codes to what fits"):
        read(path, decimal=",")
    meaning = read(path, decimal=".", quality_codes="opc_ua").meaning
    assert (meaning.decimal, meaning.thousands, meaning.codes) == (".", ",", "opc_ua")


@pytest.mark.parametrize(
    ("texts", "decimal", "thousands"),
    [
        (["1.5", "2"], ".", ""),
        (["1,5", "2"], ",", ""),
        (["1,50E+3"], ",", ""),
        (["0,125"], ",", ""),
        (["1234,500"], ",", ""),
        (["1.234,5"], ",", "."),
        (["1.234", "5,5"], ",", "."),
        (["1,234.5"], ".", ","),
        (["1,234,567"], ".", ","),
        (["1.234.567"], ",", "."),
        (["1.5", "1,5", "1,234"], ".", ""),
        (["1.234", "1234.5"], ".", ""),
        (["Bad, really", "1"], ".", ""),
    ],
)
def test_decimal_sign_is_told_by_the_numbers(path: Path, texts: list[str], decimal: str, thousands: str) -> None:
    write(path, [f"{text};Good" for text in texts])
    meaning = read(path).meaning
    assert (meaning.decimal, meaning.thousands) == (decimal, thousands)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1717200000", "s"),
        ("1717200000000", "ms"),
        ("1717200000000000", "us"),
        ("1717200000000000000", "ns"),
        ("202406010000", ""),
        ("20240601000000", ""),
        ("2024-06-01", ""),
    ],
)
def test_unit_of_whole_number_times_is_told_by_their_length(path: Path, text: str, unit: str) -> None:
    path.write_text(f"time,FT-1\n{text},1\n")
    meaning = read(path).meaning
    assert (meaning.time_unit, meaning.is_utc) == (unit, bool(unit))


def test_codes_in_parquet_are_told_by_its_statistics(tmp_path: Path) -> None:
    times = pd.date_range("2024-06-01", periods=ROWS + 1, freq="s")
    codes = [0] * ROWS + [192]
    frame = pd.DataFrame({"time": times, "tag": "FT-1", "value": 1.0, "quality": codes})
    frame.to_parquet(tmp_path / "a")
    assert read(tmp_path / "a").meaning.codes == "opc_da"
    frame.astype({"quality": str}).to_parquet(tmp_path / "a")
    assert read(tmp_path / "a").meaning.codes == "opc_da"


def test_whole_numbers_of_no_known_unit_are_no_times(tmp_path: Path) -> None:
    pd.DataFrame({"time": [20240601], "FT-1": [1.0]}).to_parquet(tmp_path / "a")
    with pytest.raises(ElcError, match=r"^has whole numbers as times in time, of an unknown unit\. Export"):
        read(tmp_path / "a")


def test_files_are_listed_by_their_place_and_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in ("b.csv", "2024/a.csv", ".x", ".d/c.csv", "_SUCCESS"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert find_files([tmp_path], "x") == ["2024/a.csv", "b.csv"]
    with pytest.raises(ElcError, match=r"^x: holds no files\. Put the historian's export there \(Parquet, CSV or JSON"):
        find_files([tmp_path / "nothing"], "x")
