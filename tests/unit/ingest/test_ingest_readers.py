"""Readings are the same whatever a file's form and whichever engine reads it; what is doubtful is named."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc.errors import ElcError
from elc.ingest.engine import Engine, connect
from elc.ingest.layout import read_layout
from elc.ingest.readers import find_doubts, find_time_faults, read_readings
from elc.settings import EngineSettings, Export, Tag, TagList

NAMES = ("FT-1", "FT-2")
TAGS = TagList(
    "fjord",
    (
        *(Tag(name, name.lower(), "driver", "", 1.0, 0.0, None, None, "") for name in NAMES),
        Tag("ZZ-9", "", "ignore", "", 1.0, 0.0, None, None, ""),
    ),
)
DUCKDB = EngineSettings(name="duckdb", master="local[*]", memory_gib=0.5)
SPARK = EngineSettings(name="spark", master="local[1]", memory_gib=0.5)
TIMES = pd.date_range("2024-06-01", periods=48, freq="30min").as_unit("us")
WIDE = pd.DataFrame({"time": TIMES, "FT-1": np.linspace(1, 10, 48).round(6), "FT-2": np.linspace(-5, 5, 48).round(3)})
LONG = WIDE.melt("time", var_name="tag").assign(quality="GOOD")
BAD = LONG.index[LONG["tag"].eq("FT-1") & LONG["time"].eq(TIMES[3])][0]

ON_SPARK = pytest.mark.long(reason="starts Spark, which takes a minute for what DuckDB does in a second")


def write_long(path: Path) -> None:
    LONG.to_parquet(path, index=False)


def write_wide(path: Path) -> None:
    WIDE.assign(**{"ZZ-9": 1.0}).to_csv(path, index=False, sep=";", decimal=",")


def write_lines(path: Path) -> None:
    LONG.assign(time=LONG["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_json(path, orient="records", lines=True)


def write_sitewise(path: Path) -> None:
    seconds = LONG["time"].astype("int64") // 1_000_000
    records = [
        {
            "propertyAlias": tag,
            "value": {"doubleValue": value},
            "timestamp": {"timeInSeconds": second, "offsetInNanos": 0},
            "quality": quality,
        }
        for tag, value, second, quality in zip(LONG["tag"], LONG["value"], seconds, LONG["quality"], strict=True)
    ]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))


def write_entries(path: Path) -> None:
    points = [
        {"value": {"doubleValue": value}, "timestamp": {"timeInSeconds": moment.timestamp()}, "quality": "GOOD"}
        for moment, value in zip(WIDE["time"], WIDE["FT-1"], strict=True)
    ]
    for point in points:
        point["timestamp"] = {"timeInSeconds": int(point["timestamp"]["timeInSeconds"])}
    path.write_text(json.dumps({"entries": [{"propertyAlias": "FT-1", "propertyValues": points}]}))


def read(engine: Engine, *paths: Path, export: Export | None = None) -> pd.DataFrame:
    """Read files of one layout."""
    export = export or Export()
    layout = read_layout(paths[0], export, TAGS)
    assert find_time_faults(engine, layout, paths, export, TAGS) == []
    table = engine.execute(read_readings(engine, layout, paths, export, TAGS))
    return table.sort_values(["tag", "time"], ignore_index=True)


def check_long(readings: pd.DataFrame, expected: pd.DataFrame = LONG) -> None:
    expected = expected.sort_values(["tag", "time"], ignore_index=True)
    assert list(readings["time"]) == list(expected["time"])
    assert list(readings["tag"]) == list(expected["tag"])
    assert list(readings["quality"]) == list(expected["quality"])
    np.testing.assert_array_equal(readings["value"], expected["value"])


FORMS = {
    "a.parquet": write_long,
    "a.csv": write_wide,
    "a.json": write_lines,
    "sitewise.json": write_sitewise,
}


@pytest.fixture
def duck() -> Iterator[Engine]:
    with connect(DUCKDB, "plant fjord: export") as engine:
        yield engine


@pytest.fixture(scope="module")
def spark() -> Iterator[Engine]:
    if shutil.which("java") is None or importlib.util.find_spec("pyspark") is None:
        pytest.skip("Spark needs Java and pyspark, and one of them is not installed")
    with connect(SPARK, "plant fjord: export") as engine:
        yield engine


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_readings(duck: Engine, tmp_path: Path, name: str) -> None:
    FORMS[name](tmp_path / name)
    readings = read(duck, tmp_path / name)
    check_long(readings)
    assert list(readings.columns) == ["time", "is_utc", "tag", "value", "quality"]
    assert readings["is_utc"].all() == name.endswith("json")


@ON_SPARK
@pytest.mark.parametrize("name", FORMS)
def test_spark_gives_the_same_readings_as_duckdb(spark: Engine, duck: Engine, tmp_path: Path, name: str) -> None:
    FORMS[name](tmp_path / name)
    readings = read(spark, tmp_path / name)
    check_long(readings)
    assert list(readings["is_utc"]) == list(read(duck, tmp_path / name)["is_utc"])


@ON_SPARK
def test_spark_opens_messages_as_duckdb_does(spark: Engine, duck: Engine, tmp_path: Path) -> None:
    write_entries(tmp_path / "a.json")
    check_long(read(spark, tmp_path / "a.json"), LONG[LONG["tag"] == "FT-1"])
    check_long(read(duck, tmp_path / "a.json"), LONG[LONG["tag"] == "FT-1"])


@ON_SPARK
def test_spark_finds_the_same_doubts_as_duckdb(spark: Engine, duck: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    texts = ["1.5", "12f", "1_000", "1e400", "Bad Input", "", "nan"]
    words = ["Good", "Good", "Good", "Good", "Bad", "Maybe", ""]
    rows = pd.DataFrame({"time": TIMES[:7], "tag": "FT-1", "value": texts, "quality": words})
    rows.to_csv(path, index=False)
    layout = read_layout(path, Export(), TAGS)
    found = [find_doubts(engine, layout, [path], Export(), TAGS) for engine in (spark, duck)]
    pd.testing.assert_frame_equal(found[0], found[1], check_dtype=False)
    assert dict(zip(found[1]["check"], found[1]["count"], strict=True)) == {
        "large_value": 1,
        "no_quality": 1,
        "text_value": 3,
        "unknown_quality": 1,
    }
    assert list(read(spark, path)["value"].isna()) == [False] + [True] * 6
    assert list(read(duck, path)["quality"]) == list(read(spark, path)["quality"]) == ["GOOD"] + ["BAD"] * 6


@ON_SPARK
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("row", ["2024-06-01 00:00,FT-1", "2024-06-01 00:00,FT-1,1,2"])
def test_spark_names_a_ragged_line(tmp_path: Path, row: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"time,tag,value\n{row}\n")
    with pytest.raises(ElcError, match=r"^x: a file cannot be read: .*Malformed CSV record: 2024.*a\.csv"):  # noqa: SIM117
        with connect(SPARK, "x") as engine:
            read(engine, path)


@ON_SPARK
def test_spark_refuses_what_it_would_misread(spark: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,FT-1\n2024-06-01 00:00,1\n", encoding="utf-16")
    with pytest.raises(ElcError, match=r"a\.csv: is UTF-16, which Spark cannot read line by line"):
        read(spark, path)


def test_spark_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with (
        pytest.raises(ElcError, match=r'^x: engine\.name is spark, which is not installed: pip install "\.\[spark\]"$'),
        connect(SPARK, "x"),
    ):
        pass


def test_files_of_one_layout_are_read_together(duck: Engine, tmp_path: Path) -> None:
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    LONG[:50].to_parquet(paths[0])
    LONG[50:].to_parquet(paths[1])
    assert read_layout(paths[0], Export(), TAGS) == read_layout(paths[1], Export(), TAGS)
    check_long(read(duck, *paths))


def test_paths_are_taken_by_the_letter(duck: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "site [1]" / "day=2024-06-01"
    folder.mkdir(parents=True)
    write_long(folder / "a*.parquet")
    (folder / "ab.parquet").write_bytes(b"PAR1")
    check_long(read(duck, folder / "a*.parquet"))


def test_copy_of_readings_is_one_file_in_order(duck: Engine, tmp_path: Path) -> None:
    write_wide(tmp_path / "a.csv")
    layout = read_layout(tmp_path / "a.csv", Export(), TAGS)
    table = read_readings(duck, layout, [tmp_path / "a.csv"], Export(), TAGS)
    duck.write_parquet(table.order_by(["tag", "time"]), tmp_path / "copy.parquet")
    check_long(pd.read_parquet(tmp_path / "copy.parquet"))
    assert duck.read_arrow(table).num_rows == len(LONG)


def find_faults(engine: Engine, path: Path, export: Export) -> list[str]:
    return find_time_faults(engine, read_layout(path, export, TAGS), [path], export, TAGS)


def test_at_most_five_unreadable_times_are_listed(duck: Engine, tmp_path: Path) -> None:
    WIDE.astype({"time": str}).assign(time=[f"never {n:02}" for n in range(48)]).to_csv(tmp_path / "a.csv", index=False)
    words = (
        "a.csv: times that cannot be read: 'never 00', 'never 01', 'never 02', 'never 03', 'never 04'; "
        "expected ISO 8601 as in 2024-06-01 13:00:00, or set export.time_format."
    )
    assert find_faults(duck, tmp_path / "a.csv", Export()) == [words]


def test_times_of_another_format_are_listed(duck: Engine, tmp_path: Path) -> None:
    WIDE[:1].to_csv(tmp_path / "a.csv", index=False)
    found = find_faults(duck, tmp_path / "a.csv", Export(time_format="%d.%m.%Y %H:%M"))
    assert found == [
        "a.csv: times that cannot be read: '2024-06-01'; expected export.time_format %d.%m.%Y %H:%M.",
    ]


def test_only_the_file_with_the_fault_is_named(duck: Engine, tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    WIDE.to_csv(paths[0], index=False)
    WIDE.astype({"time": str}).replace("2024-06-01 03:00:00", "noon").to_csv(paths[1], index=False)
    layout = read_layout(paths[0], Export(), TAGS)
    faults = find_time_faults(duck, layout, paths, Export(), TAGS)
    assert len(faults) == 1
    assert faults[0].startswith("b.csv: times that cannot be read: 'noon';")


def test_doubts_name_their_file_and_an_example(duck: Engine, tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    LONG.to_csv(paths[0], index=False)
    LONG.astype({"value": object}).assign(value=LONG["value"].astype(str).mask(LONG.index == BAD, "Bad Input")).to_csv(
        paths[1], index=False
    )
    layout = read_layout(paths[0], Export(), TAGS)
    doubts = find_doubts(duck, layout, paths, Export(), TAGS)
    assert doubts.to_dict("records") == [
        {"path": str(paths[1]), "check": "text_value", "tag": "FT-1", "count": 1, "example": "Bad Input"}
    ]


def test_doubts_of_unlisted_tags_are_left_out(duck: Engine, tmp_path: Path) -> None:
    LONG.assign(tag="ZZ-9", quality="Maybe").to_parquet(tmp_path / "a.parquet")
    layout = read_layout(tmp_path / "a.parquet", Export(), TAGS)
    assert find_doubts(duck, layout, [tmp_path / "a.parquet"], Export(), TAGS).empty


def test_error_of_another_kind_passes_through() -> None:
    with pytest.raises(ZeroDivisionError), connect(DUCKDB, "x"):
        raise ZeroDivisionError


@pytest.mark.parametrize("write", FORMS.values(), ids=FORMS)
def test_equal_files_give_equal_bytes(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "a")
    layout = read_layout(tmp_path / "a", Export(), TAGS)
    for name in ("first", "second"):
        with connect(DUCKDB, "x") as engine:
            table = read_readings(engine, layout, [tmp_path / "a"], Export(), TAGS)
            engine.write_parquet(table.order_by(["tag", "time"]), tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
