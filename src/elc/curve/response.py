"""What the plant did in its best hours under similar conditions, and what energy would follow a change of
set-points."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve.likes import CHUNK_HOURS, Likes, build_likes
from elc.curve.package import Array, Package

# ASSUME: what nine in ten of the precedents stayed above, or below, is not their practice.
REACH = (0.1, 0.9)
STEPS = 9  # places looked at in between
DOUBT = 1.0  # standard errors by which practice keeps off its ends, which may lie beyond what the plant can do


def build_best_practice(package: Package, hours: pd.DataFrame, count: int) -> pd.DataFrame:
    """Build the best-practice set-points under the conditions of each hour (hours, set-points).

    Each set-point is where the response is lowest within what most of the `count` precedents most like the hour did,
    carried over to its drivers (see `build_likes`), the other set-points at the medians. Precedents are good hours, not
    hours good in everything: their median alone keeps the habits of the crews that had them, and hides what these cost.

    Returns:
        Rows as `hours`; missing where there are no precedents, or where load or a driver is missing.
    """
    found = np.full((len(hours), len(package.setpoints)), np.nan)
    known = hours[package.features].notna().all(axis=1).to_numpy()
    if len(package.precedents) and package.setpoints and known.any():
        found[known], _ = find_best_practice(package, hours[known], count)
    return pd.DataFrame(found, index=hours.index, columns=package.setpoints)


def find_best_practice(package: Package, hours: pd.DataFrame, count: int) -> tuple[Array, NDArray[np.int64]]:
    """Find the best practice of hours whose load and drivers are known, and the precedents that it is taken from.

    Returns:
        (hours, set-points), see `build_best_practice`; rows of `package.precedents`, see `find_like`.
    """
    lowest, rows = [], []
    for start in range(0, len(hours), CHUNK_HOURS):
        part = hours.iloc[start : start + CHUNK_HOURS]
        likes = build_likes(package, part, count)
        lowest.append(_find_lowest(package, part, likes))
        rows.append(likes.rows)
    return np.concatenate(lowest), np.concatenate(rows)


def _find_lowest(package: Package, hours: pd.DataFrame, likes: Likes) -> Array:
    """Where each set-point takes least energy (hours, set-points)."""
    middle, places = _find_places(package, likes)
    rows, width = middle.shape
    tried = np.broadcast_to(middle[:, None, None], (rows, width, len(places), width)).copy()
    for index in range(width):
        tried[:, index, :, index] = places[:, :, index].T
    energy = predict_energy(package, hours, tried.reshape(rows, -1, width)).mean(axis=2)
    best = energy.reshape(rows, width, -1).argmin(axis=2)  # hours x set-points
    return np.asarray(places[best, np.arange(rows)[:, None], np.arange(width)])


def _find_places(package: Package, likes: Likes) -> tuple[Array, Array]:
    """The precedents' medians (hours, set-points), and the places that are looked at (places, hours, set-points)."""
    low, high = np.array([[point["low"], point["high"]] for point in package.card["setpoints"]], float).T
    ordered = np.sort(likes.setpoints, axis=1)  # once, as each quantile would
    middle = np.clip(np.median(ordered, axis=1), low, high)
    places = np.quantile(ordered, np.linspace(*REACH, STEPS), axis=1)
    least = np.minimum(np.maximum(places[0] + DOUBT * likes.error, low), middle)
    most = np.maximum(np.minimum(places[-1] - DOUBT * likes.error, high), middle)
    # The middle comes first, so that it stays where nothing is lower.
    return middle, np.concatenate([middle[None], np.clip(places, least, most)])


def predict_precedents(package: Package, hours: pd.DataFrame, count: int) -> Array:
    """Predict what each hour would take with the set-points of its precedents: their mean (hours,), GJ/h."""
    found = np.empty(len(hours))
    for start in range(0, len(hours), CHUNK_HOURS):
        part = hours.iloc[start : start + CHUNK_HOURS]
        setpoints = build_likes(package, part, count).setpoints
        found[start : start + CHUNK_HOURS] = predict_energy(package, part, setpoints).mean(axis=(1, 2))
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
    known = len(package.features)
    inputs = np.empty((count, choices, known + width), np.float32)
    with np.errstate(over="ignore"):  # what is too large for 32 bits becomes infinite, and so is missing
        inputs[:, :, :known] = hours[package.features].to_numpy(float)[:, None]
        inputs[:, :, known:] = setpoints
    energy = package.score_response(inputs.reshape(count * choices, known + width))
    return energy.reshape(count, choices, energy.shape[1])
