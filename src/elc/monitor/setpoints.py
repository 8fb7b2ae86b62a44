"""Set-points that were left off: what each costs against its own habit, as the response says, and since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elc.curve import Package
from elc.curve.levels import Array
from elc.fields import TIME
from elc.monitor.changes import LevelChange, find_active, find_changes
from elc.records.quality import Habit
from elc.settings import StageSettings


@dataclass(frozen=True)
class LeftOff:
    """A set-point that costs more than is its habit: since when, by how much (share of energy), its values."""

    column: str
    change: LevelChange
    cost_frac: float
    median: float
    usual: float


def build_costs(judged: pd.DataFrame, package: Package) -> dict[str, tuple[Array, Habit]]:
    """What each set-point costs in each judged hour against its own median in training, as a share of energy (hours,).

    Only set-points whose habit the package knows; missing where a set-point is.
    """
    known = {name: habit for name, habit in package.baseline.quality.setpoints.items() if habit is not None}
    if judged.empty or not known:
        return {}
    present = package.predict_response(judged).mean(axis=1)
    costs: dict[str, tuple[Array, Habit]] = {}
    for name, habit in known.items():
        usual = package.predict_response(judged.assign(**{name: habit.median})).mean(axis=1)
        costs[name] = (np.asarray(present / usual - 1), habit)
    return costs


def find_left_off(
    judged: pd.DataFrame, costs: dict[str, tuple[Array, Habit]], settings: StageSettings
) -> list[LeftOff]:
    """Find the set-points that cost more than their habit now, and have since a day; the dearest first."""
    smallest = settings.monitor.min_setpoint_frac
    width_h = settings.plant.interval_h
    found = []
    for name, (cost, habit) in costs.items():
        level = habit.cost
        changes = find_changes(
            judged[TIME],
            cost,
            level,
            smallest=smallest,
            reference=level.mean,
            width_h=width_h,
            is_rise_only=True,
        )
        active = find_active(changes, smallest=smallest, reference=level.mean)
        if active is not None and active.after - level.mean >= smallest:
            now = float(judged.loc[judged[TIME] >= active.start, name].median())
            found.append(LeftOff(name, active, active.after - level.mean, now, habit.median))
    return sorted(found, key=lambda one: (-one.cost_frac, one.column))
