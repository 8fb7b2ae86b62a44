"""Read a model package and score with it: ONNX Runtime only, frames in, frames out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pandas as pd
from numpy.typing import NDArray

from elc.errors import ElcError, check_faults
from elc.fields import BEST, HIGH, TYPICAL

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Package:
    """A plant's model package, verified and ready to score."""

    card: dict[str, Any]
    precedents: pd.DataFrame
    _curve: ort.InferenceSession
    _response: ort.InferenceSession

    @property
    def throughput(self) -> str:
        return str(self.card["throughput"])

    @property
    def features(self) -> list[str]:
        """Throughput and drivers, in the order of the network."""
        return [feature["column"] for feature in self.card["features"]]

    @property
    def setpoints(self) -> list[str]:
        return [setpoint["column"] for setpoint in self.card["setpoints"]]

    @property
    def rated_load(self) -> float:
        return float(self.card["rated_load"])

    def describe(self) -> pd.DataFrame:
        """The columns that the package knows, with unit and training range."""
        return pd.DataFrame(self.card["features"] + self.card["setpoints"])

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Predict best, typical and high energy (GJ/h) of each row; a row with a missing feature gives missing.

        Raises:
            ElcError: a column of the curve is not in the frame.
        """
        energy = _run(self._curve, frame, self.features, "predict")
        return pd.DataFrame(energy, columns=[BEST, TYPICAL, HIGH], index=frame.index)

    def predict_response(self, frame: pd.DataFrame) -> Array:
        """Predict energy (rows, members; GJ/h) from drivers and set-points by each member of the ensemble.

        Raises:
            ElcError: a column of the response is not in the frame.
        """
        return _run(self._response, frame, self.features + self.setpoints, "predict the response")

    def find_outside(self, frame: pd.DataFrame) -> pd.Series:
        """Mark the rows in which a feature is missing or beyond its training range and margin."""
        margin = float(self.card["settings"]["envelope_margin_frac"])
        inside = pd.Series(True, index=frame.index)
        for feature in self.card["features"]:
            slack = margin * (feature["high"] - feature["low"])
            inside &= frame[feature["column"]].between(feature["low"] - slack, feature["high"] + slack)
        return ~inside


def read(folder: Path) -> Package:
    """Read a model package and verify that every file is as it was written.

    Raises:
        ElcError: a file is missing or differs from its hash in card.json.
    """
    where = f"model package {folder}"
    if not (folder / "card.json").is_file():
        raise ElcError(f"{where}: card.json was not found. Train the plant with dvc repro train@{folder.name}.")
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    faults = []
    for name, expected in card["files"].items():
        path = folder / name
        if not path.is_file():
            faults.append(f"{name} is missing. Bring it back with dvc checkout.")
        elif hash_file(path) != expected:
            faults.append(
                f"{name} is not the file that was trained (its hash differs). Bring it back with dvc checkout."
            )
    check_faults(where, faults)
    return Package(
        card=card,
        precedents=pd.read_parquet(folder / "precedents.parquet"),
        _curve=_open(folder / "model.onnx"),
        _response=_open(folder / "response.onnx"),
    )


def hash_file(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _open(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # one thread: sums in one order, the same bytes everywhere
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _run(session: ort.InferenceSession, frame: pd.DataFrame, columns: list[str], what: str) -> Array:
    missing = [column for column in columns if column not in frame]
    if missing:
        raise ElcError(f"cannot {what}: the columns {', '.join(missing)} are missing from the rows. Add them.")
    inputs = frame[columns].to_numpy(np.float32)
    known = np.isfinite(inputs).all(axis=1)
    first = session.get_inputs()[0].name
    found = session.run(None, {first: inputs[known]})[0]
    energy = np.full((len(frame), found.shape[1]), np.nan)
    energy[known] = found
    return energy
