"""Read a model package and score with it: ONNX Runtime only, frames in, frames out."""

from __future__ import annotations

import functools
import io
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pandas as pd
from numpy.typing import NDArray

from elc.curve.content import Content, read_content
from elc.curve.envelope import Envelope, read_envelope
from elc.errors import ElcError, check_faults
from elc.fields import BEST, BEST_HIGH, BEST_LOW, COVERAGE_SUFFIX, HIGH, TYPICAL, read_unit
from elc.records import parse_record
from elc.records.attribution import FILE as ATTRIBUTION
from elc.records.attribution import TrainingAttribution
from elc.records.quality import FILE as QUALITY
from elc.records.quality import Quality
from elc.records.record import RecordT

Array = NDArray[np.float64]
Inputs = NDArray[np.float32]
INPUT = "features"
OUTPUTS = [BEST, TYPICAL, HIGH, BEST_LOW, BEST_HIGH]


@dataclass(frozen=True)
class Baseline:
    """What later data and later errors are compared with; empty where a package was made by hand.

    `statistics` and `constraints` are of the training hours, in the formats of SageMaker Model Monitor; `quality` says
    how far the models were off, what each set-point cost, and how far weeks lay from all training hours.
    """

    statistics: dict[str, Any] = field(default_factory=dict)
    constraints: dict[str, Any] = field(default_factory=dict)
    quality: Quality = field(default_factory=Quality)


