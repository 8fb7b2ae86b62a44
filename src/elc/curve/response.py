"""What the plant did in its best hours under similar conditions, and what energy would follow a change of
set-points."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve.package import Array, Package

# ASSUME: what nine in ten of the precedents stayed above, or below, is not their practice.
REACH = (0.1, 0.9)
STEPS = 9  # places looked at in between
CHUNK_HOURS = 256


def find_precedents(package: Package, hour: pd.Series, count: int) -> pd.DataFrame:
    """Find the precedents under the conditions most like this hour's.

    Distance is Euclidean over throughput and drivers, each divided by its training range.
    """
    rows, distance = find_like(package, hour[package.features].to_frame().T, count)
    nearest: pd.DataFrame = package.precedents.iloc[rows[0]]
    return nearest.assign(distance=distance[0]).reset_index(drop=True)


def find_like(package: Package, hours: pd.DataFrame, count: int) -> tuple[NDArray[np.int64], Array]:
    """Find the `count` precedents most like each hour, the nearest first, and how far they are.

    Distance is that of `find_precedents`.

    Returns:
        Rows of `package.precedents` and distances, (hours, count), or fewer where there are fewer precedents.
    """
    described = package.card["features"]
    spans = np.array([feature["high"] - feature["low"] or 1.0 for feature in described])
    there = package.precedents[package.features].to_numpy(float) / spans
    here = hours[package.features].to_numpy(float) / spans
    squares = np.empty((len(here), len(there)))
    for start in range(0, len(here), CHUNK_HOURS):
        steps = here[start : start + CHUNK_HOURS, None, :] - there[None]
        squares[start : start + CHUNK_HOURS] = (steps**2).sum(axis=2)
    rows = squares.argsort(axis=1, kind="stable")[:, :count]
    return rows, np.sqrt(np.take_along_axis(squares, rows, axis=1))


def build_best_practice(package: Package, hours: pd.DataFrame, count: int) -> pd.DataFrame:
    """Build the best-practice set-points under the conditions of each hour (hours, set-points).

    Each set-point is where the response is lowest within what most of the `count` precedents most like the hour did,
    the other set-points at the precedents' medians. Precedents are good hours, not hours good in everything: their
    median alone keeps the habits of the crews that had them, and hides what these cost.

    Returns:
        Rows as `hours`; missing where there are no precedents, or where load or a driver is missing.
    """
    found = pd.DataFrame(np.nan, index=hours.index, columns=package.setpoints)
    known = hours[package.features].notna().all(axis=1).to_numpy()
    if not (len(package.precedents) and package.setpoints and known.any()):
        return found
    chosen = np.flatnonzero(known)
    for start in range(0, len(chosen), CHUNK_HOURS):
        part = chosen[start : start + CHUNK_HOURS]
        found.iloc[part] = _find_lowest(package, hours.iloc[part], count)
    return found


def _find_lowest(package: Package, hours: pd.DataFrame, count: int) -> Array:
    """Where each set-point takes least energy (hours, set-points)."""
    likes = package.precedents[package.setpoints].to_numpy(float)[find_like(package, hours, count)[0]]
    middle = np.median(likes, axis=1)
    # The middle comes first, so that it stays where nothing is lower.
    places = np.concatenate([middle[None], np.quantile(likes, np.linspace(*REACH, STEPS), axis=1)])
    rows, width = middle.shape
    tried = np.broadcast_to(middle, (width, len(places), rows, width)).copy()
    for index in range(width):
        tried[index, :, :, index] = places[:, :, index]
    choices = np.moveaxis(tried, 2, 0).reshape(rows, -1, width)
    energy = predict_energy(package, hours, choices).mean(axis=2).T.reshape(width, len(places), rows)
    best = energy.argmin(axis=1)  # set-points x hours
    return np.asarray(places[best.T, np.arange(rows)[:, None], np.arange(width)])


def predict_precedents(package: Package, hours: pd.DataFrame, count: int) -> Array:
    """Predict what each hour would take with the set-points of its precedents: their mean (hours,), GJ/h."""
    setpoints = package.precedents[package.setpoints].to_numpy(float)
    found = np.empty(len(hours))
    for start in range(0, len(hours), CHUNK_HOURS):
        part = hours.iloc[start : start + CHUNK_HOURS]
        rows, _ = find_like(package, part, count)
        found[start : start + CHUNK_HOURS] = predict_energy(package, part, setpoints[rows]).mean(axis=(1, 2))
    return found


def predict_energy(package: Package, hours: pd.DataFrame, setpoints: Array) -> Array:
    """Predict the energy of hours under other set-points, in one call of the response.

    Args:
        package: with the response.
        hours: (hours) throughput and drivers.
        setpoints: (hours, choices, set-points).

    Returns:
        (hours, choices, members), GJ/h.
    """
    count, choices, width = setpoints.shape
    features = np.repeat(hours[package.features].to_numpy(float), choices, axis=0)
    rows = np.concatenate([features, setpoints.reshape(-1, width)], axis=1)
    energy = package.predict_response(pd.DataFrame(rows, columns=package.features + package.setpoints))
    return energy.reshape(count, choices, energy.shape[1])
