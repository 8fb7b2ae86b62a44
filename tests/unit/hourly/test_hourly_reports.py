"""When the report of a month is due: once its data are there and have settled, or will not come any more."""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from elc.hourly import reports
from elc.hourly.reports import find_due_month, make_reports
from elc.paths import Project
from elc.report import FLEET
from elc.settings import read_plant
from elc.workers import Task, Worker, Workers

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "is_simulated", "month"),
    [
        (datetime(2026, 6, 1, 20, tzinfo=UTC), NOW, True, "2026-04"),  # 22:00 in Oslo: a day is not over
        (datetime(2026, 6, 1, 21, tzinfo=UTC), NOW, True, "2026-05"),
        (datetime(2026, 1, 2, 12, tzinfo=UTC), NOW, True, "2025-12"),
        (datetime(2026, 5, 15, 3, tzinfo=UTC), NOW, False, "2026-04"),
        (datetime(2026, 5, 15, 3, tzinfo=UTC), datetime(2026, 6, 4, 22, tzinfo=UTC), False, "2026-05"),
        (datetime(2026, 5, 15, 3, tzinfo=UTC), datetime(2027, 6, 4, 22, tzinfo=UTC), True, "2026-04"),
        (datetime(2026, 5, 15, 3, tzinfo=UTC), datetime(2027, 6, 4, 22, tzinfo=UTC), False, "2026-05"),  # an old export
        (None, NOW, False, ""),
    ],
)
def test_the_month_that_is_due(last: datetime | None, now: datetime, is_simulated: bool, month: str) -> None:
    """Fjord is in Oslo, two hours ahead of UTC in summer; its report waits a day for late readings."""
    settings = replace(read_plant(Project(ROOT), "fjord"), is_simulated=is_simulated)
    assert find_due_month(last, settings, now=now) == month


def test_a_report_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[dict[str, str]] = []
    project = Project(tmp_path, "prod")
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(reports, "read_last", lambda _: datetime(2026, 6, 3, tzinfo=UTC))

    def run(_: Worker, task: Task) -> int:
        plant = task.plant
        ran.append({"stage": task.stage, "plant": plant, **task.given})
        folder = project.report(plant, task.given["period"])
        folder.mkdir(parents=True)
        (folder / "report.json").write_text("{}")
        page = project.reports / plant / "90_report.ipynb"
        page.parent.mkdir(parents=True)
        page.write_text("a page")
        return 0

    monkeypatch.setattr(Worker, "run", run)
    monkeypatch.setattr(Worker, "call", lambda _, function, *arguments: copy_context().run(function, *arguments))
    has_run, lacking = make_reports(project, ["fjord"], Workers(1), now=NOW)
    assert has_run
    assert lacking[0].startswith("plant fjord: the report of 2026-05 has no PDF: reports/fjord: has no page report")
    assert lacking[1].startswith("the report of all plants for 2026-05 has no PDF: pdf: 3 faults")
    assert (project.report(FLEET, "2026-05") / "report.xlsx").is_file()
    assert ran == [{"stage": "report", "plant": "fjord", "period": "2026-05"}]
    assert make_reports(project, ["fjord"], Workers(1), now=NOW) == (False, [])
    assert len(ran) == 1
    assert (project.report("fjord", "2026-05") / "report.ipynb").read_text() == "a page"