@dataclass(frozen=True)
class Package:
    """A plant's model package, verified and ready to score.

    `attribution` is what drivers and set-points made of energy in training, with its background of conditions
    (`train.attribution`); empty where a package was made by hand. `insufficiencies` are its findings about the history
    that it was trained on, as a Parquet file.
    """

    card: dict[str, Any]
    precedents: pd.DataFrame
    envelope: Envelope
    _curve: ort.InferenceSession
    _response: ort.InferenceSession
    attribution: TrainingAttribution = field(default_factory=TrainingAttribution)
    baseline: Baseline = field(default_factory=Baseline)
    insufficiencies: bytes = b""

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

    def groups(self, columns: list[str]) -> dict[str, list[str]]:
        """Group columns that move together, in the order of the first of each: name of the group to its columns.

        A column without a group is one of its own, by its own name.
        """
        described = self.card["features"] + self.card["setpoints"]
        names = {found["column"]: found.get("group") or found["column"] for found in described}
        grouped: dict[str, list[str]] = {}
        for column in columns:
            grouped.setdefault(names[column], []).append(column)
        return grouped

    @property
    def rated_load(self) -> float:
        return float(self.card["rated_load"])

    @property
    def trained_until(self) -> pd.Timestamp | None:
        """The last interval that the version was trained on, its validation included; None where made by hand."""
        ends = [pd.Timestamp(part["last"]) for part in self.card.get("trained_on", {}).values()]
        return max(ends) if ends else None

    def describe(self) -> pd.DataFrame:
        """The columns that the package knows, with unit and training range."""
        return pd.DataFrame(self.card["features"] + self.card["setpoints"])

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Predict best, typical and high energy (GJ/h) of each row, and the interval of best.

        A row with a missing feature gives missing. The interval holds the true best with the share
        `train.interval_frac`, as far as the plant's history can tell.

        Raises:
            ElcError: a column of the curve is not in the frame, or is not numeric.
        """
        energy = self.score(_read_inputs(frame, self.features, "predict"))
        return pd.DataFrame(energy, columns=OUTPUTS, index=frame.index)

    def score(self, inputs: Inputs) -> Array:
        """Predict `OUTPUTS` (rows, 5; GJ/h) of features (rows, features; 32 bits), in the order of `features`.

        This is `predict` without frames, for who answers in fractions of a millisecond.
        """
        return _run(self._curve, inputs)

    def score_response(self, inputs: Inputs) -> Array:
        """Predict energy (rows, members; GJ/h) of features and set-points (rows, both; 32 bits), in that order."""
        return _run(self._response, inputs)

    def predict_response(self, frame: pd.DataFrame) -> Array:
        """Predict energy (rows, members; GJ/h) from drivers and set-points by each member of the ensemble.

        Raises:
            ElcError: a column of the response is not in the frame.
        """
        return self.score_response(_read_inputs(frame, self.features + self.setpoints, "predict the response"))

    def find_outside(self, frame: pd.DataFrame) -> pd.Series:
        """Mark the rows in which a feature is missing, or that are unlike all training hours."""
        return self.envelope.find_outside(frame)


def read(folder: Path) -> Package:
    """Read a model package and verify that every file is as it was written.

    Raises:
        ElcError: a file is missing or differs from its hash in card.json.
    """
    return open_package(read_content(folder, sha256=""))


def read_found(folder: Path, *, sha256: str) -> Package:
    """Read the very package that was found before (`registry.Used`): the one whose content has this SHA-256.

    An empty one is a candidate's, for which its card vouches. The one that was read last is not opened again.

    Raises:
        ElcError: a file is missing or differs from its hash in card.json, or the content has changed.
    """
    return _open_verified(_Verified(read_content(folder, sha256=sha256)))


@dataclass(frozen=True)
class _Verified:
    content: Content

    def __hash__(self) -> int:
        return hash(self.content.card["sha256"])


@functools.lru_cache(maxsize=1)
def _open_verified(verified: _Verified) -> Package:
    return open_package(verified.content)


def open_package(content: Content) -> Package:
    """Open the parts of a package that are used, from the bytes that were verified.

    Raises:
        ElcError: a network or a record cannot be opened.
    """
    card, files = content.card, content.files
    statistics, constraints = (json.loads(files[f"{name}.json"]) for name in ("statistics", "constraints"))
    return Package(
        card=card,
        precedents=pd.read_parquet(io.BytesIO(files["precedents.parquet"])),
        envelope=read_envelope(files["envelope.parquet"], card["envelope"]),
        _curve=_open(files["model.onnx"]),
        _response=_open(files["response.onnx"]),
        attribution=_parse(files, ATTRIBUTION, TrainingAttribution),
        baseline=Baseline(statistics, constraints, _parse(files, QUALITY, Quality)),
        insufficiencies=files.get("findings.parquet", b""),
    )


def _parse(files: dict[str, bytes], name: str, kind: type[RecordT]) -> RecordT:
    """Read a record of a package; an empty one where its file is not written yet."""
    return parse_record(
        files.get(name, b"{}"), kind, name=f"{name} of the model package", cure="Train the plant again."
    )


def _open(raw: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # one thread: sums in one order, the same bytes everywhere
    options.log_severity_level = 3
    # Weights in files of their own were not hashed, so they are looked for where there is nothing.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", f"{os.devnull}/none")
    try:
        return ort.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has many
        said = " ".join(str(error).split())[:300]
        raise ElcError(f"a network of the model package cannot be opened ({said}). Train the plant again.") from None


def _read_inputs(frame: pd.DataFrame, columns: list[str], what: str) -> Inputs:
    missing = [column for column in columns if column not in frame.columns]
    check_faults(f"cannot {what}", [_describe_missing(column, frame) for column in missing])
    values = [frame[column] for column in columns]
    texts = [f"{given.name} holds {given.dtype}" for given in values if not pd.api.types.is_numeric_dtype(given.dtype)]
    check_faults(f"cannot {what}", [f"{text}, expected numbers. Convert them." for text in texts])
    inputs = np.empty((len(frame), len(columns)), np.float32)
    with np.errstate(over="ignore"):  # what is too large for 32 bits becomes infinite, and so is missing
        for index, given in enumerate(values):
            is_plain = isinstance(given.dtype, np.dtype)
            inputs[:, index] = given.to_numpy() if is_plain else given.to_numpy(np.float64, na_value=np.nan)
    return inputs


def _run(session: ort.InferenceSession, inputs: Inputs) -> Array:
    """Run a network on the rows that are known; the others give missing."""
    if np.isfinite(inputs).all():
        return np.asarray(session.run(None, {INPUT: inputs})[0], np.float64)
    known = np.isfinite(inputs).all(axis=1)
    found = session.run(None, {INPUT: inputs[known]})[0]
    energy = np.full((len(inputs), found.shape[1]), np.nan)
    energy[known] = found
    return energy


def _describe_missing(column: str, frame: pd.DataFrame) -> str:
    """State that a column is missing, and which one may hold the same quantity in another unit."""
    quantity = column.removesuffix(read_unit(column).suffix)
    names = [str(name) for name in frame.columns]
    like = [name for name in names if name.startswith(quantity) and not name.endswith(COVERAGE_SUFFIX)]
    if like:
        unit = read_unit(column).sign
        return f"column {column} is missing, found {', '.join(like)}. Convert it to {unit} and rename it."
    return f"column {column} is missing from the rows. Add it."
