"""The precedents under the conditions most like an hour's, and where they would have had set-points under its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve.package import Array, Package
from elc.fields import AGE, TIME

CHUNK_HOURS = 256
LEAST_SPREAD = 1e-9  # of the widest spread of conditions; a driver that moves less has no slope


@dataclass(frozen=True)
class Likes:
    """What the precedents most like some hours did, carried over to the conditions of those hours.

    `rows` (hours, precedents): which ones, see `find_like`;
    `setpoints` (hours, precedents, set-points); `error` (hours, set-points): the standard error of carrying them over.
    """

    rows: NDArray[np.int64]
    setpoints: Array
    error: Array


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
    there, here = _scale(package, package.precedents), _scale(package, hours)
    squares = np.empty((len(here), len(there)))
    for start in range(0, len(here), CHUNK_HOURS):
        steps = here[start : start + CHUNK_HOURS, None, :] - there[None]
        squares[start : start + CHUNK_HOURS] = (steps**2).sum(axis=2)
    rows = squares.argsort(axis=1, kind="stable")[:, :count]
    return rows, np.sqrt(np.take_along_axis(squares, rows, axis=1))


def build_likes(package: Package, hours: pd.DataFrame, count: int) -> Likes:
    """Carry the set-points of the `count` precedents most like each hour over to its throughput and drivers.

    What is possible moves with the drivers: condenser water is never colder than the wet bulb. So a plane is fitted to
    each set-point over the hour's precedents, and each of these is moved along it to the hour. Where drivers explain
    no more of a set-point than chance does, it is left as it was: slopes shrink by 1 / F (James and Stein, Fourth
    Berkeley Symposium 1 (1961) 361). Precedents of one day count as one, as crews leave set-points for a shift. None is
    moved beyond the conditions that these precedents had, nor with the age of the plant: crews that came and went since
    would be taken for what is possible.
    """
    rows, _ = find_like(package, hours, count)
    there = _scale(package, package.precedents)[rows]
    steps = there - np.clip(_scale(package, hours), there.min(axis=1), there.max(axis=1))[:, None]
    steps[:, :, [name == AGE for name in package.features]] = 0.0
    setpoints = package.precedents[package.setpoints].to_numpy(float)[rows]
    number, width = steps.shape[1:]
    days = _count_days(package.precedents[TIME], rows)[:, None]
    middle = steps.mean(axis=1)
    moved, off = steps - middle[:, None], setpoints - setpoints.mean(axis=1, keepdims=True)
    across = np.linalg.pinv(moved.transpose(0, 2, 1) @ moved, rcond=LEAST_SPREAD, hermitian=True)
    sums = moved.transpose(0, 2, 1) @ off
    slopes = across @ sums
    explained = (slopes * sums).sum(axis=1)
    rest = np.maximum((off**2).sum(axis=1) - explained, 0)
    chance = width * rest / np.maximum(days - width - 1, 1)
    is_sure = (explained > chance) & (days > width + 1)
    kept = np.where(is_sure, 1 - chance / np.where(is_sure, explained, 1.0), 0.0)
    reach = number * np.einsum("hf,hfg,hg->h", middle, across, middle)[:, None]
    error = np.sqrt(rest / number / days * (1 + kept**2 * reach))
    return Likes(rows, setpoints - steps @ (slopes * kept[:, None]), error)


def _count_days(times: pd.Series, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """On how many different days the precedents of each hour were (hours,)."""
    days = np.sort(pd.factorize(times.dt.floor("D"))[0][rows], axis=1)
    return np.asarray(1 + (np.diff(days, axis=1) > 0).sum(axis=1))


def _scale(package: Package, hours: pd.DataFrame) -> Array:
    """Throughput and drivers, each divided by its training range (hours, features)."""
    spans = [feature["high"] - feature["low"] or 1.0 for feature in package.card["features"]]
    return np.asarray(hours[package.features].to_numpy(float) / np.array(spans))
