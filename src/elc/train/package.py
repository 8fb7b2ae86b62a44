"""Write a model package: everything that scoring, explaining, monitoring and judging a curve needs, and no time."""

from __future__ import annotations

import hashlib
import importlib
import tempfile
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from elc import curve
from elc.dataset import Split, write_baseline
from elc.fields import ENERGY, TIME, read_unit
from elc.files import replace_folder
from elc.findings import write_findings
from elc.records import write_record
from elc.records.attribution import FILE as ATTRIBUTION
from elc.records.card import FILE, Card
from elc.records.golden import FILE as GOLDEN
from elc.records.golden import Golden
from elc.records.quality import FILE as QUALITY
from elc.settings import StageSettings, TagList
from elc.train.attribution import build_attribution
from elc.train.fit import CurveFit
from elc.train.folds import deal_blocks
from elc.train.network import QUANTILES
from elc.train.quality import build_quality
from elc.train.response import ResponseFit
from elc.train.stable import copy_keras, copy_onnx

GOLDEN_ROWS = 8
LIBRARIES = ("keras", "tensorflow", "tf2onnx", "onnx", "onnxruntime", "numpy", "pandas")


def write_package(
    folder: Path,
    curve_fit: CurveFit,
    response_fit: ResponseFit,
    split: Split,
    tags: TagList,
    settings: StageSettings,
    *,
    weak: pd.DataFrame,
) -> None:
    """Write the model package of a plant, whole or not at all; equal inputs give equal bytes.

    Files: model.keras and model.onnx (curve), response.keras and response.onnx, precedents.parquet,
    envelope.parquet, golden.json, statistics.json and constraints.json (the baseline of the training hours),
    attribution.json (what drivers and set-points made of energy in them), quality.json (the baseline of the errors,
    and the plant's habits), findings.parquet (`weak`: what that history lacks, and what is doubtful in it), card.json
    (which holds the SHA-256 of the others, and its own).
    """
    learnt = split.learnt
    with replace_folder(folder) as fresh:
        scored = _score(learnt, curve_fit.model, tags)
        _write_network(fresh / "model", curve_fit.model)
        _write_network(fresh / "response", response_fit.model)
        judges = scored[curve_fit.recency.find_judges(scored[TIME])]
        _write_precedents(fresh / "precedents.parquet", judges, tags, settings.train.precedent_frac)
        write_record(fresh / GOLDEN, _build_golden(split.test, curve_fit.model, tags))
        write_baseline(fresh, learnt, tags)
        write_record(fresh / QUALITY, build_quality(curve_fit, response_fit, split, tags, settings))
        write_findings(fresh / "findings.parquet", weak)
        card = _build_card(split, curve_fit, tags, settings)
        card["envelope"] = _write_envelope(fresh, learnt, tags, settings)
        package = curve.open_package(curve.read_unverified(fresh, card))
        write_record(fresh / ATTRIBUTION, build_attribution(package, learnt))
        card["files"] = {path.name: curve.hash_file(path) for path in sorted(fresh.iterdir())}
        write_record(fresh / FILE, Card.model_validate(card | {"sha256": curve.hash_card(card)}))


def _write_network(path: Path, model: keras.Model) -> None:
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "network"
        model(np.ones((1, model.input_shape[1]), np.float32))  # Keras exports no network that was never called
        with warnings.catch_warnings():
            # tf2onnx and Keras about names and keywords in NumPy
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            model.export(saved.with_suffix(".onnx"), format="onnx", verbose=False)
            model.save(saved.with_suffix(".keras"))
        copy_onnx(saved.with_suffix(".onnx"), path.with_suffix(".onnx"))
        copy_keras(saved.with_suffix(".keras"), path.with_suffix(".keras"))


def _score(frame: pd.DataFrame, model: keras.Model, tags: TagList) -> pd.DataFrame:
    energy = np.asarray(model(frame[tags.features].to_numpy(np.float32)))
    return frame.assign(best_frac=frame[ENERGY] / energy[:, 0] - 1)


