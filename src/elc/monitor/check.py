"""Check a plant's data and model: everything that is doubtful, as findings and violations, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from elc.curve import (
    DATA_TYPE,
    MISSING_COLUMN,
    Package,
    count_trained_weeks,
    find_last,
    find_size,
)
from elc.fields import (
    ENERGY,
    IS_OUTSIDE,
    IS_STEADY,
    STATE,
    TIME,
    TYPICAL,
)
from elc.findings import Reason, build_frame, join, write_findings
from elc.monitor.changes import LevelChange, build_cusum
from elc.monitor.concept import Concept, find_concept
from elc.monitor.doubts import (
    build_condition,
    build_figures,
    build_inside,
    build_left_off,
    build_regime,
    build_relation,
)
from elc.monitor.errors import Figure, build_judged, find_recent_hours, measure_models
from elc.monitor.limits import build_limits, write_limits
from elc.monitor.requests import CHECKS
from elc.monitor.setpoints import LeftOff, build_costs, find_left_off
from elc.monitor.silence import find_silent
from elc.monitor.violations import DRIFT, Violation, check_tags, find_violations, write_violations
from elc.settings import StageSettings

LEAST_STEADY_H = 24.0  # ASSUME: fewer steady hours tell no share inside the envelope


@dataclass(frozen=True)
class Check:
    """What was checked and found.

    `figures` of the models on hours they did not learn from, `concept` what moved, `changes` all lasting changes of
    typical's error, `left_off` the set-points that cost more than their habit, `inside_frac` the share of the recent
    steady hours inside the envelope (None where they are too few), `cusum` the frame of `build_cusum`, `judged_h` the
    hours on which the models were judged, `failure` why nothing can be judged, `used` the columns that the models use,
    `silent` those without which the last interval of a running plant has no gap, or one of values that only hold,
    `unread` the set-points without a reading in it, `size_gj_per_h` what the plant usually takes, `trained_weeks` the
    weeks of running hours that the version was trained on, `limits` what the data were held to, as `constraints.json`.
    """

    violations: list[Violation]
    figures: list[Figure]
    concept: Concept
    changes: list[LevelChange]
    left_off: list[LeftOff]
    inside_frac: float | None
    judged_h: float
    cusum: pd.DataFrame
    findings: pd.DataFrame
    failure: Reason | None
    used: tuple[str, ...]
    silent: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    size_gj_per_h: float = float("nan")
    trained_weeks: int | None = None
    limits: dict[str, Any] = field(default_factory=dict)

    @property
    def is_violated(self) -> bool:
        return bool(len(self.findings))


def check_hours(scored: pd.DataFrame, findings: pd.DataFrame, package: Package, settings: StageSettings) -> Check:
    """Check scored hours (see `curve.score_hours`) against the package's own baseline.

    Args:
        findings: those of the hourly table, of `fit_hours`, and of `read_asked`, which are taken over.

    Raises:
        ElcError: `monitor.tags` names a column that the package does not know.
    """
    check_tags(package, settings.monitor)
    width_h = settings.plant.interval_h
    judged = build_judged(scored, package)
    violations = find_violations(scored, findings, package, settings)
    drifted = {one.column for one in violations if one.kind == DRIFT}
    concept, changes = find_concept(scored, judged, package, settings, drifted=drifted)
    left_off = find_left_off(judged, build_costs(judged, package), settings)
    figures = measure_models(judged, package, settings)
    inside = _find_inside(scored, settings)
    found = [
        *(one.finding for one in violations),
        *build_relation(concept, scored, package, settings),
        *build_condition(concept, scored, settings),
        *build_regime(concept, scored, package, settings),
        *build_left_off(left_off, scored, package, settings),
        *build_figures(figures, judged, settings),
        *build_inside(inside, scored, settings),
    ]
    return Check(
        violations=violations,
        limits=build_limits(package, settings.monitor),
        figures=figures,
        concept=concept,
        changes=changes,
        left_off=left_off,
        inside_frac=inside,
        judged_h=len(find_recent_hours(judged, settings)) * width_h,
        cusum=build_cusum(judged, changes, width_h=width_h),
        findings=join(build_frame(found), findings[findings["check"].isin(CHECKS)]),
        failure=_find_failure(scored, violations, package, settings),
        used=(ENERGY, *package.features, *package.setpoints),
        silent=find_silent(scored, findings, package),
        unread=_find_unread(scored, package),
        size_gj_per_h=find_size(scored),
        trained_weeks=count_trained_weeks(package.baseline.quality, width_h=width_h),
    )


def write_check(folder: Path, check: Check) -> None:
    """Write `constraint_violations.json`, `constraints.json` and `findings.parquet`, each whole or not at all."""
    write_limits(folder / "constraints.json", check.limits)
    write_violations(folder / "constraint_violations.json", check.violations)
    write_findings(folder / "findings.parquet", check.findings)


def _find_failure(
    scored: pd.DataFrame, violations: list[Violation], package: Package, settings: StageSettings
) -> Reason | None:
    """Explain why nothing can be judged at all; None where something can."""
    if not package.baseline.quality.models:
        return Reason("no_baseline")
    needed = [ENERGY, *package.features]
    spoilt = [one.column for one in violations if one.kind in (MISSING_COLUMN, DATA_TYPE) and one.column in needed]
    lacking = [column for column in spoilt if scored[column].isna().all()]
    if lacking:
        return Reason("columns_lacking", {"columns": lacking})
    recent = _find_recent(scored, settings)
    silent = [column for column in needed if recent[column].isna().all()]
    days = settings.monitor.health_days
    if silent:
        return Reason("columns_silent", {"columns": silent, "days": days})
    if not recent[IS_STEADY].any():
        return Reason("never_steady", {"days": days})
    return None


def _find_unread(scored: pd.DataFrame, package: Package) -> tuple[str, ...]:
    """Find the set-points without a reading in the last interval of a plant that runs; what they cost is unknown."""
    last = find_last(scored)
    if last[STATE] in ("trip", "start"):
        return ()
    return tuple(name for name in package.setpoints if pd.isna(last[name]))


def _find_recent(scored: pd.DataFrame, settings: StageSettings) -> pd.DataFrame:
    first = scored[TIME].max() - pd.Timedelta(settings.monitor.health_days, "D")
    recent: pd.DataFrame = scored[scored[TIME] > first]
    return recent


def _find_inside(scored: pd.DataFrame, settings: StageSettings) -> float | None:
    """The share of the recent steady hours inside the envelope, of those with every feature."""
    recent = _find_recent(scored, settings)
    known = recent[recent[IS_STEADY] & recent[TYPICAL].notna()]
    width_h = settings.plant.interval_h
    if len(known) * width_h < LEAST_STEADY_H:
        return None
    return float(1 - known[IS_OUTSIDE].astype(bool).mean())
