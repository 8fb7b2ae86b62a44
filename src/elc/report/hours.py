"""The intervals that a report counts: what each was booked as, and the columns that all its sums are made of.

Each sum of a report is one of a column of this table, times the length of an interval. The table is written beside the
report, so that anybody can recompute it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from elc.curve import Package
from elc.fields import (
    ADJUSTMENT,
    BEST,
    ENERGY,
    GAP,
    GAP_HIGH,
    GAP_LOW,
    IS_OUTSIDE,
    STATE,
    TIME,
    TYPICAL,
    read_unit,
)
from elc.report.baseline import Baseline
from elc.settings import PlantSettings

BOOKED = "booked_as"
PRODUCTION = "production_per_h"
BASELINE = "baseline_gj_per_h"
STOPPED = ("trip", "start")  # states that are booked apart
COLUMNS = [TIME, STATE, BOOKED, ENERGY, PRODUCTION, BEST, TYPICAL, GAP, GAP_LOW, GAP_HIGH, ADJUSTMENT, BASELINE]


def build_hours(scored: pd.DataFrame, package: Package, baseline: Baseline | None) -> pd.DataFrame:
    """Build the table that a report counts, from hours of `curve.score_table`: all of them, in time order.

    Returns:
        `COLUMNS`, and every energy column of the table. `booked_as` is one of `records.spans.KINDS`;
        `baseline_gj_per_h` is the adjusted baseline of judged intervals after the baseline period, missing elsewhere.
    """
    energies = [name for name in scored if str(name).endswith("_energy_gj_per_h") and name != ENERGY]
    adjusted = pd.Series(np.nan, index=scored.index)
    if baseline is not None:
        is_later = scored[GAP].notna() & (scored[TIME] >= baseline.end)
        adjusted = (baseline.ratio * scored[TYPICAL]).where(is_later)
    built = scored.assign(
        **{PRODUCTION: scored[package.throughput], BASELINE: adjusted, BOOKED: _book(scored, package)}
    )
    return built.reindex(columns=[*COLUMNS, *energies])


def _book(hours: pd.DataFrame, package: Package) -> pd.Series:
    """Book each interval as exactly one kind: judged, else its state, else what it lacked while it ran steadily."""
    state = hours[STATE]
    lacks_energy = hours[ENERGY].isna()
    lacks_driver = hours[package.features].isna().any(axis=1)
    conditions = {
        "judged": hours[GAP].notna(),
        **{name: state.eq(name) for name in ("trip", "start", "ramp", "unknown")},
        "no_energy": lacks_energy,
        "no_driver": lacks_driver,
        "outside": hours[IS_OUTSIDE].astype(bool),
    }
    kinds = np.select(list(conditions.values()), list(conditions), default="no_driver")
    return pd.Series(kinds, index=hours.index)


def list_energies(carriers: Mapping[str, str], plant: PlantSettings) -> dict[str, list[tuple[str, float]]]:
    """List the energy columns of each carrier, each with its sign: below zero where it is exported."""
    found: dict[str, list[tuple[str, float]]] = {}
    for column, carrier in carriers.items():
        sign = -1.0 if plant.carriers[carrier].is_export else 1.0
        found.setdefault(carrier, []).append((column, sign))
    return found


def read_production_unit(throughput: str) -> str:
    """Read the unit of production: what a throughput adds up to over hours, as t for t/h and MWh for MW."""
    unit = read_unit(throughput)
    return "MWh" if unit.suffix == "mw" else unit.sign.removesuffix("/h")


def cut(hours: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Cut the intervals out that begin from a start until before an end (aware); `hours` are in time order."""
    first, last = hours[TIME].searchsorted(pd.DatetimeIndex([start, end]))
    return hours.iloc[first:last]
