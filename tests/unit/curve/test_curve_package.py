"""A model package: refused when it is not what was trained, and scored as it was trained."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper

from elc import curve
from elc.errors import ElcError
from elc.fields import BEST, BEST_HIGH, BEST_LOW, ENERGY, GAP, GAP_HIGH, GAP_LOW, HIGH, IS_STEADY, TYPICAL
from elc.registry import hash_content

LOAD, AIR, FLUE = "load_t_per_h", "air_temp_degc", "flue_o2_pct"
NAN = float("nan")
# best, typical, high and the interval of best: columns of the weights, rows are load and air.
CURVE = ([[10.0, 11.0, 12.0, 9.9, 10.1], [2.0, 2.0, 2.0, 2.0, 2.0]], [1.0, 2.0, 3.0, 1.0, 1.0])
# Two members on load, air and flue O2.
RESPONSE = ([[10.0, 10.0], [2.0, 2.0], [5.0, 7.0]], [0.0, 0.0])


def write_network(path: Path, weights: list[list[float]], bias: list[float]) -> None:
    """Write a linear network as ONNX: (rows, features) to (rows, outputs)."""
    arrays = {"weights": np.array(weights, np.float32), "bias": np.array(bias, np.float32)}
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, count])
        for name, count in zip(("features", "energy"), arrays["weights"].shape, strict=True)
    ]
    node = helper.make_node("Gemm", ["features", "weights", "bias"], ["energy"])
    tensors = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph([node], "linear", [ends[0]], [ends[1]], tensors)
    opsets = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def describe(column: str, low: float, high: float) -> dict[str, object]:
    return {"column": column, "unit": "", "low": low, "high": high, "median": (low + high) / 2}


def build_hours() -> pd.DataFrame:
    """Hours of every load from 0 to 100 t/h at every air temperature from -10 to 30 degC."""
    load, air = np.meshgrid(np.linspace(0, 100, 41), np.linspace(-10, 30, 41))
    return pd.DataFrame({LOAD: load.ravel(), AIR: air.ravel()})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small package, whole."""
    path = tmp_path / "fjord"
    path.mkdir()
    write_network(path / "model.onnx", *CURVE)
    write_network(path / "response.onnx", *RESPONSE)
    pd.DataFrame({LOAD: [50.0, 60.0]}).to_parquet(path / "precedents.parquet", index=False)
    (path / "attribution.json").write_text("{}", encoding="utf-8")
    hours = build_hours()
    groups = np.arange(len(hours)) % 2
    envelope = curve.build_envelope(hours, [LOAD, AIR], groups, margin_frac=0.02, prototypes=200)
    for name in BASELINE:
        curve.write_json(path / name, {"name": name})
    card = {
        "throughput": LOAD,
        "rated_load": 62.5,
        "features": [describe(LOAD, 0.0, 100.0), describe(AIR, -10.0, 30.0)],
        "setpoints": [describe(FLUE, 1.0, 5.0)],
        "envelope": curve.write_envelope(path, envelope),
        "files": {file.name: curve.hash_file(file) for file in sorted(path.iterdir())},
    }
    write_card(path, card)
    return path


def write_card(folder: Path, card: dict[str, object]) -> None:
    curve.write_json(folder / "card.json", card | {"sha256": curve.hash_card(card)})


def change_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


