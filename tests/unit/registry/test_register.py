"""What a version is made of stands in its commit; what does not is named, with the command that puts it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.registry.register import _read_metrics
from tests.unit.registry.keys import run
from tests.unit.registry.tagged import Tagged


@pytest.fixture
def tagged(tmp_path: Path) -> Tagged:
    tagged = Tagged(tmp_path / "project")
    run(tagged.root, "add", "--all")
    run(tagged.root, "commit", "--quiet", "--message", "settings")
    return tagged


def write(tagged: Tagged, *names: str) -> None:
    for name in names:
        (tagged.root / name).parent.mkdir(parents=True, exist_ok=True)
        (tagged.root / name).write_text('{"rows": 5}', encoding="utf-8")


def read(tagged: Tagged) -> dict[str, object]:
    return _read_metrics(tagged.read(), "fjord", run(tagged.root, "rev-parse", "HEAD").strip())


METRICS = "reports/metrics/fjord.json"


def test_metrics_that_git_does_not_know_are_named_with_all_new_files_of_the_plant(tagged: Tagged) -> None:
    write(tagged, METRICS, "data/plants/fjord/tags.csv", "data/raw/fjord.dvc", "data/plants/delta/tags.csv")
    run(tagged.root, "commit", "--all", "--quiet", "--allow-empty", "--message", "Train fjord")
    words = (
        r"^plant fjord: reports/metrics/fjord\.json is not in the last commit; git commit --all takes no new files\. "
        r"Run git add data/plants/fjord/tags\.csv data/raw/fjord\.dvc reports/metrics/fjord\.json, commit, then "
    )
    with pytest.raises(ElcError, match=words):
        read(tagged)
    run(tagged.root, "add", METRICS)
    run(tagged.root, "commit", "--quiet", "--message", "Train fjord")
    assert read(tagged) == {"rows": 5}


def test_metrics_that_are_not_there_at_all_are_to_be_made(tagged: Tagged) -> None:
    with pytest.raises(
        ElcError, match=r"Run git add reports/metrics/fjord\.json, .* run dvc repro evaluate@fjord first"
    ):
        read(tagged)
