"""Which hours of a table are explained, where not all of them are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.curve import Package
from elc.explain.attribution import SETPOINTS
from elc.fields import GAP, IS_OUTSIDE


def find_known(package: Package, scored: pd.DataFrame) -> pd.DataFrame:
    """Find the hours that the curve knows: inside the envelope, with every driver."""
    return scored[~scored[IS_OUTSIDE].astype(bool) & scored[package.features].notna().all(axis=1)]


def find_judged(package: Package, scored: pd.DataFrame) -> pd.DataFrame:
    """Find the hours that have a gap and a value of every set-point; none of a plant without set-points."""
    if not package.setpoints or not set(package.setpoints) <= set(scored.columns):
        return scored.iloc[:0]
    return scored[scored[[GAP, *package.setpoints]].notna().all(axis=1)]


def choose_explained(package: Package, scored: pd.DataFrame, *, what: str, most: int) -> pd.DataFrame:
    """Choose at most so many of the hours that drivers, or set-points, can explain (`attribute`), evenly spread."""
    known = find_known(package, scored)
    return spread(find_judged(package, known) if what == SETPOINTS else known, most)


def spread(hours: pd.DataFrame, count: int) -> pd.DataFrame:
    """Choose `count` rows, evenly spread; all where there are fewer."""
    places = np.linspace(0, len(hours) - 1, min(len(hours), count)).round().astype(int)
    return hours.iloc[places].reset_index(drop=True)
