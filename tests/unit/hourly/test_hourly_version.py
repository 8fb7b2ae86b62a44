"""A version that may not be used any more is told, be there new data or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elc import registry
from elc.errors import ElcError
from elc.hourly import hour
from elc.paths import Project


class Still:
    """A pipeline in which nothing is stale."""

    def __init__(self, project: Project, plants: object) -> None: ...

    def run(self, variables: object) -> None: ...


def test_rejected_version_is_a_failure_without_new_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "fjord v1.1.0 in prod: it is rejected now. Go back: elc rollback fjord --env prod --to v1.0.0."

    def refuse(_project: Project, plant: str, *, environment: str) -> None:
        assert environment == ""
        if plant == "fjord":
            raise ElcError(said)

    monkeypatch.setattr(registry, "find_used", refuse)
    monkeypatch.setattr(hour, "Pipeline", Still)
    project = Project(tmp_path)
    hour._run_stages(project, ["fjord", "delta"], {})
    record = json.loads((project.receipts / "fjord" / "explain.failed.json").read_text(encoding="utf-8"))
    assert record == {"stage": "explain", "plant": "fjord", "sentence": said}
    assert not (project.receipts / "delta").exists()
