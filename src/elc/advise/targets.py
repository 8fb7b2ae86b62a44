"""How far a set-point may be moved: towards best practice, one step at most, inside limits and what was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve import Package
from elc.settings import AdviseSettings, TagList

Array = NDArray[np.float64]
NEAR_LIMIT_FRAC = 0.05  # ASSUME: of a tag's range; nearer to an end of it, a move comes near a limit


@dataclass(frozen=True)
class Limits:
    """What bounds each set-point in each of some hours.

    `trained_low` and `trained_high` (set-points,): its trained range; `low` and `high` (hours, set-points): that inside
    the tag's limits, NaN where one of these is a formula without a value; `step` (set-points,): its largest step;
    `tag_low` and `tag_high` (hours, set-points): the limits of the tag list, infinite where it has none; `span`
    (set-points,): the range between them where both are numbers, else the trained one.
    """

    trained_low: Array
    trained_high: Array
    low: Array
    high: Array
    step: Array
    tag_low: Array
    tag_high: Array
    span: Array

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Where all limits of a set-point have a value (hours, set-points)."""
        return np.isfinite(self.low) & np.isfinite(self.high)


def build_limits(package: Package, tags: TagList, hours: pd.DataFrame, settings: AdviseSettings) -> Limits:
    """Build the limits of the package's set-points; one that the tag list does not know has no limits of its own."""
    trained = np.array([[point["low"], point["high"]] for point in package.card["setpoints"]], float).reshape(-1, 2)
    found = {tag.column: tag for tag in tags.used}
    none = (np.full(len(hours), -np.inf), np.full(len(hours), np.inf))
    ends = [found[name].build_limits(hours) if name in found else none for name in package.setpoints]
    tag_low, tag_high = np.array(ends, float).reshape(-1, 2, len(hours)).transpose(1, 2, 0)
    low, high = np.maximum(trained[:, 0], tag_low), np.minimum(trained[:, 1], tag_high)
    numbers = [(found[name].low, found[name].high) if name in found else (None, None) for name in package.setpoints]
    own = np.array(numbers, float).reshape(-1, 2) @ [-1.0, 1.0]
    span = np.where(np.isfinite(own), own, trained[:, 1] - trained[:, 0])
    return Limits(trained[:, 0], trained[:, 1], low, high, settings.max_step_frac * span, tag_low, tag_high, span)


def find_targets(now: Array, reference: Array, limits: Limits) -> Array:
    """Find where each set-point may go: (hours, set-points), like `now` and `reference`.

    A set-point stays where its limits leave no way towards the reference, exclude each other, or are not known.
    """
    wanted = np.clip(reference, now - limits.step, now + limits.step)
    target = np.minimum(np.maximum(wanted, limits.low), limits.high)
    is_towards = (target - now) * (reference - now) > 0
    is_possible = limits.low <= limits.high
    return np.where(is_possible & is_towards & (np.abs(target - now) <= limits.step * (1 + 1e-9)), target, now)


def find_near_limits(targets: Array, limits: Limits) -> Array:
    """Find the limit of the tag list that a target comes near: (hours, set-points), NaN where it comes near none."""
    slack = NEAR_LIMIT_FRAC * limits.span
    near_low, near_high = np.abs(targets - limits.tag_low) < slack, np.abs(targets - limits.tag_high) < slack
    return np.where(near_low, limits.tag_low, np.where(near_high, limits.tag_high, np.nan))
