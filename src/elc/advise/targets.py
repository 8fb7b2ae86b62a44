"""How far a set-point may be moved: towards best practice, one step at most, inside limits and what was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elc.curve import Package
from elc.settings import AdviseSettings, TagList

Array = NDArray[np.float64]
NEAR_LIMIT_FRAC = 0.05  # ASSUME: of a tag's range; nearer to an end of it, a move comes near a limit


@dataclass(frozen=True)
class Limits:
    """What bounds each set-point (set-points,): its trained range, that inside the tag's limits, and its largest step.

    `tag_low` and `tag_high` are the limits of the tag list, NaN where it has none.
    """

    trained_low: Array
    trained_high: Array
    low: Array
    high: Array
    step: Array
    tag_low: Array
    tag_high: Array


def build_limits(package: Package, tags: TagList, settings: AdviseSettings) -> Limits:
    """Build the limits of the package's set-points; one that the tag list does not know has no limits of its own."""
    trained = np.array([[point["low"], point["high"]] for point in package.card["setpoints"]], float).reshape(-1, 2)
    found = {tag.column: tag for tag in tags.used}
    ends = [(found[name].low, found[name].high) if name in found else (None, None) for name in package.setpoints]
    tag_low, tag_high = np.array(ends, float).reshape(-1, 2).T
    low, high = np.fmax(trained[:, 0], tag_low), np.fmin(trained[:, 1], tag_high)
    span = tag_high - tag_low
    step = settings.max_step_frac * np.where(np.isfinite(span), span, trained[:, 1] - trained[:, 0])
    return Limits(trained[:, 0], trained[:, 1], low, high, step, tag_low, tag_high)


def find_targets(now: Array, reference: Array, limits: Limits) -> Array:
    """Find where each set-point may go: (hours, set-points), like `now` and `reference`.

    A set-point stays where its limits leave no way towards the reference.
    """
    wanted = np.clip(reference, now - limits.step, now + limits.step)
    target = np.minimum(np.maximum(wanted, limits.low), limits.high)
    is_towards = (target - now) * (reference - now) > 0
    return np.where(is_towards & (np.abs(target - now) <= limits.step * (1 + 1e-9)), target, now)


def find_near_limits(targets: Array, limits: Limits) -> Array:
    """Find the limit of the tag list that a target comes near: (hours, set-points), NaN where it comes near none."""
    slack = NEAR_LIMIT_FRAC * (limits.tag_high - limits.tag_low)
    near_low, near_high = np.abs(targets - limits.tag_low) < slack, np.abs(targets - limits.tag_high) < slack
    return np.where(near_low, limits.tag_low, np.where(near_high, limits.tag_high, np.nan))
