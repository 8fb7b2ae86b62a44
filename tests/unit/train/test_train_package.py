"""A model package: what is in it, what is not, and the same bytes from the same hours in every process."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, dataset, settings
from elc.fields import ENERGY, TIME
from elc.paths import Project

ROOT = Path(__file__).parents[3]
FILES = [
    "card.json",
    "constraints.json",
    "golden.json",
    "model.keras",
    "model.onnx",
    "precedents.parquet",
    "response.keras",
    "response.onnx",
    "statistics.json",
]
TRAIN = """
import sys
from dataclasses import replace
from pathlib import Path
from elc import dataset, settings, train
from elc.paths import Project
chosen = settings.read_plant(Project(Path(sys.argv[1])), "fjord")
few = {"epochs": 3, "patience": 2, "members": 3, "hidden_units": 9}
chosen = replace(chosen, train=chosen.train.model_copy(update=few))
tags = settings.read_tags(Project(Path(sys.argv[1])).tags("fjord"), "fjord")
split = dataset.read_split(Path(sys.argv[2]))
curve_fit = train.fit_curve(split, tags, chosen.train)
response_fit = train.fit_response(split, tags, chosen.train)
train.write_package(Path(sys.argv[3]), curve_fit, response_fit, split, tags, chosen)
"""


def read_card(folder: Path) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return card


def read_texts(content: Any) -> Iterator[str]:
    """All texts in a JSON, keys included."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for item in content:
            yield from read_texts(item)
    elif isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from read_texts(value)


