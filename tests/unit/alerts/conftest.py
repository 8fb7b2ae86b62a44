"""A project of three plants without a model: what monitor left is written by the tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from elc.alerts import Alert, build_alert, write_alerts
from elc.fields import TIME
from elc.paths import Project
from elc.records.alerts import Message
from elc.settings import StageSettings, read_plant

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 6, 21, 10, tzinfo=UTC)
GAP_SENTENCE = "Fjord has used 31 GJ/h more than its best – since 3 o'clock."
Prepare = Callable[..., Project]


@pytest.fixture(autouse=True)
def _no_channel_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ELC_ALERT_WEBHOOK", "ELC_SMTP_USER", "ELC_SMTP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    """Write a project whose section `alerts` has other keys; `is_real` leaves no plant simulated."""

    def write(*, is_real: bool = False, **keys: Any) -> Project:
        content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        content["alerts"].update(keys)
        content["simulate"]["plants"] = {} if is_real else content["simulate"]["plants"]
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        (tmp_path / "dvc.yaml").write_text("stages: {}\n")
        return Project(tmp_path)

    return write


@pytest.fixture
def fjord(prepare: Prepare) -> StageSettings:
    """What the stages of a plant are told: a gap above 2 % for 3 h, a violation of 6 h."""
    return read_plant(prepare(gap_h=3, max_gap_frac=0.02, violation_h=6), "fjord")


def build_gap(since_h: int = 3, last_h: int = 10, plant: str = "fjord") -> Alert:
    """A gap that began at an hour of the day and was last seen at another."""
    day = datetime(2026, 6, 21, tzinfo=UTC)
    since, last = day.replace(hour=since_h), day.replace(hour=last_h)
    return build_alert(plant, "gap", "energy", GAP_SENTENCE, since=since, last=last, values={"gap_frac": 0.031})


def build_message(**changes: Any) -> Message:
    """A message about a gap, changed."""
    content = {
        "id": "abc", "message": "abc-1", "plant": "fjord", "kind": "gap", "subject": "energy", "state": "open",
        "sentence": "Fjord uses more.", "advice": "", "text": "Fjord uses more.", "since": NOW, "until": None,
        "last": NOW, "runs": 1, "values": {"gap_frac": 0.031}, "url": None,
    }  # fmt: skip
    return Message.model_validate({**content, **changes})


def leave(project: Project, *alerts: Alert, plant: str = "fjord", last: datetime = NOW) -> None:
    """Leave what monitor leaves: alerts, and hours up to a moment."""
    folder = project.operation("monitor", plant)
    write_alerts(folder, alerts)
    pd.DataFrame({TIME: pd.to_datetime([last - pd.Timedelta("1h")], utc=True)}).to_parquet(folder / "hours.parquet")
