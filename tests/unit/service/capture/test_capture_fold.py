"""Parts become the file of their day: whoever is killed, and whenever, no row is lost and none is there twice."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elc.captured import BROKEN, find_days, find_losses, read_losses
from elc.errors import ElcError
from elc.files import days, hold_lock
from elc.paths import Project
from elc.service.capture import fold as folding
from elc.service.capture.fold import fold
from elc.service.capture.parts import find_parts
from tests.unit.service.capture.asked import AIR, FLUE, LOAD, MOMENT, PLANT, read_numbers, write

HOUR = timedelta(hours=1)
DAY = date(2026, 6, 20)


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def kill_at(step: int, *, is_done: bool) -> Iterator[None]:
    """Kill what folds at its n-th touch of the disk, before it or once it is done; nothing is done after that."""
    left = [step]

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] > 0:
                return real(*arguments, **options)
            if left[0] == 0 and is_done:
                real(*arguments, **options)
            raise Killed

        return act

    with (
        patch.object(folding, "force", wrap(folding.force)),
        patch.object(days, "force", wrap(days.force)),
        patch.object(folding, "write_loss", wrap(folding.write_loss)),
        patch.object(Path, "replace", wrap(Path.replace)),
        patch.object(Path, "unlink", wrap(Path.unlink)),
    ):
        yield


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def fold_all(project: Project) -> int:
    return fold(project, before=None, wait_s=0.0)


def test_only_hours_that_are_over_are_folded(project: Project) -> None:
    over, open_hour = write(project, MOMENT - HOUR), write(project, MOMENT)
    assert fold(project, before=MOMENT, wait_s=0.0) == 1
    assert read_numbers(project, are_parts_counted=False) == over
    assert read_numbers(project, are_parts_counted=True) == sorted(over + open_hour)
    assert fold(project, before=MOMENT, wait_s=0.0) == 0


def test_one_file_a_day_with_missing_columns_as_missing(project: Project) -> None:
    write(project, MOMENT - 24 * HOUR)
    write(project, MOMENT - HOUR, rows=2)
    write(project, MOMENT, rows=1, columns=(LOAD, AIR, FLUE))
    assert fold_all(project) == 2
    assert list(find_days(project, PLANT)) == [date(2026, 6, 19), DAY]
    table = pq.read_table(find_days(project, PLANT)[DAY])
    assert table.column_names == ["time_utc", "kind", "version", LOAD, AIR, FLUE]
    assert table[FLUE].to_pylist() == [None, None, 10.0]
    assert table["version"].to_pylist() == ["v1.0.0"] * 3
    assert pq.ParquetFile(find_days(project, PLANT)[DAY]).num_row_groups == 1
    assert sorted(path.name for path in project.capture(PLANT).iterdir()) == [
        "2026-06-19.parquet",
        "2026-06-20.parquet",
    ]


def test_a_late_part_joins_the_file_of_its_day(project: Project) -> None:
    first = write(project, MOMENT)
    fold_all(project)
    late = write(project, MOMENT, columns=(LOAD, FLUE))
    fold_all(project)
    assert read_numbers(project, are_parts_counted=False) == sorted(first + late)
    assert find_parts(project, PLANT) == []


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("step", range(1, 9))
def test_killed_at_any_point_nothing_is_lost_and_nothing_doubled(project: Project, step: int, is_done: bool) -> None:
    rows = write(project, MOMENT - HOUR)
    fold_all(project)
    rows += write(project, MOMENT) + write(project, MOMENT)
    with kill_at(step, is_done=is_done), pytest.raises(Killed):
        fold_all(project)
    rows += write(project, MOMENT)
    fold_all(project)
    assert read_numbers(project, are_parts_counted=False) == sorted(rows)
    assert find_parts(project, PLANT) == []


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.integers(0, 50), st.booleans()),
            st.tuples(st.just("kill"), st.integers(1, 14), st.booleans()),
            st.tuples(st.just("fold"), st.integers(0, 50), st.booleans()),
        ),
        max_size=12,
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_no_row_is_lost_or_doubled(steps: list[tuple[str, int, bool]]) -> None:
    """Workers write parts of any hour, with other columns; folds are whole or killed, in any order."""
    with tempfile.TemporaryDirectory() as folder:
        project, rows = Project(Path(folder)), []
        for what, number, is_so in steps:
            if what == "write":
                rows += write(
                    project, MOMENT + number * HOUR, rows=1 + number % 3, columns=(LOAD, FLUE if is_so else AIR)
                )
            elif what == "fold":
                fold(project, before=MOMENT + number * HOUR, wait_s=0.0)
            else:
                try:
                    with kill_at(number, is_done=is_so):
                        fold_all(project)
                except Killed:
                    pass
        fold_all(project)
        assert read_numbers(project, are_parts_counted=True) == sorted(rows)
        assert find_parts(project, PLANT) == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def test_a_broken_part_is_set_aside_and_told(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    rows = write(project, MOMENT)
    write(project, MOMENT)
    broken = find_parts(project, PLANT)[-1]
    cut(broken)
    with caplog.at_level(logging.ERROR, logger="elc.service"):
        fold_all(project)
    assert read_numbers(project, are_parts_counted=False) == rows
    (aside,) = project.capture_parts(PLANT).glob("*.broken")
    assert aside.name.startswith(broken.name)
    (loss,) = read_losses(project, PLANT).found
    assert (loss.kind, loss.start, loss.end) == (BROKEN, MOMENT.replace(minute=0), MOMENT.replace(minute=0) + HOUR)
    assert f"{broken.name} cannot be read" in loss.sentence
    assert f"data/service/capture/{PLANT} as {aside.name}" in loss.sentence
    assert caplog.messages == ["captured file broken"]


def test_a_part_broken_inside_is_noticed(project: Project) -> None:
    rows = write(project, MOMENT, rows=2000)
    good = write(project, MOMENT + HOUR)
    path = find_parts(project, PLANT)[0]
    content = bytearray(path.read_bytes())
    content[4:400] = bytes(396)
    path.write_bytes(content)
    fold_all(project)
    assert read_numbers(project, are_parts_counted=False) == good
    assert len(rows) == 2000
    assert [loss.kind for loss in read_losses(project, PLANT).found] == [BROKEN]


@pytest.mark.parametrize("step", range(1, 4))
@pytest.mark.parametrize("is_done", [False, True])
def test_killed_while_setting_aside_tells_it_once(project: Project, step: int, is_done: bool) -> None:
    write(project, MOMENT)
    cut(find_parts(project, PLANT)[0])
    with kill_at(step, is_done=is_done), pytest.raises(Killed):
        fold_all(project)
    fold_all(project)
    assert len(read_losses(project, PLANT).found) == 1
    assert len(list(project.capture_parts(PLANT).glob("*.broken"))) == 1


def test_a_broken_day_is_set_aside_and_begun_anew(project: Project) -> None:
    write(project, MOMENT)
    fold_all(project)
    cut(find_days(project, PLANT)[DAY])
    rows = write(project, MOMENT)
    fold_all(project)
    assert read_numbers(project, are_parts_counted=False) == rows
    (loss,) = read_losses(project, PLANT).found
    assert (loss.start, loss.end) == (datetime(2026, 6, 20, tzinfo=UTC), datetime(2026, 6, 21, tzinfo=UTC))


def test_a_file_of_another_kind_is_set_aside(project: Project) -> None:
    project.capture_parts(PLANT).mkdir(parents=True)
    (project.capture_parts(PLANT) / "notes.parquet").write_text("no part")
    fold_all(project)
    (loss,) = read_losses(project, PLANT).found
    assert "notes.parquet cannot be read (its name has no hour)" in loss.sentence


def test_a_full_disk_leaves_the_parts(project: Project) -> None:
    rows = write(project, MOMENT)
    with (
        patch.object(days, "force", side_effect=[OSError(28, "No space left on device")]),
        pytest.raises(ElcError, match=r"data/capture: plant fjord: .*No space left on device"),
    ):
        fold_all(project)
    assert read_numbers(project, are_parts_counted=False) == []
    fold_all(project)
    assert read_numbers(project, are_parts_counted=False) == rows


def test_only_one_folds(project: Project) -> None:
    rows = write(project, MOMENT)
    with hold_lock(project.capture_parts("") / ".lock"):
        assert fold_all(project) == 0
        assert fold(project, before=None, wait_s=0.1) == 0
    assert fold_all(project) == 1
    assert read_numbers(project, are_parts_counted=False) == rows


def test_workers_at_once_lose_nothing(project: Project) -> None:
    """Each writes parts, and folds whatever it finds."""

    def work(_: int) -> list[float]:
        written = []
        for turn in range(10):
            written += write(project, MOMENT + turn * HOUR, rows=2)
            fold(project, before=None, wait_s=0.0)
        return written

    with ThreadPoolExecutor(4) as pool:
        rows = [row for written in pool.map(work, range(4)) for row in written]
    fold_all(project)
    assert len(rows) == 4 * 10 * 2
    assert read_numbers(project, are_parts_counted=False) == sorted(rows)
    assert not find_losses(project).exists()
