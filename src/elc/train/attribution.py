"""What drivers and set-points made of energy in the training hours: the baseline that later attribution is held to."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc import curve
from elc.records.attribution import Background, TrainingAttribution

Array = NDArray[np.float64]
# ASSUME: so many hours, evenly spread over the training hours, stand for all of them.
BACKGROUND_HOURS, EXPLAINED_HOURS = 32, 256
LIKE_HOURS = 200  # precedents under the most similar conditions, as `explain.like_hours` has it
DIGITS = 6


def build_attribution(package: curve.Package, train: pd.DataFrame) -> TrainingAttribution:
    """Build the baseline of attribution from the training hours."""
    background = _spread(train, BACKGROUND_HOURS)[package.features].astype(float).reset_index(drop=True)
    known = train.dropna(subset=package.features + package.setpoints)
    hours = _spread(known, EXPLAINED_HOURS)
    reference = curve.build_best_practice(package, hours, LIKE_HOURS)
    return TrainingAttribution(
        background=Background(features=package.features, rows=background.to_numpy().round(DIGITS).tolist()),
        drivers=_measure(package, package.features, curve.share_best(package, hours, background)),
        setpoints=_measure(package, package.setpoints, curve.share_response(package, hours, reference)),
        hours=len(hours),
    )


def _spread(frame: pd.DataFrame, count: int) -> pd.DataFrame:
    return frame.iloc[np.unique(np.linspace(0, len(frame) - 1, min(count, len(frame))).round().astype(int))]


def _measure(package: curve.Package, columns: list[str], shares: Array) -> dict[str, float]:
    mean = np.abs(shares).mean(axis=0) if len(shares) else np.zeros(shares.shape[1])
    return {name: round(float(value), DIGITS) for name, value in zip(package.groups(columns), mean, strict=True)}
