"""The columns that the curve is made of: straight pieces of ln(load) and of each driver, in scaled units.

Every column is `(clip(z[feature] - start, low, high)) * scale` of one scaled feature z, so that its slope is known
everywhere: what keeps energy from falling when load rises rests on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

Array = NDArray[np.float64]
FREE = 1e9  # a piece without an end
TINY_LOAD = 1e-6
DECIMALS = 6  # of knots, in scaled units: nearer ones are one


@dataclass(frozen=True)
class InputScale:
    """Centre and spread (features,) of ln(load) and the drivers over the training hours."""

    centre: Array
    spread: Array

    def apply(self, features: Array) -> Array:
        """Scale features (rows, features), load first, in the units of their columns."""
        logged = np.concatenate([np.log(np.maximum(features[:, :1], TINY_LOAD)), features[:, 1:]], axis=1)
        return np.asarray((logged - self.centre) / self.spread)


@dataclass(frozen=True)
class Pieces:
    """Columns (pieces,) as described above; `feature` says which one each is of."""

    feature: NDArray[np.int64]
    start: Array
    low: Array
    high: Array
    scale: Array

    def apply(self, scaled: Array) -> Array:
        """Build the columns (rows, pieces) of scaled features (rows, features)."""
        return np.asarray(np.clip(scaled[:, self.feature] - self.start, self.low, self.high) * self.scale)

    def apply_ops(self, scaled: keras.KerasTensor) -> keras.KerasTensor:
        """Build the same columns inside a network."""
        start, low, high, scale = (value.astype(np.float32) for value in (self.start, self.low, self.high, self.scale))
        chosen = ops.take(scaled, self.feature.astype(np.int32), axis=1)
        return ops.minimum(ops.maximum(chosen - start, low), high) * scale

    def find_slopes(self, feature: int) -> Array:
        """The slope of each column against one scaled feature, in each cell between its knots: (cells, pieces)."""
        own = self.feature == feature
        ends = np.concatenate([(self.start + self.low)[own], (self.start + self.high)[own]])
        knots = np.unique(ends[np.abs(ends) < FREE / 2].round(DECIMALS))
        inside = np.concatenate([[-FREE / 2], knots, [FREE / 2]])
        middles = (inside[:-1] + inside[1:]) / 2
        offset = middles[:, None] - self.start
        return np.asarray(np.where(own & (offset > self.low) & (offset < self.high), self.scale, 0.0))


def build_scale(features: Array) -> InputScale:
    """Measure centre and spread of training features (rows, features), load first; a constant gets the spread 1."""
    raw = InputScale(np.zeros(features.shape[1]), np.ones(features.shape[1])).apply(features)
    spread = raw.std(axis=0)
    return InputScale(raw.mean(axis=0), np.where(spread > 1e-9, spread, 1.0))


def build_additive(scaled: Array, counts: Sequence[int]) -> Pieces:
    """Build the columns of the additive part: each feature in so many pieces of equally many hours (`counts`).

    A column's coefficient is the slope of the curve along its piece.
    """
    return _join([_cut(feature, _find_knots(scaled[:, feature], count)[1:-1]) for feature, count in enumerate(counts)])


def _cut(feature: int, knots: Array) -> Pieces:
    """Cut one feature at its knots; the first and the last piece go on for ever."""
    if len(knots) == 0:
        return Pieces(np.array([feature]), *(np.array([value]) for value in (0.0, -FREE, FREE, 1.0)))
    start = np.concatenate([knots[:1], knots])
    low = np.concatenate([[-FREE], np.zeros(len(knots))])
    high = np.concatenate([[0.0], np.diff(knots), [FREE]])
    return Pieces(np.full(len(start), feature), start, low, high, np.ones(len(start)))


def build_inputs(scaled: Array, bins: int, straight: list[int]) -> Pieces:
    """Build the inputs of the networks: each feature itself and its piecewise linear encoding in `bins` pieces.

    An encoding shows a network where along its range a feature stands; Gorishniy, Rubachev and Babenko, NeurIPS
    (2022). Features in `straight` are left to the additive part.
    """
    columns = []
    for feature in range(scaled.shape[1]):
        if feature in straight:
            continue
        columns.append(_cut(feature, np.array([])))
        knots = _find_knots(scaled[:, feature], bins)
        width = np.diff(knots)
        if len(width) > 1:
            columns.append(Pieces(np.full(len(width), feature), knots[:-1], np.zeros(len(width)), width, 1 / width))
    return _join(columns)


def _find_knots(values: Array, pieces: int) -> Array:
    return np.unique(np.quantile(values, np.linspace(0, 1, pieces + 1)).round(DECIMALS))


def _join(columns: list[Pieces]) -> Pieces:
    names = ("feature", "start", "low", "high", "scale")
    return Pieces(*(np.concatenate([getattr(column, name) for column in columns]) for name in names))
