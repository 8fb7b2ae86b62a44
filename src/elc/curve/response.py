"""What the plant did in its best hours under like conditions, and what energy would follow a change of set-points."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.curve.package import Array, Package


def find_precedents(package: Package, hour: pd.Series, count: int) -> pd.DataFrame:
    """Find the precedents under the conditions most like this hour's.

    Distance is Euclidean over throughput and drivers, each divided by its training range.
    """
    spans = {feature["column"]: feature["high"] - feature["low"] or 1.0 for feature in package.card["features"]}
    distance = sum(((package.precedents[column] - hour[column]) / span) ** 2 for column, span in spans.items())
    nearest = package.precedents.assign(distance=np.sqrt(distance)).nsmallest(count, "distance")
    return nearest.sort_values("distance", kind="stable", ignore_index=True)


def build_reference(precedents: pd.DataFrame, setpoints: list[str]) -> pd.Series:
    """The best-practice set-points: the median of each over the precedents."""
    return precedents[setpoints].median()


def predict_changes(package: Package, hour: pd.Series, changes: list[pd.Series]) -> Array:
    """Predict energy (changes, members; GJ/h) of an hour under several sets of set-points, drivers unchanged."""
    rows = pd.DataFrame([hour[package.features + package.setpoints]] * len(changes)).reset_index(drop=True)
    rows[package.setpoints] = pd.DataFrame(changes).reset_index(drop=True)[package.setpoints]
    return package.predict_response(rows.astype(float))
