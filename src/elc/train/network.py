"""The curve in Keras: quantiles of energy given load and drivers.

It predicts specific energy consumption (SEC), because energy itself is nearly proportional to load and hides everything
else: ln(SEC) is the sum of an additive part and of a small network, in members that learn from different weeks.

- Energy never falls when load rises: the slope of ln(SEC) against ln(load) stays above -1 everywhere, for in each cell
  between two knots the additive slope is raised to what the network can take away at most (its units' slopes all lie
  between 0 and 1). A driver with a declared sign is kept likewise. The idea, with a global Lipschitz bound, is that of
  Kitouni, Nolte and Williams, Expressive Monotonic Neural Networks, ICLR (2023).
- The quantiles never cross: they are sorted, and sorting keeps each monotone. Chernozhukov, Fernandez-Val and
  Galichon, Econometrica 78 (2010) 1093.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from elc.train.basis import TINY_LOAD, InputScale, Pieces

Array = NDArray[np.float32]
Array64 = NDArray[np.float64]
QUANTILES = (0.1, 0.5, 0.9)
LEAST_SLOPE = -0.99  # of ln(SEC) against ln(load); at -1 energy would not rise with load


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


@dataclass(frozen=True)
class Shape:
    """What a curve is made of, known before training; q counts quantiles, f features, p pieces.

    `level` and `spread` turn the networks' output into ln(SEC); `low` and `high` (p,) bound the additive slopes.
    `fixed` is the energy (GJ/h) that is used whatever the load: SEC is that of the rest, and the curve adds it.
    """

    scale: InputScale
    additive: Pieces
    inputs: Pieces
    level: float
    spread: float
    low: Array64
    high: Array64
    fixed: float = 0.0


@dataclass(frozen=True)
class Weights:
    """The members' weights once the bounds hold; m counts members, p pieces, i inputs, u units, q quantiles.

    `slopes` (m, p, q), `levels` (m, q), `kernel` (m, i, u), `bias` (m, u), `out` (m, u, q).
    """

    slopes: Array
    levels: Array
    kernel: Array
    bias: Array
    out: Array


class Members(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """All members of the curve at once: columns (batch, p + i) to scaled ln(SEC) (batch, m, q), bounds kept."""

    def __init__(self, shape: Shape, slopes: Array64, levels: Array64, units: int) -> None:
        super().__init__(name="members")
        self._shape = shape
        members, self._pieces, _ = slopes.shape
        spread = float(np.sqrt(1 / len(shape.scale.centre)))
        normal = keras.initializers.RandomNormal(stddev=spread)
        add = self.add_weight
        self._slopes = add(shape=slopes.shape, initializer="zeros", name="slopes")
        self._levels = add(shape=levels.shape, initializer="zeros", name="levels")
        self._kernel = add(shape=(members, len(shape.inputs.start), units), initializer=normal, name="kernel")
        self._bias = add(shape=(members, units), initializer="zeros", name="bias")
        self._out = add(shape=(members, units, len(QUANTILES)), initializer="zeros", name="out")
        self._slopes.assign(slopes.astype(np.float32))
        self._levels.assign(levels.astype(np.float32))

    def call(self, columns: tf.Tensor) -> tf.Tensor:
        additive, inputs = columns[:, : self._pieces], columns[:, self._pieces :]
        hidden = ops.tanh(ops.einsum("bi,miu->mbu", inputs, self._kernel) + self._bias[:, None])
        found = ops.einsum("bp,mpq->mbq", additive, self._bound()) + ops.matmul(hidden, self._out)
        return ops.transpose(found + self._levels[:, None], (1, 0, 2))

    def _bound(self) -> tf.Tensor:
        """Bound the additive slopes, each by what network and pairs can add or take away in the cells of its feature.

        Steps and pairs keep their own bounds: the pieces of load make up for them.
        """
        shape = self._shape
        low, high = (value.astype(np.float32)[:, None] for value in (shape.low, shape.high))
        slopes = ops.minimum(ops.maximum(self._slopes, low), high)
        least, most = [], []
        for feature in range(len(shape.scale.centre)):
            count = int(np.sum(shape.additive.sides == feature))
            cells = shape.inputs.find_slopes(feature).astype(np.float32)
            rise = ops.einsum("ci,miu->mcu", cells, self._kernel)[..., None] * self._out[:, None]
            falls = ops.min(ops.sum(ops.minimum(rise, 0.0), axis=2), axis=1, keepdims=True)
            gains = ops.max(ops.sum(ops.maximum(rise, 0.0), axis=2), axis=1, keepdims=True)
            if feature == 0:
                falls = falls + self._find_pair_falls(slopes)
            least.append(ops.repeat(falls, count, axis=1))
            most.append(ops.repeat(gains, count, axis=1))
        bent = int(np.sum(~shape.additive.is_alone))
        low, high = low[:bent] - ops.concatenate(least, axis=1), high[:bent] - ops.concatenate(most, axis=1)
        bends = ops.minimum(ops.maximum(self._slopes[:, :bent], low), high)
        return ops.concatenate([bends, slopes[:, bent:]], axis=1)

    def _find_pair_falls(self, slopes: tf.Tensor) -> tf.Tensor:
        """How much all pairs together can take from the slope against load, (m, 1, q)."""
        additive = self._shape.additive
        first = len(additive.scale) - additive.pairs
        falls = ops.minimum(slopes[:, first:], 0.0) * additive.scale[first:].astype(np.float32)[:, None]
        return ops.sum(falls, axis=1, keepdims=True)

    def read_weights(self) -> Weights:
        """Read the weights, slopes within their bounds."""
        values = (self._bound(), self._levels, self._kernel, self._bias, self._out)
        return Weights(*(ops.convert_to_numpy(value) for value in values))


def build_trainee(shape: Shape, slopes: Array64, levels: Array64, units: int) -> tuple[keras.Model, Members]:
    """Build what is trained: columns (batch, p + i) to scaled ln(SEC) (batch, m, q); it starts as the additive part."""
    columns = keras.Input((len(shape.additive.start) + len(shape.inputs.start),))
    members = Members(shape, slopes, levels, units)
    return keras.Model(columns, members(columns)), members


def build_curve(shape: Shape, weights: Weights, shifts: Array64, halves: tuple[float, float]) -> keras.Model:
    """Build the curve from trained weights, of Keras' own layers only.

    Args:
        shape: what the curve is made of.
        weights: of the members.
        shifts: (q,), what recalibration adds to each quantile, in scaled ln(SEC).
        halves: of the interval of best, in standard deviations of the members, and the same everywhere, in scaled
            ln(SEC): the root of the sum of both squares is half its width.

    Returns:
        (batch, features), load first, to (batch, 5) energy in GJ/h: best, typical, high, and best's interval.
    """
    members, units = weights.bias.shape
    count = len(QUANTILES)
    raw = keras.Input((len(shape.scale.centre),), name="features")
    logged = ops.log(ops.maximum(raw[:, :1], TINY_LOAD))
    scale = layers.Rescaling(
        (1 / shape.scale.spread).tolist(), (-shape.scale.centre / shape.scale.spread).tolist(), name="scale"
    )
    scaled = scale(ops.concatenate([logged, raw[:, 1:]], axis=1))
    additive = layers.Dense(members * count, name="additive")
    hidden = layers.Dense(members * units, activation="tanh", name="hidden")
    out = layers.Dense(members * count, use_bias=False, name="out")
    found = additive(shape.additive.apply_ops(scaled)) + out(hidden(shape.inputs.apply_ops(scaled)))
    each = ops.reshape(found, (-1, members, count))
    central = ops.mean(each, axis=1) + shifts.astype(np.float32)
    best, typical, high = _sort(*(central[:, index : index + 1] for index in range(count)))
    half = ops.sqrt(halves[0] ** 2 * ops.var(each[:, :, 0], axis=1, keepdims=True) + halves[1] ** 2)
    joined = ops.concatenate([best, typical, high, best - half, best + half], axis=1)
    energy = ops.exp(logged + shape.level + shape.spread * joined)
    if shape.fixed:
        energy = energy + shape.fixed
    model = keras.Model(raw, energy, name="curve")
    additive.set_weights([weights.slopes.transpose(1, 0, 2).reshape(-1, members * count), weights.levels.reshape(-1)])
    hidden.set_weights([weights.kernel.transpose(1, 0, 2).reshape(-1, members * units), weights.bias.reshape(-1)])
    out.set_weights([_build_blocks(weights.out)])
    return model


def _sort(
    first: keras.KerasTensor, second: keras.KerasTensor, third: keras.KerasTensor
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    lower, upper = ops.minimum(first, second), ops.maximum(first, second)
    return ops.minimum(lower, third), ops.maximum(lower, ops.minimum(upper, third)), ops.maximum(upper, third)


def _build_blocks(out: Array) -> Array:
    """One kernel (m units, m quantiles) of the members' own (m, units, quantiles), zero between members."""
    members, units, count = out.shape
    blocks = np.zeros((members, units, members, count), np.float32)
    blocks[np.arange(members), :, np.arange(members)] = out
    return blocks.reshape(members * units, members * count)


def pinball_loss(error: tf.Tensor) -> tf.Tensor:
    """Pinball loss of errors (..., q), actual less predicted. Koenker and Bassett, Econometrica 46 (1978) 33."""
    quantiles = np.array(QUANTILES, dtype=np.float32)
    return ops.maximum(quantiles * error, (quantiles - 1) * error)


def curve_loss(target: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
    """Pinball loss of each member (batch, m, q) on the hours it learns from; `target` holds ln(SEC), then m weights."""
    error = target[:, :1, None] - predicted
    return ops.mean(target[:, 1:, None] * pinball_loss(error))


def ensemble_loss(target: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
    """Pinball loss of the members' mean; `target` as in `curve_loss`."""
    return ops.mean(pinball_loss(target[:, :1] - ops.mean(predicted, axis=1)))
