"""Equal networks have equal bytes once times, addresses and running numbers are dropped, and stay the same network."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import keras
import numpy as np
import onnxruntime as ort
import pytest

from elc import dataset
from elc.train.basis import build_additive, build_inputs, build_scale
from elc.train.network import Shape, Weights, build_curve, set_seed
from elc.train.response import fit_response
from elc.train.stable import ZIP_TIME, copy_keras, copy_onnx
from tests.unit.train.simulated import SETTINGS, build_hours, build_tags

RNG = np.random.default_rng(1)
ROWS = np.column_stack([RNG.uniform(30, 100, 200), RNG.normal(10, 5, (200, 3))]).astype(np.float32)

# What tf2onnx asks NumPy for, and how Keras copies a variable: both warn, neither is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore:In the future .np.object. will be defined:FutureWarning"),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:keras"
    ),
]


def build_random_curve() -> keras.Model:
    """A curve of three members, with weights that no training would give."""
    scale = build_scale(ROWS.astype(np.float64))
    scaled = scale.apply(ROWS.astype(np.float64))
    additive, inputs = build_additive(scaled, [3, *[1] * (scaled.shape[1] - 1)]), build_inputs(scaled, 3, [])
    pieces, columns = len(additive.start), len(inputs.start)
    free = np.full(pieces, np.inf)
    shapes = ((3, pieces, 3), (3, 3), (3, columns, 4), (3, 4), (3, 4, 3))
    rng = np.random.default_rng(2)
    weights = Weights(*(rng.normal(0, 0.3, shape).astype(np.float32) for shape in shapes))
    return build_curve(Shape(scale, additive, inputs, 3.4, 0.02, -free, free), weights, np.zeros(3), (1.0, 0.1))


def fit_small_response() -> keras.Model:
    hours = build_hours(200, 1)
    split = dataset.Split(60.0, hours[:100], hours[100:150], hours[150:])
    return fit_response(split, build_tags(), SETTINGS.model_copy(update={"epochs": 1})).model


BUILDERS = {"curve": build_random_curve, "response": fit_small_response}


def build_network(kind: str) -> keras.Model:
    set_seed(3)
    model = BUILDERS[kind]()
    model(build_rows(model))  # a network that was never called cannot be exported
    return model


def build_rows(model: keras.Model) -> np.ndarray:
    """As many columns as the network takes."""
    return np.column_stack([ROWS, ROWS[:, 1:]])[:, : model.input_shape[1]]


def run_onnx(path: Path) -> np.ndarray:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    first = session.get_inputs()[0]
    rows = np.column_stack([ROWS, ROWS[:, 1:]])[:, : first.shape[1]]
    return np.asarray(session.run(None, {first.name: rows})[0])


@pytest.mark.parametrize("kind", BUILDERS)
def test_two_saves_in_keras_become_equal_bytes(kind: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first.keras", tmp_path / "second.keras"
    build_network(kind).save(first)
    time.sleep(1.1)  # the archive holds the second it was saved in
    build_network(kind).save(second)
    assert first.read_bytes() != second.read_bytes()
    for saved in (first, second):
        copy_keras(saved, saved.with_suffix(".stable.keras"))
    copied = first.with_suffix(".stable.keras")
    assert copied.read_bytes() == second.with_suffix(".stable.keras").read_bytes()
    with zipfile.ZipFile(copied) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {ZIP_TIME}
        assert json.loads(archive.read("metadata.json"))["date_saved"] == ""


@pytest.mark.parametrize("kind", BUILDERS)
def test_copied_keras_file_still_loads_and_predicts(kind: str, tmp_path: Path) -> None:
    model = build_network(kind)
    model.save(tmp_path / "saved.keras")
    copy_keras(tmp_path / "saved.keras", tmp_path / "copied.keras")
    loaded = keras.models.load_model(tmp_path / "copied.keras")
    np.testing.assert_array_equal(np.asarray(loaded(build_rows(model))), np.asarray(model(build_rows(model))))
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]


@pytest.mark.parametrize("kind", BUILDERS)
def test_two_exports_to_onnx_become_equal_bytes_and_the_same_network(kind: str, tmp_path: Path) -> None:
    model = build_network(kind)
    for name in ("first", "second"):
        model.export(tmp_path / f"{name}.onnx", format="onnx", verbose=False)
        copy_onnx(tmp_path / f"{name}.onnx", tmp_path / f"{name}_copied.onnx")
    assert (tmp_path / "first_copied.onnx").read_bytes() == (tmp_path / "second_copied.onnx").read_bytes()
    found = run_onnx(tmp_path / "first_copied.onnx")
    np.testing.assert_array_equal(found, run_onnx(tmp_path / "first.onnx"))
    np.testing.assert_allclose(found, np.asarray(model(build_rows(model))), rtol=1e-5)


def test_other_weights_are_other_bytes(tmp_path: Path) -> None:
    model = build_network("curve")
    for name in ("first", "second"):
        model.export(tmp_path / f"{name}.onnx", format="onnx", verbose=False)
        copy_onnx(tmp_path / f"{name}.onnx", tmp_path / f"{name}_copied.onnx")
        model.set_weights([weights + 0.01 for weights in model.get_weights()])
    assert (tmp_path / "first_copied.onnx").read_bytes() != (tmp_path / "second_copied.onnx").read_bytes()
