"""Any hour can be the newest, and data can be of any kind: the calculations of operation raise nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elc import curve, ingest
from elc.errors import ElcError
from elc.fields import TIME
from elc.paths import Project
from tests.newest import DEGENERATE, cut_hours
from tests.operation import STAGES, Operation, build_operation

PLANT = "fjord"
SAMPLED_H = 53  # has no divisor in common with a day, so that each hour of the day is met; tests.newest runs them all


@pytest.fixture(scope="module")
def operated(demo_project: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Operation, Operation]:
    """The first demo plant, as a candidate's and as that of a deployed version."""
    folder = tmp_path_factory.mktemp("operated")
    return tuple(
        build_operation(demo_project, folder / name, PLANT, is_deployed=name == "deployed")
        for name in ("candidate", "deployed")
    )


def read_status(operation: Operation) -> dict[str, str]:
    found: dict[str, str] = json.loads((operation.project.operation("monitor", PLANT) / "status.json").read_text())
    return found


@pytest.mark.long(reason="a dozen hours, all stages of operation in each")
def test_any_hour_can_be_the_newest(demo_project: Project, operated: tuple[Operation, Operation]) -> None:
    shown = []
    for number, hourly in enumerate(list(cut_hours(demo_project, PLANT))[::-SAMPLED_H][::-1]):
        operation = operated[number % 2]
        operation.run(hourly, is_drawn=False)
        assert operation.read("monitor", "hours")[TIME].max() == hourly[TIME].max()
        if number % 2:
            shown.append(hourly[TIME].max())
    log = operated[1].read("advice", "log")
    assert set(log.loc[log["is_shown"], TIME]) <= set(shown)
    assert not log.duplicated([TIME, "setpoint"]).any()


@pytest.mark.long(reason="all stages of operation for each kind of data")
@pytest.mark.parametrize("kind", DEGENERATE)
def test_data_of_any_kind_make_a_page(kind: str, demo_project: Project, tmp_path: Path) -> None:
    operation = build_operation(demo_project, tmp_path / "operated", PLANT, is_deployed=True)
    *_, hourly = cut_hours(demo_project, PLANT)
    operation.run(DEGENERATE[kind](hourly, curve.read(operation.used.folder)), is_drawn=True)
    assert read_status(operation)["answer"]


@pytest.mark.parametrize("stage", STAGES)
def test_table_without_an_hour_is_an_error_that_says_so(stage: str, demo_project: Project, tmp_path: Path) -> None:
    operation = build_operation(demo_project, tmp_path / "operated", PLANT, is_deployed=True)
    hourly = ingest.read_hourly(demo_project.hourly(PLANT))
    with pytest.raises(ElcError, match=r"hourly table: it holds no interval, expected at least one\. Check the"):
        operation.run(hourly.iloc[:0], is_drawn=False, stages=(stage,))
