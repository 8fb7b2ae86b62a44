"""Check a plant's data and model: everything that is doubtful, as findings and violations, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from elc.curve import DATA_TYPE, MISSING_COLUMN, Package, describe_column, find_last, find_size, find_tag
from elc.fields import ENERGY, IS_OUTSIDE, IS_STEADY, STATE, TIME, TYPICAL
from elc.findings import Finding, Kind, Reason, build_frame, join, write_findings
from elc.monitor.changes import LevelChange, build_cusum
from elc.monitor.concept import Concept, find_concept
from elc.monitor.errors import Figure, build_judged, find_recent_hours, measure_models
from elc.monitor.requests import CHECKS
from elc.monitor.setpoints import LeftOff, build_costs, find_left_off
from elc.monitor.silence import find_silent
from elc.monitor.violations import Violation, check_tags, find_violations, write_violations
from elc.settings import StageSettings

_OFF = ("size_frac", "size_gj_per_h", "plant_gj_per_h", "is_unclear", "meters")
# What explains that energy is off: a meter, a meter or fouling, or nothing that the data know.
METER, METER_OR_PLANT, PLANT = (Kind("relation", name, _OFF) for name in ("meter", "meter_or_plant", "plant"))
SETPOINT = "setpoint"
LEFT_OFF = Kind(SETPOINT, needs=("tag", "median", "usual", "cost_frac"))
WORSE = {name: Kind(f"model_{name}", needs=("days", "figures")) for name in ("typical", "response")}
OUTSIDE = Kind("envelope", needs=("inside_frac", "days", "min_inside_frac"))
LEAST_STEADY_H = 24.0  # ASSUME: fewer steady hours tell no share inside the envelope


@dataclass(frozen=True)
class Check:
    """What was checked and found.

    `figures` of the models on hours they did not learn from, `concept` what moved, `changes` all lasting changes of
    typical's error, `left_off` the set-points that cost more than their habit, `inside_frac` the share of the recent
    steady hours inside the envelope (None where they are too few), `cusum` the frame of `build_cusum`, `judged_h` the
    hours on which the models were judged, `failure` why nothing can be judged, `used` the columns that the models use,
    `silent` those without which the last interval of a running plant has no gap, or one of values that only hold,
    `unread` the set-points without a reading in it, `size_gj_per_h` what the plant usually takes.
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
    concept, changes = find_concept(judged, package, settings)
    left_off = find_left_off(judged, build_costs(judged, package), package, settings)
    figures = measure_models(judged, package, settings)
    inside = _find_inside(scored, settings)
    found = [
        *(one.finding for one in violations),
        *_build_relation(concept, scored, package, settings),
        *_build_left_off(left_off, scored, package, settings),
        *_build_figures(figures, judged, settings),
        *_build_inside(inside, scored, settings),
    ]
    return Check(
        violations=violations,
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
    )


def write_check(folder: Path, check: Check) -> None:
    """Write `constraint_violations.json` and `findings.parquet`, each whole or not at all."""
    write_violations(folder / "constraint_violations.json", check.violations)
    write_findings(folder / "findings.parquet", check.findings)


def _find_failure(
    scored: pd.DataFrame, violations: list[Violation], package: Package, settings: StageSettings
) -> Reason | None:
    """Explain why nothing can be judged at all; None where something can."""
    if not package.baseline.quality:
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


def _find_end(scored: pd.DataFrame, settings: StageSettings) -> pd.Timestamp:
    return pd.Timestamp(scored[TIME].max() + settings.plant.interval_length)


def _build_relation(concept: Concept, scored: pd.DataFrame, package: Package, settings: StageSettings) -> list[Finding]:
    """The finding of a lasting change of typical's error that set-points do not explain, or may not."""
    change = concept.change
    if change is None or concept.kind == "setpoints":
        return []
    meters = concept.suspects or ((concept.possible,) if concept.possible else ())
    values = {
        "size_frac": concept.size_frac,
        "size_gj_per_h": concept.size_gj_per_h,
        "relation_frac": concept.relation_frac,
        "plant_gj_per_h": find_size(scored),
        "is_unclear": concept.kind == "unclear",
        "meters": [describe_column(column, package) for column in meters],
    }
    kind = METER if concept.suspects else METER_OR_PLANT if concept.possible else PLANT
    column, end = next(iter(meters), ENERGY), _find_end(scored, settings)
    return [Finding(kind, settings.plant_id, column, change.start, end, values)]


def _build_left_off(
    left_off: list[LeftOff], scored: pd.DataFrame, package: Package, settings: StageSettings
) -> list[Finding]:
    end = _find_end(scored, settings)
    found = []
    for one in left_off:
        values = {
            "tag": find_tag(one.column, package),
            "cost_frac": one.cost_frac,
            "median": one.median,
            "usual": one.usual,
        }
        found.append(Finding(LEFT_OFF, settings.plant_id, one.column, one.change.start, end, values))
    return found


def _build_figures(figures: list[Figure], judged: pd.DataFrame, settings: StageSettings) -> list[Finding]:
    """One finding for each model of which a figure is beyond its limits."""
    found = []
    for model, kind in WORSE.items():
        bad = [one for one in figures if one.model == model and one.is_violated]
        if not bad:
            continue
        recent = find_recent_hours(judged, settings)
        start, end = recent[TIME].iloc[0], judged[TIME].iloc[-1] + settings.plant.interval_length
        limits = [{name: getattr(one, name) for name in ("name", "unit", "now", "low", "high")} for one in bad]
        values = {"days": settings.monitor.health_days, "figures": limits}
        found.append(Finding(kind, settings.plant_id, ENERGY, start, end, values))
    return found


def _build_inside(inside: float | None, scored: pd.DataFrame, settings: StageSettings) -> list[Finding]:
    if inside is None or inside >= settings.monitor.min_inside_frac:
        return []
    end, days = _find_end(scored, settings), settings.monitor.health_days
    values = {"inside_frac": inside, "days": days, "min_inside_frac": settings.monitor.min_inside_frac}
    return [Finding(OUTSIDE, settings.plant_id, ENERGY, end - pd.Timedelta(days, "D"), end, values)]
