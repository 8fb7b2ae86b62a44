"""What changed of a plant: new hours, hours that late data redid, and which stages an hour runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from elc.cli.hourly import build_content, render
from elc.errors import ElcError
from elc.failures import write_failure
from elc.fields import TIME
from elc.hourly import Outcome, run_hour
from elc.hourly.changes import find_change, keep_hours
from elc.hourly.stages import SITE, STAGES
from elc.paths import Project
from tests.conftest import ROOT
from tests.unit.records.examples import STATUS


def write_hours(project: Project, hours: int, **changed: float) -> None:
    """Write hours with one missing gap; `changed` gives another gap to some rows, as h<row>."""
    folder = project.operation("monitor", "fjord")
    folder.mkdir(parents=True, exist_ok=True)
    gap = np.arange(hours, dtype=float)
    gap[1] = np.nan
    for name, value in changed.items():
        gap[int(name[1:])] = value
    times = pd.date_range("2026-06-01", periods=hours, freq="h", tz="UTC")
    table = pd.DataFrame({TIME: times, "state": pd.Categorical(["run"] * hours), "gap_gj_per_h": gap})
    table.to_parquet(folder / "hours.parquet", index=False)


def write_status(project: Project, **changes: object) -> None:
    path = project.operation("monitor", "fjord") / "status.json"
    path.write_text(json.dumps({**STATUS, "energy_unit": "GJ", **changes}), encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


def test_new_hours_and_redone_hours_are_counted(project: Project, kept: Path) -> None:
    write_hours(project, 5)
    keep_hours(project, ["fjord"], kept)
    write_hours(project, 7, h0=9.0, h1=2.0, h3=np.nan)
    change = find_change(project, "fjord", kept, "")
    assert (change.new_hours, change.redone_hours, change.is_new) == (2, 3, True)
    assert [f"{moment:%d %H:%M}" for moment in (change.last_before, change.last) if moment] == ["01 04:00", "01 06:00"]


def test_equal_hours_are_no_change(project: Project, kept: Path) -> None:
    write_hours(project, 5)
    keep_hours(project, ["fjord"], kept)
    change = find_change(project, "fjord", kept, "")
    assert (change.new_hours, change.redone_hours, change.is_new) == (0, 0, False)


def test_first_hours_of_a_plant_are_all_new_and_no_hours_are_none(project: Project, kept: Path) -> None:
    keep_hours(project, ["fjord"], kept)
    change = find_change(project, "fjord", kept, "")
    assert (change.new_hours, change.last_before, change.last, change.status) == (0, None, None, None)
    write_hours(project, 5)
    assert find_change(project, "fjord", kept, "").new_hours == 5


def test_table_names_what_failed_and_json_its_sentence(project: Project, kept: Path) -> None:
    write_hours(project, 3)
    write_failure(project, "explain", "fjord", ElcError(f"{project.root}/deployed: the version was rejected."))
    write_status(project, gap_gj_per_h=1234.56, gap_frac=None, size_gj_per_h=None)
    skipped = find_change(project, "delta", kept, "no version is in prod.")
    outcome = Outcome("prod", (find_change(project, "fjord", kept, ""), skipped), True, ("render: no.",))
    failure = outcome.changes[0].failures[0]
    since = failure.since[:16].replace("T", " ")
    assert render(outcome).splitlines() == [
        "plant  last hour, UTC  before  new  redone           gap  share  data   model  status     failed",
        "fjord  01 Jun 02:00    –         3       0  1,234.6 GJ/h      –  sound  ok     Completed  explain",
        "delta  –               –         0       0             –      –  –      –      –          skipped",
        "delta: skipped, no version is in prod.",
        f"fjord: explain failed, since {since} UTC. deployed: the version was rejected.",
        "render: no.",
    ]
    assert not outcome.is_good
    content, other = build_content(outcome)["plants"]
    sentence = "deployed: the version was rejected."
    assert content["failures"] == [{"stage": "explain", "sentence": sentence, "since": failure.since}]
    assert (content["skipped"], other["skipped"]) == (None, "no version is in prod.")
    assert (content["last_hour"], content["gap_frac"]) == ("2026-06-01T02:00:00+00:00", None)


@pytest.mark.parametrize(("size", "gap"), [(0.5, "0.0340"), (5.0, "0.340"), (500.0, "34.0"), (5000.0, "340")])
def test_table_shows_the_digits_that_the_plant_needs(project: Project, kept: Path, size: float, gap: str) -> None:
    write_hours(project, 3)
    write_status(project, gap_gj_per_h=0.068 * size, gap_frac=0.068, size_gj_per_h=size)
    row = render(Outcome("prod", (find_change(project, "fjord", kept, ""),), True, ())).splitlines()[1]
    assert row.split()[7:10] == [gap, "GJ/h", "6.8%"]


def test_stages_of_an_hour_stand_in_dvc_yaml_in_their_order() -> None:
    order = list(yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"])
    assert [stage for stage in order if stage in {*STAGES, SITE}] == [*STAGES, SITE]


def test_unknown_plants_and_environment_are_named_at_once() -> None:
    wanted = (
        r"^hourly: params\.yaml: 2 faults\n"
        r"  - plant fjrod is unknown: did you mean fjord\?\n"
        r"  - environment prd is unknown: did you mean prod\?$"
    )
    with pytest.raises(ElcError, match=wanted):
        run_hour(Project(ROOT), ["fjrod"], environment="prd")
