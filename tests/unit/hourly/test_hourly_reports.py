"""When the report of a month is due: once its data are there and have settled, or will not come any more."""

from __future__ import annotations

import json
from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from elc.hourly import reports
from elc.hourly.reports import find_due_month, mail_reports, make_reports
from elc.paths import Project
from elc.records import parse_record
from elc.records.report import FLEET, Report, write_report
from elc.settings import read_plant
from elc.workers import Task, Worker, Workers
from tests.unit.alerts.receivers import Post, serve_post
from tests.unit.records.examples import REPORT

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


@pytest.mark.parametrize(
    ("lasts", "reported", "now", "is_mailed"),
    [
        ({"fjord": 3, "delta": 3}, {"fjord", "delta"}, NOW, True),
        ({"fjord": 3, "delta": 1}, {"fjord"}, NOW, False),  # its data do not reach a day beyond May yet
        ({"fjord": 3, "delta": 3}, {"fjord"}, NOW, False),  # its stage failed
        ({"fjord": 3, "delta": 1}, {"fjord"}, datetime(2026, 6, 5, 4, tzinfo=UTC), False),
        ({"fjord": 3, "delta": 1}, {"fjord"}, datetime(2026, 6, 5, 5, tzinfo=UTC), True),  # four days on at delta
        ({"fjord": 3}, {"fjord"}, NOW, True),  # operation has never run delta
        ({"fjord": 3}, set(), NOW, False),
    ],
)
def test_the_report_of_all_plants_is_mailed_when_no_other_is_waited_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lasts: dict[str, int],
    reported: set[str],
    now: datetime,
    is_mailed: bool,
) -> None:
    project = Project(tmp_path, "prod")
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    del content["plants"]["steppe"]
    content["simulate"]["plants"] = {}
    for plant in reported:
        leave_record(project, plant)
    monkeypatch.setattr(
        reports,
        "read_last",
        lambda path: datetime(2026, 6, lasts[path.parent.name], tzinfo=UTC) if path.parent.name in lasts else None,
    )
    with serve_post(Post()) as post:
        server = {"host": "127.0.0.1", "port": post.port, "security": "none", "sender": "elc@example.org"}
        content["alerts"]["email"] = server | {"recipients": ["shift@example.org"]}
        content["report"]["email"] = ["site@example.org"]
        content["plants"]["fjord"]["report"] = {"email": ["fjord@example.org"]}
        content["plants"]["delta"]["report"] = {"email": ["delta@example.org"]}
        project.params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        for _ in range(2):
            assert mail_reports(project, ["fjord", "delta"], now=now) == []
    plants = sorted(f"{plant}@example.org" for plant in reported)
    assert sorted(post.recipients) == [*plants, *(["site@example.org"] if is_mailed else [])]


def leave_record(project: Project, plant: str) -> None:
    """Leave the report of a plant for May, and that of all plants."""
    values = REPORT | {"plant": plant, "name": plant.title(), "remarks": [], "edition": 1, "replaced": []}
    write_report(project.report(plant, "2026-05"), parse_record(json.dumps(values), Report, name="report", cure=""))
    project.report(FLEET, "2026-05").mkdir(parents=True, exist_ok=True)
