"""What moved: the inputs, the set-points, or the relation of energy to both; and whether a meter may be what did.

Typical knows load, weather and feed; the response knows the set-points too. A lasting change of both errors alike is a
change of the relation. A change of typical's error that the response follows is one of set-points. Where both stay
while drivers lie at the edge of the training hours, only the inputs moved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from elc.curve import Package, build_days, read_sketch
from elc.curve.levels import MEAN, Array
from elc.fields import AGE, ENERGY, TIME, TYPICAL
from elc.monitor.changes import LevelChange, find_active, find_changes
from elc.monitor.errors import ERROR, RESPONSE_ERROR, find_level
from elc.settings import StageSettings

BEFORE_DAYS = 28
EDGE = 0.05  # a driver whose weekly median lies beyond this share of the training hours has moved
SURE_DEVIATIONS = 3.0
STEADY_DEVIATIONS = 5.0  # ASSUME: a carrier that moved this many of its own daily spreads is a meter, not the plant
ALIKE_FRAC = 0.35  # ASSUME: how far carriers may differ that moved alike
WHOLE_FRAC = 0.6  # ASSUME: of a change, that one carrier must explain


@dataclass(frozen=True)
class Concept:
    """What moved. `kind`: none, inputs, setpoints, relation, unclear or unknown (no hours, or no baseline).

    `change` is that of typical's error; `size_frac` and `size_gj_per_h` how far energy lies off typical since then,
    `relation_frac` the part of it that set-points do not explain. `suspects` are columns whose meter would explain it
    alone, `possible` one whose meter or fouling would. `inputs` are the drivers at the edge of what was learnt.
    """

    kind: str
    change: LevelChange | None
    size_frac: float
    size_gj_per_h: float
    relation_frac: float
    suspects: tuple[str, ...]
    possible: str
    inputs: tuple[str, ...]


def find_concept(judged: pd.DataFrame, package: Package, settings: StageSettings) -> tuple[Concept, list[LevelChange]]:
    """Find what moved, and every lasting change of typical's error."""
    level = find_level(package, "typical", "error")
    if judged.empty or level is None:
        return Concept("unknown", None, 0.0, 0.0, 0.0, (), "", ()), []
    smallest = settings.monitor.min_change_frac
    width_h = settings.plant.interval_h
    changes = find_changes(
        judged[TIME],
        judged[ERROR].to_numpy(float),
        level,
        smallest=smallest,
        reference=0.0,
        width_h=width_h,
        is_rise_only=False,
    )
    active = find_active(changes, smallest=smallest, reference=0.0)
    inputs = tuple(find_moved_inputs(judged, package))
    if active is None:
        return Concept("inputs" if inputs else "none", None, 0.0, 0.0, 0.0, (), "", inputs), changes
    return _explain(judged, active, package, inputs, width_h=width_h), changes


def _explain(
    judged: pd.DataFrame, change: LevelChange, package: Package, inputs: tuple[str, ...], *, width_h: float
) -> Concept:
    since = judged[TIME] >= change.start
    size = float(judged.loc[since, ERROR].mean())
    energy = size * float(judged.loc[since, TYPICAL].mean())
    moved, doubt = _find_step(judged, judged[RESPONSE_ERROR].to_numpy(float), change, width_h=width_h)
    whole, _ = _find_step(judged, judged[ERROR].to_numpy(float), change, width_h=width_h)
    whole = size if math.isnan(whole) else whole
    if math.isnan(moved) or abs(moved - whole / 2) < doubt:
        kind = "unclear"
    else:
        kind = "relation" if moved / whole > 0.5 else "setpoints"
    suspects: tuple[str, ...] = ()
    possible = ""
    if kind != "setpoints":
        suspects, possible = _find_suspects(judged, change, whole, package, width_h=width_h)
    return Concept(kind, change, size, energy, 0.0 if math.isnan(moved) else moved, suspects, possible, inputs)


