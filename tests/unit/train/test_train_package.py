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
from elc.train.folds import Gain
from elc.train.recency import EVEN
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
    hours = build_hours(2500, 1, find_aged)  # fewer than twelve weeks know no habit
    hours.loc[5, FLUE] = np.nan
    parts = [part.reset_index(drop=True) for part in (hours[:1800], hours[1800:2140], hours[2140:])]
    return dataset.Split(62.5, *parts)


def fit_packages(*folders: Path) -> None:
    """Train once, and write the package to each folder."""
    split, tags, chosen = build_split(), build_tags(), build_settings()
    fixed = chosen.plant.base.fixed_gj_per_h
    fitted = train.fit_curve(split, tags, chosen.train, fixed_gj_per_h=fixed)
    fits = fitted, train.fit_response(split, tags, chosen.train)
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


def train_apart(*folders: Path) -> None:
    """Train in a fresh process, and write the package to each folder."""
    for folder in folders:
        folder.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", TRAIN, *map(str, folders)]
    done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package that a fresh process trained; it wrote it once more, `again` beside it."""
    folder = tmp_path_factory.mktemp("trained") / "one" / "fjord"
    train_apart(folder, folder.with_name("again"))
    return folder


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Path:
    """A package that a test may change."""
    return Path(shutil.copytree(trained, tmp_path / "fjord"))


def test_package_holds_these_files_and_no_others(trained: Path) -> None:
    assert sorted(path.name for path in trained.iterdir()) == FILES
    assert read_card(trained)["files"] == {name: curve.hash_file(trained / name) for name in OTHERS}


@pytest.mark.long(reason="trains once more, in a process of its own; `test_reproduce` does so with DVC")
def test_two_processes_train_the_same_bytes(trained: Path, tmp_path: Path) -> None:
    other = tmp_path / "another place" / "fjord"
    train_apart(other)
    assert [name for name in FILES if (trained / name).read_bytes() != (other / name).read_bytes()] == []


def test_one_fit_is_written_in_the_same_bytes_twice(trained: Path) -> None:
    again = trained.with_name("again")
    for name in FILES:
        assert (trained / name).read_bytes() == (again / name).read_bytes(), name


def test_quality_says_what_the_models_were_off_on_hours_they_did_not_learn_from(trained: Path) -> None:
    quality, split = curve.read(trained).baseline.quality, build_split()
    typical, response = quality.models["typical"], quality.models["response"]
    assert typical.n == len(split.learnt)
    assert 0.3 * len(split.learnt) < response.n < len(split.learnt)  # those that a member did not draw
    assert typical.coverage_best_frac == pytest.approx(0.1, abs=0.04)
    assert typical.residual_sd_frac == pytest.approx(0.01, rel=0.3)  # the hours' own scatter
    assert abs(typical.residual_lag) < 0.15  # they are independent
    assert set(typical.metrics) == {"rmse", "mae", "bias", "r2"}
    assert typical.levels["error"].days == 2140 // 24  # the last has too few hours
    assert response.coverage_best_frac is None
    assert typical.weeks == 13
    assert response.weeks < dataset.LEAST_WEEKS
    assert set(response.levels.values()) == {None}  # so few weeks give no limit


def test_quality_knows_the_habits_of_set_points_and_weeks(trained: Path) -> None:
    quality, split = curve.read(trained).baseline.quality, build_split()
    assert quality.setpoints[FLUE].median == split.learnt[FLUE].median()
    assert set(quality.distances.columns) == {ENERGY, LOAD, AIR, PRESSURE, AGE, FLUE}
    assert quality.distances.columns[LOAD].most < 0.1  # every week is like the whole
    assert quality.distances.columns[AGE].most > 0.4  # but for what only grows
    assert quality.tags[FLUE] == FLUE.upper()


def test_features_are_the_load_then_the_drivers_as_trained(trained: Path) -> None:
    card, split = read_card(trained), build_split()
    found = [(feature["column"], feature["unit"], feature["monotone"]) for feature in card["features"]]
    assert found == [(LOAD, "t/h", "up"), (AIR, "°C", "up"), (PRESSURE, "bar", "down"), (AGE, "days", "up")]
    assert [(setpoint["column"], setpoint["unit"]) for setpoint in card["setpoints"]] == [(FLUE, "%")]
    for described in card["features"] + card["setpoints"]:
        values = split.learnt[described["column"]].dropna()
        wanted = (values.min(), values.median(), values.max())
        assert (described["low"], described["median"], described["high"]) == wanted
    assert (card["plant"], card["throughput"], card["rated_load"]) == ("fjord", LOAD, 62.5)
    assert card["quantiles"] == {"best": 0.1, "typical": 0.5, "high": 0.9}
    assert card["energy"] == {"column": ENERGY, "unit": "GJ/h"}


def test_card_says_how_it_was_trained(trained: Path) -> None:
    card = read_card(trained)
    assert card["settings"] == SETTINGS.model_dump()
    assert set(card["libraries"]) >= {"keras", "tensorflow", "onnx", "onnxruntime", "numpy", "pandas"}
    assert card["libraries"]["keras"] == keras.__version__
    assert card["learnt_until"] == build_settings().plant.train_until
    assert {part: card["trained_on"][part]["rows"] for part in ("train", "valid")} == {"train": 1800, "valid": 340}
    metrics = card["metrics"]
    assert list(metrics["held_out_coverage_frac"].values()) == pytest.approx([0.1, 0.5, 0.9], abs=0.06)
    assert 0 < metrics["validation_pinball_frac"] < 0.01
    assert 0 < metrics["training_pinball_frac"] < 0.01
    assert metrics["kept_epoch"] in range(SETTINGS.epochs + 1)
    assert "half_life_days" not in metrics  # the plant did not change
    assert [found["column"] for found in card["envelope"]["ranges"]] == [LOAD, AIR, PRESSURE, AGE]
    assert card["envelope"]["limit"] > 0


def test_card_holds_no_path_no_commit_and_no_time_but_those_of_its_hours(trained: Path) -> None:
    split = build_split()
    hours = {f(part[TIME]).isoformat() for part in (split.train, split.valid) for f in (min, max)}
    card = read_card(trained)
    texts = list(read_texts(card))
    assert [text for text in texts if re.match(r"/|[A-Za-z]:\\", text) or str(ROOT) in text] == []
    assert {text for text in texts if re.search(r"\d{4}-\d\d-\d\d|\d\d:\d\d", text)} == {*hours, card["learnt_until"]}
    assert [text for text in texts if re.fullmatch(r"[0-9a-f]{7,40}", text)] == []


def test_package_holds_the_baseline_of_the_hours_it_learnt_from(trained: Path, tmp_path: Path) -> None:
    dataset.write_baseline(tmp_path, build_split().learnt, build_tags())
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["constraints.json", "statistics.json"]
    assert [(tmp_path / name).read_bytes() for name in written] == [(trained / name).read_bytes() for name in written]


def test_package_scores_as_keras_did(trained: Path) -> None:
    package = curve.read(trained)
    golden = json.loads((trained / "golden.json").read_text(encoding="utf-8"))
    rows = pd.DataFrame(golden["inputs"], columns=golden["features"])
    assert (golden["features"], rows.shape) == (package.features, (8, 4))
    assert golden["tolerance_frac"] == 1e-5
    np.testing.assert_allclose(package.predict(rows), golden["outputs"], rtol=1e-5)
    for name, found in (
        ("model", package.predict(rows)),
        ("response", package.predict_response(rows.assign(**{FLUE: 3.0}))),
    ):
        inputs = rows.assign(**{FLUE: 3.0}) if name == "response" else rows
        wanted = keras.models.load_model(trained / f"{name}.keras")(inputs.to_numpy(np.float32))
        np.testing.assert_allclose(found, np.asarray(wanted), rtol=1e-5)


def test_precedents_are_the_hours_it_learnt_from_that_are_lowest_against_best(trained: Path) -> None:
    package = curve.read(trained)
    known = build_split().learnt.dropna(subset=[FLUE])
    excess = known[ENERGY] / package.predict(known)[BEST] - 1
    found = package.precedents
    assert len(found) == 214  # a tenth of 2139: the hour without a set-point is no precedent
    assert found[TIME].is_monotonic_increasing
    assert found["best_frac"].max() <= excess.nsmallest(215).iloc[-1] + 1e-6
    assert set(found[TIME]) <= set(known[TIME])


def test_hours_it_learnt_from_are_inside_the_envelope(trained: Path) -> None:
    package = curve.read(trained)
    hours = build_split().learnt
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
    nothing = train.CurveFit(None, pd.DataFrame(), 0, pd.DataFrame(), {}, Gain(0.0, 0.0, 0), 0.0, EVEN)
    weak = findings.build_frame([])
    with pytest.raises(TypeError, match="NoneType"):
        train.write_package(folder, nothing, nothing, build_split(), build_tags(), build_settings(), weak=weak)
    assert [path.name for path in tmp_path.iterdir()] == ["fjord"]
    assert (folder / "card.json").read_text(encoding="utf-8") == "former"


def test_package_holds_the_baseline_of_attribution(trained: Path) -> None:
    package = curve.read(trained)
    held = package.attribution
    assert list(held.drivers) == held.background.features == package.features
    assert np.array(held.background.rows).shape == (32, 4)
    assert held.hours == 256
    assert max(held.drivers, key=held.drivers.__getitem__) == LOAD
    assert held.setpoints[FLUE] >= 0
    rows = pd.DataFrame(held.background.rows, columns=package.features)
    hours = build_split().learnt.dropna(subset=[FLUE])
    hours = hours.iloc[np.unique(np.linspace(0, len(hours) - 1, 256).round().astype(int))]
    shares = curve.share_best(package, hours, rows)
    assert np.abs(shares).mean(axis=0).tolist() == pytest.approx(list(held.drivers.values()), rel=1e-3, abs=1e-3)


def test_groups_of_a_package_are_in_the_order_of_their_columns(copied: Path) -> None:
    package = curve.read(copied)
    assert package.groups(package.features) == {name: [name] for name in package.features}
    described = [{**found, "group": "weather" if found["column"] != LOAD else ""} for found in package.card["features"]]
    grouped = replace(package, card={**package.card, "features": described})
    assert grouped.groups(grouped.features) == {LOAD: [LOAD], "weather": [AIR, PRESSURE, AGE]}
    assert grouped.groups([FLUE]) == {FLUE: [FLUE]}
