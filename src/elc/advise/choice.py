"""Choose moves for many hours at once, one a round, each time the one that saves most of those that surely save."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.advise.savings import Saving, build_saving, build_shape_error
from elc.advise.targets import Limits
from elc.curve import Package, predict_energy
from elc.fields import ENERGY
from elc.settings import AdviseSettings

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Round:
    """What was chosen in one round.

    `player` (hours,): which group of set-points moves, -1 for none; `saving`: what that adds, and `total`: what it and
    the moves of the rounds before save together.
    """

    player: NDArray[np.intp]
    saving: Saving
    total: Saving


@dataclass(frozen=True)
class _State:
    """Where hours stand between rounds.

    `setpoints` (hours, set-points) and `energy` (hours, members) after the moves so far; `is_free` (hours, players):
    what has not been moved yet; `left` (hours,): how many set-points may still move; `doubt` (hours,): the error that
    the response's shape adds to the moves so far.
    """

    setpoints: Array
    energy: Array
    is_free: NDArray[np.bool_]
    left: NDArray[np.int64]
    doubt: Array


def find_players(package: Package) -> dict[str, list[int]]:
    """Find what moves as one: each group's label and the places of its set-points; one alone is its own group."""
    names = package.setpoints
    groups = package.groups(names)
    return {label: [names.index(column) for column in columns] for label, columns in groups.items()}


def choose_moves(
    package: Package, hours: pd.DataFrame, targets: Array, limits: Limits, settings: AdviseSettings
) -> Iterator[Round]:
    """Choose the moves of hours towards their targets (hours, set-points), until no move is surely worth it."""
    players = list(find_players(package).values())
    state = _start(package, hours, targets, players, limits, settings)
    before = state.energy
    while True:
        tried = np.repeat(state.setpoints[:, None, :], len(players), axis=1)
        for place, columns in enumerate(players):
            tried[:, place, columns] = targets[:, columns]
        after = predict_energy(package, hours, tried)
        differences = state.energy[:, None] - after
        shape = build_shape_error(differences, settings)
        saving = build_saving(differences, shape, settings)
        chosen = _pick(saving, state, hours[ENERGY].to_numpy(float), players, settings)
        if (chosen < 0).all():
            return
        state = _move(state, chosen, tried, after, shape, players)
        total = build_saving(before - state.energy, state.doubt, settings)
        yield Round(chosen, _take(saving, chosen), total)


def _start(
    package: Package,
    hours: pd.DataFrame,
    targets: Array,
    players: list[list[int]],
    limits: Limits,
    settings: AdviseSettings,
) -> _State:
    now = hours[package.setpoints].to_numpy(float)
    # What the response was not trained on it cannot tell: a set-point beyond its range counts as at its end.
    setpoints = np.clip(now, limits.trained_low, limits.trained_high)
    return _State(
        setpoints=setpoints,
        energy=predict_energy(package, hours, setpoints[:, None, :])[:, 0],
        is_free=np.array([(targets[:, columns] != now[:, columns]).any(axis=1) for columns in players]).T,
        left=np.full(len(hours), settings.max_moves),
        doubt=np.zeros(len(hours)),
    )


def _pick(
    saving: Saving, state: _State, energy: Array, players: list[list[int]], settings: AdviseSettings
) -> NDArray[np.intp]:
    """Pick the player of each hour that saves most of those that surely save and are worth it; -1 where none does."""
    sizes = np.array([len(columns) for columns in players])
    is_worth = saving.mean >= settings.min_saving_frac * energy[:, None]
    is_open = np.asarray(state.is_free & (sizes <= state.left[:, None]) & (saving.low > 0) & is_worth)
    best = np.argmax(np.where(is_open, saving.mean, -np.inf), axis=1)
    return np.where(is_open.any(axis=1), best, -1)


def _move(
    state: _State, chosen: NDArray[np.intp], tried: Array, after: Array, shape: Array, players: list[list[int]]
) -> _State:
    every, is_moved = np.arange(len(chosen)), chosen >= 0
    sizes = np.array([len(columns) for columns in players])
    is_free = state.is_free.copy()
    is_free[every, chosen] &= ~is_moved
    return _State(
        setpoints=np.where(is_moved[:, None], tried[every, chosen], state.setpoints),
        energy=np.where(is_moved[:, None], after[every, chosen], state.energy),
        is_free=is_free,
        left=state.left - np.where(is_moved, sizes[chosen], 0),
        doubt=np.hypot(state.doubt, np.where(is_moved, shape[every, chosen], 0.0)),
    )


def _take(saving: Saving, chosen: NDArray[np.intp]) -> Saving:
    every = np.arange(len(chosen))
    return Saving(saving.mean[every, chosen], saving.low[every, chosen], saving.high[every, chosen])
