"""Other versions of a real package: a little different, or faulty in a way that its hashes do not show."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from elc import curve
from tests.pipeline.registry_project import rehash, scale_package

KINDS = ("golden", "slow", "errors")
WIDTH = 3000  # of the matrix that makes a version slow: some milliseconds an answer


def spoil(folder: Path, kind: str, number: int) -> None:
    """Make another version of a package, faulty by its kind, with hashes that fit."""
    scale_package(folder, 1 + 1e-4 * (number + 1))
    if kind == "golden":
        golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
        golden["outputs"][0][0] *= 1.01
        curve.write_json(folder / "golden.json", golden)
    elif kind == "slow":
        _append(folder / "model.onnx", _build_slow)
    else:
        _append(folder / "model.onnx", _build_holes)
    rehash(folder)


def _append(path: Path, build: object) -> None:
    network = onnx.load(path)
    end, start = network.graph.output[0].name, network.graph.input[0].name
    inner = f"{end}_whole"
    for node in network.graph.node:
        node.output[:] = [inner if name == end else name for name in node.output]
    nodes, constants = build(start, inner, end)  # type: ignore[operator]
    network.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    network.graph.node.extend(nodes)
    onnx.save(network, path)


def _build_slow(_: str, inner: str, end: str) -> tuple[list[onnx.NodeProto], dict[str, np.ndarray]]:
    constants = {
        "spoil_wide": np.zeros((5, WIDTH), np.float32),
        "spoil_square": np.zeros((WIDTH, WIDTH), np.float32),
        "spoil_narrow": np.zeros((WIDTH, 5), np.float32),
    }
    nodes = [
        helper.make_node("MatMul", [inner, "spoil_wide"], ["spoil_1"]),
        helper.make_node("MatMul", ["spoil_1", "spoil_square"], ["spoil_2"]),
        helper.make_node("MatMul", ["spoil_2", "spoil_narrow"], ["spoil_3"]),
        helper.make_node("Add", [inner, "spoil_3"], [end]),
    ]
    return nodes, constants


def _build_holes(start: str, inner: str, end: str) -> tuple[list[onnx.NodeProto], dict[str, np.ndarray]]:
    """No number for one row in a hundred: where a digit of the sum of the features says so."""
    constants = {
        "spoil_sum": np.array([-1], np.int64),
        "spoil_factor": np.array(7919.7, np.float32),
        "spoil_one": np.array(1, np.float32),
        "spoil_share": np.array(0.01, np.float32),
        "spoil_none": np.array(np.nan, np.float32),
    }
    nodes = [
        helper.make_node("ReduceSum", [start, "spoil_sum"], ["spoil_1"], keepdims=1),
        helper.make_node("Mul", ["spoil_1", "spoil_factor"], ["spoil_2"]),
        helper.make_node("Mod", ["spoil_2", "spoil_one"], ["spoil_3"], fmod=1),
        helper.make_node("Less", ["spoil_3", "spoil_share"], ["spoil_4"]),
        helper.make_node("Where", ["spoil_4", "spoil_none", inner], [end]),
    ]
    return nodes, constants
