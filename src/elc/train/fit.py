"""Fit the curve step by step: its additive part, the networks that bend it, and what held-out hours say of both."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import keras
import numpy as np
import pandas as pd

from elc.dataset import Split
from elc.fields import BEST, ENERGY, HIGH, TYPICAL
from elc.settings import TagList, TrainSettings
from elc.train.additive import fit_lines
from elc.train.basis import Array
from elc.train.design import Array32, Design, Part, build_design
from elc.train.folds import Gain, find_level_error, find_reach, find_shifts, measure_gain
from elc.train.network import (
    QUANTILES,
    Members,
    Weights,
    build_curve,
    build_trainee,
    curve_loss,
    ensemble_loss,
    set_seed,
)
from elc.train.recency import Recency

NAMES = ("best", "typical", "high")
COMMON = 0.5  # ASSUME: of the members' variance at one place, what is taken from its mean over all


@dataclass(frozen=True)
class Additive:
    """The additive part of each member; m counts members, p pieces, q quantiles: `levels` (m, q), `slopes` (m, p, q).

    Both are in scaled ln(SEC).
    """

    levels: Array
    slopes: Array


@dataclass(frozen=True)
class Form:
    """What validation and held-out hours chose: how long networks learn, if they are to be there at all.

    `history` holds loss and val_loss by epoch, as shares of energy; epoch 0 is the additive part alone. `kept` is the
    epoch that was chosen, `rates` (epochs,) the learning rate of each, and `gain` what the networks gain on the
    training hours that a member did not learn from, by week.
    """

    history: pd.DataFrame
    kept: int
    rates: list[float]
    gain: Gain


@dataclass(frozen=True)
class Networks:
    """The members' weights, and `held_out` (rows, q): each hour as the member predicts it that did not learn from it.

    In scaled ln(SEC). `variance` is that of best among the members, on the mean of the hours that judge.
    """

    weights: Weights
    held_out: Array
    variance: float


@dataclass(frozen=True)
class Calibration:
    """What the held-out hours say of the curve, in scaled ln(SEC).

    `shifts` (q,) are added to the quantiles. Half the width of the interval of best is the root of the sum of two
    squares: `half_width`, in standard deviations of the members, and `least_half`, the same for all hours.
    """

    shifts: Array
    half_width: float
    least_half: float


@dataclass(frozen=True)
class Fit:
    """A fitted network, its learning curve (index: epoch; loss and val_loss), and the epoch that was kept."""

    model: keras.Model
    history: pd.DataFrame
    kept: int


@dataclass(frozen=True)
class CurveFit(Fit):
    """A fitted curve; losses are shares of energy less its fixed part, and epoch 0 is the additive part alone.

    `held_out`: the hours as the member predicts them that did not learn from them, before recalibration: time, energy
    and features, best, typical and high (GJ/h). `shifts`: what recalibration then adds to each, as a share of energy
    less its fixed part. `gain`: of the networks, likewise. `fixed`: that part (GJ/h). `recency`: how fast hours
    lose weight; those that hardly count are not held out.
    """

    held_out: pd.DataFrame
    shifts: dict[str, float]
    gain: Gain
    fixed: float
    recency: Recency

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


def fit_curve(split: Split, tags: TagList, settings: TrainSettings, *, fixed_gj_per_h: float) -> CurveFit:
    """Fit the curve of a plant in one call.

    Args:
        split: the hours.
        tags: the tag list.
        settings: of training.
        fixed_gj_per_h: energy that is used whatever the load; the curve learns the rest, and gives both.

    Raises:
        ElcError: the hours cannot make a curve (see `dataset.check_sound` and `check_fixed`).
    """
    return fit_design(build_design(split, tags, settings, fixed_gj_per_h=fixed_gj_per_h), settings)


def fit_design(design: Design, settings: TrainSettings) -> CurveFit:
    """Fit the quantiles of energy by every step."""
    form = choose_form(design, fit_additive(design, settings), settings)
    whole = design.join(settings)
    networks = fit_networks(whole, fit_additive(whole, settings), form, settings)
    return build_fit(whole, networks, form, calibrate(whole, networks, settings))


def fit_additive(design: Design, settings: TrainSettings) -> Additive:
    """Fit the additive part of every member to the hours that it learns from."""
    shape, part = design.shape, design.train
    found = np.array(
        [
            [
                fit_lines(part.pieces, part.target, seen, quantile, shape.low, shape.high, shape.additive.sides)
                for quantile in QUANTILES
            ]
            for seen in design.find_seen(settings.members).T
        ]
    )
    return Additive(found[..., 0], found[..., 1:].transpose(0, 2, 1))


def choose_form(design: Design, additive: Additive, settings: TrainSettings) -> Form:
    """Train networks on the training hours until the validation loss of the members' mean stays, and judge them.

    They stay where they help in the weeks that a member did not learn from, beyond chance, and in the validation hours
    too. Else the additive part is left alone, epoch 0: few hours reward restraint.
    """
    train, valid = design.train, design.valid
    trainee, _ = _build(design, additive, settings)
    before = [_predict(trainee, part) for part in (train, valid)]
    _compile(trainee, settings)
    fitted = trainee.fit(
        train.columns,
        _stack(train.target, design.find_seen(settings.members)),
        validation_data=(valid.columns, _stack(valid.target, np.ones((len(valid.target), settings.members)))),
        validation_batch_size=len(valid.target),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        callbacks=build_callbacks("val_ensemble_loss", settings.patience),
        verbose=0,
    ).history
    after = [_predict(trainee, part) for part in (train, valid)]
    parts = {"loss": (train, before[0]), "val_loss": (valid, before[1])}
    history = pd.DataFrame(
        {
            name: [float(_measure(part, every.mean(axis=1)).mean()), *fitted[name.replace("loss", "ensemble_loss")]]
            for name, (part, every) in parts.items()
        }
    )
    helped = [_measure(train, _hold_out(train, every)) for every in (before[0], after[0])]
    gains = (helped[0] - helped[1]) * design.shape.spread
    gain = measure_gain(gains[train.is_judge], train.blocks[train.is_judge])
    best = int(history["val_loss"].to_numpy().argmin())
    kept = best if gain.is_sure else 0
    return Form(history * design.shape.spread, kept, [float(rate) for rate in fitted["learning_rate"]], gain)


def fit_networks(design: Design, additive: Additive, form: Form, settings: TrainSettings) -> Networks:
    """Train the networks for the epochs that were chosen, on all training hours of the design."""
    trainee, members = _build(design, additive, settings)
    if form.kept:
        _compile(trainee, settings)
        trainee.fit(
            design.train.columns,
            _stack(design.train.target, design.find_seen(settings.members)),
            epochs=form.kept,
            batch_size=settings.batch_size,
            callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch, _: form.rates[epoch])],
            verbose=0,
        )
    every = _predict(trainee, design.train)
    variance = float(every[design.train.is_judge, :, 0].var(axis=1).mean())
    return Networks(members.read_weights(), _hold_out(design.train, every), variance)


def calibrate(design: Design, networks: Networks, settings: TrainSettings) -> Calibration:
    """Find how far the quantiles are off in the held-out hours, and how wide the interval of best is.

    So few members tell their variance at one place badly: where they meet by chance it is none. Half of it is that of
    all places on the mean. Nor do they tell how well the level is known, which the stretches that are held out do.
    """
    part = design.train
    errors, folds = (part.target[:, None] - networks.held_out)[part.is_judge], part.folds[part.is_judge]
    shifts = find_shifts(errors, folds, settings.interval_frac)
    reach = find_reach(settings.members, settings.interval_frac)
    half_width = reach * sqrt(settings.members - 1)
    level_error = find_level_error(errors[:, 0], folds, QUANTILES[0])
    least_half = sqrt(COMMON * half_width**2 * networks.variance + (reach * level_error) ** 2)
    return Calibration(shifts, half_width * sqrt(1 - COMMON), least_half)


def build_fit(design: Design, networks: Networks, form: Form, calibration: Calibration) -> CurveFit:
    """Build the curve from what was learnt, and predict the held-out hours."""
    shape, is_judge = design.shape, design.train.is_judge
    hours = design.train.hours[is_judge].reset_index(drop=True)
    halves = calibration.half_width, calibration.least_half
    model = build_curve(shape, networks.weights, calibration.shifts, halves)
    load = hours[design.features[0]].to_numpy(np.float64)[:, None]
    energy = shape.fixed + np.exp(shape.level + shape.spread * np.sort(networks.held_out[is_judge], axis=1)) * load
    held_out = hours.assign(**dict(zip((BEST, TYPICAL, HIGH), energy.T, strict=True)))
    shifts = dict(zip(NAMES, (calibration.shifts * shape.spread).tolist(), strict=True))
    return CurveFit(model, form.history, form.kept, held_out, shifts, form.gain, shape.fixed, design.recency)


def _build(design: Design, additive: Additive, settings: TrainSettings) -> tuple[keras.Model, Members]:
    set_seed(settings.seed)
    trainee, members = build_trainee(design.shape, additive.slopes, additive.levels, settings.hidden_units)
    return trainee, members


def _compile(trainee: keras.Model, settings: TrainSettings) -> None:
    measured = keras.metrics.MeanMetricWrapper(ensemble_loss, name=ensemble_loss.__name__)
    optimizer = build_optimizer(trainee, settings.learning_rate, settings)
    trainee.compile(optimizer=optimizer, loss=curve_loss, metrics=[measured])


def _stack(target: Array, weights: Array) -> Array32:
    return np.concatenate([target[:, None], weights], axis=1).astype(np.float32)


def _predict(trainee: keras.Model, part: Part) -> Array:
    """Every member's quantiles (rows, m, q) in scaled ln(SEC)."""
    return np.asarray(trainee(part.columns), np.float64)


