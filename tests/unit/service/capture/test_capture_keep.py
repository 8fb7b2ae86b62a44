"""What is kept, what is not, and that both are said: the limit of disk, outages, the end of the service."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from elc import captured
from elc.captured import LOST, find_days, find_losses, read_losses, write_loss
from elc.paths import Project
from elc.records.loss import Loss
from elc.service.capture import keep, outages, read_rows
from elc.service.capture.outages import Outages
from elc.service.capture.parts import find_hour, find_parts
from tests.unit.records.examples import LOSS
from tests.unit.service.capture.asked import (
    AIR,
    FLUE,
    LOAD,
    MOMENT,
    PLANT,
    build_asked,
    build_capture,
    build_loaded,
    read_numbers,
    write,
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_rows_wait_in_parts_until_the_end_of_the_service(project: Project) -> None:
    capture = build_capture(project)
    asked = build_asked(5)
    capture.offer(build_loaded(), "predict", asked)
    capture.flush()
    assert find_days(project, PLANT) == {}
    assert read_numbers(project, are_parts_counted=True) == asked.values[:, 0].tolist()
    late = build_asked(2, (LOAD, FLUE))
    capture.offer(build_loaded(version="v1.1.0"), "gap", late)
    capture.close()
    assert find_parts(project, PLANT) == []
    assert read_numbers(project, are_parts_counted=False) == [*asked.values[:, 0], *late.values[:, 0]]
    assert not find_losses(project).exists()


def test_what_a_killed_worker_left_is_folded_by_the_next(project: Project) -> None:
    rows = write(project, datetime.now(UTC) - timedelta(hours=2))
    build_capture(project).flush()
    assert read_numbers(project, are_parts_counted=False) == rows


def test_an_hour_is_folded_once_every_worker_has_written_it(project: Project) -> None:
    """Rows of the hour before may still wait in the memory of another worker."""
    now = datetime.now(UTC)
    write(project, now - timedelta(hours=1))
    (part,) = find_parts(project, PLANT)
    over_s = (now - find_hour(part)).total_seconds() - 3600
    build_capture(project, flush_s=over_s / 2 + 60).flush()
    assert find_days(project, PLANT) == {}
    build_capture(project, flush_s=over_s / 4).flush()
    assert len(find_days(project, PLANT)) == 1


def test_the_limit_counts_days_parts_and_what_was_set_aside(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    for folder in (project.capture(PLANT), project.capture_parts(PLANT)):
        folder.mkdir(parents=True)
    (project.capture(PLANT) / "2026-06-01.parquet").write_bytes(bytes(400_000))
    (project.capture_parts(PLANT) / "part.parquet.1.broken").write_bytes(bytes(400_000))
    capture = build_capture(project, max_mib=0.7)
    capture.offer(build_loaded(), "predict", build_asked(4))
    with caplog.at_level(logging.ERROR, logger="elc.service"):
        capture.flush()
    assert caplog.messages == ["capture stopped"]
    (loss,) = read_losses(project, PLANT).found
    assert (loss.kind, loss.rows, loss.is_over) == (LOST, 4, False)
    assert loss.sentence == (
        "data/capture and data/service/capture take 1 MiB, serve.capture.max_mib allows 0.7. Remove days that "
        "monitoring no longer needs, or allow more."
    )
    (project.capture(PLANT) / "2026-06-01.parquet").unlink()
    asked = build_asked(2)
    capture.offer(build_loaded(), "predict", asked)
    capture.flush()
    assert capture.fault == ""
    assert read_numbers(project, are_parts_counted=True) == asked.values[:, 0].tolist()


def test_the_limit_is_met_without_a_look_at_each_flush(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looks the capture counts what it writes itself."""
    looks = []
    measure = keep.measure_disk
    monkeypatch.setattr(keep, "measure_disk", lambda given: looks.append(1) or measure(given))
    capture = build_capture(project, max_mib=0.02)
    for _ in range(3):
        capture.offer(build_loaded(), "predict", build_asked(10))
        capture.flush()
    assert len(looks) == 1
    for _ in range(20):
        capture.offer(build_loaded(), "predict", build_asked(10))
        capture.flush()
    (loss,) = read_losses(project, PLANT).found
    assert "serve.capture.max_mib allows 0.02" in loss.sentence


