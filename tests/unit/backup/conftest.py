"""A machine that has operated, and what it alone knows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from elc.paths import Project
from elc.records import append_record
from elc.records.answer import Answer
from tests.conftest import ROOT

ANSWER = Answer(hour="2026-06-20T23:00:00Z", setpoint="flue_o2_pct", answer="followed")
STATE = (
    "operation/prod/data/advice/fjord/log.parquet",
    "operation/prod/data/alerts/fjord/alerts.jsonl",
    "operation/prod/reports/_site/index.html",
    "operation/prod/state/fjord/ingest.json",
    "data/live/fjord/2026-06-20.parquet",
    "data/listen/source.broker.id",
    "data/capture/fjord/2026-06-20.parquet",
    "data/capture/outages.jsonl",
    "data/service/swaps.jsonl",
    "data/service/capture/fjord/1.arrow",
    "deployed/prod/fjord/card.json",
    "deployed/prod/.fjord.seen",
)
NOTES = "operation/prod/data/advice_notes/fjord.jsonl"
# What is made again, or belongs to a process that runs.
PASSING = (
    "operation/prod/hourly.lock",
    "operation/prod/data/cache/fjord/part.parquet",
    "operation/prod/data/monitor/fjord/.status.new.json",
    "data/listen/source.broker.lock",
    "deployed/prod/.fjord.lock",
)


def write(project: Project, name: str, text: str) -> None:
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def read_state(project: Project) -> dict[str, bytes]:
    """Read the state, whatever the code takes for it."""
    return {name: (project.root / name).read_bytes() for name in (*STATE, NOTES) if (project.root / name).is_file()}


def make_project(folder: Path) -> Project:
    """Make a project that nobody has operated yet."""
    folder.mkdir()
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(ROOT / name, folder / name)
    return Project(folder)


def operate(project: Project) -> Project:
    """Make what hours, listener and service leave."""
    for name in (*STATE, *PASSING):
        write(project, name, name)
    append_record(project.root / NOTES, ANSWER)
    return project


@pytest.fixture
def operated(tmp_path: Path) -> Project:
    return operate(make_project(tmp_path / "plants"))
