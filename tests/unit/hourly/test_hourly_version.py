"""A version that may not be used any more is told, be there new data or not; a plant without one is skipped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from elc import registry
from elc.errors import ElcError
from elc.hourly import hour
from elc.paths import CANDIDATE, Project
from elc.settings import read_settings
from elc.workers import Worker, Workers
from tests.conftest import ROOT

SAID = "fjord v1.1.0 in prod: it is rejected now. Go back: elc rollback fjord --env prod --to v1.0.0."


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    found = Project(tmp_path, "prod")
    for plant in ("fjord", "delta"):
        found.raw(plant).mkdir(parents=True)
    return found


def test_rejected_version_is_a_failure_without_new_data(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, str]] = []

    def refuse(_project: Project, plant: str, *, environment: str) -> None:
        assert environment == "prod"
        if plant == "fjord" and refused:
            raise ElcError(SAID)

    def note(_project: Project, stage: str, plant: str, _worker: Worker) -> bool:
        ran.append((stage, plant))
        return False

    monkeypatch.setattr(registry, "find_used", refuse)
    monkeypatch.setattr(hour, "_run_stage", note)
    refused = True
    hour._run_plants(project, ["fjord", "delta"], Workers(2))
    record = json.loads((project.receipts / "fjord" / "version.failed.json").read_text(encoding="utf-8"))
    assert (record["stage"], record["plant"], record["sentence"]) == ("version", "fjord", SAID)
    assert not (project.receipts / "delta").exists()
    assert sorted(ran) == sorted([("ingest", "fjord"), *((stage, "delta") for stage in hour.STAGES)])
    refused = False
    hour._run_plants(project, ["fjord"], Workers(2))
    assert not (project.receipts / "fjord" / "version.failed.json").exists()


def test_plant_without_a_version_is_skipped_with_a_sentence(project: Project) -> None:
    settings = read_settings(project)
    assert hour._find_reason(project, "fjord", settings).startswith(
        "no version is in prod. Its page shows the candidate"
    )
    assert hour._find_reason(project.operate(CANDIDATE), "fjord", settings) == ""
    project.deployed("prod", "fjord").mkdir(parents=True)
    assert hour._find_reason(project, "fjord", settings) == ""


def test_plant_of_other_environments_is_skipped(project: Project) -> None:
    settings = read_settings(project)
    environments = settings.environments | {
        "prod": settings.environments["prod"].model_copy(update={"plants": ["delta"]})
    }
    settings = settings.model_copy(update={"environments": environments})
    assert hour._find_reason(project, "fjord", settings) == "it is not a plant of prod."
