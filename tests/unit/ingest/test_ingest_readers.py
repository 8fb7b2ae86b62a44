"""Readers of exports: long or wide, Parquet or CSV, and what is said of a file that is no table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from elc import ingest, settings
from elc.errors import ElcError
from elc.paths import Project
from elc.settings import Tag, TagList

ROOT = Path(__file__).resolve().parents[3]
GAS, LOAD, AIR = "gas_energy_gj_per_h", "load_t_per_h", "air_temp_degc"
TAGS = TagList(
    "fjord",
    (
        Tag("FT-1", GAS, "energy", "gas", 1.0, 0.0, None, None, ""),
        Tag("FT-2", LOAD, "throughput", "", 1.0, 0.0, None, None, ""),
        Tag("TI-1", AIR, "driver", "", 1.0, 0.0, None, None, ""),
        Tag("ZZ-9", "", "ignore", "", 1.0, 0.0, None, None, ""),
    ),
)
TIMES = pd.date_range("2024-06-01", periods=4, freq="30min")
VALUES = {"FT-1": [10.0, 20.0, 30.0, 40.0], "FT-2": [1.0, 2.0, 3.0, 4.0], "TI-1": [5.0, 5.0, 6.0, 7.0]}
Read = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def base() -> settings.StageSettings:
    return settings.read_plant(Project(ROOT), "fjord")


@pytest.fixture
def read(base: settings.StageSettings, tmp_path: Path) -> Read:
    """Read what lies in `tmp_path` with some keys of `export`."""

    def read_folder(tags: TagList = TAGS, **export: object) -> pd.DataFrame:
        plant = base.plant.model_copy(update={"export": settings.Export.model_validate(export)})
        return ingest.read_export(tmp_path, tags, replace(base, plant=plant))[0]

    return read_folder


def build_wide(**values: Sequence[object]) -> pd.DataFrame:
    return pd.DataFrame({"time": TIMES, **VALUES, **values})


def build_long(wide: pd.DataFrame, quality: str = "Good") -> pd.DataFrame:
    return wide.melt("time", var_name="tag").assign(quality=quality)


def check_values(hourly: pd.DataFrame) -> None:
    assert list(hourly["time_utc"]) == [pd.Timestamp("2024-06-01T00:00Z"), pd.Timestamp("2024-06-01T01:00Z")]
    assert list(hourly[GAS]) == [15.0, 35.0]
    assert list(hourly[LOAD]) == [1.5, 3.5]
    assert list(hourly[AIR]) == [5.0, 6.5]


def test_long_parquet(read: Read, tmp_path: Path) -> None:
    build_long(build_wide()).to_parquet(tmp_path / "a.parquet")
    check_values(read())


def test_long_parquet_with_times_in_utc_and_categories(read: Read, tmp_path: Path) -> None:
    long = build_long(build_wide())
    long["time"] = long["time"].dt.tz_localize("UTC").astype("datetime64[ms, UTC]")
    long.astype({"tag": "category", "quality": "category"}).to_parquet(tmp_path / "a.parquet")
    check_values(read())


def test_long_csv(read: Read, tmp_path: Path) -> None:
    build_long(build_wide()).to_csv(tmp_path / "a.csv", index=False)
    check_values(read())


def test_long_table_without_quality_is_good(read: Read, tmp_path: Path) -> None:
    build_long(build_wide()).drop(columns="quality").to_parquet(tmp_path / "a.parquet")
    check_values(read())


@pytest.mark.parametrize("quality", ["GOOD", "good", "Good"])
def test_quality_may_be_written_in_any_case(read: Read, tmp_path: Path, quality: str) -> None:
    build_long(build_wide(), quality).to_parquet(tmp_path / "a.parquet")
    check_values(read())


def test_wide_parquet(read: Read, tmp_path: Path) -> None:
    build_wide(other=[0.0] * 4).to_parquet(tmp_path / "a.parquet")
    check_values(read())


def test_wide_csv_with_an_unnamed_time_in_its_own_format(read: Read, tmp_path: Path) -> None:
    wide = build_wide().rename(columns={"time": ""})
    wide[""] = wide[""].dt.strftime("%m/%d/%Y %H:%M")
    wide.to_csv(tmp_path / "a.csv", index=False)
    check_values(read(time_format="%m/%d/%Y %H:%M"))


def test_csv_with_byte_order_mark_quotes_and_windows_line_ends(read: Read, tmp_path: Path) -> None:
    text = build_wide().to_csv(index=False, quoting=1, lineterminator="\r\n")
    (tmp_path / "a.csv").write_bytes(text.encode("utf-8-sig"))
    check_values(read())


def test_time_column_may_be_named(read: Read, tmp_path: Path) -> None:
    build_wide(time_of_export=[0] * 4).rename(columns={"time": "Zeit"}).to_parquet(tmp_path / "a.parquet")
    check_values(read(time_column="Zeit"))
    with pytest.raises(ElcError, match=r"a\.parquet: has no column Time \(export\.time_column\); found Zeit, FT-1"):
        read(time_column="Time")


def test_layouts_and_folders_may_be_mixed(read: Read, tmp_path: Path) -> None:
    wide = build_wide()
    (tmp_path / "2024" / "06").mkdir(parents=True)
    wide[["time", "FT-1"]].to_csv(tmp_path / "gas.csv", index=False)
    build_long(wide[["time", "FT-2"]][:2]).to_parquet(tmp_path / "2024" / "first.parquet")
    build_long(wide[["time", "FT-2"]][2:]).to_csv(tmp_path / "2024" / "06" / "second.csv", index=False)
    wide[["time", "TI-1"]].to_parquet(tmp_path / "air.parquet")
    check_values(read())


def test_hidden_files_and_other_tags_are_passed_over(read: Read, tmp_path: Path) -> None:
    wide = build_wide(**{"ZZ-9": [1.0] * 4, "unlisted": [1.0] * 4})
    build_long(wide).to_parquet(tmp_path / "a.parquet")
    (tmp_path / ".gitignore").write_bytes(b"\0")
    hourly = read()
    check_values(hourly)
    assert not {"", "unlisted", "ZZ-9"} & set(hourly.columns)


@pytest.mark.parametrize("text", ["Bad Input", "I/O Timeout", "", "nan", "inf", "-inf", "1,5"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_text_among_numbers_is_a_bad_reading(read: Read, tmp_path: Path, text: str, kind: str) -> None:
    long = build_long(build_wide())
    long["value"] = long["value"].astype(str)
    long.loc[(long["tag"] == "FT-1") & (long["time"] == TIMES[1]), "value"] = text
    if kind == "csv":
        long.to_csv(tmp_path / "a.csv", index=False)
    else:
        long.to_parquet(tmp_path / "a.parquet")
    hourly = read()
    assert list(hourly[GAS]) == [10.0, 35.0]
    assert list(hourly[GAS + "_coverage_frac"]) == [0.5, 1.0]
    assert list(hourly[LOAD]) == [1.5, 3.5]


def test_text_in_a_column_of_a_wide_csv_is_a_bad_reading(read: Read, tmp_path: Path) -> None:
    build_wide(**{"FT-1": ["10", "Unit Down", "30", "40"]}).to_csv(tmp_path / "a.csv", index=False)
    hourly = read()
    assert list(hourly[GAS]) == [10.0, 35.0]
    assert list(hourly[LOAD]) == [1.5, 3.5]


def test_text_in_a_column_of_a_wide_parquet_is_a_bad_reading(read: Read, tmp_path: Path) -> None:
    build_wide(**{"FT-1": ["10", "Unit Down", "30", "40"]}).to_parquet(tmp_path / "a.parquet")
    hourly = read()
    assert list(hourly[GAS]) == [10.0, 35.0]
    assert list(hourly[LOAD]) == [1.5, 3.5]


@pytest.mark.parametrize("with_text", ["a", "b"])
def test_text_in_one_parquet_file_of_several_is_a_bad_reading(read: Read, tmp_path: Path, with_text: str) -> None:
    long = build_long(build_wide())
    for name, day in (("a", long[long["time"] < TIMES[2]]), ("b", long[long["time"] >= TIMES[2]])):
        if name == with_text:
            day = day.assign(value=["Bad Input", *day["value"].astype(str)[1:]])
        day.to_parquet(tmp_path / f"{name}.parquet")
    hourly = read()
    assert list(hourly[GAS]) == ([20.0, 35.0] if with_text == "a" else [15.0, 40.0])
    assert list(hourly[LOAD]) == [1.5, 3.5]


def test_empty_folder_is_named(read: Read, tmp_path: Path) -> None:
    words = rf"^plant fjord: export {re.escape(str(tmp_path))}: holds no files\. Put the historian's export there"
    with pytest.raises(ElcError, match=words):
        read()


def test_folder_that_is_not_there_is_named(base: settings.StageSettings, tmp_path: Path) -> None:
    with pytest.raises(ElcError, match="holds no files"):
        ingest.read_export(tmp_path / "nothing", TAGS, base)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"is empty\. Export it again, or remove it\."),
        (b"PAR1", r"is a truncated or damaged Parquet file\. Export it again\."),
        (b"\x89PNG\r\n\x1a\n\0\0", r"is no table: found binary content, expected Parquet or CSV with a header\."),
        (b"a note\n", r"is no table: its first line is 'a note', expected a header with commas\."),
        (b"time;tag;value\n", r"is no table: its first line is 'time;tag;value', expected a header with commas\."),
        (b"moment,tag,value\n", r"has no time column; found moment, tag, value\. Name it in export\.time_column\."),
        (b"time,A,B\n", r"has neither the columns tag and value nor a column named as a tag; found time, A, B\."),
        (b"time," + b",".join(b"A%d" % i for i in range(20)) + b"\n", r"found time, A0, .*, A6 and 13 more\."),
    ],
)
def test_file_that_is_no_table_is_named(read: Read, tmp_path: Path, content: bytes, words: str) -> None:
    build_long(build_wide()).to_parquet(tmp_path / "good.parquet")
    (tmp_path / "odd.csv").write_bytes(content)
    with pytest.raises(ElcError, match=rf"^plant fjord: export .*: odd\.csv: .*{words}$"):
        read()


def test_truncated_parquet_is_named(read: Read, tmp_path: Path) -> None:
    build_long(build_wide()).to_parquet(tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ElcError, match=r"a\.parquet: is a truncated or damaged Parquet file\. Export it again\."):
        read()


def test_every_broken_file_is_named_in_one_error(read: Read, tmp_path: Path) -> None:
    for name, content in (("a.csv", b""), ("b.parquet", b"PAR1"), ("c.csv", b"time,X\n")):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(
        ElcError, match=r"(?s)3 faults.*- a\.csv: is empty.*- b\.parquet: is a trunc.*- c\.csv: has nei"
    ):
        read()


HEAD = "time,FT-1,FT-2,TI-1\n"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf",
        (HEAD + "2024-06-01 00:00,1,2,3\n2024-06-01 00:30,1\n").encode(),
        (HEAD + "2024-06-01 00:00,1,2,3\n2024-06-01 00:30,1,2,3,4\n").encode(),
        b"time,FT-1,FT-2,TI-1,TI-1\n2024-06-01 00:00,1,2,3,3\n",
        (HEAD.replace("\n", ",note\n") + "2024-06-01 00:00,1,2,3,40 °C\n").encode("latin-1"),
    ],
    ids=["only a byte-order mark", "line too short", "line too long", "doubled column", "latin-1"],
)
def test_damaged_csv_is_named(read: Read, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.csv").write_bytes(content)
    with pytest.raises(ElcError, match=r"^plant fjord: export .*odd\.csv"):
        read()


def test_file_with_a_header_and_no_lines_adds_nothing(read: Read, tmp_path: Path) -> None:
    build_wide().to_csv(tmp_path / "first.csv", index=False)
    (tmp_path / "second.csv").write_text(HEAD)
    check_values(read())


def test_export_of_only_a_header_is_named(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD)
    with pytest.raises(ElcError, match=r"^plant fjord: export "):
        read()


def test_missing_tags_are_listed_with_what_to_do(read: Read, tmp_path: Path) -> None:
    build_long(build_wide()[["time", "FT-2"]]).to_parquet(tmp_path / "a.parquet")
    words = (
        r"^plant fjord: export .*: 2 of 3 tags are missing: FT-1, TI-1\. Add them to the export, "
        r"or set their role to ignore in data/plants/fjord/tags\.csv\.$"
    )
    with pytest.raises(ElcError, match=words):
        read()


def test_times_that_cannot_be_read_are_listed(read: Read, tmp_path: Path) -> None:
    wide = build_wide().astype({"time": str})
    wide.loc[[1, 3], "time"] = ["32/13/2024", "noon"]
    wide.to_csv(tmp_path / "a.csv", index=False)
    words = (
        r"^plant fjord: export .*: times that cannot be read: '32/13/2024', 'noon'; "
        r"expected ISO 8601 as in 2024-06-01 13:00:00, or set export\.time_format\.$"
    )
    with pytest.raises(ElcError, match=words):
        read()


def test_times_of_another_format_are_listed(read: Read, tmp_path: Path) -> None:
    build_wide().to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ElcError, match=r"'2024-06-01 00:00:00', .*; expected export\.time_format %d\.%m\.%Y %H:%M\.$"):
        read(time_format="%d.%m.%Y %H:%M")


def test_at_most_five_unreadable_times_are_listed(read: Read, tmp_path: Path) -> None:
    wide = pd.concat([build_wide(), build_wide()]).assign(time=[f"never {i}" for i in range(8)])
    wide.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(
        ElcError, match="cannot be read: 'never 0', 'never 1', 'never 2', 'never 3', 'never 4'; expected"
    ):
        read()


def test_carrier_that_params_do_not_know_is_named(read: Read, tmp_path: Path) -> None:
    build_long(build_wide()).to_parquet(tmp_path / "a.parquet")
    tags = TagList("fjord", (replace(TAGS.tags[0], carrier="oil"), *TAGS.tags[1:]))
    with pytest.raises(ElcError, match=r"^plant fjord: carrier oil of the tag list is not under carriers in params"):
        read(tags)
