"""The functional tests of a trained package: passed as it is, and failed for each thing that is changed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import NodeProto, helper, numpy_helper

from elc import curve
from elc.curve import Proof
from elc.paths import Project
from tests.unit.curve.test_proof import ALL, prove

LOAD, AGE = "load_t_per_h", "since_turnaround_days"
NAN = float("nan")
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(demo_project: Project, tmp_path: Path) -> Path:
    """A trained package that a test may change."""
    return Path(shutil.copytree(demo_project.model("fjord"), tmp_path / "fjord"))


def read_card(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "card.json").read_text(encoding="utf-8")))


def rehash(folder: Path) -> None:
    """Write the hashes of changed files anew, as somebody would who wants the package to look whole."""
    write_card(folder, read_card(folder))


def edit_card(folder: Path, change: Change) -> None:
    """Change a card, and write its hashes anew."""
    card = read_card(folder)
    change(card)
    write_card(folder, card)


def write_card(folder: Path, card: dict[str, Any]) -> None:
    card["files"] = {name: curve.hash_file(folder / name) for name in card["files"]}
    del card["sha256"]
    curve.write_json(folder / "card.json", card | {"sha256": curve.hash_card(card)})


def edit_golden(folder: Path, change: Change) -> None:
    path = folder / "golden.json"
    golden = json.loads(path.read_text(encoding="utf-8"))
    change(golden)
    path.write_text(json.dumps(golden), encoding="utf-8")
    rehash(folder)


def edit_network(
    folder: Path, add: Callable[[str, str], list[NodeProto]], *, name: str = "model.onnx", **arrays: list[float]
) -> None:
    """Put nodes after a network: `add` makes them from the names of its input and of what was its output."""
    model = onnx.load(folder / name)
    graph = model.graph
    nodes = add(graph.input[0].name, graph.output[0].name)
    graph.node.extend(nodes)
    for key, values in arrays.items():
        kind = np.int64 if key == "order" else np.float32
        graph.initializer.append(numpy_helper.from_array(np.array(values, kind), key))
    graph.output[0].name = nodes[-1].output[0]
    onnx.save(model, folder / name)
    rehash(folder)


def reorder(folder: Path, order: list[int]) -> None:
    """Let a network give its outputs in another order."""
    edit_network(folder, lambda _, given: [helper.make_node("Gather", [given, "order"], ["new"], axis=1)], order=order)


def tilt(folder: Path, column: str, slope: float, level: float) -> None:
    """Add slope times a feature, and a level, to each output of a curve."""
    features = curve.read(folder).features
    edit_network(
        folder,
        lambda given, energy: [
            helper.make_node("Gemm", [given, "slopes", "level"], ["tilt"]),
            helper.make_node("Add", [energy, "tilt"], ["new"]),
        ],
        slopes=[[slope] * 5 if name == column else [0.0] * 5 for name in features],
        level=[level] * 5,
    )


def apply(folder: Path, kind: str, name: str) -> None:
    """Apply a function to what a network gives."""
    edit_network(folder, lambda _, given: [helper.make_node(kind, [given], [kind])], name=name)


def assert_fails(folder: Path, name: str, words: str) -> None:
    """One test fails with these words, and the package is whole."""
    faults = prove(folder, name)
    assert faults["package"] == ""
    assert re.search(words, faults[name]), faults[name]


def test_trained_packages_pass_every_test(demo_project: Project) -> None:
    for plant in ("fjord", "delta", "steppe"):
        proofs = curve.prove(demo_project.model(plant), ALL, plant=plant, sha256="", max_latency_ms=1000.0)
        assert [(proof.name, proof.fault) for proof in proofs] == [(name, "") for name in ["package", *ALL]]
        assert all(proof.seconds > 0 for proof in proofs)


def test_only_the_tests_asked_for_are_run_once_and_in_their_order(demo_project: Project) -> None:
    folder = demo_project.model("fjord")
    assert list(prove(folder, "latency", "golden", "latency")) == ["package", "latency", "golden"]
    proofs = curve.prove(folder, [], plant="fjord", sha256="", max_latency_ms=1.0)
    assert [(proof.name, proof.fault) for proof in proofs] == [("package", "")]


def test_nothing_is_run_on_a_package_that_is_not_whole(folder: Path) -> None:
    path = folder / "model.onnx"
    path.write_bytes(path.read_bytes() + b"\0")
    proofs = curve.prove(folder, ALL, plant="fjord", sha256="", max_latency_ms=1000.0)
    assert re.match(r"model package .*: model\.onnx is not the file that was trained", proofs[0].fault)
    not_run = "not run: the package is not whole. See the test package."
    assert proofs[1:] == [Proof(name, 0.0, not_run) for name in ALL]


def test_package_of_another_plant_is_a_fault(demo_project: Project) -> None:
    found = prove(demo_project.model("delta"))["package"]
    assert found.endswith(": it is of plant delta, expected fjord. Take a version of plant fjord.")


@pytest.mark.parametrize("name", ["golden.json", "model.onnx", "response.onnx"])
def test_file_that_the_card_does_not_vouch_for_is_a_fault(folder: Path, name: str) -> None:
    edit_card(folder, lambda card: card["files"].pop(name))
    assert f"card.json holds no hash of {name}, so it may be any file. " in prove(folder)["package"]


def test_card_without_its_parts_is_a_fault_not_a_traceback(folder: Path) -> None:
    edit_card(folder, lambda card: card.pop("envelope"))
    words = (
        r"^plant fjord, test package: it failed with KeyError: 'envelope'\. Expected a result\. Restore the package "
    )
    assert re.match(words, prove(folder)["package"])


def test_file_that_is_no_network_is_a_fault_not_a_traceback(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"no network")
    rehash(folder)
    words = r"a network of the model package cannot be opened \(.*\)\. Train the plant again\.$"
    assert re.match(words, prove(folder)["package"])


def test_other_golden_output_is_a_fault(folder: Path) -> None:
    def change(golden: dict[str, Any]) -> None:
        golden["outputs"][2][1] *= 1.001

    edit_golden(folder, change)
    assert_fails(
        folder,
        "golden",
        r"^plant fjord, test golden: model\.onnx does not give 1 of the 40 values of golden\.json, first "
        r"energy_typical_gj_per_h_pred in row 3: found [\d.]+, expected [\d.]+ to 1e-05 of it\. Reject the version",
    )


def test_network_of_another_plant_is_a_fault(folder: Path, demo_project: Project) -> None:
    shutil.copyfile(demo_project.model("delta") / "model.onnx", folder / "model.onnx")
    rehash(folder)
    assert_fails(folder, "golden", r"does not give 40 of the 40 values")


def set_to(key: str, value: object) -> Change:
    return lambda golden: golden.update({key: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_to("features", [AGE, LOAD]), rf"is for the features \['{AGE}', '{LOAD}'\], expected \['{LOAD}', "),
        (lambda golden: golden.pop("features"), r"features is missing, expected in a record of Golden\. Restore"),
        (lambda golden: golden.update(inputs=[], outputs=[]), r"inputs of shape \(0,\) and outputs of shape \(0,\), "),
        (
            lambda golden: golden["outputs"].pop(),
            r"\(8, \d\) and outputs of shape \(7, 5\), expected the same number of rows",
        ),
        (lambda golden: [row.pop() for row in golden["outputs"]], r"outputs of shape \(8, 4\), .*numbers\. Restore"),
        (lambda golden: golden["outputs"][0].pop(), r"outputs of shape \(0,\)"),
        (lambda golden: golden.pop("inputs"), r"inputs is missing, expected in a record of Golden\. Restore"),
        (set_to("inputs", "none"), r"inputs is 'none', expected a valid array\. Restore"),
        (
            lambda golden: golden["outputs"][3].__setitem__(0, NAN),
            r"outputs\.3\.0 is nan, expected a finite number",
        ),
        (
            lambda golden: golden["inputs"][3].__setitem__(0, NAN),
            r"inputs\.3\.0 is nan, expected a finite number",
        ),
        (lambda golden: golden["inputs"][3].__setitem__(0, 1e300), r"does not give 5 of .* in row 4: found nan,"),
        (set_to("tolerance_frac", 0.01), r"tolerance_frac of golden\.json is 0\.01, expected 0 to 0\.001\. Restore"),
        (set_to("tolerance_frac", -1), r"tolerance_frac of golden\.json is -1, "),
        (set_to("tolerance_frac", NAN), r"tolerance_frac is nan, expected a finite number\. Restore"),
        (set_to("tolerance_frac", "1e-5"), r"tolerance_frac is '1e-5', expected a valid number\. Restore"),
        (
            lambda golden: golden.pop("tolerance_frac"),
            r"tolerance_frac is missing, expected in a record of Golden",
        ),
    ],
)
def test_golden_rows_that_prove_nothing_are_a_fault(folder: Path, change: Change, words: str) -> None:
    edit_golden(folder, change)
    assert_fails(folder, "golden", words)


def test_golden_file_that_cannot_be_read_is_a_fault(folder: Path) -> None:
    (folder / "golden.json").write_text("{", encoding="utf-8")
    rehash(folder)
    words = r"^plant fjord, test golden: golden\.json: not readable as JSON \(.*\), expected a record of Golden\."
    assert_fails(folder, "golden", words)


ROWS = r"\d+ of \d+ rows"


def test_swapped_outputs_are_a_fault(folder: Path) -> None:
    reorder(folder, [2, 1, 0, 3, 4])
    faults = prove(folder, "golden", "shape")
    assert "does not give" in faults["golden"]
    assert re.search(
        rf"energy_best_gj_per_h_pred is above energy_typical_gj_per_h_pred in {ROWS}, expected in none, first [\d.]+ "
        rf"above [\d.]+ GJ/h at {LOAD} [\d.]+, .*{AGE} [\d.]+\. Reject the version and train the plant again\.",
        faults["shape"],
    )
    assert "energy_typical_gj_per_h_pred is above energy_high_gj_per_h_pred" in faults["shape"]
    assert "energy_best_gj_per_h_pred is above energy_best_high_gj_per_h_pred" in faults["shape"]


def test_interval_that_does_not_hold_best_is_a_fault(folder: Path) -> None:
    reorder(folder, [0, 1, 2, 4, 3])
    assert_fails(folder, "shape", rf"energy_best_low_gj_per_h_pred is above energy_best_gj_per_h_pred in {ROWS}, ")


def test_negated_energy_is_a_fault_and_the_only_one(folder: Path) -> None:
    apply(folder, "Neg", "model.onnx")
    words = (
        rf"5 faults\n  - energy_best_gj_per_h_pred is not a finite value above 0 in (\d+) of \1 rows, first "
        rf"-[\d.]+ GJ/h at {LOAD} [\d.]+, "
    )
    assert_fails(folder, "shape", words)
    assert "is above" not in prove(folder, "shape")["shape"]


def test_energy_that_is_no_number_is_a_fault(folder: Path) -> None:
    tilt(folder, LOAD, 0.0, -1e9)
    apply(folder, "Sqrt", "model.onnx")
    assert_fails(folder, "shape", r"is not a finite value above 0 in (\d+) of \1 rows, first nan GJ/h at ")


def test_energy_that_falls_with_load_is_a_fault(folder: Path) -> None:
    tilt(folder, LOAD, -100.0, 7000.0)
    assert_fails(
        folder,
        "shape",
        rf"^plant fjord, test shape: energy falls as {LOAD} rises in 256 of 256 conditions, expected in none, first "
        rf"energy_best_gj_per_h_pred from [\d.]+ to [\d.]+ GJ/h as {LOAD} goes from ([\d.]+) to [\d.]+ at "
        rf"[^{LOAD[0]}].*, {AGE} [\d.]+\. Reject the version and train the plant again\.$",
    )


def test_energy_that_falls_in_a_corner_only_is_a_fault(folder: Path) -> None:
    """A fall behind a kink near the top of the load range; below it the curve is sound."""
    card = curve.read(folder).card
    low, high = (card["features"][0][end] for end in ("low", "high"))
    start = low + 0.9 * (high - low)
    edit_network(
        folder,
        lambda given, energy: [
            helper.make_node("Gather", [given, "order"], ["load"], axis=1),
            helper.make_node("Sub", ["load", "start"], ["over"]),
            helper.make_node("Relu", ["over"], ["kink"]),
            helper.make_node("Mul", ["kink", "slope"], ["fall"]),
            helper.make_node("Sub", [energy, "fall"], ["new"]),
        ],
        order=[0],
        start=[start],
        slope=[100.0],
    )
    assert_fails(folder, "shape", rf"energy falls as {LOAD} rises in 256 of 256 conditions")


def test_energy_against_a_declared_direction_is_a_fault(folder: Path) -> None:
    tilt(folder, AGE, -5.0, 5000.0)
    words = rf"^plant fjord, test shape: energy falls as {AGE} rises in 256 of 256 .* as {AGE} goes from [\d.]+ to "
    assert_fails(folder, "shape", words)


def test_interval_that_narrows_is_no_fault(folder: Path) -> None:
    """Its upper end falls to best as the plant ages, and best itself rises."""
    (age,) = (feature for feature in read_card(folder)["features"] if feature["column"] == AGE)
    edit_network(
        folder,
        lambda given, energy: [
            helper.make_node("Gather", [given, "order"], ["age"], axis=1),
            helper.make_node("Sub", ["high", "age"], ["left"]),
            helper.make_node("Mul", ["left", "slopes"], ["wider"]),
            helper.make_node("Add", [energy, "wider"], ["new"]),
        ],
        order=[curve.read(folder).features.index(AGE)],
        high=[age["high"]],
        slopes=[0.0, 0.0, 0.0, 0.0, 10.0],
    )
    assert prove(folder, "shape")["shape"] == ""


def test_direction_down_is_held_too(folder: Path) -> None:
    edit_card(folder, lambda card: card["features"][1].update(monotone="down"))
    air = curve.read(folder).features[1]
    tilt(folder, air, 20.0, 1000.0)
    assert_fails(folder, "shape", rf"^plant fjord, test shape: energy rises as {air} rises in 256 of 256 conditions")
    edit_card(folder, lambda card: card["features"][1].update(monotone="up"))
    assert prove(folder, "shape")["shape"] == ""


def test_load_is_held_upwards_whatever_the_card_says(folder: Path) -> None:
    tilt(folder, LOAD, -100.0, 7000.0)
    edit_card(folder, lambda card: card["features"][0].update(monotone="down"))
    assert_fails(folder, "shape", rf"energy falls as {LOAD} rises in 256 of 256 conditions")


@pytest.mark.parametrize(
    ("index", "changes", "words"),
    [
        (
            0,
            {"low": 50.0, "high": 50.0},
            rf"{LOAD} of card\.json ranges from 50\.0 to 50\.0, expected the lower end first",
        ),
        (1, {"low": 9.0, "high": 5.0}, r"air_temp_degc of card\.json ranges from 9\.0 to 5\.0, expected the lower"),
        (1, {"monotone": "upp"}, r"air_temp_degc of card\.json has the direction upp, expected up, down or none\."),
        (1, {"low": None}, r"^plant fjord, test shape: it failed with TypeError: .*\. Expected a result\."),
    ],
)
def test_card_that_leaves_nothing_to_test_is_a_fault(
    folder: Path, index: int, changes: dict[str, object], words: str
) -> None:
    edit_card(folder, lambda card: card["features"][index].update(changes))
    assert_fails(folder, "shape", words)


def test_driver_that_never_moved_is_no_fault(folder: Path) -> None:
    edit_card(folder, lambda card: card["features"][1].update(low=5.0, high=5.0))
    assert prove(folder, "shape")["shape"] == ""


def test_response_that_is_no_energy_is_a_fault(folder: Path) -> None:
    apply(folder, "Neg", "response.onnx")
    words = (
        r"^plant fjord, test shape: response\.onnx gives -[\d.]+, .* GJ/h at medians, expected finite values above 0\."
    )
    assert_fails(folder, "shape", words)


def test_slow_package_is_a_fault(folder: Path) -> None:
    found = prove(folder, max_latency_ms=0.0001)
    assert re.fullmatch(
        r"plant fjord, test latency: a prediction of one row takes [\d.]+ ms \(median of 50\), expected 0\.0001 ms at "
        r"most\. Try again on an idle machine, or raise max_latency_ms in params\.yaml\.",
        found.pop("latency"),
    )
    assert set(found.values()) == {""}
    assert prove(folder, "latency", max_latency_ms=NAN)["latency"]


def test_proofs_are_the_same_each_time(folder: Path) -> None:
    tilt(folder, LOAD, -100.0, 7000.0)
    assert prove(folder, "golden", "shape") == prove(folder, "golden", "shape")
