"""What load and drivers make of best, and set-points of the response: shares of each hour's energy from a base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve import Package, build_best_practice, share_best, share_response
from elc.errors import build_nearest, check_faults
from elc.fields import BEST
from elc.settings import ExplainSettings

Array = NDArray[np.float64]
DRIVERS = "drivers"
SETPOINTS = "setpoints"
WHATS = (DRIVERS, SETPOINTS)


class Explained(Protocol):
    """What is read of an `Attribution` and of a `shap.Explanation` alike."""

    @property
    def values(self) -> Any: ...
    @property
    def feature_names(self) -> Any: ...


@dataclass(frozen=True)
class Attribution:
    """Shares of energy (GJ/h) under the names of `shap.Explanation`; to import shap itself takes seconds.

    `values` (hours, players) add up to what the model gives for an hour less its `base_values` (hours,). `data` (hours,
    players) are the players' own values, missing for a group of several columns; `feature_names` are the players.
    """

    values: Array
    base_values: Array
    data: Array
    feature_names: list[str]


def attribute(package: Package, hours: pd.DataFrame, settings: ExplainSettings, *, what: str) -> Attribution:
    """Attribute the energy of hours with known features to drivers, or to set-points, which must be known, too.

    Drivers share out best less its mean over conditions of the training hours; set-points share out the response less
    its value at best practice under similar conditions, and an hour without precedents is left out.

    Raises:
        ElcError: `what` is neither drivers nor setpoints.
    """
    known = what in WHATS
    check_faults("explain", [] if known else [f"{what} is nothing to explain by: {build_nearest(what, WHATS)}"])
    return attribute_best(package, hours) if what == DRIVERS else _attribute_response(package, hours, settings)


def attribute_best(package: Package, hours: pd.DataFrame) -> Attribution:
    """Attribute best of hours to load and drivers (see `attribute`)."""
    if hours.empty:
        nothing = np.empty((0, len(package.groups(package.features))))
        return _build(package, hours, nothing, np.empty(0), package.features)
    background = read_background(package)
    base = np.full(len(hours), package.predict(background)[BEST].mean())
    return _build(package, hours, share_best(package, hours, background), base, package.features)


def _attribute_response(package: Package, hours: pd.DataFrame, settings: ExplainSettings) -> Attribution:
    reference = build_best_practice(package, hours, settings.like_hours)
    is_known = reference.notna().all(axis=1) & bool(package.setpoints)
    hours, reference = hours[is_known], reference[is_known]
    if hours.empty:
        nothing = np.empty((0, len(package.groups(package.setpoints))))
        return _build(package, hours, nothing, np.empty(0), package.setpoints)
    before = hours[package.features].astype(float).join(reference)
    base = package.predict_response(before).mean(axis=1)
    return _build(package, hours, share_response(package, hours, reference), base, package.setpoints)


def _build(package: Package, hours: pd.DataFrame, shares: Array, base: Array, columns: list[str]) -> Attribution:
    groups = package.groups(columns)
    data = [
        hours[members[0]].to_numpy(float) if len(members) == 1 else np.full(len(hours), np.nan)
        for members in groups.values()
    ]
    return Attribution(shares, base, np.array(data).reshape(len(groups), len(hours)).T, list(groups))


def read_background(package: Package) -> pd.DataFrame:
    """Read the conditions that best is compared with; the medians of training where the package holds no others."""
    background = package.attribution.background
    if background:
        return pd.DataFrame(background.rows, columns=background.features)[package.features]
    return pd.DataFrame([{feature["column"]: feature["median"] for feature in package.card["features"]}])


def measure_sizes(explained: Explained) -> dict[str, float]:
    """Measure the mean absolute share of each player (GJ/h), by which players are ranked; none without hours."""
    names: Sequence[str] = explained.feature_names
    values = np.asarray(explained.values, np.float64)
    return dict(zip(names, np.abs(values).mean(axis=0).tolist(), strict=True)) if len(values) else {}
