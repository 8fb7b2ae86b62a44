"""Incremental ingest: only what a file reaches is worked out again, and the bytes are those of an empty cache."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from elc import ingest
from elc.ingest import partitions
from elc.ingest.partials import SCHEMA
from elc.settings import StageSettings, TagList
from tests.unit.ingest.exports import AIR, TAGS, build_bytes, build_days, build_settings

DAYS = pd.date_range("2024-01-28", periods=9).strftime("%Y-%m-%d").tolist()  # they reach into two months
TRACES = ("low", "high", "readings", "changes")
Run = Callable[..., list[str]]
Whole = tuple[bytes, dict[str, pd.DataFrame], bytes]
WHOLE: dict[str, Whole] = {}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export of a file a day; every other one is CSV."""
    folder = tmp_path / "export"
    folder.mkdir()
    readings = build_days(DAYS[0], len(DAYS))
    for number, (day, rows) in enumerate(readings.groupby(readings["time"].dt.strftime("%Y-%m-%d"))):
        write_file(folder / f"{day}.{'csv' if number % 2 else 'parquet'}", rows)
    return folder


def write_file(path: Path, rows: pd.DataFrame) -> None:
    if path.suffix == ".csv":
        rows.to_csv(path, index=False)
    else:
        rows.to_parquet(path, index=False)


def read_whole(export: Path, tags: TagList, settings: StageSettings, empty: Path) -> Whole:
    """Read an export with an empty cache: the bytes of hours, the traces, the bytes of findings. Equal ones once."""
    files = tuple((path.name, path.read_bytes()) for path in sorted(export.iterdir()))
    key = hashlib.sha256(repr((files, tags, settings, partitions.BATCH_ROWS)).encode()).hexdigest()
    if key not in WHOLE:
        hourly, traces, findings = ingest.read_export(export, tags, settings, cache=empty)
        shutil.rmtree(empty)
        kept = {name: getattr(traces, name) for name in TRACES}
        WHOLE[key] = build_bytes(hourly), kept, build_bytes(findings)
    return WHOLE[key]


