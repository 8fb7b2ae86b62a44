"""The response of energy to set-points in Keras: what a gap comes from and what a move would save.

Like the curve it predicts specific energy consumption. Each member is a sum of bent lines, found by least squares, and
a small network for what the columns do together, kept only where hours that it has not seen show a gain.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from numpy.typing import NDArray

from elc.dataset import Split
from elc.fields import AGE, ENERGY, TIME, TYPICAL
from elc.settings import TagList, TrainSettings
from elc.train.bends import Bends, find_bends, fit_bends
from elc.train.fit import Fit, build_callbacks, build_optimizer
from elc.train.folds import build_blocks, measure_gain, number_blocks
from elc.train.network import set_seed

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
DRAWN_DAYS = 28.0  # ASSUME: what no column says about energy lasts for weeks, so whole months are drawn as one
STRAIGHT = (AGE,)  # a plant ages beyond what was learnt, and a bend would lead its line astray there


@dataclass(frozen=True)
class ResponseFit(Fit):
    """A fitted response.

    `held_out`: hours as those members predict them, on the mean, that did not learn from them: time, energy, typical.
    """

    held_out: pd.DataFrame


@dataclass(frozen=True)
class _Scale:
    """How columns are scaled, `mean` and `width` of 1/load and of each, load first; and specific energy likewise."""

    mean: Array
    width: Array
    level: float
    spread: float

    def apply(self, features: Array) -> Array:
        return np.asarray((_add_inverse(features) - self.mean) / self.width)

    def apply_target(self, hours: pd.DataFrame, features: Array) -> Array:
        return np.asarray((hours[ENERGY].to_numpy(np.float64) / features[:, 0] - self.level) / self.spread)


def fit_response(split: Split, tags: TagList, settings: TrainSettings) -> ResponseFit:
    """Fit the response of energy to drivers and set-points; losses are mean squares of scaled SEC.

    An ensemble on months drawn with replacement, whose first member sees every hour alike. Hours without all set-points
    are left out. Epoch 0 is the sum of bent lines alone; where it is kept, it learns the validation hours too.
    """
    set_seed(settings.seed + 1)
    setpoints = tags.columns("setpoint")
    columns = tags.features + setpoints
    train, valid = (part.dropna(subset=columns).reset_index(drop=True) for part in (split.train, split.valid))
    features = [part[columns].to_numpy(np.float64) for part in (train, valid)]
    scale = _read_scale(train, features[0])
    straight = [1 + columns.index(name) for name in STRAIGHT if name in columns]
    bends = find_bends(scale.apply(features[0]), len(setpoints), straight)
    model, trainee = _build(scale, bends, settings)
    weights = _fit_lines(trainee, train, features[0], scale, bends, settings)
    given = (weights, np.ones((len(valid), settings.members)))
    parts = [
        (values.astype(np.float32), _join_target(scale.apply_target(part, values), counts))
        for part, values, counts in zip((train, valid), features, given, strict=True)
    ]
    fit = _train(model, trainee, parts, number_blocks(valid[TIME], settings.block_days), settings)
    learnt = train
    if fit.kept == 0:
        learnt = split.learnt.dropna(subset=columns).reset_index(drop=True)
        weights = _fit_lines(trainee, learnt, learnt[columns].to_numpy(np.float64), scale, bends, settings)
    return ResponseFit(model, fit.history, fit.kept, _hold_out(model, learnt, columns, weights))


def _fit_lines(
    trainee: keras.Model, hours: pd.DataFrame, features: Array, scale: _Scale, bends: Bends, settings: TrainSettings
) -> Array:
    """Fit the sum of bent lines to hours; how often each member drew each of them (rows, members)."""
    weights = _draw_weights(build_blocks(hours[TIME], settings.members, DRAWN_DAYS), settings)
    terms, target = bends.apply(scale.apply(features)), scale.apply_target(hours, features)
    coefficients = fit_bends(terms, target, weights, hours[TIME], bends)
    trainee.get_layer("sum").set_weights([coefficients[:, 1:].T.astype(np.float32), coefficients[:, 0]])
    return weights


def _draw_weights(blocks: NDArray[np.int64], settings: TrainSettings) -> Array:
    """How often each member draws each hour (rows, members), whole blocks at once; the first draws each once."""
    drawn = np.random.default_rng(settings.seed).poisson(1.0, (int(blocks.max()) + 1, settings.members))
    weights = drawn.astype(np.float64)[blocks]
    weights[:, 0] = 1.0
    return np.asarray(weights)


def _join_target(target: Array, weights: Array) -> Array32:
    return np.concatenate([target[:, None], weights], axis=1).astype(np.float32)


def _hold_out(model: keras.Model, hours: pd.DataFrame, columns: list[str], weights: Array) -> pd.DataFrame:
    """Predict each hour by the members that did not draw it; an hour that all of them drew is left out."""
    is_out = weights == 0
    energy = np.asarray(model(hours[columns].to_numpy(np.float32)), np.float64)
    known = is_out.any(axis=1)
    predicted = np.where(is_out, energy, 0.0)[known].sum(axis=1) / is_out[known].sum(axis=1)
    held: pd.DataFrame = hours.loc[known, [TIME, ENERGY]].assign(**{TYPICAL: predicted}).reset_index(drop=True)
    return held


def _add_inverse(features: Array) -> Array:
    """Put 1/load before the features, of which load is the first: part-load losses follow a + b/load."""
    return np.concatenate([1.0 / features[:, :1], features], axis=1)


def _read_scale(hours: pd.DataFrame, features: Array) -> _Scale:
    basis, sec = _add_inverse(features), hours[ENERGY].to_numpy(np.float64) / features[:, 0]
    return _Scale(basis.mean(axis=0), basis.std(axis=0) + 1e-9, float(sec.mean()), float(sec.std()))


def _build(found: _Scale, bends: Bends, settings: TrainSettings) -> tuple[keras.Model, keras.Model]:
    """Build the response, and what is trained of it.

    Returns:
        (batch, features), load first and set-points last, to (batch, members) energy in GJ/h; the same to scaled SEC.
        The layer `sum` holds the coefficients of the bent lines.
    """
    members, units = settings.members, settings.response_units
    mean, width = found.mean, found.width
    raw = keras.Input((len(mean) - 1,), name="features")
    load = ops.maximum(raw[:, :1], 1e-3)
    scale = layers.Rescaling((1 / width).tolist(), (-mean / width).tolist(), name="scale")
    scaled = scale(ops.concatenate([1.0 / load, raw], axis=1))
    past = layers.Dense(len(bends.knot), activation="relu", trainable=False, name="bends")
    terms = layers.Concatenate(name="terms")([scaled, past(scaled)])
    lines = layers.Dense(members, trainable=False, name="sum")
    hidden = layers.Dense(members * units, activation="tanh", name="hidden")(scaled)
    out = layers.EinsumDense("bmu,mu->bm", (members,), kernel_initializer=keras.initializers.Zeros(), name="out")
    scaled_sec = lines(terms) + out(ops.reshape(hidden, (-1, members, units)))
    sec = layers.Rescaling(found.spread, found.level, name="sec")(scaled_sec)
    energy = layers.Multiply(name="energy")([sec, load])
    chosen = np.eye(len(mean), dtype=np.float32)[:, bends.column]
    past.set_weights([chosen, -bends.knot.astype(np.float32)])
    return keras.Model(raw, energy, name="response"), keras.Model(raw, scaled_sec)


def _train(
    model: keras.Model,
    trainee: keras.Model,
    parts: list[tuple[Array32, Array32]],
    blocks: NDArray[np.int64],
    settings: TrainSettings,
) -> Fit:
    """Train the small network until the validation loss stays; without a gain beyond chance the lines stand alone."""
    trainee.compile(optimizer=build_optimizer(trainee, settings.response_learning_rate, settings), loss=weighted_loss)
    untrained = trainee.get_weights()
    begin = [float(np.mean(_measure(trainee, *part))) for part in parts]
    before = _measure(trainee, *parts[1])
    fitted = trainee.fit(
        *parts[0],
        validation_data=parts[1],
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        callbacks=build_callbacks("val_loss", settings.patience),
        verbose=0,
    )
    history = pd.DataFrame(
        {name: [first, *fitted.history[name]] for name, first in zip(("loss", "val_loss"), begin, strict=True)}
    )
    best = int(history["val_loss"].to_numpy().argmin())
    if best > 0 and measure_gain(before - _measure(trainee, *parts[1]), blocks).is_sure:
        return Fit(model, history, best)
    trainee.set_weights(untrained)
    return Fit(model, history, 0)


def _measure(trainee: keras.Model, features: Array32, target: Array32) -> Array:
    """The loss of each hour (rows,)."""
    error = target[:, :1] - np.asarray(trainee(features), np.float64)
    return np.asarray((target[:, 1:] * error**2).mean(axis=1))


def weighted_loss(target: keras.KerasTensor, predicted: keras.KerasTensor) -> keras.KerasTensor:
    """Squared error of each member under its own bootstrap weights; `target` holds scaled SEC, then the weights."""
    return ops.mean(target[:, 1:] * ops.square(target[:, :1] - predicted))
