"""A small model package that is whole: written by hand, so that a test knows its answers; and faulty ones of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper

from elc import curve
from elc.fields import ENERGY, TIME
from elc.files import replace_folder

LOAD, AIR, FLUE, RATIO = "load_t_per_h", "air_temp_degc", "flue_o2_pct", "steam_to_carbon_ratio"
FEATURES, SETPOINTS = (LOAD, AIR), (FLUE, RATIO)
RANGES = {LOAD: (40.0, 60.0), AIR: (-10.0, 30.0), FLUE: (1.0, 5.0), RATIO: (2.5, 3.5)}
ROW = {LOAD: 50.0, AIR: 10.0}
NEVER_NAN = 0.0


def find_energy(load: float, air: float, offset: float = 0.0) -> list[float]:
    """Best, typical, high and the interval of best (GJ/h) that the package gives."""
    best = 20.0 * load + air + offset
    return [best, best + 10, best + 20, best - 5, best + 5]


def write_package(
    folder: Path, *, plant: str = "fjord", offset: float = 0.0, nan_frac: float = NEVER_NAN, width: int = 0
) -> None:
    """Write a package; `nan_frac` of its answers are none, and `width` makes each take longer, both behind its back.

    The golden rows are right in any case.
    """
    with replace_folder(folder) as fresh:
        weights = np.zeros((2, 5), np.float32)
        weights[0], weights[1] = 20.0, 1.0
        bias = np.array([0, 10, 20, -5, 5], np.float32) + np.float32(offset)
        _save(fresh / "model.onnx", weights, bias, nan_frac=nan_frac, width=width)
        response = np.array([[20.0, 20.0], [1.0, 1.0], [3.0, 3.2], [-5.0, -5.2]], np.float32)
        _save(fresh / "response.onnx", response, np.full(2, 20, np.float32), nan_frac=NEVER_NAN, width=0)
        hours = _build_hours()
        hours.to_parquet(fresh / "precedents.parquet", index=False)
        groups = np.arange(len(hours)) % 2
        envelope = curve.build_envelope(hours, list(FEATURES), groups, margin_frac=0.02, prototypes=50)
        inputs = [[45.0, 5.0], [50.0, 10.0], [55.0, 15.0]]
        _write_golden(fresh, inputs, [find_energy(*row, offset) for row in inputs])
        for name in ("statistics", "constraints", "quality", "attribution"):
            curve.write_json(fresh / f"{name}.json", {})
        card = {
            "plant": plant,
            "throughput": LOAD,
            "rated_load": 60.0,
            "features": [_describe(name, monotone="up" if name == LOAD else "") for name in FEATURES],
            "setpoints": [_describe(name, monotone="") for name in SETPOINTS],
            "envelope": curve.write_envelope(fresh, envelope),
        }
        card["files"] = {path.name: curve.hash_file(path) for path in sorted(fresh.iterdir())}
        curve.write_json(fresh / "card.json", card | {"sha256": curve.hash_card(card)})


def _describe(column: str, *, monotone: str) -> dict[str, object]:
    low, high = RANGES[column]
    return {"column": column, "unit": "", "low": low, "high": high, "median": (low + high) / 2, "monotone": monotone}


def _build_hours() -> pd.DataFrame:
    random = np.random.default_rng(3)
    table = pd.DataFrame({name: random.uniform(*span, 300) for name, span in RANGES.items()})
    table[ENERGY] = 20 * table[LOAD] + table[AIR]
    table["best_frac"] = 0.0
    table.insert(0, TIME, pd.date_range("2025-01-01", periods=300, freq="h", tz="UTC"))
    return table


def _write_golden(folder: Path, inputs: list[list[float]], outputs: list[list[float]]) -> None:
    content = {"features": list(FEATURES), "inputs": inputs, "outputs": outputs, "tolerance_frac": 1e-4}
    (folder / "golden.json").write_text(json.dumps(content), encoding="utf-8")


def _save(path: Path, weights: np.ndarray, bias: np.ndarray, *, nan_frac: float, width: int) -> None:
    constants = {"weights": weights, "bias": bias}
    nodes = [helper.make_node("Gemm", ["features", "weights", "bias"], ["linear"])]
    last = "linear"
    if width:
        constants |= {
            "wide": np.zeros((weights.shape[1], width), np.float32),
            "square": np.zeros((width, width), np.float32),
            "narrow": np.zeros((width, weights.shape[1]), np.float32),
        }
        nodes += [
            helper.make_node("MatMul", [last, "wide"], ["widened"]),
            helper.make_node("MatMul", ["widened", "square"], ["turned"]),
            helper.make_node("MatMul", ["turned", "narrow"], ["narrowed"]),
            helper.make_node("Add", [last, "narrowed"], ["delayed"]),
        ]
        last = "delayed"
    if nan_frac:
        constants |= {
            "pick": np.array([[9973.7], [3.1]], np.float32),
            "one": np.array(1, np.float32),
            "share": np.array(nan_frac, np.float32),
            "none": np.array(np.nan, np.float32),
        }
        nodes += [
            helper.make_node("MatMul", ["features", "pick"], ["picked"]),
            helper.make_node("Mod", ["picked", "one"], ["rest"], fmod=1),
            helper.make_node("Less", ["rest", "share"], ["is_none"]),
            helper.make_node("Where", ["is_none", "none", last], ["holed"]),
        ]
        last = "holed"
    nodes.append(helper.make_node("Identity", [last], ["energy"]))
    graph = helper.make_graph(
        nodes,
        "package",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", weights.shape[0]])],
        [helper.make_tensor_value_info("energy", TensorProto.FLOAT, ["rows", weights.shape[1]])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