def _find_step(judged: pd.DataFrame, values: Array, change: LevelChange, *, width_h: float) -> tuple[float, float]:
    """How far the mean of days moved at a change, and the standard error of that; NaN without days on either side."""
    days = build_days(judged[TIME], values, width_h=width_h)
    after = days.loc[days[TIME] >= change.start, MEAN]
    is_before = (days[TIME] < change.start) & (days[TIME] >= change.start - pd.Timedelta(BEFORE_DAYS, "D"))
    before = days.loc[is_before, MEAN]
    if len(before) < 3 or after.empty:
        return math.nan, math.nan
    spread = float(before.std(ddof=1))
    return float(after.mean() - before.mean()), spread * math.sqrt(1 / len(before) + 1 / len(after))


def find_moved_inputs(judged: pd.DataFrame, package: Package) -> list[str]:
    """Find the drivers whose median over the last week lies where few training hours did; the age always moves."""
    last = judged[judged[TIME] > judged[TIME].max() - pd.Timedelta(7, "D")]
    found = []
    for feature in package.baseline.statistics.get("features", []):
        column, sketch = feature["name"], read_sketch(feature)
        if column not in package.features or column in (AGE, package.throughput) or sketch is None:
            continue
        median = float(last[column].median())
        if not sketch.find_quantile(EDGE) <= median <= sketch.find_quantile(1 - EDGE):
            found.append(column)
    return found


@dataclass(frozen=True)
class _Step:
    """How a carrier per tonne moved: as a share of itself, in its own daily spreads, and as a share of all energy."""

    column: str
    frac: float
    spread: float
    share: float

    @property
    def is_steady(self) -> bool:
        return abs(self.frac) > STEADY_DEVIATIONS * self.spread

    @property
    def is_moved(self) -> bool:
        return abs(self.frac) > SURE_DEVIATIONS * self.spread


def _find_suspects(
    judged: pd.DataFrame, change: LevelChange, whole: float, package: Package, *, width_h: float
) -> tuple[tuple[str, ...], str]:
    """Find the meters that would explain a change of the relation alone, or the one that shares the doubt with fouling.

    A carrier that goes with throughput as closely as feed gas does steps only when a meter does. Several of them by the
    same share: the throughput meter. One of them by all of the change: its own. Fuel moves with the plant itself, so
    that its meter and fouling look the same.
    """
    carriers = [name for name in package.baseline.quality.get("energy", {}) if name in judged]
    steps = [step for name in carriers if (step := _measure_step(judged, name, package, change, width_h=width_h))]
    tight = [step for step in steps if step.is_steady]
    alike = [step for step in tight if abs(step.frac - whole) < ALIKE_FRAC * abs(whole)]
    quiet = [step for step in steps if step.spread < abs(whole) / STEADY_DEVIATIONS]
    if len(quiet) > 1 and len(alike) >= len(quiet):
        return (package.throughput,), ""
    alone = [step for step in tight if step.share / whole > WHOLE_FRAC]
    if len(alone) == 1 and alone[0] in quiet:
        return (alone[0].column,), ""
    moved = sorted((step for step in steps if step.share / whole > WHOLE_FRAC), key=lambda step: -step.share / whole)
    return (), moved[0].column if moved else ""


def _measure_step(
    judged: pd.DataFrame, column: str, package: Package, change: LevelChange, *, width_h: float
) -> _Step | None:
    """Measure a carrier against throughput or typical, whichever it follows more closely."""
    found = []
    for other in (package.throughput, TYPICAL):
        ratio = (judged[column] / judged[other]).to_numpy(float)
        days = build_days(judged[TIME], ratio, width_h=width_h)
        is_before = (days[TIME] < change.start) & (days[TIME] >= change.start - pd.Timedelta(BEFORE_DAYS, "D"))
        before, after = days.loc[is_before, MEAN], days.loc[days[TIME] >= change.start, MEAN]
        if len(before) < 3 or after.empty or before.mean() == 0:
            continue
        frac = float(after.mean() / before.mean() - 1)
        spread = float(np.abs(before.std(ddof=1) / before.mean()))
        weight = float(judged[column].mean() / judged[ENERGY].mean())
        found.append(_Step(column, frac, spread, frac * weight))
    return min(found, key=lambda step: step.spread) if found else None
