"""A model package: what is in it, what is not, the same bytes in every process, and refused when it was changed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from elc import curve, dataset, findings, settings, train
from elc.errors import ElcError
from elc.fields import AGE, BEST, ENERGY, TIME
from elc.paths import Project
from tests.unit.train.simulated import AIR, FLUE, LOAD, PRESSURE, SETTINGS, build_hours, build_tags, find_aged

ROOT = Path(__file__).parents[3]
OTHERS = [
    "attribution.json",
    "constraints.json",
    "envelope.parquet",
    "findings.parquet",
    "golden.json",
    "model.keras",
    "model.onnx",
    "precedents.parquet",
    "quality.json",
    "response.keras",
    "response.onnx",
    "statistics.json",
]
FILES = sorted(["card.json", *OTHERS])
TRAIN = """
import sys
from pathlib import Path
from tests.unit.train.test_train_package import fit_packages
fit_packages(*map(Path, sys.argv[1:]))
"""

# What tf2onnx asks NumPy for, and how Keras copies a variable: both warn, neither is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore:In the future .np.object. will be defined:FutureWarning"),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:keras"
    ),
]


def build_settings() -> settings.StageSettings:
    return replace(settings.read_plant(Project(ROOT), "fjord"), train=SETTINGS)


def build_split() -> dataset.Split:
    hours = build_hours(800, 1, find_aged)
    hours.loc[5, FLUE] = np.nan
    parts = [part.reset_index(drop=True) for part in (hours[:500], hours[500:650], hours[650:])]
    return dataset.Split(62.5, *parts)


def fit_packages(*folders: Path) -> None:
    """Train once, and write the package to each folder."""
    split, tags, chosen = build_split(), build_tags(), build_settings()
    fits = train.fit_curve(split, tags, chosen.train), train.fit_response(split, tags, chosen.train)
    for folder in folders:
        train.write_package(folder, *fits, split, tags, chosen, weak=findings.build_frame([]))


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


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two packages of the same hours, trained in two fresh processes, in folders of different names.

    The first process writes its own once more, `again` beside it.
    """
    folder = tmp_path_factory.mktemp("twice")
    targets = (folder / "one" / "fjord", folder / "another place" / "fjord")
    for target in targets:
        target.parent.mkdir()
    written = ((targets[0], targets[0].with_name("again")), targets[1:])
    runs = [
        subprocess.Popen([sys.executable, "-c", TRAIN, *map(str, paths)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for paths in written
    ]
    for process in runs:
        _, complaint = process.communicate(timeout=300)
        assert process.returncode == 0, complaint[-3000:]
    return targets


@pytest.fixture
def copied(twice: tuple[Path, Path], tmp_path: Path) -> Path:
    """A package that a test may change."""
    return Path(shutil.copytree(twice[0], tmp_path / "fjord"))


def test_package_holds_these_files_and_no_others(twice: tuple[Path, Path]) -> None:
    assert sorted(path.name for path in twice[0].iterdir()) == FILES
    assert read_card(twice[0])["files"] == {name: curve.hash_file(twice[0] / name) for name in OTHERS}


def test_two_processes_train_the_same_bytes(twice: tuple[Path, Path]) -> None:
    first, second = twice
    differing = [name for name in FILES if (first / name).read_bytes() != (second / name).read_bytes()]
    assert differing == []


def test_one_fit_is_written_in_the_same_bytes_twice(twice: tuple[Path, Path]) -> None:
    again = twice[0].with_name("again")
    for name in FILES:
        assert (twice[0] / name).read_bytes() == (again / name).read_bytes(), name


def test_quality_says_what_the_models_were_off_on_hours_they_did_not_learn_from(twice: tuple[Path, Path]) -> None:
    quality, split = curve.read(twice[0]).baseline.quality, build_split()
    typical, response = quality["models"]["typical"], quality["models"]["response"]
    assert (typical["n"], response["n"]) == (len(split.train), len(split.valid))
    assert typical["coverage_best_frac"] == pytest.approx(0.1, abs=0.04)
    assert typical["residual_sd_frac"] == pytest.approx(0.01, rel=0.3)  # the hours' own scatter
    assert abs(typical["residual_lag"]) < 0.15  # they are independent
    assert set(typical["metrics"]) == {"rmse", "mae", "bias", "r2"}
    assert typical["levels"]["error"]["days"] == 500 // 24 + 1
    assert response["coverage_best_frac"] is None


def test_quality_knows_the_habits_of_set_points_and_weeks(twice: tuple[Path, Path]) -> None:
    quality, split = curve.read(twice[0]).baseline.quality, build_split()
    both = pd.concat([split.train, split.valid])
    assert quality["setpoints"][FLUE]["median"] == both[FLUE].median()
    assert set(quality["distances"]["columns"]) == {ENERGY, LOAD, AIR, PRESSURE, AGE, FLUE}
    assert quality["distances"]["columns"][LOAD]["most"] < 0.1  # every week is like the whole
    assert quality["distances"]["columns"][AGE]["most"] > 0.4  # but for what only grows
    assert quality["tags"][FLUE] == FLUE.upper()


def test_features_are_the_load_then_the_drivers_as_trained(twice: tuple[Path, Path]) -> None:
    card, split = read_card(twice[0]), build_split()
    found = [(feature["column"], feature["unit"], feature["monotone"]) for feature in card["features"]]
    assert found == [(LOAD, "t/h", "up"), (AIR, "°C", "up"), (PRESSURE, "bar", "down"), (AGE, "days", "up")]
    assert [(setpoint["column"], setpoint["unit"]) for setpoint in card["setpoints"]] == [(FLUE, "%")]
    for described in card["features"] + card["setpoints"]:
        values = split.train[described["column"]].dropna()
        wanted = (values.min(), values.median(), values.max())
        assert (described["low"], described["median"], described["high"]) == wanted
    assert (card["plant"], card["throughput"], card["rated_load"]) == ("fjord", LOAD, 62.5)
    assert card["quantiles"] == {"best": 0.1, "typical": 0.5, "high": 0.9}
    assert card["energy"] == {"column": ENERGY, "unit": "GJ/h"}


def test_card_says_how_it_was_trained(twice: tuple[Path, Path]) -> None:
    card = read_card(twice[0])
    assert card["settings"] == SETTINGS.model_dump()
    assert set(card["libraries"]) >= {"keras", "tensorflow", "onnx", "onnxruntime", "numpy", "pandas"}
    assert card["libraries"]["keras"] == keras.__version__
    assert card["learnt_until"] == build_settings().plant.train_until
    assert {part: card["trained_on"][part]["rows"] for part in ("train", "valid")} == {"train": 500, "valid": 150}
    metrics = card["metrics"]
    assert list(metrics["held_out_coverage_frac"].values()) == pytest.approx([0.1, 0.5, 0.9], abs=0.06)
    assert 0 < metrics["validation_pinball_frac"] < 0.01
    assert 0 < metrics["training_pinball_frac"] < 0.01
    assert metrics["kept_epoch"] in range(SETTINGS.epochs + 1)
    assert [found["column"] for found in card["envelope"]["ranges"]] == [LOAD, AIR, PRESSURE, AGE]
    assert card["envelope"]["limit"] > 0


def test_card_holds_no_path_no_commit_and_no_time_but_those_of_its_hours(twice: tuple[Path, Path]) -> None:
    split = build_split()
    hours = {f(part[TIME]).isoformat() for part in (split.train, split.valid) for f in (min, max)}
    card = read_card(twice[0])
    texts = list(read_texts(card))
    assert [text for text in texts if re.match(r"/|[A-Za-z]:\\", text) or str(ROOT) in text] == []
    assert {text for text in texts if re.search(r"\d{4}-\d\d-\d\d|\d\d:\d\d", text)} == {*hours, card["learnt_until"]}
    assert [text for text in texts if re.fullmatch(r"[0-9a-f]{7,40}", text)] == []


def test_package_holds_the_baseline_of_its_training_hours(twice: tuple[Path, Path], tmp_path: Path) -> None:
    dataset.write_baseline(tmp_path, build_split().train, build_tags())
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["constraints.json", "statistics.json"]
    assert [(tmp_path / name).read_bytes() for name in written] == [(twice[0] / name).read_bytes() for name in written]


def test_package_scores_as_keras_did(twice: tuple[Path, Path]) -> None:
    package = curve.read(twice[0])
    golden = json.loads((twice[0] / "golden.json").read_text(encoding="utf-8"))
    rows = pd.DataFrame(golden["inputs"], columns=golden["features"])
    assert (golden["features"], rows.shape) == (package.features, (8, 4))
    assert golden["tolerance_frac"] == 1e-5
    np.testing.assert_allclose(package.predict(rows), golden["outputs"], rtol=1e-5)
    for name, found in (
        ("model", package.predict(rows)),
        ("response", package.predict_response(rows.assign(**{FLUE: 3.0}))),
    ):
        inputs = rows.assign(**{FLUE: 3.0}) if name == "response" else rows
        wanted = keras.models.load_model(twice[0] / f"{name}.keras")(inputs.to_numpy(np.float32))
        np.testing.assert_allclose(found, np.asarray(wanted), rtol=1e-5)


def test_precedents_are_the_training_hours_lowest_against_best(twice: tuple[Path, Path]) -> None:
    package = curve.read(twice[0])
    known = build_split().train.dropna(subset=[FLUE])
    excess = known[ENERGY] / package.predict(known)[BEST] - 1
    found = package.precedents
    assert len(found) == 50  # a tenth of 499: the hour without a set-point is no precedent
    assert found[TIME].is_monotonic_increasing
    assert found["best_frac"].max() <= excess.nsmallest(51).iloc[-1] + 1e-6
    assert set(found[TIME]) <= set(known[TIME])


def test_training_hours_are_inside_the_envelope(twice: tuple[Path, Path]) -> None:
    package = curve.read(twice[0])
    hours = build_split().train
    assert package.find_outside(hours).mean() < 0.03
    assert package.find_outside(hours.assign(**{AIR: 60.0})).all()


@pytest.mark.parametrize("name", OTHERS)
def test_one_changed_byte_is_refused(copied: Path, name: str) -> None:
    content = (copied / name).read_bytes()
    wanted = rf"^model package {copied}: {name} is not the file that was trained \(its hash differs\)\. "
    for place in (0, len(content) // 2, len(content) - 1):
        (copied / name).write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(ElcError, match=wanted + r"Restore it with dvc checkout\.$"):
            curve.read(copied)
    (copied / name).write_bytes(content)
    curve.read(copied)


def test_one_changed_byte_of_the_card_is_refused_wherever_it_is(copied: Path) -> None:
    path = copied / "card.json"
    content = path.read_bytes()
    for place in [*range(0, len(content), 23), len(content) - 1]:
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(
            ElcError, match=r"card\.json has changed since it was written \(its hash differs\)\. Restore it"
        ):
            curve.read(copied)


@pytest.mark.parametrize("name", OTHERS)
def test_missing_file_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(ElcError, match=rf"^model package {copied}: {name} is missing\. Restore it with dvc checkout"):
        curve.read(copied)


def test_package_that_cannot_be_written_leaves_the_former(tmp_path: Path) -> None:
    folder = tmp_path / "fjord"
    folder.mkdir()
    (folder / "card.json").write_text("former", encoding="utf-8")
    nothing = train.CurveFit(None, pd.DataFrame(), 0, pd.DataFrame(), {})
    weak = findings.build_frame([])
    with pytest.raises(TypeError, match="NoneType"):
        train.write_package(folder, nothing, nothing, build_split(), build_tags(), build_settings(), weak=weak)
    assert [path.name for path in tmp_path.iterdir()] == ["fjord"]
    assert (folder / "card.json").read_text(encoding="utf-8") == "former"


def test_package_holds_the_baseline_of_attribution(twice: tuple[Path, Path]) -> None:
    package = curve.read(twice[0])
    held = package.attribution
    assert list(held) == ["background", "drivers", "setpoints", "hours"]
    assert list(held["drivers"]) == held["background"]["features"] == package.features
    assert np.array(held["background"]["rows"]).shape == (32, 4)
    assert held["hours"] == 256
    assert max(held["drivers"], key=held["drivers"].__getitem__) == LOAD
    assert held["setpoints"][FLUE] >= 0
    rows = pd.DataFrame(held["background"]["rows"], columns=package.features)
    train_hours = build_split().train
    hours = train_hours.dropna(subset=[FLUE])
    hours = hours.iloc[np.unique(np.linspace(0, len(hours) - 1, 256).round().astype(int))]
    shares = curve.share_best(package, hours, rows)
    assert np.abs(shares).mean(axis=0).tolist() == pytest.approx(list(held["drivers"].values()), rel=1e-3, abs=1e-3)


def test_groups_of_a_package_are_in_the_order_of_their_columns(copied: Path) -> None:
    package = curve.read(copied)
    assert package.groups(package.features) == {name: [name] for name in package.features}
    described = [{**found, "group": "weather" if found["column"] != LOAD else ""} for found in package.card["features"]]
    grouped = replace(package, card={**package.card, "features": described})
    assert grouped.groups(grouped.features) == {LOAD: [LOAD], "weather": [AIR, PRESSURE, AGE]}
    assert grouped.groups([FLUE]) == {FLUE: [FLUE]}
