"""The response of energy to set-points in Keras: what a gap comes from and what a move would save.

Like the curve it predicts specific energy consumption. A set-point costs about a parabola around its optimum, so each
member is a quadratic, from which training starts (least squares), and a small network for the rest.
"""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from numpy.typing import NDArray

from elc.dataset import Split
from elc.fields import ENERGY
from elc.settings import TagList, TrainSettings
from elc.train.fit import Fit, build_callbacks
from elc.train.network import set_seed

Array = NDArray[np.float64]
RIDGE = 1e-4  # on the quadratic's coefficients, in scaled units, per hour


def fit_response(split: Split, tags: TagList, settings: TrainSettings) -> Fit:
    """Fit the response of energy to drivers and set-points; losses are mean squares of scaled SEC.

    An ensemble on bootstrap weights, whose first member sees every hour alike. Hours without all set-points are left
    out.
    """
    set_seed(settings.seed + 1)
    columns = tags.features + tags.columns("setpoint")
    known = [part.dropna(subset=columns) for part in (split.train, split.valid)]
    features = [part[columns].to_numpy(np.float64) for part in known]
    sec = [part[ENERGY].to_numpy(np.float64) / values[:, 0] for part, values in zip(known, features, strict=True)]
    level, spread = float(sec[0].mean()), float(sec[0].std())
    target = [(values - level) / spread for values in sec]
    rng = np.random.default_rng(settings.seed)
    weights = rng.poisson(1.0, (len(target[0]), settings.members)).astype(np.float64)
    weights[:, 0] = 1.0
    model, trainee, wide = _build(features[0], settings, level, spread)
    _start(wide, np.asarray(_read_wide(trainee)(features[0].astype(np.float32))), target[0], weights)
    trainee.compile(
        optimizer=keras.optimizers.AdamW(settings.response_learning_rate, weight_decay=settings.weight_decay),
        loss=weighted_loss,
    )
    given = (weights, np.ones((len(target[1]), settings.members)))
    parts = [
        (values.astype(np.float32), np.concatenate([wanted[:, None], counts], axis=1).astype(np.float32))
        for values, wanted, counts in zip(features, target, given, strict=True)
    ]
    fitted = trainee.fit(
        *parts[0],
        validation_data=parts[1],
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        callbacks=build_callbacks("val_loss", settings.patience),
        verbose=0,
    )
    history = pd.DataFrame({name: fitted.history[name] for name in ("loss", "val_loss")})
    history.index += 1  # epochs
    return Fit(model, history, int(history["val_loss"].to_numpy().argmin()) + 1)


def _build(
    features: Array, settings: TrainSettings, level: float, spread: float
) -> tuple[keras.Model, keras.Model, layers.Layer]:
    """Build the response, what is trained of it, and its quadratic layer.

    Returns:
        (batch, features), load first and set-points last, to (batch, members) energy in GJ/h; the same to scaled SEC;
        the layer whose kernel holds the quadratic's coefficients.
    """
    members, units = settings.members, settings.response_units
    raw = keras.Input((features.shape[1],), name="features")
    load = ops.maximum(raw[:, :1], 1e-3)
    # Part-load losses follow a + b/load.
    basis = np.concatenate([features, 1.0 / features[:, :1]], axis=1)
    width = basis.std(axis=0) + 1e-9
    scale = layers.Rescaling((1 / width).tolist(), (-basis.mean(axis=0) / width).tolist(), name="scale")
    scaled = scale(ops.concatenate([raw, 1.0 / load], axis=1))
    terms = layers.Concatenate(name="terms")([scaled, ops.square(scaled)])
    wide = layers.Dense(members, name="quadratic")
    hidden = layers.Dense(members * units, activation="tanh", name="hidden")(scaled)
    out = layers.EinsumDense("bmu,mu->bm", (members,), kernel_initializer=keras.initializers.Zeros(), name="out")
    found = wide(terms) + out(ops.reshape(hidden, (-1, members, units)))
    energy = layers.Multiply(name="energy")([layers.Rescaling(spread, level, name="sec")(found), load])
    return keras.Model(raw, energy, name="response"), keras.Model(raw, found), wide


def _read_wide(trainee: keras.Model) -> keras.Model:
    return keras.Model(trainee.input, trainee.get_layer("terms").output)


def _start(wide: layers.Layer, terms: Array, target: Array, weights: Array) -> None:
    """Start each member's quadratic at its weighted least squares."""
    full = np.concatenate([terms, np.ones((len(terms), 1))], axis=1).astype(np.float64)
    ridge = RIDGE * len(full) * np.eye(full.shape[1])
    found = [
        np.linalg.solve(np.einsum("np,nq->pq", counted, full) + ridge, np.einsum("np,n->p", counted, target))
        for counted in (full * given[:, None] for given in weights.T)
    ]
    solved = np.array(found, np.float32).T
    wide.set_weights([solved[:-1], solved[-1]])


def weighted_loss(target: keras.KerasTensor, predicted: keras.KerasTensor) -> keras.KerasTensor:
    """Squared error of each member under its own bootstrap weights; `target` holds scaled SEC, then the weights."""
    return ops.mean(target[:, 1:] * ops.square(target[:, :1] - predicted))
