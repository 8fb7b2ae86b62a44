"""What a curve is fitted to: a history in scaled columns, and which member leaves out which hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.dataset import Split, check_sound
from elc.fields import AGE, ENERGY, TIME
from elc.settings import TagList, TrainSettings
from elc.train.basis import Array, build_additive, build_inputs, build_scale
from elc.train.folds import build_folds
from elc.train.network import LEAST_SLOPE, Shape

Array32 = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
WEEKS_PER_PIECE = 4  # ASSUME: hours of one block tell about one thing; fewer blocks a piece, and it bends by chance


@dataclass(frozen=True)
class Part:
    """Hours as the networks see them; n counts rows, f features, p pieces of the additive part, i inputs.

    `hours`: time, energy (GJ/h) and features, load first. `pieces` (n, p): what the additive part is fitted to.
    `columns` (n, p + i): pieces and inputs of the networks. `target` (n,): ln(SEC), scaled. `folds` (n,): which of as
    many folds as members an hour is in; the member of that number does not learn from it.
    """

    hours: pd.DataFrame
    pieces: Array
    columns: Array32
    target: Array
    folds: NDArray[np.int64]


@dataclass(frozen=True)
class Design:
    """A history ready to be fitted: what the curve is made of, and its training and validation hours."""

    features: list[str]
    shape: Shape
    train: Part
    valid: Part

    def describe(self) -> pd.DataFrame:
        """Each part: how many intervals it has, its first and its last, and what it is for."""
        uses = {"training": "fits the curve", "validation": "decides when to stop"}
        rows = [
            (name, len(part.hours), part.hours[TIME].iloc[0], part.hours[TIME].iloc[-1], use)
            for (name, use), part in zip(uses.items(), (self.train, self.valid), strict=True)
        ]
        return pd.DataFrame(rows, columns=["part", "intervals", "first", "last", "use"])

    def find_seen(self, members: int) -> Array:
        """Which training hours each member learns from (rows, members): 1, and 0 for those that judge it."""
        return np.asarray(self.train.folds[:, None] != np.arange(members), np.float64)


def build_design(split: Split, tags: TagList, settings: TrainSettings) -> Design:
    """Build the design of a plant's curve, from throughput and drivers only.

    Raises:
        ElcError: the hours cannot make a curve (see `dataset.check_sound`).
    """
    check_sound(split, tags)
    return arrange_hours(split.train, split.valid, tags.features, tags.signs, settings)


def arrange_hours(
    train: pd.DataFrame,
    valid: pd.DataFrame,
    features: list[str],
    signs: dict[str, int],
    settings: TrainSettings,
) -> Design:
    """Arrange hours in time order with no feature missing.

    Args:
        train: the hours to learn from.
        valid: the hours that say when to stop.
        features: their columns, the load first.
        signs: features that energy never falls (1) or never rises (-1) with.
        settings: of training.
    """
    weeks = (train[TIME].iloc[-1] - train[TIME].iloc[0]) / pd.Timedelta(settings.block_days, "D")
    shape = _build_shape(train, features, signs, settings, most_pieces=max(int(weeks / WEEKS_PER_PIECE), 1))
    return Design(features, shape, *(_build_part(hours, features, shape, settings) for hours in (train, valid)))


def _build_shape(
    train: pd.DataFrame, names: list[str], signs: dict[str, int], settings: TrainSettings, *, most_pieces: int
) -> Shape:
    features = train[names].to_numpy(np.float64)
    sec = _log_sec(train, features)
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


def _build_part(hours: pd.DataFrame, names: list[str], shape: Shape, settings: TrainSettings) -> Part:
    features = hours[names].to_numpy(np.float64)
    scaled = shape.scale.apply(features)
    pieces = shape.additive.apply(scaled)
    columns = np.concatenate([pieces, shape.inputs.apply(scaled)], axis=1).astype(np.float32)
    target = (_log_sec(hours, features) - shape.level) / shape.spread
    folds = build_folds(hours[TIME], settings.members, settings.block_days)
    return Part(hours[[TIME, ENERGY, *names]], pieces, columns, target, folds)


def _log_sec(hours: pd.DataFrame, features: Array) -> Array:
    return np.asarray(np.log(hours[ENERGY].to_numpy(np.float64) / features[:, 0]))