def _hold_out(part: Part, every: Array) -> Array:
    """The quantiles (rows, q) of the member that did not learn from each hour."""
    return np.asarray(every[np.arange(len(part.folds)), part.folds])


def _measure(part: Part, predicted: Array) -> Array:
    """The pinball loss of each hour (rows,) at quantiles (rows, q), in scaled ln(SEC)."""
    error = part.target[:, None] - predicted
    quantiles = np.array(QUANTILES)
    return np.asarray(np.maximum(quantiles * error, (quantiles - 1) * error).mean(axis=1))


def build_optimizer(trainee: keras.Model, learning_rate: float, settings: TrainSettings) -> keras.optimizers.Optimizer:
    """Build the optimizer and its variables: TensorFlow traces a step twice whose first run makes some."""
    optimizer = keras.optimizers.AdamW(learning_rate, weight_decay=settings.weight_decay)
    optimizer.build(trainee.trainable_variables)
    return optimizer


def build_callbacks(watched: str, patience: int) -> list[keras.callbacks.Callback]:
    """Build what stops training, and what lowers its rate, once the watched loss stays."""
    return [
        keras.callbacks.EarlyStopping(watched, mode="min", patience=patience, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(watched, mode="min", patience=max(patience // 3, 1), factor=0.5),
    ]
