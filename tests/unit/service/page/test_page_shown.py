"""While the files of an hour are written one after the other, the former hour is shown whole, and not for ever."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson
import pytest

from elc.paths import Project
from elc.service.page.now import read_now
from elc.service.page.shown import HOLD_S, Shown
from tests.unit.service.page.present import PLANT, age_files, leave_hour, make_project

NEXT = "2026-06-21T00:00:00Z"
FILES = ("hourly/hourly.parquet", "explain/last.parquet", "advice/moves.parquet", "monitor/hours.parquet")
FILES += ("monitor/status.json",)  # in the order in which the stages write them


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shown(project: Project, clock: Clock) -> Shown:
    return Shown(project, partial(read_now, project, environment="prod", site_language="en"), clock)


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """Another project in which the next hour is whole: its files are taken one by one."""
    other = make_project(tmp_path / "fresh")
    leave_hour(other, hour=NEXT)
    return other


def copy_file(name: str, source: Project, target: Project) -> None:
    """Take a file of one project into another, as a stage writes it."""
    folder, _, file = name.partition("/")
    found, wanted = (
        (one.hourly(PLANT) if folder == "hourly" else one.operation(folder, PLANT)) / file for one in (source, target)
    )
    age_files(target, 1)
    shutil.copyfile(found, wanted)


def test_former_hour_is_shown_whole_until_the_next_is_whole(shown: Shown, project: Project, fresh: Project) -> None:
    former = shown.read(PLANT)
    assert (former["hour"], former["notes"]) == ("2026-06-20T23:00:00+00:00", [])
    for name in FILES[:-1]:
        copy_file(name, fresh, project)
        assert orjson.dumps(shown.read(PLANT)) == orjson.dumps(former), name
    copy_file(FILES[-1], fresh, project)
    now = shown.read(PLANT)
    assert (now["hour"], now["notes"]) == ("2026-06-21T00:00:00+00:00", [])


@pytest.mark.parametrize("remove", [Path.unlink, lambda path: path.write_bytes(b"PAR1 half")])
def test_files_that_are_away_meanwhile_change_nothing(
    shown: Shown, project: Project, clock: Clock, remove: Callable[[Path], object]
) -> None:
    former = shown.read(PLANT)
    for path in sorted(project.operation("monitor", PLANT).iterdir()):
        age_files(project, 1)
        remove(path)
        clock.now += HOLD_S / 10
        assert shown.read(PLANT) == former


def test_after_a_while_what_is_wrong_is_shown_and_told(shown: Shown, project: Project, clock: Clock) -> None:
    former = shown.read(PLANT)
    (project.operation("monitor", PLANT) / "status.json").unlink()
    assert shown.read(PLANT) == former
    held = shown.stamp(PLANT)
    clock.now = HOLD_S - 1
    assert (shown.read(PLANT), shown.stamp(PLANT)) == (former, held)
    clock.now = HOLD_S
    assert shown.stamp(PLANT) != held  # so that pages that are open ask again
    now = shown.read(PLANT)
    assert not now["has_hour"]
    assert now["answer"].startswith("No hour has been judged yet.")
    age_files(project, 1)
    (project.operation("advice", PLANT) / "moves.parquet").unlink()  # another change begins no other wait
    assert not shown.read(PLANT)["has_hour"]
    leave_hour(project, hour=NEXT)
    assert shown.read(PLANT)["hour"] == "2026-06-21T00:00:00+00:00"


def test_without_a_former_hour_what_can_be_read_is_shown(shown: Shown, project: Project) -> None:
    (project.operation("advice", PLANT) / "moves.parquet").unlink()
    now = shown.read(PLANT)
    assert (now["has_hour"], now["notes"]) == (True, ["The advice cannot be read. Tell whoever runs the service."])


def test_nothing_is_read_again_while_no_file_changes(project: Project, clock: Clock) -> None:
    reads: list[str] = []

    def build(plant: str) -> dict[str, object]:
        reads.append(plant)
        return {"has_hour": True, "notes": []}

    shown = Shown(project, build, clock)
    assert [shown.read(PLANT) for _ in range(3)] == [{"has_hour": True, "notes": []}] * 3
    assert reads == [PLANT]
