"""Fit the curve step by step: its additive part, the networks that bend it, and what held-out hours say of both."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.dataset import Split
from elc.fields import BEST, ENERGY, HIGH, TYPICAL
from elc.settings import TagList, TrainSettings
from elc.train.additive import fit_lines
from elc.train.basis import Array
from elc.train.design import Array32, Design, build_design
from elc.train.folds import find_reach, find_shifts, is_gain
from elc.train.network import (
    QUANTILES,
    Weights,
    build_curve,
    build_trainee,
    curve_loss,
    ensemble_loss,
    pinball_loss,
    set_seed,
)

NAMES = ("best", "typical", "high")


@dataclass(frozen=True)
class Additive:
    """The additive part of each member; m counts members, p pieces, q quantiles: `levels` (m, q), `slopes` (m, p, q).

    Both are in scaled ln(SEC).
    """

    levels: Array
    slopes: Array


@dataclass(frozen=True)
class Networks:
    """The trained members: their weights, and `held_out` (rows, q), the training hours in scaled ln(SEC).

    Each hour is predicted by the member that did not learn from it. `history` holds loss and val_loss by epoch, as
    shares of energy; epoch 0 is the additive part alone, and `kept` the epoch whose weights these are.
    """

    weights: Weights
    held_out: Array
    history: pd.DataFrame
    kept: int


@dataclass(frozen=True)
class Calibration:
    """What the held-out hours say of the curve, in scaled ln(SEC).

    `shifts` (q,) are added to the quantiles; `half_width` is that of the interval of best, in standard deviations of
    the members.
    """

    shifts: Array
    half_width: float


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

    @property
    def coverage(self) -> dict[str, float]:
        """Share of the held-out hours below each quantile before it was shifted."""
        energy = self.held_out[ENERGY]
        columns = dict(zip(NAMES, (BEST, TYPICAL, HIGH), strict=True))
        return {name: float((energy <= self.held_out[column]).mean()) for name, column in columns.items()}

    def describe(self) -> pd.DataFrame:
        """Each quantile: the share of held-out hours below it that is wanted and found, and its shift, all in %."""
        rows = [
            (name, 100 * wanted, 100 * self.coverage[name], 100 * self.shifts[name])
            for name, wanted in zip(NAMES, QUANTILES, strict=True)
        ]
        return pd.DataFrame(rows, columns=["quantile", "wanted, %", "found, %", "shift, %"])


def fit_curve(split: Split, tags: TagList, settings: TrainSettings) -> CurveFit:
    """Fit the curve of a plant in one call.

    Raises:
        ElcError: the hours cannot make a curve (see `dataset.check_sound`).
    """
    return fit_design(build_design(split, tags, settings), settings)


def fit_design(design: Design, settings: TrainSettings) -> CurveFit:
    """Fit the quantiles of energy by every step."""
    networks = fit_networks(design, fit_additive(design, settings), settings)
    return build_fit(design, networks, calibrate(design, networks, settings))


def fit_additive(design: Design, settings: TrainSettings) -> Additive:
    """Fit the additive part of every member to the hours that it learns from."""
    shape, part = design.shape, design.train
    found = np.array(
        [
            [
                fit_lines(part.pieces, part.target, seen, quantile, shape.low, shape.high, shape.additive.feature)
                for quantile in QUANTILES
            ]
            for seen in design.find_seen(settings.members).T
        ]
    )
    return Additive(found[..., 0], found[..., 1:].transpose(0, 2, 1))


def fit_networks(design: Design, additive: Additive, settings: TrainSettings) -> Networks:
    """Train the networks until the validation loss of the members' mean stays, and keep the best epoch.

    The additive part alone, epoch 0, is kept where no epoch is better beyond chance: few hours reward restraint.
    """
    set_seed(settings.seed)
    trainee, members = build_trainee(design.shape, additive.slopes, additive.levels, settings.hidden_units)
    train = (design.train.columns, _stack(design.train.target, design.find_seen(settings.members)))
    valid = (design.valid.columns, _stack(design.valid.target, np.ones((len(design.valid.target), settings.members))))
    history, kept = _train(trainee, train, valid, design.valid.folds, settings)
    folds = design.train.folds
    held_out = np.asarray(trainee(design.train.columns), np.float64)[np.arange(len(folds)), folds]
    return Networks(members.read_weights(), held_out, history * design.shape.spread, kept)


def calibrate(design: Design, networks: Networks, settings: TrainSettings) -> Calibration:
    """Find how far the quantiles are off in the held-out hours, and how wide the interval of best is."""
    errors = design.train.target[:, None] - networks.held_out
    shifts = find_shifts(errors, design.train.folds, settings.interval_frac)
    half_width = find_reach(settings.members, settings.interval_frac) * sqrt(settings.members - 1)
    return Calibration(shifts, half_width)


def build_fit(design: Design, networks: Networks, calibration: Calibration) -> CurveFit:
    """Build the curve from what was learnt, and predict the held-out hours."""
    shape, hours = design.shape, design.train.hours
    model = build_curve(shape, networks.weights, calibration.shifts, calibration.half_width)
    load = hours[design.features[0]].to_numpy(np.float64)[:, None]
    energy = np.exp(shape.level + shape.spread * np.sort(networks.held_out, axis=1)) * load
    held_out = hours.assign(**dict(zip((BEST, TYPICAL, HIGH), energy.T, strict=True)))
    shifts = dict(zip(NAMES, (calibration.shifts * shape.spread).tolist(), strict=True))
    return CurveFit(model, networks.history, networks.kept, held_out, shifts)


def _stack(target: Array, weights: Array) -> Array32:
    return np.concatenate([target[:, None], weights], axis=1).astype(np.float32)


def _train(
    model: keras.Model,
    train: tuple[Array32, Array32],
    valid: tuple[Array32, Array32],
    blocks: NDArray[np.int64],
    settings: TrainSettings,
) -> tuple[pd.DataFrame, int]:
    """Train, and give the learning curve and the epoch that was kept, whose weights the model then has."""
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
    """Build what stops training, and what lowers its rate, once the watched loss stays."""
    return [
        keras.callbacks.EarlyStopping(watched, mode="min", patience=patience, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(watched, mode="min", patience=max(patience // 3, 1), factor=0.5),
    ]
