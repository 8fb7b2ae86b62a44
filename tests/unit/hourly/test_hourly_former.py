"""What a former release kept among DVC's results comes along once: the log of shown advice, answers, alerts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from elc import advise
from elc.hourly.former import adopt_former
from elc.paths import Project
from tests.conftest import ROOT

NONE = advise.read_log(Path("nowhere"))
SAID = ["fjord: the log of advice and answers and alerts of a former release moved to operation/prod."]


def build_log(*, version: str, is_shown: bool) -> pd.DataFrame:
    row = {"time_utc": pd.Timestamp("2026-06-20T23:00Z"), "version": version, "is_shown": is_shown}
    row |= {"setpoint": "", "reason": "at_best"}
    return pd.DataFrame([row]).reindex(columns=NONE.columns).astype(NONE.dtypes)


def write_former(project: Project, log: pd.DataFrame) -> Project:
    """Write what a former release left of a plant; give DVC's side of the project."""
    former = project.operate("")
    advise.write_log(former.operation("advice", "fjord"), log)
    advise.write_outcomes(former.operation("advice", "fjord"), advise.read_outcomes(project.root))
    for path in (former.advice_notes("fjord"), former.operation("alerts", "fjord") / "alerts.jsonl"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n", encoding="utf-8")
    return former


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    found = Project(tmp_path, "prod")
    found.deployed("prod", "fjord").mkdir(parents=True)
    return found


def test_what_was_shown_answered_and_told_comes_along_once(project: Project) -> None:
    log = build_log(version="v1.0.0 in prod", is_shown=True)
    former = write_former(project, log)
    assert adopt_former(project, ["fjord", "delta"]) == SAID
    folder = project.operation("advice", "fjord")
    assert len(advise.read_log(folder)) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["log.parquet", "outcomes.parquet"]
    assert advise.read_log(former.operation("advice", "fjord")).equals(advise.read_log(folder))
    assert (project.operation("alerts", "fjord") / "alerts.jsonl").is_file()
    assert project.advice_notes("fjord").is_file()
    assert not former.advice_notes("fjord").exists()
    assert not former.operation("alerts", "fjord").exists()
    assert adopt_former(project, ["fjord", "delta"]) == []


def test_what_the_operation_has_is_not_replaced(project: Project) -> None:
    write_former(project, build_log(version="v1.0.0 in prod", is_shown=True))
    own = build_log(version="v1.1.0 in prod", is_shown=True)
    advise.write_log(project.operation("advice", "fjord"), own)
    project.advice_notes("fjord").parent.mkdir(parents=True)
    project.advice_notes("fjord").write_text("own", encoding="utf-8")
    assert adopt_former(project, ["fjord"]) == ["fjord: alerts of a former release moved to operation/prod."]
    assert advise.read_log(project.operation("advice", "fjord"))["version"].tolist() == ["v1.1.0 in prod"]
    assert project.advice_notes("fjord").read_text(encoding="utf-8") == "own"


@pytest.mark.parametrize(("version", "is_shown"), [("candidate, not approved", False), ("v1.0.0 in test", True)])
def test_log_of_a_candidate_or_another_environment_stays(project: Project, version: str, is_shown: bool) -> None:
    write_former(project, build_log(version=version, is_shown=is_shown))
    assert adopt_former(project, ["fjord"]) == [
        "fjord: answers and alerts of a former release moved to operation/prod."
    ]
    assert not (project.operation("advice", "fjord") / "log.parquet").exists()


def test_only_the_environment_that_was_operated_takes_it(project: Project) -> None:
    former = write_former(project, build_log(version="v1.0.0 in prod", is_shown=True))
    assert adopt_former(project.operate("test"), ["fjord"]) == []
    named = project.root / "deployed" / "operated.json"
    named.write_text(json.dumps({"environment": "test"}), encoding="utf-8")
    assert adopt_former(project, ["fjord"]) == []
    assert former.advice_notes("fjord").is_file()
    assert adopt_former(project.operate("test"), ["fjord"]) == [
        "fjord: answers and alerts of a former release moved to operation/test."
    ]
