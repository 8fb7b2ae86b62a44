"""The two networks of a model package, in Keras: the curve (quantiles) and the response (mean, an ensemble).

Both predict specific energy consumption and multiply it by load, because energy itself is nearly proportional to load
and hides everything else. The load enters as itself and as its inverse: part-load losses follow a + b/load.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from elc.settings import TrainSettings

Array = NDArray[np.float32]
QUANTILES = (0.1, 0.5, 0.9)


def set_seed(seed: int) -> None:
    """Make training repeatable: seeds, deterministic kernels, one thread (sums in one order)."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    for limit in (
        tf.config.threading.set_intra_op_parallelism_threads,
        tf.config.threading.set_inter_op_parallelism_threads,
    ):
        try:
            limit(1)
        except RuntimeError:  # TensorFlow has already started in this process: its threads stand
            return


def _build_inputs(features: Array, name: str) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    """Build the raw input (batch, features), its load (batch, 1) and its scaled form with inverse load added."""
    raw = keras.Input((features.shape[1],), name=name)
    load = raw[:, :1]
    inverse = 1.0 / features[:, :1]
    basis = np.concatenate([features, inverse], axis=1).astype(np.float64)
    spread = basis.std(axis=0) + 1e-9
    scale = layers.Rescaling((1 / spread).tolist(), (-basis.mean(axis=0) / spread).tolist(), name="scale")
    scaled = scale(ops.concatenate([raw, 1.0 / ops.maximum(load, 1e-3)], axis=1))
    return raw, load, scaled


def build_curve(features: Array, energy: Array, settings: TrainSettings) -> keras.Model:
    """Build the curve: (batch, features), load first, to (batch, 3) energy in GJ/h: best, typical, high.

    Best and high leave typical by a softplus, so that the three never cross.
    """
    sec = energy / features[:, 0]
    raw, load, hidden = _build_inputs(features, "features")
    for index in range(2):
        hidden = layers.Dense(settings.hidden_units, activation="tanh", name=f"hidden_{index + 1}")(hidden)
    out = layers.Dense(3, name="quantiles")(hidden)
    typical = out[:, 1:2]
    best = typical - ops.softplus(out[:, 0:1])
    high = typical + ops.softplus(out[:, 2:3])
    scaled = ops.concatenate([best, typical, high], axis=1)
    result = layers.Rescaling(float(sec.std()), float(sec.mean()), name="sec")(scaled)
    return keras.Model(raw, layers.Multiply(name="energy")([result, load]), name="curve")


def build_response(features: Array, energy: Array, settings: TrainSettings) -> keras.Model:
    """Build the response: (batch, features), load first and set-points last, to (batch, members) energy in GJ/h."""
    sec = energy / features[:, 0]
    raw, load, scaled = _build_inputs(features, "features")
    # A set-point costs about a parabola around its optimum: squares beside a small network need fewer hours.
    wide = ops.concatenate([scaled, ops.square(scaled)], axis=1)
    members = []
    for index in range(settings.members):
        hidden = layers.Dense(settings.hidden_units // 3, activation="tanh", name=f"member_{index + 1}")(scaled)
        both = layers.Concatenate(name=f"both_{index + 1}")([wide, hidden])
        members.append(layers.Dense(1, name=f"out_{index + 1}")(both))
    joined = layers.Concatenate(name="members")(members) if len(members) > 1 else members[0]
    result = layers.Rescaling(float(sec.std()), float(sec.mean()), name="sec")(joined)
    return keras.Model(raw, layers.Multiply(name="energy")([result, load]), name="response")


def pinball_loss(target: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
    """Pinball loss of the three quantiles. Koenker and Bassett, Econometrica 46 (1978) 33."""
    error = target - predicted
    quantiles = np.array(QUANTILES, dtype=np.float32)
    return ops.mean(ops.maximum(quantiles * error, (quantiles - 1) * error))


def weighted_loss(target: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
    """Squared error of each member under its own bootstrap weights; `target` holds energies, then weights."""
    count = predicted.shape[1]
    energy, weights = target[:, :count], target[:, count:]
    return ops.mean(weights * ops.square(energy - predicted))
