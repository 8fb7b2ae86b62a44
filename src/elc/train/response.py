"""The response of energy to set-points in Keras: what a gap comes from and what a move would save.

Like the curve it predicts specific energy consumption. Each member is a sum of bent lines, found by least squares, and
a small network for what the columns do together, kept only where hours that it has not seen show a gain.
"""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from numpy.typing import NDArray

from elc.dataset import Split
from elc.fields import ENERGY, TIME
from elc.settings import TagList, TrainSettings
from elc.train.bends import Bends, find_bends, fit_bends
from elc.train.fit import Fit, build_callbacks
from elc.train.folds import build_blocks, is_gain
from elc.train.network import set_seed

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]


def fit_response(split: Split, tags: TagList, settings: TrainSettings) -> Fit:
    """Fit the response of energy to drivers and set-points; losses are mean squares of scaled SEC.

    An ensemble on weeks drawn with replacement (`block_days`), whose first member sees every hour alike. Hours without
    all set-points are left out. Epoch 0 is the sum of bent lines alone.
    """
    set_seed(settings.seed + 1)
    setpoints = tags.columns("setpoint")
    columns = tags.features + setpoints
    known = [part.dropna(subset=columns).reset_index(drop=True) for part in (split.train, split.valid)]
    features = [part[columns].to_numpy(np.float64) for part in known]
    sec = [part[ENERGY].to_numpy(np.float64) / values[:, 0] for part, values in zip(known, features, strict=True)]
    level, spread = float(sec[0].mean()), float(sec[0].std())
    target = [(values - level) / spread for values in sec]
    blocks = [build_blocks(part[TIME], settings.members, settings.block_days) for part in known]
    weights = _draw_weights(blocks[0], settings)
    scaled = _scale(features[0])
    bends = find_bends(scaled, len(setpoints))
    model, trainee = _build(features[0], bends, settings, level, spread)
    coefficients = fit_bends(bends.apply(scaled), target[0], weights, known[0][TIME], bends)
    trainee.get_layer("sum").set_weights([coefficients[:, 1:].T.astype(np.float32), coefficients[:, 0]])
    given = (weights, np.ones((len(target[1]), settings.members)))
    parts = [
        (values.astype(np.float32), np.concatenate([wanted[:, None], counts], axis=1).astype(np.float32))
        for values, wanted, counts in zip(features, target, given, strict=True)
    ]
    return _train(model, trainee, parts, blocks[1] % settings.members, settings)


def _draw_weights(blocks: NDArray[np.int64], settings: TrainSettings) -> Array:
    """How often each member draws each hour (rows, members), whole blocks at once; the first draws each once."""
    drawn = np.random.default_rng(settings.seed).poisson(1.0, (int(blocks.max()) + 1, settings.members))
    weights = drawn.astype(np.float64)[blocks]
    weights[:, 0] = 1.0
    return np.asarray(weights)


def _read_scale(features: Array) -> tuple[Array, Array]:
    """Mean and width of each feature (load first) and of 1/load: part-load losses follow a + b/load."""
    basis = np.concatenate([1.0 / features[:, :1], features], axis=1)
    return basis.mean(axis=0), basis.std(axis=0) + 1e-9


def _scale(features: Array) -> Array:
    mean, width = _read_scale(features)
    return np.asarray((np.concatenate([1.0 / features[:, :1], features], axis=1) - mean) / width)


def _build(
    features: Array, bends: Bends, settings: TrainSettings, level: float, spread: float
) -> tuple[keras.Model, keras.Model]:
    """Build the response, and what is trained of it.

    Returns:
        (batch, features), load first and set-points last, to (batch, members) energy in GJ/h; the same to scaled SEC.
        The layer `sum` holds the coefficients of the bent lines.
    """
    members, units = settings.members, settings.response_units
    raw = keras.Input((features.shape[1],), name="features")
    load = ops.maximum(raw[:, :1], 1e-3)
    mean, width = _read_scale(features)
    scale = layers.Rescaling((1 / width).tolist(), (-mean / width).tolist(), name="scale")
    scaled = scale(ops.concatenate([1.0 / load, raw], axis=1))
    past = layers.Dense(len(bends.knot), activation="relu", trainable=False, name="bends")
    terms = layers.Concatenate(name="terms")([scaled, past(scaled)])
    lines = layers.Dense(members, trainable=False, name="sum")
    hidden = layers.Dense(members * units, activation="tanh", name="hidden")(scaled)
    out = layers.EinsumDense("bmu,mu->bm", (members,), kernel_initializer=keras.initializers.Zeros(), name="out")
    found = lines(terms) + out(ops.reshape(hidden, (-1, members, units)))
    energy = layers.Multiply(name="energy")([layers.Rescaling(spread, level, name="sec")(found), load])
    chosen = np.eye(len(mean), dtype=np.float32)[:, bends.column]
    past.set_weights([chosen, -bends.knot.astype(np.float32)])
    return keras.Model(raw, energy, name="response"), keras.Model(raw, found)


def _train(
    model: keras.Model,
    trainee: keras.Model,
    parts: list[tuple[Array32, Array32]],
    blocks: NDArray[np.int64],
    settings: TrainSettings,
) -> Fit:
    """Train the small network until the validation loss stays; without a gain beyond chance the lines stand alone."""
    trainee.compile(
        optimizer=keras.optimizers.AdamW(settings.response_learning_rate, weight_decay=settings.weight_decay),
        loss=weighted_loss,
    )
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
    if best > 0 and is_gain(before - _measure(trainee, *parts[1]), blocks, settings.interval_frac):
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
