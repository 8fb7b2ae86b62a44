"""Exact Shapley values of a step from a reference to the present, for many hours in one call.

With at most about ten players every coalition can be evaluated, so nothing is sampled. Shapley, Contributions to the
Theory of Games II (1953) 307; as a step from a reference to the present: Sundararajan and Najmi, ICML (2020).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve.package import Package
from elc.fields import BEST

Array = NDArray[np.float64]
CHUNK_ROWS = 65_536  # of one call of a network: a few tens of MB


def build_shapley(predict: Callable[[pd.DataFrame], Array], present: pd.Series, reference: pd.Series) -> pd.Series:
    """Share out `predict(present) - predict(reference)` among the players, the index of `reference`.

    Args:
        predict: (rows) of present's columns to (rows,) values.
        present: all columns that `predict` needs.
        reference: the players and their values before the step.
    """
    now = present.astype(float)
    columns = list(now.index)
    before = pd.concat([now.drop(list(reference.index)), reference])[columns].to_numpy(float)
    players = [[columns.index(name)] for name in reference.index]
    rows = np.asarray(now, np.float64)[None]
    shares = build_shares(lambda given: predict(pd.DataFrame(given, columns=columns)), rows, before[None], players)
    return pd.Series(shares[0], index=reference.index, dtype=float)


def build_shares(
    predict: Callable[[Array], Array], present: Array, reference: Array, players: Sequence[Sequence[int]]
) -> Array:
    """Share out `predict(present) - predict(reference)` of each step (steps, players).

    The sums are of 64 bits, so that each row adds up to the difference of its two ends to rounding.

    Args:
        predict: (rows, columns) to (rows,).
        present: (steps, columns).
        reference: (steps, columns); only the players' columns count, the others stay as they are at present.
        players: the columns of each player, which move together.
    """
    count = len(players)
    masks = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    weights = _build_weights(masks)
    moves = np.zeros((len(masks), present.shape[1]), bool)  # coalitions x columns: those before the step
    for index, columns in enumerate(players):
        moves[:, list(columns)] = masks[:, [index]] == 0
    step = max(CHUNK_ROWS // len(masks), 1)
    shares = np.empty((len(present), count))
    for start in range(0, len(present), step):
        now, then = (values[start : start + step, None, :] for values in (present, reference))
        rows = np.where(moves, then, now)
        values = np.asarray(predict(rows.reshape(-1, present.shape[1])), np.float64)
        shares[start : start + step] = np.einsum("hm,mp->hp", values.reshape(-1, len(masks)), weights)
    return shares


def _build_weights(masks: NDArray[np.int64]) -> Array:
    """What each coalition's value counts for each player (coalitions, players): above zero where the player is in."""
    count = masks.shape[1]
    # Of a player that joins a coalition of n others.
    joins = np.array([factorial(n) * factorial(count - n - 1) / factorial(count) for n in range(count)] + [0.0])
    sizes = masks.sum(axis=1, keepdims=True)
    return np.asarray(np.where(masks == 1, joins[sizes - 1], -joins[sizes]))


def share_best(package: Package, hours: pd.DataFrame, background: pd.DataFrame) -> Array:
    """Share out best of each hour less its mean over background hours, by load and drivers (hours, players).

    Interventional SHAP values: the mean over the background of the step from each of its hours (Janzing, Minorics and
    Blöbaum, AISTATS (2020)). The players are those of `package.groups(package.features)`, in that order.
    """
    features = package.features
    players = _find_players(package, features)
    present, before = (rows[features].to_numpy(float) for rows in (hours, background))
    steps = build_shares(
        lambda rows: package.predict(pd.DataFrame(rows, columns=features))[BEST].to_numpy(),
        np.repeat(present, len(before), axis=0),
        np.tile(before, (len(present), 1)),
        players,
    )
    return np.asarray(steps.reshape(len(present), len(before), len(players)).mean(axis=1))


def share_response(package: Package, hours: pd.DataFrame, reference: pd.DataFrame) -> Array:
    """Share out the response's step from reference set-points to those of each hour (hours, players).

    The players are those of `package.groups(package.setpoints)`, in that order; drivers are those of the hour.
    """
    columns = package.features + package.setpoints
    before = hours[columns].astype(float)
    before[package.setpoints] = reference[package.setpoints].to_numpy(float)
    return build_shares(
        lambda rows: package.predict_response(pd.DataFrame(rows, columns=columns)).mean(axis=1),
        hours[columns].to_numpy(float),
        before.to_numpy(float),
        _find_players(package, columns, package.setpoints),
    )


def _find_players(package: Package, columns: list[str], players: list[str] | None = None) -> list[list[int]]:
    groups = package.groups(columns if players is None else players)
    return [[columns.index(name) for name in names] for names in groups.values()]
