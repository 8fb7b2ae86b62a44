"""A clone without data: what is to be fetched is named before anything runs."""

from __future__ import annotations

import pytest

from elc import ingest
from elc.cli.check import check_plant
from elc.curve import read_found
from elc.errors import ElcError
from elc.paths import Project
from elc.runner import run_stage
from tests.conftest import ROOT, copy_settings


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What Git has of the settings and notebooks, and nothing that DVC keeps."""
    project = copy_settings(tmp_path_factory.mktemp("cloned"))
    project.notebooks.symlink_to(ROOT / "notebooks")
    return project


MISSING = {
    "ingest": "data/raw/fjord",
    "dataset": "data/hourly/fjord",
    "train": "data/processed/fjord",
    "evaluate": "data/processed/fjord models/fjord",
    "explain": "data/hourly/fjord models/fjord",
    "advise": "data/hourly/fjord models/fjord",
    "monitor": "data/advice/fjord data/explain/fjord data/hourly/fjord models/fjord",
}


@pytest.mark.parametrize("stage", MISSING)
def test_a_stage_names_what_to_pull(cloned: Project, stage: str) -> None:
    words = (
        rf"not found\. In a fresh clone, fetch it: dvc pull {MISSING[stage]}\. Otherwise make it: dvc repro {stage}@"
    )
    with pytest.raises(ElcError, match=words):
        run_stage(cloned, stage, "fjord", {})
    assert not cloned.receipts.exists()


def test_what_is_read_elsewhere_names_it_too(cloned: Project) -> None:
    with pytest.raises(ElcError, match=r"fetch it: dvc pull data/raw/fjord"):
        check_plant(cloned, "fjord", None)
    with pytest.raises(ElcError, match=r"hourly\.parquet was not found\. .* dvc pull data/hourly/fjord"):
        ingest.read_hourly(cloned.hourly("fjord"))
    with pytest.raises(ElcError, match=r"card\.json was not found\. .* dvc pull models/fjord"):
        read_found(cloned.model("fjord"), sha256="")