BASELINE = ("statistics.json", "constraints.json", "quality.json", "attribution.json")
FILES = ("model.onnx", "response.onnx", "precedents.parquet", "envelope.parquet", *BASELINE)


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_refused(folder: Path, name: str) -> None:
    change_byte(folder / name)
    wanted = (
        rf"^model package {folder}: {name} is not the file that was trained \(its hash differs\)\. "
        r"Restore it with dvc checkout\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        curve.read(folder)


def test_record_that_is_none_is_told_with_its_key(folder: Path) -> None:
    curve.write_json(folder / "quality.json", {"models": {"typical": None, "response": 1.0}})
    (folder / "attribution.json").write_text('{"hours": "many"}', encoding="utf-8")
    content = curve.read_unverified(folder, json.loads((folder / "card.json").read_text(encoding="utf-8")))
    wanted = (
        r"^attribution\.json of the model package: hours is 'many', expected a valid integer\. Train the plant again\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        curve.open_package(content)
    del content.files["attribution.json"]
    with pytest.raises(ElcError, match=r"^quality\.json of the model package: models\.response is 1\.0, expected "):
        curve.open_package(content)


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    wanted = rf"^model package {folder}: {name} is missing\. Restore it with dvc checkout\.$"
    with pytest.raises(ElcError, match=wanted):
        curve.read(folder)


def test_all_faults_are_named_at_once(folder: Path) -> None:
    (folder / "response.onnx").unlink()
    change_byte(folder / "model.onnx")
    with pytest.raises(ElcError, match=r"2 faults\n  - model\.onnx is not [^\n]+\n  - response\.onnx is missing\."):
        curve.read(folder)


def test_folder_without_a_card_says_how_to_train(folder: Path) -> None:
    (folder / "card.json").unlink()
    with pytest.raises(
        ElcError,
        match=r"card\.json was not found\. In a fresh clone, fetch it .*; else train .* dvc repro train@fjord\.$",
    ):
        curve.read(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"null", b'"text"', b"\xff\xfe", b"{}"])
def test_card_that_is_no_card_is_refused(folder: Path, content: bytes) -> None:
    (folder / "card.json").write_bytes(content)
    wanted = (
        rf"^model package {folder}: card\.json has changed since it was written \(its hash differs\)\. "
        r"Restore it with dvc checkout\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        curve.read(folder)


@pytest.mark.parametrize(("old", "new"), [("62.5", "62.6"), ('"unit": ""', '"unit": "t"'), ("  ", "   "), ("}\n", "}")])
def test_edited_card_is_refused(folder: Path, old: str, new: str) -> None:
    text = (folder / "card.json").read_text(encoding="utf-8")
    assert old in text
    (folder / "card.json").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ElcError, match=r"card\.json has changed since it was written"):
        curve.read(folder)


def test_faults_of_card_and_files_are_named_together(folder: Path) -> None:
    text = (folder / "card.json").read_text(encoding="utf-8")
    (folder / "card.json").write_text(text.replace("62.5", "62.6"), encoding="utf-8")
    change_byte(folder / "model.onnx")
    with pytest.raises(ElcError, match=r"2 faults\n  - card\.json has changed [^\n]+\n  - model\.onnx is not "):
        curve.read(folder)


def test_prediction_is_the_network_by_column_name(folder: Path) -> None:
    package = curve.read(folder)
    rows = pd.DataFrame({AIR: [5.0, -3.0], "other": ["a", "b"], LOAD: [60.0, 50.0]}, index=[7, 9])
    expected = pd.DataFrame(
        {
            BEST: [611.0, 495.0],
            TYPICAL: [672.0, 546.0],
            HIGH: [733.0, 597.0],
            BEST_LOW: [605.0, 490.0],
            BEST_HIGH: [617.0, 500.0],
        },
        index=pd.Index([7, 9]),
    )
    pd.testing.assert_frame_equal(package.predict(rows), expected)
    np.testing.assert_allclose(package.predict_response(rows.assign(**{FLUE: 2.0})), [[620, 624], [504, 508]])
    assert (package.features, package.setpoints, package.throughput) == ([LOAD, AIR], [FLUE], LOAD)
    assert package.rated_load == 62.5
    assert package.describe()["column"].tolist() == [LOAD, AIR, FLUE]
    assert package.precedents[LOAD].tolist() == [50.0, 60.0]


def test_no_rows_give_no_predictions(folder: Path) -> None:
    found = curve.read(folder).predict(pd.DataFrame({LOAD: [], AIR: []}, dtype=float))
    assert found.shape == (0, 5)


def test_missing_columns_are_named(folder: Path) -> None:
    package = curve.read(folder)
    with pytest.raises(ElcError, match=r"^cannot predict: column air_temp_degc is missing from the rows\. Add it\.$"):
        package.predict(pd.DataFrame({LOAD: [60.0]}))
    wanted = (
        r"^cannot predict the response: 2 faults\n  - column air_temp_degc is missing from the rows\. Add it\.\n"
        r"  - column flue_o2_pct is missing from the rows\. Add it\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        package.predict_response(pd.DataFrame({LOAD: [60.0]}))


def test_column_in_another_unit_is_named_with_the_one_expected(folder: Path) -> None:
    rows = pd.DataFrame({LOAD: [60.0], "air_temp_degf": [41.0]})
    wanted = (
        r"^cannot predict: column air_temp_degc is missing, found air_temp_degf\. Convert it to °C and rename it\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        curve.read(folder).predict(rows)


def test_column_of_text_is_named(folder: Path) -> None:
    rows = pd.DataFrame({LOAD: [60.0, 61.0], AIR: ["5", "mild"]})
    with pytest.raises(ElcError, match=r"^cannot predict: air_temp_degc holds str, expected numbers\. Convert them\.$"):
        curve.read(folder).predict(rows)


@pytest.mark.parametrize("value", [NAN, float("inf"), float("-inf")])
def test_row_with_a_missing_feature_gives_missing_and_leaves_the_others(folder: Path, value: float) -> None:
    rows = pd.DataFrame({LOAD: [60.0, 60.0, value], AIR: [5.0, value, 5.0]})
    found = curve.read(folder).predict(rows)
    assert found.isna().all(axis=1).tolist() == [False, True, True]
    assert found.loc[0].tolist() == [611.0, 672.0, 733.0, 605.0, 617.0]


def test_rows_all_missing_give_all_missing(folder: Path) -> None:
    assert curve.read(folder).predict(pd.DataFrame({LOAD: [NAN], AIR: [NAN]})).isna().all(axis=None)


def test_envelope_is_the_training_range_and_its_margin(folder: Path) -> None:
    # The margin is 2 % of the range: 2 t/h of load, 0.8 degC of air.
    loads = [50.0, -2.0, -2.1, 102.0, 102.1, NAN, 50.0, 50.0]
    airs = [10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 30.7, 30.9]
    outside = curve.read(folder).find_outside(pd.DataFrame({LOAD: loads, AIR: airs}, index=range(3, 11)))
    assert outside.tolist() == [False, False, True, False, True, True, False, True]
    assert outside.index.tolist() == list(range(3, 11))


def test_gap_has_the_interval_of_best_and_none_outside_the_envelope(folder: Path) -> None:
    rows = pd.DataFrame({LOAD: [60.0, 60.0, NAN], AIR: [5.0, 40.0, 5.0], ENERGY: [620.0] * 3, IS_STEADY: True})
    found = curve.score_hours(rows.set_index(pd.Index([4, 2, 9])), curve.read(folder))
    assert found.loc[4, [GAP_LOW, GAP, GAP_HIGH]].tolist() == [3.0, 9.0, 15.0]
    assert found.loc[[2, 9], [GAP_LOW, GAP, GAP_HIGH]].isna().all(axis=None)
    assert found.loc[2, [BEST_LOW, BEST, BEST_HIGH]].notna().all()


SCORE = """
import sys
from pathlib import Path
import pandas as pd
from elc import curve
package = curve.read(Path(sys.argv[1]))
print(package.predict(pd.DataFrame({"load_t_per_h": [60.0], "air_temp_degc": [5.0]})).iloc[0, 0])
print(sorted({"tensorflow", "keras", "tf2onnx"} & set(sys.modules)))
"""


def test_scoring_imports_no_tensorflow(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SCORE, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["611.0", "[]"]


def test_a_package_that_was_found_is_read_by_its_content_alone(folder: Path) -> None:
    (folder / "deployed.json").write_text("{}")
    found = hash_content(folder, without=("deployed.json",))
    assert curve.read_found(folder, sha256=found).card == curve.read(folder).card
    card = curve.read(folder).card
    write_network(folder / "model.onnx", [[1.0] * 5, [1.0] * 5], [0.0] * 5)
    card["files"]["model.onnx"] = curve.hash_file(folder / "model.onnx")
    write_card(folder, {key: value for key, value in card.items() if key != "sha256"})
    curve.read(folder)  # whole in itself
    for sha256 in (found, "0" * 64):
        with pytest.raises(
            ElcError, match=r"it has been replaced or changed in the meantime\. Run it again; elc audit"
        ):
            curve.read_found(folder, sha256=sha256)


def test_what_was_hashed_is_what_is_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever lies in the folder once its files were read does not matter."""
    rows = pd.DataFrame({LOAD: [60.0], AIR: [5.0]})
    expected = curve.read(folder).predict(rows)

    def swap(self: Path) -> bytes:
        raw = read_bytes(self)
        self.write_bytes(b"another")
        return raw

    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", swap)
    package = curve.read(folder)
    assert (folder / "model.onnx").read_text() == "another"
    pd.testing.assert_frame_equal(package.predict(rows), expected)


def test_weights_outside_of_the_network_are_not_loaded(folder: Path) -> None:
    card = {key: value for key, value in curve.read(folder).card.items() if key != "sha256"}
    model = onnx.load(folder / "model.onnx")
    onnx.save_model(model, folder / "model.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    card["files"]["model.onnx"] = curve.hash_file(folder / "model.onnx")
    write_card(folder, card)
    with pytest.raises(Exception, match="External data path"):
        curve.read(folder)