def test_package_holds_these_files_and_no_others(demo_project: Project) -> None:
    for plant in ("fjord", "delta", "steppe"):
        folder = demo_project.model(plant)
        assert sorted(path.name for path in folder.iterdir()) == FILES
        card = read_card(folder)
        assert sorted(card["files"]) == FILES[1:]
        for name, expected in card["files"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected


def test_card_holds_no_path_and_no_time_but_the_hours(demo_project: Project, fjord: settings.StageSettings) -> None:
    card = read_card(demo_project.model("fjord"))
    split = dataset.read_split(demo_project.processed("fjord"))
    hours = {f(part[TIME]).isoformat() for part in (split.train, split.valid) for f in (min, max)}
    texts = list(read_texts(card))
    assert [text for text in texts if re.match(r"/|[A-Za-z]:\\", text) or str(demo_project.root) in text] == []
    assert {text for text in texts if re.search(r"\d{4}-\d\d-\d\d|\d\d:\d\d", text)} == hours
    assert card["trained_on"]["train"]["rows"] == len(split.train)
    assert card["trained_on"]["valid"]["rows"] == len(split.valid)
    assert max(hours) < str(fjord.plant.train_until)


def test_features_are_throughput_then_drivers(demo_project: Project, fjord_tags: settings.TagList) -> None:
    card = read_card(demo_project.model("fjord"))
    split = dataset.read_split(demo_project.processed("fjord"))
    assert [feature["column"] for feature in card["features"]] == fjord_tags.features
    assert card["features"][0]["column"] == card["throughput"] == "load_t_per_h"
    assert [setpoint["column"] for setpoint in card["setpoints"]] == fjord_tags.columns("setpoint")
    assert not {f["column"] for f in card["features"]} & {s["column"] for s in card["setpoints"]}
    for described in card["features"] + card["setpoints"]:
        values = split.train[described["column"]].dropna()
        found = (described["low"], described["median"], described["high"])
        assert found == (values.min(), values.median(), values.max())
    assert card["rated_load"] == split.rated_load


def test_precedents_are_the_training_hours_lowest_against_best(
    demo_project: Project, fjord: settings.StageSettings
) -> None:
    package = curve.read(demo_project.model("fjord"))
    train = dataset.read_split(demo_project.processed("fjord")).train.dropna(subset=package.setpoints)
    excess = train[ENERGY] / package.predict(train).iloc[:, 0] - 1
    found = package.precedents
    assert len(found) == round(fjord.train.precedent_frac * len(train))
    assert found[TIME].is_monotonic_increasing
    assert found["best_frac"].max() <= excess.nsmallest(len(found) + 1).iloc[-1] + 1e-6
    assert set(found[TIME]) <= set(train[TIME])


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two packages of the same few hours, trained in two fresh processes, in folders of different names."""
    folder = tmp_path_factory.mktemp("twice")
    tags = settings.read_tags(Project(ROOT).tags("fjord"), "fjord")
    rng = np.random.default_rng(1)
    columns = tags.features + tags.columns("setpoint")
    hours = pd.DataFrame(rng.normal(10, 1, (600, len(columns))), columns=columns)
    hours.insert(0, TIME, pd.date_range("2024-01-01", periods=600, freq="h", tz="UTC"))
    hours[tags.throughput] = rng.uniform(40, 62, 600)
    hours[ENERGY] = hours[tags.throughput] * (28 + 0.05 * hours["flue_o2_pct"] + rng.normal(0, 0.1, 600))
    hours.loc[5, "flue_o2_pct"] = np.nan
    dataset.write_split(folder / "split", dataset.Split(60.0, hours[:400], hours[400:500], hours[500:]))
    targets = (folder / "one" / "fjord", folder / "another place" / "fjord")
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", TRAIN, str(ROOT), str(folder / "split"), str(target)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for target in targets
    ]
    for process in runs:
        _, complaint = process.communicate(timeout=300)
        assert process.returncode == 0, complaint[-3000:]
    return targets


def test_two_processes_train_the_same_bytes(twice: tuple[Path, Path]) -> None:
    first, second = twice
    assert sorted(path.name for path in first.iterdir()) == FILES
    differing = [name for name in FILES if (first / name).read_bytes() != (second / name).read_bytes()]
    assert differing == []


def test_package_holds_the_baseline_of_its_training_hours(twice: tuple[Path, Path], tmp_path: Path) -> None:
    train = dataset.read_split(twice[0].parents[1] / "split").train
    dataset.write_baseline(tmp_path, train, settings.read_tags(Project(ROOT).tags("fjord"), "fjord"))
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["constraints.json", "statistics.json"]
    assert [(tmp_path / name).read_bytes() for name in written] == [(twice[0] / name).read_bytes() for name in written]


def test_trained_package_is_whole_and_scores_as_keras_did(twice: tuple[Path, Path]) -> None:
    package = curve.read(twice[0])
    golden = json.loads((twice[0] / "golden.json").read_text(encoding="utf-8"))
    rows = pd.DataFrame(golden["inputs"], columns=golden["features"])
    np.testing.assert_allclose(package.predict(rows), golden["outputs"], rtol=golden["tolerance_frac"])
    response = package.predict_response(rows.assign(**dict.fromkeys(package.setpoints, 10.0)))
    assert response.shape == (8, 3)
    assert (response.std(axis=1) > 0).all()  # the members are not one and the same
    assert len(package.precedents) == round(0.1 * 399)  # the hour without a set-point is no precedent


def test_package_that_cannot_be_written_leaves_the_former(twice: tuple[Path, Path], tmp_path: Path) -> None:
    from elc import train

    folder = tmp_path / "fjord"
    folder.mkdir()
    (folder / "card.json").write_text("former", encoding="utf-8")
    tags = settings.read_tags(Project(ROOT).tags("fjord"), "fjord")
    split = dataset.read_split(twice[0].parents[1] / "split")
    nothing = train.Fit(model=None, history=pd.DataFrame())
    with pytest.raises(AttributeError, match="export"):
        train.write_package(folder, nothing, nothing, split, tags, settings.read_plant(Project(ROOT), "fjord"))
    assert [path.name for path in tmp_path.iterdir()] == ["fjord"]
    assert (folder / "card.json").read_text(encoding="utf-8") == "former"
