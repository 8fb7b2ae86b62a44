"""A stage of an hour runs when something that it reads changed, and only then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from elc.hourly.stages import STAGES, build_stamp, is_stale, remove_stamp, write_stamp
from elc.paths import Project
from tests.conftest import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    found = Project(tmp_path, "prod")
    for path in (
        found.tags("fjord"),
        found.hourly("fjord") / "hourly.parquet",
        found.deployed("prod", "fjord") / "deployed.json",
    ):
        write(path, "first")
    for folder in ("explain", "advice", "monitor"):
        write(found.operation(folder, "fjord") / "some", "first")
    return found


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def find_stale(project: Project) -> set[str]:
    return {stage for stage in STAGES if is_stale(project, stage, "fjord", build_stamp(project, stage, "fjord"))}


def succeed(project: Project) -> None:
    for stage in STAGES:
        write_stamp(project, stage, "fjord", build_stamp(project, stage, "fjord"))


def test_every_stage_runs_once(project: Project) -> None:
    assert find_stale(project) == set(STAGES)
    succeed(project)
    assert find_stale(project) == set()


@pytest.mark.parametrize(
    ("path", "stale"),
    [
        ("data/raw/fjord/2026-06-01.parquet", {"ingest"}),
        ("data/live/fjord/2026-07-01.parquet", {"ingest"}),
        ("data/live/delta/2026-07-01.parquet", set()),
        ("data/plants/fjord/tags.csv", {"ingest", "advise", "monitor"}),
        ("operation/prod/data/hourly/fjord/hourly.parquet", {"explain", "advise", "monitor"}),
        ("deployed/prod/fjord/deployed.json", {"explain", "advise", "monitor"}),
        ("deployed/prod/fjord/card.json", {"ingest"}),
        ("models/fjord/card.json", set()),
        ("operation/prod/data/advice_notes/fjord.jsonl", {"advise", "monitor"}),
        ("operation/prod/data/advice/fjord/log.parquet", {"monitor"}),
        ("operation/prod/data/explain/fjord/last.parquet", {"monitor"}),
        ("data/capture/fjord/2026-07-01.parquet", {"monitor"}),
        ("data/capture/delta/2026-07-01.parquet", set()),
        ("reports/metrics/fjord.json", {"monitor"}),
        ("data/hourly/fjord/hourly.parquet", set()),
    ],
)
def test_stage_is_stale_by_what_it_reads(project: Project, path: str, stale: set[str]) -> None:
    succeed(project)
    write(project.root / path, "other")
    assert find_stale(project) == stale


def test_settings_of_the_plant_make_its_stages_stale(project: Project) -> None:
    succeed(project)
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("price_per_gj: 3.6", "price_per_gj: 3.7"), encoding="utf-8")
    assert find_stale(project) == set()  # delta's
    project.params.write_text(text.replace("price_per_gj: 10.5", "price_per_gj: 10.6"), encoding="utf-8")
    assert find_stale(project) == set(STAGES)


def test_result_that_is_gone_and_success_that_is_forgotten_make_stale(project: Project) -> None:
    succeed(project)
    shutil.rmtree(project.operation("explain", "fjord"))
    assert find_stale(project) == {"explain", "monitor"}
    succeed(project)
    remove_stamp(project, "advise", "fjord")
    assert "advise" in find_stale(project)
