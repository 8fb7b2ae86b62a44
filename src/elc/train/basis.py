"""The columns that the curve is made of: straight pieces of ln(load) and of each driver, in scaled units.

Every column is `(clip(z[feature] - start, low, high)) * scale` of one scaled feature z, so that its slope is known
everywhere: what keeps energy from falling when load rises rests on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

Array = NDArray[np.float64]
FREE = 1e9  # a piece without an end
TINY_LOAD = 1e-6
DECIMALS = 6  # of knots, in scaled units: nearer ones are one
STEP_WIDTH = 0.002  # ASSUME: of ln(load): a step is over within 0.2 % of load, which no meter tells apart


@dataclass(frozen=True)
class InputScale:
    """Centre and spread (features,) of ln(load) and the drivers over the training hours."""

    centre: Array
    spread: Array

    def apply(self, features: Array) -> Array:
        """Scale features (rows, features), load first, in the units of their columns."""
        logged = np.concatenate([np.log(np.maximum(features[:, :1], TINY_LOAD)), features[:, 1:]], axis=1)
        return np.asarray((logged - self.centre) / self.spread)

    @property
    def step_width(self) -> float:
        """How far a step of load reaches, scaled."""
        return float(STEP_WIDTH / self.spread[0])

    def scale_load(self, load: float) -> float:
        """Scale one load."""
        return float((np.log(load) - self.centre[0]) / self.spread[0])


@dataclass(frozen=True)
class Term:
    """What the additive part has beyond pieces of equally many hours: one of three kinds.

    A `step` up or a `bend` at a load; or, as a `pair`, what load and a driver do together. `load` is NaN for a pair,
    and `driver`, the number of a feature, is 0 but for a pair.
    """

    kind: Literal["step", "bend", "pair"]
    load: float = float("nan")
    driver: int = 0


@dataclass(frozen=True)
class Pieces:
    """Columns (pieces,) as described above; `feature` says which one each is of.

    `is_alone` marks steps and pairs. `paired` are what the last columns are multiplied by, those of pairs: each a ramp
    over the range of a driver.
    """

    feature: NDArray[np.int64]
    start: Array
    low: Array
    high: Array
    scale: Array
    is_alone: NDArray[np.bool_]
    paired: Pieces | None = None

    @property
    def sides(self) -> NDArray[np.int64]:
        """Which pieces bend into each other: those with the same number here."""
        return np.where(self.is_alone, -1 - np.arange(len(self.feature)), self.feature)

    @property
    def pairs(self) -> int:
        """How many of the columns, the last ones, are pairs."""
        return 0 if self.paired is None else len(self.paired.feature)

    def apply(self, scaled: Array) -> Array:
        """Build the columns (rows, pieces) of scaled features (rows, features)."""
        columns = np.asarray(np.clip(scaled[:, self.feature] - self.start, self.low, self.high) * self.scale)
        if self.paired is not None:
            columns[:, -self.pairs :] *= self.paired.apply(scaled)
        return columns

    def apply_ops(self, scaled: keras.KerasTensor) -> keras.KerasTensor:
        """Build the same columns inside a network."""
        start, low, high, scale = (value.astype(np.float32) for value in (self.start, self.low, self.high, self.scale))
        chosen = ops.take(scaled, self.feature.astype(np.int32), axis=1)
        columns = ops.minimum(ops.maximum(chosen - start, low), high) * scale
        if self.paired is None:
            return columns
        products = columns[:, -self.pairs :] * self.paired.apply_ops(scaled)
        return ops.concatenate([columns[:, : -self.pairs], products], axis=1)

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


def build_additive(
    scaled: Array, counts: Sequence[int], terms: Sequence[Term] = (), step_width: float = STEP_WIDTH
) -> Pieces:
    """Build the columns of the additive part: each feature in so many pieces of equally many hours (`counts`).

    A column's coefficient is the slope of the curve along its piece. Those of further `terms` come last: that of a step
    is its height, and it is over within `step_width`; that of a pair is what load and driver do together from where
    both are least to where both are greatest.
    """
    knots = [_find_knots(scaled[:, feature], count)[1:-1] for feature, count in enumerate(counts)]
    bends = [term.load for term in terms if term.kind == "bend"]
    knots[0] = np.unique(np.concatenate([knots[0], bends]).round(DECIMALS))
    steps = np.array([term.load for term in terms if term.kind == "step"])
    drivers = np.array([term.driver for term in terms if term.kind == "pair"], np.int64)
    joined = _join(
        [
            *(_cut(feature, known) for feature, known in enumerate(knots)),
            _build_ramps(np.zeros(len(steps), np.int64), steps - step_width / 2, np.full(len(steps), step_width)),
            _build_ranges(scaled, np.zeros(len(drivers), np.int64)),
        ]
    )
    return replace(joined, paired=_build_ranges(scaled, drivers)) if len(drivers) else joined


def build_bounds(pieces: Pieces, low: Array, high: Array) -> tuple[Array, Array]:
    """Build bounds of the coefficients (pieces,) from those of the slope against each feature (features,).

    Energy steps up as load rises. A pair goes the way of a driver with a declared one, so that the sum of both does.
    """
    least = np.where(pieces.is_alone, 0.0, low[pieces.feature])
    most = np.where(pieces.is_alone, np.inf, high[pieces.feature])
    if pieces.paired is not None:
        drivers = pieces.paired.feature
        least[-pieces.pairs :] = np.where(low[drivers] >= 0, 0.0, -np.inf)
        most[-pieces.pairs :] = np.where(high[drivers] <= 0, 0.0, np.inf)
    return least, most


def _build_ranges(scaled: Array, features: NDArray[np.int64]) -> Pieces:
    """Ramps over the whole range of features."""
    low, high = scaled[:, features].min(axis=0), scaled[:, features].max(axis=0)
    return _build_ramps(features, low, np.maximum(high - low, 1e-9))


def _build_ramps(features: NDArray[np.int64], start: Array, width: Array) -> Pieces:
    """Columns that stand alone, and go from 0 to 1 within their width."""
    return Pieces(features, start, np.zeros(len(start)), width, 1 / width, np.ones(len(start), np.bool_))


def _cut(feature: int, knots: Array) -> Pieces:
    """Cut one feature at its knots; the first and the last piece go on for ever."""
    if len(knots) == 0:
        start, low, high, scale = (np.array([value]) for value in (0.0, -FREE, FREE, 1.0))
        return Pieces(np.array([feature]), start, low, high, scale, np.array([False]))
    start = np.concatenate([knots[:1], knots])
    low = np.concatenate([[-FREE], np.zeros(len(knots))])
    high = np.concatenate([[0.0], np.diff(knots), [FREE]])
    return Pieces(np.full(len(start), feature), start, low, high, np.ones(len(start)), np.zeros(len(start), np.bool_))


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
            columns.append(_build_ramps(np.full(len(width), feature), knots[:-1], width))
    return _join(columns)


def _find_knots(values: Array, pieces: int) -> Array:
    return np.unique(np.quantile(values, np.linspace(0, 1, pieces + 1)).round(DECIMALS))


def _join(columns: list[Pieces]) -> Pieces:
    feature, start, low, high, scale, is_alone = (
        np.concatenate([getattr(column, name) for column in columns])
        for name in ("feature", "start", "low", "high", "scale", "is_alone")
    )
    return Pieces(feature, start, low, high, scale, is_alone)