def test_too_many_rows_at_once_are_lost_and_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "MOST_ROWS", 10)
    capture = build_capture(project)
    capture.offer(build_loaded(), "predict", build_asked(8))
    capture.offer(build_loaded(), "predict", build_asked(8))
    capture.flush()
    assert len(read_numbers(project, are_parts_counted=True)) == 8
    (loss,) = read_losses(project, PLANT).found
    assert (loss.rows, loss.sentence) == (8, keep.TOO_MUCH)


def test_a_disk_that_takes_nothing_is_told_once_it_can_be(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    project.capture("").parent.mkdir(parents=True)
    project.capture("").write_text("in the way")
    project.capture_parts("").parent.mkdir(parents=True)
    project.capture_parts("").write_text("in the way")
    capture = build_capture(project)
    capture.offer(build_loaded(), "predict", build_asked(3))
    with caplog.at_level(logging.ERROR, logger="elc.service"):
        capture.flush()
    assert caplog.messages == ["capture stopped", "capture"]
    project.capture("").unlink()
    project.capture_parts("").unlink()
    capture.flush()
    assert [loss.rows for loss in read_losses(project, PLANT).found] == [3]


def note(tracker: Outages, minutes: float, lost: int) -> None:
    now = MOMENT + timedelta(minutes=minutes)
    tracker.note({PLANT: lost} if lost else {}, kept=[] if lost else [PLANT], sentence="The disk is full.", now=now)


def test_a_spell_is_told_at_once_then_hourly(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(outages.time, "monotonic", lambda: clock[0])
    tracker = Outages(project)
    for minute in range(130):
        clock[0] = 60.0 * minute
        note(tracker, minute, 5 if minute % 2 == 0 else 0)  # it comes and goes
    assert len(find_losses(project).read_text().splitlines()) == 3
    (loss,) = read_losses(project, PLANT).found
    assert (loss.start, loss.end, loss.rows) == (MOMENT, MOMENT + timedelta(minutes=120), 61 * 5)
    tracker.close()
    (loss,) = read_losses(project, PLANT).found
    assert (loss.end, loss.rows, loss.is_over) == (MOMENT + timedelta(minutes=128), 65 * 5, True)


def test_after_an_hour_without_a_loss_the_next_is_another_spell(project: Project) -> None:
    tracker = Outages(project)
    note(tracker, 0, 5)
    note(tracker, 30, 0)
    note(tracker, 90, 7)
    found = read_losses(project, PLANT).found
    assert [(loss.rows, loss.is_over) for loss in found] == [(5, True), (7, False)]


def test_spells_of_several_workers_stand_beside_each_other(project: Project) -> None:
    for _ in range(2):
        note(Outages(project), 0, 5)
    write_loss(project, Loss.model_validate({**LOSS, "start": MOMENT, "end": MOMENT, "plant": "delta"}))
    assert [loss.rows for loss in read_losses(project, PLANT).found] == [5, 5]


def test_a_line_that_cannot_be_read_is_counted(project: Project) -> None:
    note(Outages(project), 0, 5)
    with find_losses(project).open("a") as file:
        file.write('{"name": "half\n[]\n{"name": "x"}\n')
    assert (len(read_losses(project, PLANT).found), read_losses(project, PLANT).unread) == (1, 3)
    assert captured.read_losses(Project(project.root / "none"), PLANT).unread == 0


def test_the_last_rows_come_from_parts_then_from_days(project: Project) -> None:
    from elc.service.capture.fold import fold

    first = write(project, MOMENT - timedelta(days=1))
    second = write(project, MOMENT)
    fold(project, before=None, wait_s=0.0)
    write(project, MOMENT, columns=(LOAD, FLUE))
    fold(project, before=None, wait_s=0.0)
    third = write(project, MOMENT + timedelta(hours=1))
    (project.capture_parts(PLANT) / "20260620T14-broken.parquet").write_bytes(b"PAR1")
    found = read_rows(project, PLANT, [LOAD, AIR], count=100)
    assert found[:, 0].tolist() == [*first, *second, *third]
    assert np.isfinite(found).all()
    assert found.dtype == np.float32
    assert read_rows(project, PLANT, [LOAD, AIR], count=4)[:, 0].tolist() == [second[-1], *third]
    assert read_rows(project, "delta", [LOAD], count=4).shape == (0, 1)
