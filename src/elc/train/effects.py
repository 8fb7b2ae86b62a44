"""What the additive part makes of load and of each driver, for a scientist to look at before networks bend it."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd

from elc.settings import TrainSettings
from elc.train.basis import Array
from elc.train.design import Design
from elc.train.fit import Additive
from elc.train.folds import find_reach

ENDS = (0.005, 0.995)  # quantiles of the training hours between which an effect is shown
POINTS = 60


def build_effects(design: Design, additive: Additive, settings: TrainSettings) -> pd.DataFrame:
    """Build the effect of load and each driver on specific energy, against its median in the training hours.

    Returns:
        feature, value (in the feature's unit), best and typical, and the interval of best, low and high; effects are
        shares of energy, such as 0.01 for one per cent more.
    """
    return pd.concat([_build_effect(design, additive, settings, name) for name in design.features], ignore_index=True)


def _build_effect(design: Design, additive: Additive, settings: TrainSettings, name: str) -> pd.DataFrame:
    hours = design.train.hours[design.features].to_numpy(np.float64)
    place = design.features.index(name)
    low, high = np.quantile(hours[:, place], ENDS)
    values = np.linspace(low, high, POINTS)
    middle = np.median(hours, axis=0)
    rows = np.repeat(middle[None], POINTS, axis=0)
    rows[:, place] = values
    scaled = design.shape.scale.apply(np.concatenate([middle[None], rows]))
    pieces = design.shape.additive.apply(scaled)
    found = design.shape.spread * np.einsum("np,mpq->mnq", pieces[1:] - pieces[0], additive.slopes)
    best, typical = found[..., 0], found[..., 1]
    half = find_reach(settings.members, settings.interval_frac) * sqrt(settings.members - 1) * best.std(axis=0)
    return pd.DataFrame(
        {
            "feature": name,
            "value": values,
            "best": _raise(best.mean(axis=0)),
            "typical": _raise(typical.mean(axis=0)),
            "low": _raise(best.mean(axis=0) - half),
            "high": _raise(best.mean(axis=0) + half),
        }
    )


def _raise(logarithm: Array) -> Array:
    return np.asarray(np.expm1(logarithm))
