"""Score with a model package of ELC inside MLflow. This file is part of the exported model, and needs no ELC there.

It reads `model.onnx`, `card.json` and `envelope.parquet`: best, typical and high energy with the interval of best, and
whether a row is unlike all training hours, so that best means little there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pandas as pd

OUTPUTS = ["best_gj_per_h", "typical_gj_per_h", "high_gj_per_h", "best_low_gj_per_h", "best_high_gj_per_h"]
IS_OUTSIDE = "is_outside_envelope"
CHUNK_ROWS = 1024


class Curve:
    """The energy load curve of one version: its package lies in `folder`."""

    def __init__(self, folder: Path) -> None:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        self.features: list[str] = [feature["column"] for feature in card["features"]]
        self._ranges, self._limit = card["envelope"]["ranges"], float(card["envelope"]["limit"])
        self._prototypes = pd.read_parquet(folder / "envelope.parquet")
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # sums in one order, the same numbers everywhere
        self._network = ort.InferenceSession(
            (folder / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"]
        )

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """Predict energy (GJ/h) of each row, and mark those outside the envelope; a missing feature gives missing.

        Raises:
            ValueError: the rows have no names of columns, or lack a feature.
        """
        if not isinstance(model_input, pd.DataFrame):
            raise ValueError(f"rows without names of columns cannot be scored. Send {', '.join(self.features)}.")
        missing = [name for name in self.features if name not in model_input]
        if missing:
            raise ValueError(f"the columns {', '.join(missing)} are missing. Send {', '.join(self.features)}.")
        values = model_input[self.features].to_numpy(np.float64)
        with np.errstate(over="ignore"):  # what is too large for 32 bits becomes infinite, and so is missing
            inputs = values.astype(np.float32)
        known = np.isfinite(inputs).all(axis=1)
        energy = np.full((len(inputs), len(OUTPUTS)), np.nan)
        energy[known] = self._network.run(None, {"features": inputs[known]})[0]
        found = pd.DataFrame(energy, columns=OUTPUTS, index=model_input.index)
        found[IS_OUTSIDE] = self._mark_outside(values)
        return found

    def _mark_outside(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Mark rows (rows, features) that leave a range, or lie too far from every prototype of the training hours."""
        least = np.array([found["least"] for found in self._ranges])
        most = np.array([found["most"] for found in self._ranges])
        inside = np.asarray(((values >= least) & (values <= most)).all(axis=1))
        measured = [self.features.index(str(name)) for name in self._prototypes]
        scales = np.array([self._ranges[index]["scale"] for index in measured])
        points = self._prototypes.to_numpy(np.float64)
        centre, points = points[0] / scales, points / scales - points[0] / scales
        rows = values[inside][:, measured] / scales - centre
        inside[inside] = _measure(rows, points) / self._limit <= 1
        return ~inside


def _measure(rows: np.ndarray[Any, Any], points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Measure the distance of each row (rows, features) from the nearest point (rows,)."""
    halves = (points**2).sum(axis=1) / 2
    nearest = np.empty(len(rows))
    for start in range(0, len(rows), CHUNK_ROWS):
        part = rows[start : start + CHUNK_ROWS]
        square = (part * part).sum(axis=1) - 2 * (part @ points.T - halves).max(axis=1)
        nearest[start : start + CHUNK_ROWS] = np.sqrt(np.maximum(square, 0))
    return nearest


def _load_pyfunc(path: str) -> Curve:
    """Load the model, as MLflow asks its flavour python_function for it."""
    return Curve(Path(path))
