"""What can happen to a plant or its sensors from an hour on, done to its measured hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.curve.forms import METER
from benchmarks.detection.plants import Case
from elc import ingest
from elc.fields import ENERGY
from elc.simulate.physics import C2PLUS_GJ_PER_T_PER_PCT, Array, SetPoint, build_setpoints

LOAD, FEED, FUEL, WATER, C2PLUS, LHV = (
    "load_t_per_h",
    "feed_gas_energy_gj_per_h",
    "fuel_gas_energy_gj_per_h",
    "cooling_water_temp_degc",
    "feed_c2plus_pct",
    "feed_lhv_mj_per_nm3",
)
HOURS_PER_YEAR = 8766.0
FOULING_DAYS = 28.0
LEFT_OFF_FRAC = 0.005  # of energy: what the set-point that is left off costs more than it did


@dataclass(frozen=True)
class Kind:
    """One kind of change: `apply` changes hours from row `at` on and gives the column that it is about."""

    name: str
    expected: str  # of monitoring: relation, setpoint or inputs
    days: int  # watched from the change on
    apply: Callable[[Case, pd.DataFrame, int, int], str]


def _scale(column: str, frac: float) -> Callable[[Case, pd.DataFrame, int, int], str]:
    def apply(_: Case, hours: pd.DataFrame, at: int, __: int) -> str:
        hours.loc[hours.index >= at, column] *= 1 + frac
        return column

    return apply


def drift(column: str, frac_per_year: float) -> Callable[[Case, pd.DataFrame, int, int], str]:
    def apply(_: Case, hours: pd.DataFrame, at: int, __: int) -> str:
        since = np.maximum(hours.index.to_numpy() - at, 0) / HOURS_PER_YEAR
        hours[column] *= 1 + frac_per_year * since
        return column

    return apply


def foul(case: Case, hours: pd.DataFrame, at: int, _: int) -> str:
    """Two per cent of energy, as fuel where the plant has several carriers, that grow over four weeks."""
    since = np.clip((hours.index.to_numpy() - at) / 24 / FOULING_DAYS, 0, 1)
    total = ingest.add_energy(hours, case.tags, case.chosen.plant.carriers)[ENERGY]
    column = FUEL if FUEL in hours else METER
    hours[column] += 0.02 * since * total * _runs(case, hours)
    return column


def _runs(case: Case, hours: pd.DataFrame) -> Array:
    return (hours[LOAD] > case.chosen.dataset.min_load_frac * case.package.rated_load).to_numpy(float)


def leave_off(case: Case, hours: pd.DataFrame, at: int, run: int) -> str:
    """Leave a set-point where it costs half a per cent more than the crews' mean, for as long as it is watched."""
    points = [found for found in build_setpoints(case.spec.flue_o2_gj_per_t_per_pct) if find_left(case, hours, found)]
    point = points[run % len(points)]
    left = find_left(case, hours, point)
    assert left is not None
    rows = hours.index >= at
    before = point.cost(np.asarray(hours.loc[rows, point.column] - point.best))
    hours.loc[rows, FUEL] += (point.cost(np.array([left])) - before) * hours.loc[rows, LOAD] * _runs(case, hours)[rows]
    hours.loc[rows, point.column] = point.best + left
    return point.column


def find_left(case: Case, hours: pd.DataFrame, point: SetPoint) -> float | None:
    """How far from best a set-point costs that much more, inside its limits; None where it cannot."""
    usual = float(np.mean(point.cost(np.asarray(hours[point.column] - point.best))))
    wanted = usual + LEFT_OFF_FRAC * case.spec.sec_gj_per_t
    for ends in ((0.0, point.high - point.best), (0.0, point.low - point.best)):
        steps = np.linspace(*ends, 400)
        enough = np.flatnonzero(point.cost(steps) >= wanted)
        if len(enough):
            return float(steps[enough[0]])
    return None


def _change_feed(case: Case, hours: pd.DataFrame, at: int, run: int) -> str:
    """Other gas, inside what was learnt: as rich or as lean as one hour in forty of those, with its small movement."""
    rows = hours.index >= at
    rng = np.random.default_rng(run)
    before = hours.loc[rows, C2PLUS].to_numpy()
    learnt = hours[C2PLUS].iloc[: case.later]
    level = learnt.quantile(0.975) if before[:24].mean() < learnt.median() else learnt.quantile(0.025)
    after = level + 0.1 * rng.normal(0, 1, len(before))
    hours.loc[rows, FUEL] += C2PLUS_GJ_PER_T_PER_PCT * (after - before) * hours.loc[rows, LOAD]
    hours.loc[rows, C2PLUS] = after
    hours.loc[rows, LHV] += 0.55 * (after - before)
    return C2PLUS


KINDS = (
    Kind("feed gas meter +1 %", "relation", 56, _scale(FEED, 0.01)),
    Kind("fuel gas meter +1 %", "relation", 56, _scale(FUEL, 0.01)),
    Kind("fuel gas meter +4 %", "relation", 56, _scale(FUEL, 0.04)),
    Kind("load meter -1 %", "relation", 56, _scale(LOAD, -0.01)),
    Kind("cooling water +1 %", "relation", 56, _scale(WATER, 0.01)),
    Kind("feed meter 3 %/year", "relation", 180, drift(FEED, 0.03)),
    Kind("feed meter 12 %/year", "relation", 84, drift(FEED, 0.12)),
    Kind("fouling to 2 %, 28 d", "relation", 56, foul),
    Kind("set-point left off", "setpoint", 56, leave_off),
    Kind("other feed", "inputs", 28, _change_feed),
)
# A form has one meter of energy, and no set-points.
FORM_KINDS = (
    Kind("energy meter 3 %/year", "relation", 180, drift(METER, 0.03)),
    Kind("load meter -1 %", "relation", 56, _scale(LOAD, -0.01)),
    Kind("fouling to 2 %, 28 d", "relation", 56, foul),
)