@pytest.fixture
def run(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Read the export, check the bytes against those of an empty cache, and return the days that were worked out."""
    days: set[str] = set()
    read_batch = partitions._read_batch

    def read_counted(*given: Any) -> Any:
        days.update(str(pd.Timestamp(day, unit="D").date()) for day in given[-1].days)
        return read_batch(*given)

    def read_both(tags: TagList = TAGS, settings: StageSettings | None = None) -> list[str]:
        chosen = settings or build_settings()
        days.clear()
        with monkeypatch.context() as patch:
            patch.setattr(partitions, "_read_batch", read_counted)
            hourly, traces, findings = ingest.read_export(export, tags, chosen, cache=tmp_path / "cache")
        whole, whole_traces, whole_findings = read_whole(export, tags, chosen, tmp_path / "other")
        assert build_bytes(hourly) == whole
        assert build_bytes(findings) == whole_findings
        for name in TRACES:
            pd.testing.assert_frame_equal(getattr(traces, name), whole_traces[name], check_exact=True)
        return sorted(days)

    return read_both


def find_cached(tmp_path: Path, pattern: str) -> list[Path]:
    found = sorted((tmp_path / "cache").glob(f"*/{pattern}"))
    assert found
    return found


def test_nothing_new_is_nothing_to_do(run: Run) -> None:
    assert run() == DAYS
    assert run() == []


def test_batches_of_any_size_give_the_same_bytes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "BATCH_ROWS", 700)
    assert run() == DAYS
    monkeypatch.setattr(partitions, "BATCH_ROWS", 3_000_000)
    assert run() == []


@pytest.mark.parametrize("name", ["new.parquet", "new.csv"])
def test_new_day_is_worked_out_alone(run: Run, export: Path, name: str) -> None:
    run()
    write_file(export / name, build_days("2024-02-06", 1))
    assert run() == ["2024-02-06"]
    assert run() == []


@pytest.mark.parametrize("name", ["late.parquet", "late.csv"])
def test_late_file_reaches_its_two_days_alone(run: Run, export: Path, name: str) -> None:
    run()
    late = build_days("2024-01-29", 8, step_min=7)
    write_file(export / name, late[late["time"].dt.day.isin([29, 5])])
    assert run() == ["2024-01-29", "2024-02-05"]
    assert run() == []


def test_changed_file_is_read_again(run: Run, export: Path) -> None:
    run()
    changed = build_days("2024-01-30", 1)
    write_file(export / "2024-01-30.parquet", changed.assign(value=changed["value"] + 1))
    assert run() == ["2024-01-30"]


@pytest.mark.parametrize("name", ["2024-01-29.csv", "2024-01-30.parquet"])
def test_file_that_looks_as_it_did_is_taken_as_unchanged_and_a_touched_one_is_not(
    run: Run, export: Path, name: str
) -> None:
    run()
    os.utime(export / name)
    assert run() == [name[:10]]


def test_removed_file_takes_its_readings_along(run: Run, export: Path) -> None:
    run()
    (export / "2024-01-29.csv").unlink()
    assert set(run()) <= {day for day in DAYS if day < "2024-02"}
    (export / "2024-02-05.parquet").unlink()
    assert set(run()) <= {day for day in DAYS if day >= "2024-02"}
    assert run() == []


def test_month_that_was_removed_comes_back(run: Run, export: Path, tmp_path: Path) -> None:
    run()
    february = sorted(export.glob("2024-02*"))
    (tmp_path / "aside").mkdir()
    for path in february:
        path.rename(tmp_path / "aside" / path.name)
    assert run() == []
    for path in february:
        (tmp_path / "aside" / path.name).rename(path)
    assert run() == [day for day in DAYS if day >= "2024-02"]


def test_other_tags_or_settings_make_the_cache_void(run: Run, export: Path) -> None:
    run()
    write_file(export / "air.parquet", build_days(DAYS[0], 1).replace({"tag": {"FT-1": "TI-1", "FT-2": "TI-2"}}))
    assert run() == DAYS[:1]
    assert run(tags=TagList("fjord", (*TAGS.tags, AIR))) == DAYS
    assert run(settings=build_settings(max_hold_h=0.1)) == DAYS
    assert run(settings=build_settings(interval="10min")) == DAYS
    assert run(settings=build_settings(accept_uncertain=True)) == DAYS
    assert run() == DAYS


def test_scale_and_coverage_are_applied_after_the_cache(run: Run) -> None:
    run()
    assert run(tags=TagList("fjord", (replace(TAGS.tags[0], factor=2.0), TAGS.tags[1]))) == []
    assert run(settings=build_settings(min_coverage_frac=0.9)) == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil(path: Path) -> None:
    """Turn the last byte of a column's values."""
    column = pq.read_metadata(path).row_group(0).column(SCHEMA.names.index("integral"))
    end = (column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size
    content = bytearray(path.read_bytes())
    content[end - 1] ^= 0x55
    path.write_bytes(content)


def overwrite(path: Path) -> None:
    path.write_bytes(b"no cache")


HARMS = [cut, overwrite, Path.unlink]


@pytest.mark.parametrize("harm", [*HARMS, spoil])
def test_month_that_is_not_whole_is_made_again(run: Run, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    run()
    harm(find_cached(tmp_path, "months/*")[0])
    assert run() == [day for day in DAYS if day < "2024-02"]
    assert run() == []


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("name", ["sources.json", "days.json", "copies/*"])
def test_index_or_copy_that_is_not_whole_is_made_again(
    run: Run, tmp_path: Path, export: Path, name: str, harm: Callable[[Path], None]
) -> None:
    run()
    for path in find_cached(tmp_path, name):
        harm(path)
    write_file(export / "late.parquet", build_days(DAYS[1], 1, step_min=7))
    assert DAYS[1] in run()
    assert run() == []


def test_what_a_killed_run_left_is_no_harm(run: Run, tmp_path: Path) -> None:
    run()
    month = find_cached(tmp_path, "months/*")[0]
    left = [month.with_name(".2024-01.new.parquet"), month.parents[1] / ".days.new.json"]
    for path in left:
        path.write_bytes(b"half")
    find_cached(tmp_path, "days.json")[0].unlink()
    assert run() == DAYS
    assert not any(path.exists() for path in left)


def test_day_that_its_month_has_lost_is_not_listed(
    run: Run, export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    gone = export / "2024-01-30.parquet"
    gone.rename(tmp_path / gone.name)
    write_days = partitions._write

    def write_once(path: Path, *given: Any) -> None:
        if path.name == "days.json" and find_cached(tmp_path, "months/2024-01*")[0].stat().st_mtime_ns != before:
            raise KeyboardInterrupt
        write_days(path, *given)

    before = find_cached(tmp_path, "months/2024-01*")[0].stat().st_mtime_ns
    with monkeypatch.context() as patch:
        patch.setattr(partitions, "_write", write_once)
        with pytest.raises(KeyboardInterrupt):
            run()
    (tmp_path / gone.name).rename(gone)
    assert "2024-01-30" in run()
