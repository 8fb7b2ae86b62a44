"""What moved: the inputs, the set-points, or the relation of energy to both; and whether a meter may be what did.

Typical knows load, weather and feed; the response knows the set-points too. A lasting change of both errors alike is a
change of the relation. A change of typical's error that the response follows is one of set-points. Where both stay
while load or drivers lie at the edge of the training hours, only the inputs moved; so they did where an error came with
them, and hours in which they are as before show little of it, or where there are none (see `inputs`).
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from elc.curve import Package, build_days
from elc.curve.levels import MEAN, Array
from elc.fields import ENERGY, GAP, TIME, TYPICAL
from elc.monitor.changes import LevelChange, find_active, find_changes
from elc.monitor.dating import Since, date_change
from elc.monitor.errors import ERROR, RESPONSE_ERROR, find_level
from elc.monitor.inputs import Moved, find_moved_inputs, find_regime, find_sensor
from elc.settings import StageSettings

BEFORE_DAYS = 28
SURE_DEVIATIONS = 3.0
STEADY_DEVIATIONS = 5.0  # ASSUME: a carrier that moved this many of its own daily spreads is a meter, not the plant
ALIKE_FRAC = 0.35  # ASSUME: how far carriers may differ that moved alike
WHOLE_FRAC = 0.6  # ASSUME: of a change, that one carrier must explain


@dataclass(frozen=True)
class Concept:
    """What moved. `kind`: none, inputs, setpoints, relation, unclear or unknown (no hours, or no baseline).

    `change` is that of typical's error, `since` its date with an interval; `size_frac` and `size_gj_per_h` how far
    energy lies off typical since then, `relation_frac` the part of it that set-points do not explain. `suspects` are
    columns whose meter would explain it alone, `possible` one whose meter or fouling would. `moved` are the inputs that
    moved, load among them, `sensor` the driver whose sensor would explain the change, `regime` the input that it came
    with.
    """

    kind: str
    change: LevelChange | None
    size_frac: float
    size_gj_per_h: float
    relation_frac: float
    suspects: tuple[str, ...] = ()
    possible: str = ""
    moved: tuple[Moved, ...] = ()
    since: Since | None = None
    sensor: str = ""
    regime: Moved | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns of the inputs that moved."""
        return tuple(one.column for one in self.moved)

    def find_moved(self, column: str) -> Moved | None:
        """Find how an input moved; None where it did not."""
        return next((one for one in self.moved if one.column == column), None)


def find_concept(
    scored: pd.DataFrame,
    judged: pd.DataFrame,
    package: Package,
    settings: StageSettings,
    *,
    drifted: Collection[str],
) -> tuple[Concept, list[LevelChange]]:
    """Find what moved, and every lasting change of typical's error.

    Args:
        scored: all hours (see `curve.score_hours`), those of training too: they say how it was before.
        judged: the hours on which the models are judged (see `errors.build_judged`).
        package: the package that scored them.
        settings: of the plant.
        drifted: columns whose last week is unlike those of training (see `violations`).
    """
    level = find_level(package, "typical", "error")
    if judged.empty or level is None:
        return Concept("unknown", None, 0.0, 0.0, 0.0), []
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
    moved = tuple(find_moved_inputs(scored, package, drifted=drifted, width_h=width_h))
    if active is None:
        return Concept("inputs" if moved else "none", None, 0.0, 0.0, 0.0, moved=moved), changes
    concept = replace(_explain(judged, active, package, width_h=width_h), moved=moved)
    concept = _trace(concept, scored[scored[GAP].notna()], active, package, width_h=width_h)
    dated = active if concept.change is None else concept.change
    return concept, [replace(one, start=dated.start) if one.start == active.start else one for one in changes]


def _trace(concept: Concept, known: pd.DataFrame, change: LevelChange, package: Package, *, width_h: float) -> Concept:
    """Date a change among the known hours, and trace it to an input, or to the sensor of one."""
    around = known[known[TIME] >= change.start - pd.Timedelta(BEFORE_DAYS, "D")]
    error = (around[ENERGY] / around[TYPICAL] - 1).to_numpy(float)
    since = date_change(build_days(around[TIME], error, width_h=width_h))
    if since is None:
        return concept
    concept = replace(concept, since=since, change=replace(change, start=since.day))
    if concept.kind == "setpoints" or package.throughput in concept.suspects:
        return concept
    regime = find_regime(known, list(concept.moved), since, since.size, width_h=width_h)
    if concept.suspects and (regime is None or regime.column != package.throughput):
        return concept
    sensor = find_sensor(known, since, since.size, package, width_h=width_h)
    if sensor:
        return replace(concept, sensor=sensor, suspects=(sensor,), possible="")
    if regime is None:
        return concept
    dated = replace(regime, since=regime.since.sharpen(since)) if since.is_step else regime
    moved = tuple(dated if one.column == dated.column else one for one in concept.moved)
    return replace(concept, kind="inputs", regime=dated, moved=moved, suspects=(), possible="")


def _explain(judged: pd.DataFrame, change: LevelChange, package: Package, *, width_h: float) -> Concept:
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
    return Concept(kind, change, size, energy, 0.0 if math.isnan(moved) else moved, suspects, possible)


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
    carriers = [name for name in package.baseline.quality.energy if name in judged]
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
