"""`elc retrain-needed`: 0 needed, 1 not needed, 2 cannot be told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from elc.cli import main
from tests.unit.records.examples import STATUS

ROOT = Path(__file__).parents[3]
PLANTS = ("fjord", "delta", "steppe")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(project: Path, plant: str, action: str, *, status: str = "Completed") -> None:
    folder = project / "data" / "monitor" / plant
    folder.mkdir(parents=True, exist_ok=True)
    records = {**STATUS, "status": status, "action": action, "recommendation": f"Do: {action}."}
    (folder / "status.json").write_text(json.dumps(records), encoding="utf-8")


def ask(*plants: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["retrain-needed", *plants])
    return done.exit_code, done.output


def test_one_plant_that_needs_it_is_enough(project: Path) -> None:
    for plant in PLANTS:
        write(project, plant, "retrain" if plant == "delta" else "none")
    assert ask() == (0, "fjord: not needed. Do: none.\ndelta: needed. Do: retrain.\nsteppe: not needed. Do: none.\n")
    assert ask("fjord")[0] == 1
    assert ask("delta", "fjord")[0] == 0


@pytest.mark.parametrize("action", ["look", "recalibrate", "none"])
def test_other_actions_need_no_training(project: Path, action: str) -> None:
    write(project, "fjord", action)
    assert ask("fjord") == (1, f"fjord: not needed. Do: {action}.\n")


def test_plant_that_was_not_monitored_cannot_be_told(project: Path) -> None:
    write(project, "delta", "none")
    code, text = ask("fjord", "delta")
    assert code == 2
    assert "fjord: not known: data/monitor/fjord/status.json: not found. Run elc run monitor fjord." in text
    write(project, "delta", "retrain")
    assert ask("fjord", "delta")[0] == 0


def test_failed_or_unreadable_status_cannot_be_told(project: Path) -> None:
    write(project, "fjord", "retrain", status="Failed")
    assert ask("fjord") == (2, "fjord: not known: Do: retrain.\n")
    for text in ("{", "{}", "[]"):
        (project / "data/monitor/fjord/status.json").write_text(text, encoding="utf-8")
        assert ask("fjord")[0] == 2


def test_unknown_plant_is_no_answer(project: Path) -> None:
    write(project, "fjord", "none")
    assert ask("fjrd") == (2, "elc: params.yaml: plant fjrd is unknown: did you mean fjord?\n")
