"""Small packages of straight lines, and hours whose losses can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper

from elc import compare, curve, settings
from elc.compare import attribution
from elc.fields import ENERGY, TIME
from elc.paths import Project

ROOT = Path(__file__).resolve().parents[3]
LOAD, AIR, FLUE = "load_t_per_h", "air_temp_degc", "flue_o2_pct"
LAST = "2024-03-03T23:00:00+00:00"
WEEK_H = 168


@pytest.fixture
def chosen() -> settings.StageSettings:
    """The settings of fjord at a site in UTC, with figures' and the comparison's settings of their own."""
    found = settings.read_plant(Project(ROOT), "fjord")
    evaluate = settings.EvaluateSettings(
        load_bands=2, block_days=7, resamples=400, interval_frac=0.95, seed=1, max_offset_frac=0.003
    )
    plant = found.plant.model_copy(update={"time_zone": "UTC", "interval": "1h"})
    limits = settings.CompareSettings(min_hours=WEEK_H, max_p=0.05)
    return replace(found, evaluate=evaluate, plant=plant, compare=limits)


@pytest.fixture
def explain_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Explain a few hours of a comparison, for tests of what else it holds."""
    monkeypatch.setattr(attribution, "EXPLAINED_HOURS", 8)


def describe(column: str, low: float, high: float) -> dict[str, Any]:
    return {"column": column, "unit": "", "low": low, "high": high, "median": (low + high) / 2}


def write_network(path: Path, weights: Any, bias: Any) -> None:
    """Write a linear network as ONNX: (rows, features) to (rows, outputs)."""
    arrays = {"weights": np.array(weights, np.float32), "bias": np.array(bias, np.float32)}
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, count])
        for name, count in zip(("features", "energy"), arrays["weights"].shape, strict=True)
    ]
    node = helper.make_node("Gemm", ["features", "weights", "bias"], ["energy"])
    tensors = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph([node], "linear", [ends[0]], [ends[1]], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def write_card(folder: Path, card: dict[str, Any]) -> None:
    curve.write_json(folder / "card.json", card | {"sha256": curve.hash_card(card)})


@pytest.fixture
def write_package(tmp_path: Path) -> Callable[..., Path]:
    """Write a package whose best is factor x (10 load + air + shift); typical is 10 above it, high 30."""

    def write(
        name: str,
        *,
        factor: float = 1.0,
        shift: float = 0.0,
        last: str = LAST,
        features: tuple[str, ...] = (LOAD, AIR),
        card: dict[str, Any] | None = None,
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        slopes = np.array([[10.0] * 5, [1.0] * 5, [0.0] * 5])[: len(features)]
        write_network(folder / "model.onnx", factor * slopes, factor * (np.array([0, 10, 30, -1, 1]) + shift))
        write_network(folder / "response.onnx", np.ones((len(features) + 1, 2)), [0.0, 0.0])
        pd.DataFrame({LOAD: [50.0, 60.0]}).to_parquet(folder / "precedents.parquet", index=False)
        (folder / "attribution.json").write_text("{}", encoding="utf-8")
        load, air = np.meshgrid(np.linspace(0, 100, 41), np.linspace(-10, 30, 41))
        grid = pd.DataFrame({LOAD: load.ravel(), AIR: air.ravel()}).assign(**dict.fromkeys(features[2:], 1.0))
        groups = np.arange(len(grid)) % 2
        for file in ("statistics", "constraints", "quality"):
            curve.write_json(folder / f"{file}.json", {})
        envelope = curve.build_envelope(grid, list(features), groups, margin_frac=0.02, prototypes=200)
        part = {"rows": 1000, "first": "2023-01-01T00:00:00+00:00", "last": "2023-12-31T00:00:00+00:00"}
        whole = {
            "plant": "fjord",
            "interval": "1h",
            "throughput": LOAD,
            "rated_load": 62.5,
            "features": [describe(LOAD, 0.0, 100.0), *(describe(column, -10.0, 30.0) for column in features[1:])],
            "setpoints": [describe(FLUE, 1.0, 5.0)],
            "trained_on": {"train": part | {"sha256": "a" * 64}, "valid": part | {"last": last, "sha256": "b" * 64}},
            "settings": {"seed": 7, "epochs": 300},
            "envelope": curve.write_envelope(folder, envelope),
            "files": {file.name: curve.hash_file(file) for file in sorted(folder.iterdir())},
        } | (card or {})
        write_card(folder, whole)
        return folder

    return write


@pytest.fixture
def write_pair(write_package: Callable[..., Path]) -> Callable[..., compare.Pair]:
    """Write two packages, the candidate by `left` and v1.0.0 in prod by `right`, and build their pair."""

    def write(left: dict[str, Any], right: dict[str, Any]) -> compare.Pair:
        folders = write_package("left", **left), write_package("right", **right)
        return compare.build_pair(folders[0], "candidate", folders[1], "v1.0.0 in prod")

    return write


@pytest.fixture
def build_hours() -> Callable[[int], pd.DataFrame]:
    """Build a week until `LAST` and `rows` hours after it; one in eight is 5 GJ/h below 10 load + air, seven above.

    Load moves slowly, so that every hour is steady but the first four.
    """

    def build(rows: int) -> pd.DataFrame:
        count = np.arange(WEEK_H + rows)
        frame = pd.DataFrame({TIME: pd.Timestamp(LAST) - pd.Timedelta(WEEK_H - 1, "h") + pd.to_timedelta(count, "h")})
        frame[LOAD] = 50 + 8 * np.sin(count * 2 * np.pi / WEEK_H)
        frame[AIR] = 10 + 5 * np.cos(count * 2 * np.pi / WEEK_H)
        frame[FLUE] = 2.0
        frame[ENERGY] = 10 * frame[LOAD] + frame[AIR] + np.where(count % 8 == 0, -5.0, 5.0)
        return frame

    return build
