"""What a curve is fitted to: a history in scaled columns, and which member leaves out which hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.dataset import LEAST_WEEKS, Split, check_fixed, check_sound, count_weeks
from elc.fields import AGE, ENERGY, TIME
from elc.settings import TagList, TrainSettings
from elc.train.basis import Array, build_additive, build_bounds, build_inputs, build_scale
from elc.train.folds import build_folds, number_blocks
from elc.train.network import LEAST_SLOPE, Shape
from elc.train.recency import EVEN, Recency, choose_recency
from elc.train.terms import NO_TERMS, Terms, choose_terms

Array32 = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
LIVES_PER_PIECE = 2  # from one turnaround, or cleaning, to the next
SETPOINT_PIECES = 4  # ASSUME: enough to tell what a set-point costs on either side of where it is best
WEEKS_PER_PIECE = 4  # ASSUME: hours of one block tell about one thing; fewer blocks a piece, and it bends by chance


@dataclass(frozen=True)
class Part:
    """Hours as the networks see them; n counts rows, f features, p pieces of the additive part, i inputs.

    `hours`: time, energy (GJ/h) and features, load first. `pieces` (n, p): what the additive part is fitted to.
    `columns` (n, p + i): pieces and inputs of the networks. `target` (n,): ln(SEC) of energy less its fixed part,
    scaled. `folds` (n,): the member that does not learn from an hour. `blocks` (n,): the number of its block of days, a
    week as a rule. `weights` (n,): how much it counts by its age. `is_judge` (n,): that is enough to judge a curve by.
    """

    hours: pd.DataFrame
    pieces: Array
    columns: Array32
    target: Array
    folds: NDArray[np.int64]
    blocks: NDArray[np.int64]
    weights: Array
    is_judge: NDArray[np.bool_]


@dataclass(frozen=True)
class Design:
    """A history ready to be fitted: what the curve is made of, and its training and validation hours.

    `signs`: features that energy never falls (1) or never rises (-1) with. `recency`: how fast hours lose weight.
    `terms`: what the additive part has beyond its pieces.
    """

    features: list[str]
    signs: dict[str, int]
    recency: Recency
    terms: Terms
    shape: Shape
    train: Part
    valid: Part

    def describe(self) -> pd.DataFrame:
        """Each part: how many intervals it has, its first and its last, and what it is for."""
        uses = {"training": "fits the curve", "validation": "decides when to stop, then fits the curve too"}
        rows = [
            (name, len(part.hours), part.hours[TIME].iloc[0], part.hours[TIME].iloc[-1], use)
            for (name, use), part in zip(uses.items(), (self.train, self.valid), strict=True)
        ]
        return pd.DataFrame(rows, columns=["part", "intervals", "first", "last", "use"])

    def join(self, settings: TrainSettings) -> Design:
        """Arrange all hours anew for the last fit: the training hours are those of both parts."""
        whole = pd.concat([self.train.hours, self.valid.hours], ignore_index=True)
        return arrange_hours(
            whole,
            self.valid.hours,
            self.features,
            self.signs,
            settings,
            fixed_gj_per_h=self.shape.fixed,
            recency=self.recency,
            terms=self.terms,
        )

    def find_seen(self, members: int) -> Array:
        """How much each training hour counts for each member (rows, members): 0 for those that judge it."""
        is_seen = self.train.folds[:, None] != np.arange(members)
        return np.asarray(is_seen * self.train.weights[:, None], np.float64)


def build_design(split: Split, tags: TagList, settings: TrainSettings, *, fixed_gj_per_h: float) -> Design:
    """Build the design of a plant's curve, from throughput and drivers only.

    Raises:
        ElcError: the hours cannot make a curve (see `dataset.check_sound` and `check_fixed`).
    """
    check_sound(split, tags)
    check_fixed(split, fixed_gj_per_h, tags)
    recency = _choose_recency(split, tags, settings, fixed_gj_per_h)
    return arrange_hours(
        split.train,
        split.valid,
        tags.features,
        tags.signs,
        settings,
        fixed_gj_per_h=fixed_gj_per_h,
        recency=recency,
        terms=_choose_terms(split, tags, settings, fixed_gj_per_h, recency),
    )


def _choose_recency(split: Split, tags: TagList, settings: TrainSettings, fixed: float) -> Recency:
    columns = tags.features + tags.columns("setpoint")
    hours = split.learnt.dropna(subset=columns).reset_index(drop=True)
    pieces = [min(settings.load_pieces, _count_most_pieces(split.train, settings))]
    pieces += [1 if name in tags.features else SETPOINT_PIECES for name in columns[1:]]
    target = _log_sec(hours, hours[columns].to_numpy(np.float64), fixed)
    return choose_recency(hours, columns, target, pieces, settings.block_days)


def _choose_terms(split: Split, tags: TagList, settings: TrainSettings, fixed: float, recency: Recency) -> Terms:
    hours, columns = split.learnt, tags.features
    target = _log_sec(hours, hours[columns].to_numpy(np.float64), fixed)
    return choose_terms(hours, columns, tags.signs, target, _count_pieces(hours, columns, settings), settings, recency)


def arrange_hours(
    train: pd.DataFrame,
    valid: pd.DataFrame,
    features: list[str],
    signs: dict[str, int],
    settings: TrainSettings,
    *,
    fixed_gj_per_h: float,
    recency: Recency = EVEN,
    terms: Terms = NO_TERMS,
) -> Design:
    """Arrange hours in time order with no feature missing.

    Args:
        train: the hours to learn from.
        valid: the hours that say when to stop, later than those.
        features: their columns, the load first.
        signs: features that energy never falls (1) or never rises (-1) with.
        settings: of training.
        fixed_gj_per_h: energy that is used whatever the load; the curve learns the rest.
        recency: how fast hours lose weight.
        terms: what the additive part has beyond its pieces.
    """
    shape = _build_shape(train, features, signs, settings, fixed=fixed_gj_per_h, terms=terms)
    parts = (_build_part(hours, features, shape, settings, recency) for hours in (train, valid))
    return Design(features, signs, recency, terms, shape, *parts)


def _count_most_pieces(hours: pd.DataFrame, settings: TrainSettings) -> int:
    weeks = (hours[TIME].iloc[-1] - hours[TIME].iloc[0]) / pd.Timedelta(settings.block_days, "D")
    return max(int(weeks / WEEKS_PER_PIECE), 1)


def _build_shape(
    train: pd.DataFrame,
    names: list[str],
    signs: dict[str, int],
    settings: TrainSettings,
    *,
    fixed: float,
    terms: Terms,
) -> Shape:
    features = train[names].to_numpy(np.float64)
    sec = _log_sec(train, features, fixed)
    scale = build_scale(features)
    scaled = scale.apply(features)
    pieces = _count_pieces(train, names, settings)
    additive = build_additive(scaled, pieces, terms.scale(scale), scale.step_width)
    bins = min(settings.driver_bins, _count_most_pieces(train, settings))
    # How far a plant ages beyond what it has shown is a guess; a straight line is the plainest one.
    inputs = build_inputs(scaled, bins, [names.index(AGE)] if AGE in names else [])
    spread = float(sec.std())
    low, high = np.full(len(names), -np.inf), np.full(len(names), np.inf)
    for name, sign in signs.items():
        (low if sign > 0 else high)[names.index(name)] = 0.0
    low[0] = LEAST_SLOPE * scale.spread[0] / spread
    if AGE in names and count_weeks(train[TIME], days=settings.block_days) < LEAST_WEEKS:
        low[names.index(AGE)] = high[names.index(AGE)] = 0.0  # a few weeks take any chance for ageing
    low, high = build_bounds(additive, low, high)
    return Shape(scale, additive, inputs, float(sec.mean()), spread, low, high, fixed)


def _count_pieces(hours: pd.DataFrame, names: list[str], settings: TrainSettings) -> list[int]:
    counts = [min(settings.load_pieces, _count_most_pieces(hours, settings)), *(1 for _ in names[1:])]
    if AGE in names:
        counts[names.index(AGE)] = _count_age_pieces(hours[AGE])
    return counts


def _count_age_pieces(ages: pd.Series) -> int:
    """Count the pieces of a plant's age: one for every two of the lives that it has begun.

    ASSUME: one life tells a straight line at most: its bends are as well those of the season.
    """
    return max((1 + int((ages.diff() < 0).sum())) // LIVES_PER_PIECE, 1)


def _build_part(hours: pd.DataFrame, names: list[str], shape: Shape, settings: TrainSettings, recency: Recency) -> Part:
    features = hours[names].to_numpy(np.float64)
    scaled = shape.scale.apply(features)
    pieces = shape.additive.apply(scaled)
    columns = np.concatenate([pieces, shape.inputs.apply(scaled)], axis=1).astype(np.float32)
    target = (_log_sec(hours, features, shape.fixed) - shape.level) / shape.spread
    weights, is_judge = recency.weigh(hours[TIME]), recency.find_judges(hours[TIME])
    folds = build_folds(weights, settings.members)
    blocks = number_blocks(hours[TIME], settings.block_days)
    return Part(hours[[TIME, ENERGY, *names]], pieces, columns, target, folds, blocks, weights, is_judge)


def _log_sec(hours: pd.DataFrame, features: Array, fixed: float) -> Array:
    return np.asarray(np.log((hours[ENERGY].to_numpy(np.float64) - fixed) / features[:, 0]))
