"""Sources: what an export consists of, each file looked at once, and every fault named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from elc import ingest
from elc.errors import ElcError
from elc.ingest.engine import connect
from elc.ingest.files import Source
from elc.ingest.sources import Survey
from elc.pages.findings import say_findings
from tests.unit.ingest.exports import CHICAGO, TAGS, build_days, build_random, build_settings, build_zoned

DAY_US = 86_400_000_000
Find = Callable[..., dict[str, Source]]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "export").mkdir()
    return tmp_path / "export"


@pytest.fixture
def find(export: Path, tmp_path: Path) -> Find:
    def find_sources(known: dict[str, Source] | None = None, **given: object) -> dict[str, Source]:
        settings = build_settings(**given)
        survey = Survey([export], tmp_path / "cache", TAGS, settings)
        return survey.find(lambda: connect(settings.engine, "test"), known or {})

    return find_sources


def read_days(source: Source) -> list[str]:
    return [str(np.datetime64(day, "D")) for day in source.days]


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_source_says_rows_times_and_days(find: Find, export: Path, name: str) -> None:
    readings = build_days("2024-06-01", 3)
    readings.to_csv(export / name, index=False) if name.endswith("csv") else readings.to_parquet(export / name)
    source = find()[name]
    assert source.rows == len(readings)
    assert pd.Timestamp(source.first, unit="us") == readings["time"].min()
    assert pd.Timestamp(source.last, unit="us") == readings["time"].max()
    assert read_days(source) == ["2024-06-01", "2024-06-02", "2024-06-03"]


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_days_in_between_that_hold_nothing_are_not_listed(find: Find, export: Path, name: str) -> None:
    readings = build_days("2024-06-01", 9)
    readings = readings[readings["time"].dt.day.isin([1, 8])]
    readings.to_csv(export / name, index=False) if name.endswith("csv") else readings.to_parquet(export / name)
    assert read_days(find()[name]) == ["2024-06-01", "2024-06-08"]


@pytest.mark.parametrize("hours", [4, 140])
def test_days_are_those_of_utc(find: Find, export: Path, hours: int) -> None:
    utc, local = build_zoned("2024-07-01 22:00", hours, CHICAGO)
    local.to_parquet(export / "a.parquet")
    expected = sorted(set(utc["time"].dt.strftime("%Y-%m-%d")))
    assert set(expected) <= set(read_days(find(time_zone=CHICAGO)["a.parquet"]))


def test_file_that_is_not_typed_is_copied_in_time_order(find: Find, export: Path, tmp_path: Path) -> None:
    readings = build_random(3)
    readings.sample(frac=1, random_state=1).to_csv(export / "a.csv", index=False)
    find()
    (copy,) = (tmp_path / "cache" / "copies").iterdir()
    times = pq.read_table(copy)["time"].to_pandas()
    assert times.is_monotonic_increasing
    assert sorted(times) == sorted(readings["time"])


def test_file_that_has_not_changed_is_not_looked_at(find: Find, export: Path) -> None:
    build_days("2024-06-01", 1).to_parquet(export / "a.parquet")
    known = find()
    status = (export / "a.parquet").stat()
    (export / "a.parquet").write_bytes(b"x" * status.st_size)
    os.utime(export / "a.parquet", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert find(known) == known
    (export / "b.csv").write_text("<html>log in</html>")
    with pytest.raises(ElcError, match=r"b\.csv"):
        find(known)


def test_faults_of_all_files_are_named_at_once(find: Find, export: Path) -> None:
    build_days("2024-06-01", 1).to_parquet(export / "good.parquet")
    (export / "page.csv").write_text("<html><body>log in</body></html>")
    (export / "half.parquet").write_bytes((export / "good.parquet").read_bytes()[:2000])
    with pytest.raises(ElcError, match=r"^plant fjord: export .*: 2 faults\n  - half\.parquet: .*\n  - page\.csv: "):
        find()


def test_empty_folder_is_named(find: Find) -> None:
    with pytest.raises(ElcError, match=r"^plant fjord: export .*: holds no files\. Put the historian's export there"):
        find()


def test_missing_tags_are_named(export: Path, tmp_path: Path) -> None:
    build_random(1).replace({"tag": {"FT-1": "FT-9"}}).to_csv(export / "a.csv", index=False)
    with pytest.raises(ElcError, match=r"^plant fjord: export .*: 1 of 2 tags are missing: FT-1\. Add them"):
        ingest.read_export(export, TAGS, build_settings(), cache=tmp_path / "cache")


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_export_without_any_listed_tag_is_named(export: Path, tmp_path: Path, name: str) -> None:
    readings = build_random(1).assign(tag="X")
    readings.to_csv(export / name, index=False) if name.endswith("csv") else readings.to_parquet(export / name)
    with pytest.raises(ElcError, match=r"2 of 2 tags are missing: FT-1, FT-2\. Add them"):
        ingest.read_export(export, TAGS, build_settings(), cache=tmp_path / "cache")


def test_doubts_of_a_file_without_a_usable_reading_are_told(export: Path, tmp_path: Path) -> None:
    readings = build_days("2024-06-01", 2)
    readings.to_parquet(export / "a.parquet")
    readings.assign(tag="").to_csv(export / "b.csv", index=False)
    _, _, found = ingest.read_export(export, TAGS, build_settings(), cache=tmp_path / "cache")
    assert list(found["check"]) == ["no_tag"]
    assert say_findings(found)[0].startswith(f"{len(readings)} readings of b.csv carry no tag")
    assert (found["start"][0], found["hours"][0]) == (pd.Timestamp("2024-06-01", tz="UTC"), 48)


def test_what_the_entry_says_of_lines_counts_where_a_table_could_be_read_without(find: Find, export: Path) -> None:
    table = build_days("2024-06-01", 2)
    path = export / "a.csv"
    former = table.head(2).assign(value=0.0).to_csv(index=False)
    path.write_text(former + table.to_csv(index=False), encoding="utf-8")
    assert find(skip_rows=3)["a.csv"].rows == len(table)


def test_commented_rows_are_passed_over_and_counted(find: Find, export: Path) -> None:
    table = build_days("2024-06-01", 2)[["tag", "time", "value", "quality"]]
    lines = table.to_csv(index=False).splitlines(keepends=True)
    (export / "a.csv").write_text("".join([*lines[:5], "!" + lines[5], *lines[6:]]), encoding="utf-8")
    source = find(comment="!")["a.csv"]
    assert source.rows == len(table) - 1
    assert [(doubt.check, doubt.count) for doubt in source.doubts] == [("passed_over", 1)]


@pytest.mark.parametrize(("name", "is_read"), [("readme.txt", False), ("README", False), ("readme_2024.csv", True)])
def test_only_files_that_are_none_of_the_export_are_left(find: Find, export: Path, name: str, is_read: bool) -> None:
    for path in (export / "a.csv", export / name):
        build_days("2024-06-01", 2).to_csv(path, index=False)
    assert (name in find()) is is_read
