"""A plant that is gone: no environment holds it, its history is read, the audit is sound, nothing unique is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from elc.registry import deploy_all, read_context
from elc.settings import read_settings
from tests.conftest import ROOT
from tests.pipeline.clones import call, fail
from tests.unit.registry.keys import make_repository, run
from tests.unit.registry.test_audit import History

NOTES = "operation/prod/data/advice_notes/delta.jsonl"
MADE = ("models/delta/card.json", "data/raw/delta.dvc", "reports/metrics/delta.json", "deployed/dev/delta/card.json")


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Delta, with two versions and all that there is of a plant, and an environment that names its plants."""
    history = History(make_repository(tmp_path / "project"))
    shutil.copyfile(ROOT / "dvc.yaml", history.root / "dvc.yaml")
    (history.root / ".gitignore").write_text("/operation/\n/deployed/\n")
    for name in (*MADE, NOTES, "data/plants/delta/tags.csv"):
        (history.root / name).parent.mkdir(parents=True, exist_ok=True)
        (history.root / name).write_text("{}\n")
    history.commit(".")
    history.register("delta", "v1.0.0")
    history.promote("delta", "v1.0.0", "dev")
    history.place("delta", "v1.0.0", "approved")
    history.register("delta", "v1.1.0")
    return history


def test_a_retired_plant_keeps_its_history(history: History) -> None:
    said = call(history.project, "plant", "retire", "delta", "--reason", "shut down", "--yes")
    assert "plant delta is retired by tag delta@deprecated#3, it stays in this clone: Git has no remote" in said
    assert f"These stay: {NOTES}" in said
    assert (history.root / NOTES).is_file()
    assert [name for name in MADE if (history.root / name).exists()] == []
    assert "delta" not in read_settings(history.project).plants
    assert "models/delta" not in (history.root / "dvc.yaml").read_text(encoding="utf-8")
    history.commit(".")
    assert call(history.project, "audit").startswith("The registry is sound")
    fleet = call(history.project, "models")
    assert "No longer in params.yaml, with their history: delta." in fleet
    shown = call(history.project, "models", "delta")
    assert shown.startswith("delta: 2 versions, the newest first")
    (ran,) = [line.split() for line in shown.splitlines() if line.startswith("dev")]
    assert ran[1] == "v1.0.0"
    assert "still there" not in shown
    assert "Times of America/Chicago." in shown
    for words in (["approve", "delta", "v1.1.0", "--reason", "good"], ["promote", "delta", "v1.1.0", "--env", "dev"]):
        assert "plant delta is unknown" in fail(history.project, *words)


def test_where_it_is_deployed_the_next_deployment_removes_it(history: History) -> None:
    call(history.project, "plant", "retire", "delta", "--reason", "shut down", "--yes", "--no-push")
    history.commit(".")
    for plant in ("delta", "other"):
        (history.root / "deployed" / "dev" / plant).mkdir(parents=True)
    lines = [line for line, is_fault in deploy_all(read_context(history.project), "dev", []) if not is_fault]
    assert lines[0] == "delta: retired, the version that was there is removed"
    assert not (history.root / "deployed" / "dev" / "delta").exists()
    assert (history.root / "deployed" / "dev" / "other").exists()


def test_what_was_killed_after_the_tag_is_finished(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("elc.plants.retire.remove_all", lambda *_, **__: 1 / 0)
        with pytest.raises(AssertionError, match="ZeroDivisionError"):
            call(history.project, "plant", "retire", "delta", "--reason", "shut down", "--yes")
    assert "delta" in read_settings(history.project).plants
    assert "plant delta is retired\n" in call(
        history.project, "plant", "retire", "delta", "--reason", "shut down", "--yes"
    )
    assert run(history.root, "tag", "--list", "delta@deprecated*").split() == ["delta@deprecated#3"]


def test_nothing_changes_where_it_cannot_be_retired(history: History) -> None:
    before = history.project.params.read_bytes()
    words = ["plant", "retire", "fjord", "--reason", "shut down", "--yes"]
    with pytest.raises(AssertionError, match="it has no version, so no history to keep"):
        call(history.project, *words)
    history.set_environment("prod", plants=["delta"])
    with pytest.raises(AssertionError, match=r"params\.yaml would have faults without it"):
        call(history.project, "plant", "retire", "delta", "--reason", "shut down", "--yes")
    assert run(history.root, "tag", "--list", "*deprecated*") == ""
    assert b"delta:" in before
    assert "delta" in read_settings(history.project).plants