def _write_precedents(path: Path, scored: pd.DataFrame, tags: TagList, frac: float) -> None:
    """Keep the hours nearest to, or below, the curve: what the plant itself did when it ran at its best."""
    columns = [TIME, *tags.features, *tags.columns("setpoint"), ENERGY, "best_frac"]
    known = scored[columns].dropna()
    best = known.nsmallest(max(round(frac * len(known)), 1), "best_frac").sort_values(TIME)
    best.to_parquet(path, index=False)


def _write_envelope(folder: Path, learnt: pd.DataFrame, tags: TagList, settings: StageSettings) -> dict[str, Any]:
    chosen = settings.train
    envelope = curve.build_envelope(
        learnt,
        tags.features,
        deal_blocks(learnt[TIME], chosen.members, chosen.block_days),
        margin_frac=chosen.envelope_margin_frac,
        prototypes=chosen.envelope_prototypes,
    )
    return curve.write_envelope(folder, envelope)


def _build_golden(frame: pd.DataFrame, model: keras.Model, tags: TagList) -> Golden:
    rows = frame[tags.features].iloc[np.linspace(0, len(frame) - 1, GOLDEN_ROWS).astype(int)]
    inputs = rows.to_numpy(np.float32)
    return Golden(
        features=tags.features,
        inputs=[[float(value) for value in row] for row in inputs],
        outputs=[[float(value) for value in row] for row in np.asarray(model(inputs))],
        tolerance_frac=1e-5,
    )


def _build_card(split: Split, fit: CurveFit, tags: TagList, settings: StageSettings) -> dict[str, Any]:
    plant, learnt = settings.plant, split.learnt
    return {
        "plant": settings.plant_id,
        "product": plant.product,
        "interval": plant.interval,
        "battery_limit": plant.battery_limit,
        "energy": {"column": ENERGY, "unit": read_unit(ENERGY).sign},
        "quantiles": dict(zip(("best", "typical", "high"), QUANTILES, strict=True)),
        "throughput": tags.throughput,
        "rated_load": split.rated_load,
        "features": [
            _describe(learnt, column, tags) | {"monotone": {1: "up", -1: "down"}.get(tags.signs.get(column, 0), "")}
            for column in tags.features
        ],
        "setpoints": [_describe(learnt, column, tags) for column in tags.columns("setpoint")],
        "learnt_until": plant.train_until or f"{split.test[TIME].max() + pd.Timedelta(1, 'D'):%Y-%m-%d}",
        "trained_on": {part: _describe_part(getattr(split, part)) for part in ("train", "valid")},
        "metrics": _build_metrics(fit),
        "settings": settings.train.model_dump(),
        "libraries": {name: importlib.import_module(name).__version__ for name in LIBRARIES},
        "intended_use": "Compare a plant's steady intervals with what the same plant has shown at the same "
        "throughput and drivers.",
        "limits": "Not for other plants, nor for start-ups, trips or ramps, nor outside the envelope of the training "
        "hours. What no driver says, such as ageing that is not declared, looks like a gap.",
    }


def _build_metrics(fit: CurveFit) -> dict[str, Any]:
    """What is known of the curve when it is trained: losses and shifts are shares of energy."""
    losses = fit.history.iloc[fit.kept].to_dict()
    half_life = fit.recency.half_life_days
    return {
        "held_out_coverage_frac": fit.coverage,
        "recalibrated_by_frac": fit.shifts,
        "kept_epoch": fit.kept,
        "training_pinball_frac": float(losses["loss"]),
        "validation_pinball_frac": float(losses["val_loss"]),
    } | ({} if half_life is None else {"half_life_days": half_life})


def _describe(frame: pd.DataFrame, column: str, tags: TagList) -> dict[str, Any]:
    values = frame[column].dropna()
    return {
        "column": column,
        "unit": read_unit(column).sign,
        "low": float(values.min()),
        "high": float(values.max()),
        "median": float(values.median()),
        "group": tags.find(column).group,
    }


def _describe_part(frame: pd.DataFrame) -> dict[str, Any]:
    content = pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()
    return {
        "rows": len(frame),
        "first": frame[TIME].iloc[0].isoformat(),
        "last": frame[TIME].iloc[-1].isoformat(),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
