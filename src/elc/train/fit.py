"""Fit the curve on a plant's split; the validation part decides when to stop, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.dataset import Split, check_sound
from elc.fields import AGE, BEST, ENERGY, HIGH, TIME, TYPICAL
from elc.settings import TagList, TrainSettings
from elc.train.additive import fit_additive
from elc.train.basis import Array, build_additive, build_inputs, build_scale
from elc.train.folds import build_folds, find_reach, find_shifts, is_gain
from elc.train.network import (
    LEAST_SLOPE,
    QUANTILES,
    Shape,
    build_curve,
    build_trainee,
    curve_loss,
    ensemble_loss,
    pinball_loss,
    set_seed,
)

Array32 = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
WEEKS_PER_PIECE = 4  # ASSUME: hours of one block tell about one thing; fewer blocks a piece, and it bends by chance


@dataclass(frozen=True)
class Fit:
    """A fitted network, its learning curve (index: epoch; loss and val_loss), and the epoch that was kept."""

    model: keras.Model
    history: pd.DataFrame
    kept: int


@dataclass(frozen=True)
class CurveFit(Fit):
    """A fitted curve; losses are shares of energy, and epoch 0 is the additive part alone.

    `held_out`: the training hours as the member predicts them that did not learn from them, before recalibration:
    time, energy and features, best, typical and high (GJ/h). `shifts`: what recalibration then adds to each, as a share
    of energy.
    """

    held_out: pd.DataFrame
    shifts: dict[str, float]


def fit_curve(split: Split, tags: TagList, settings: TrainSettings) -> CurveFit:
    """Fit the curve on throughput and drivers only.

    Raises:
        ElcError: the hours cannot make a curve (see `dataset.check_sound`).
    """
    check_sound(split, tags)
    return fit_quantiles(split.train, split.valid, tags.features, tags.signs, settings)


def fit_quantiles(
    train: pd.DataFrame,
    valid: pd.DataFrame,
    features: list[str],
    signs: dict[str, int],
    settings: TrainSettings,
) -> CurveFit:
    """Fit the quantiles of energy given features, load first, in hours in time order with none missing.

    Args:
        train: the hours to learn from.
        valid: the hours that say when to stop.
        features: their columns, the load first.
        signs: features that energy never falls (1) or never rises (-1) with.
        settings: of training.
    """
    set_seed(settings.seed)
    raw = [part[features].to_numpy(np.float64) for part in (train, valid)]
    sec = [
        np.log(part[ENERGY].to_numpy(np.float64) / values[:, 0])
        for part, values in zip((train, valid), raw, strict=True)
    ]
    weeks = (train[TIME].iloc[-1] - train[TIME].iloc[0]) / pd.Timedelta(settings.block_days, "D")
    shape = _build_shape(raw[0], sec[0], features, signs, settings, most_pieces=max(int(weeks / WEEKS_PER_PIECE), 1))
    scaled = [shape.scale.apply(values) for values in raw]
    additive = [shape.additive.apply(values) for values in scaled]
    columns = [
        np.concatenate([first, shape.inputs.apply(values)], axis=1).astype(np.float32)
        for first, values in zip(additive, scaled, strict=True)
    ]
    target = [(values - shape.level) / shape.spread for values in sec]
    folds = build_folds(train[TIME], settings.members, settings.block_days)
    seen = (folds[:, None] != np.arange(settings.members)).astype(np.float64)
    start = _fit_additive(additive[0], target[0], seen, shape)
    trainee, members = build_trainee(shape, start[..., 1:].transpose(0, 2, 1), start[..., 0], settings.hidden_units)
    parts = [
        (columns[0], _stack(target[0], seen)),
        (columns[1], _stack(target[1], np.ones((len(valid), settings.members)))),
    ]
    blocks = build_folds(valid[TIME], settings.members, settings.block_days)
    history, kept = _train(trainee, parts[0], parts[1], blocks, settings)
    judged = np.asarray(trainee(columns[0]), np.float64)[np.arange(len(folds)), folds]
    shifts = find_shifts(target[0][:, None] - judged, folds, settings.interval_frac)
    half_width = find_reach(settings.members, settings.interval_frac) * sqrt(settings.members - 1)
    model = build_curve(shape, members.read_weights(), shifts, half_width)
    energy = np.exp(shape.level + shape.spread * np.sort(judged, axis=1)) * raw[0][:, :1]
    held_out = train[[TIME, ENERGY, *features]].assign(**dict(zip((BEST, TYPICAL, HIGH), energy.T, strict=True)))
    named = dict(zip(("best", "typical", "high"), (shifts * shape.spread).tolist(), strict=True))
    return CurveFit(model, history * shape.spread, kept, held_out, named)


def _build_shape(
    features: Array,
    sec: Array,
    names: list[str],
    signs: dict[str, int],
    settings: TrainSettings,
    *,
    most_pieces: int,
) -> Shape:
    scale = build_scale(features)
    scaled = scale.apply(features)
    additive = build_additive(scaled, min(settings.load_pieces, most_pieces))
    # How far a plant ages beyond what it has shown is a guess; a straight line is the plainest one.
    inputs = build_inputs(scaled, min(settings.driver_bins, most_pieces), [names.index(AGE)] if AGE in names else [])
    spread = float(sec.std())
    low, high = np.full(len(names), -np.inf), np.full(len(names), np.inf)
    for name, sign in signs.items():
        (low if sign > 0 else high)[names.index(name)] = 0.0
    low[0] = LEAST_SLOPE * scale.spread[0] / spread
    return Shape(scale, additive, inputs, float(sec.mean()), spread, low[additive.feature], high[additive.feature])


def _fit_additive(columns: Array, target: Array, seen: Array, shape: Shape) -> Array:
    """Levels and slopes (members, quantiles, 1 + pieces)."""
    return np.array(
        [
            [
                fit_additive(columns, target, weights, quantile, shape.low, shape.high, shape.additive.feature)
                for quantile in QUANTILES
            ]
            for weights in seen.T
        ]
    )


def _stack(target: Array, weights: Array) -> Array32:
    return np.concatenate([target[:, None], weights], axis=1).astype(np.float32)


def _train(
    model: keras.Model,
    train: tuple[Array32, Array32],
    valid: tuple[Array32, Array32],
    blocks: NDArray[np.int64],
    settings: TrainSettings,
) -> tuple[pd.DataFrame, int]:
    """Train until the validation loss of the members' mean stays, and keep the best epoch.

    The additive part alone, epoch 0, is kept where no epoch is better beyond chance: few hours reward restraint.

    Returns:
        The learning curve, and the epoch that was kept.
    """
    optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay)
    model.compile(optimizer=optimizer, loss=curve_loss, metrics=[ensemble_loss])
    untrained = model.get_weights()
    begin = [float(np.mean(_measure(model, part))) for part in (train, valid)]
    before = _measure(model, valid)
    fitted = model.fit(
        *train,
        validation_data=valid,
        validation_batch_size=len(valid[0]),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        callbacks=build_callbacks("val_ensemble_loss", settings.patience),
        verbose=0,
    ).history
    history = pd.DataFrame(
        {
            "loss": [begin[0], *fitted["ensemble_loss"]],
            "val_loss": [begin[1], *fitted["val_ensemble_loss"]],
        }
    )
    best = int(history["val_loss"].to_numpy().argmin())
    if best > 0 and is_gain(before - _measure(model, valid), blocks, settings.interval_frac):
        return history, best
    model.set_weights(untrained)
    return history, 0


def _measure(model: keras.Model, part: tuple[Array32, Array32]) -> Array:
    """The loss of the members' mean in each hour (rows,)."""
    error = part[1][:, :1] - np.mean(model(part[0]), axis=1)
    return np.asarray(np.asarray(pinball_loss(error), np.float64).mean(axis=1))


def build_callbacks(watched: str, patience: int) -> list[keras.callbacks.Callback]:
    return [
        keras.callbacks.EarlyStopping(watched, mode="min", patience=patience, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(watched, mode="min", patience=max(patience // 3, 1), factor=0.5),
    ]
