"""Check a plant's data and model: everything that is doubtful, as findings and violations, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from elc.curve import DATA_TYPE, MISSING_COLUMN, Package, describe_column, find_last, find_size
from elc.fields import ENERGY, IS_OUTSIDE, IS_STEADY, STATE, TIME, TYPICAL
from elc.findings import Finding, build_frame, join, write_findings
from elc.language import find_digits, find_short_digits, say
from elc.monitor.changes import Change, build_cusum
from elc.monitor.concept import Concept, find_concept
from elc.monitor.errors import Figure, build_judged, find_recent_hours, measure_models
from elc.monitor.requests import CHECKS
from elc.monitor.setpoints import LeftOff, build_costs, find_left_off
from elc.monitor.silence import find_silent
from elc.monitor.violations import Violation, check_tags, find_violations, write_violations
from elc.settings import StageSettings

RELATION, SETPOINT, ENVELOPE = "relation", "setpoint", "envelope"
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
    changes: list[Change]
    left_off: list[LeftOff]
    inside_frac: float | None
    judged_h: float
    cusum: pd.DataFrame
    findings: pd.DataFrame
    failure: str
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
        *_write_violations(violations, settings),
        *_write_relation(concept, scored, package, settings),
        *_write_left_off(left_off, scored, package, settings),
        *_write_figures(figures, judged, settings),
        *_write_inside(inside, scored, settings),
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


def _find_failure(scored: pd.DataFrame, violations: list[Violation], package: Package, settings: StageSettings) -> str:
    """Say why nothing can be judged at all; empty where something can."""
    if not package.baseline.quality:
        return say("the model package holds no baseline (quality.json); train the plant again")
    needed = [ENERGY, *package.features]
    spoilt = [one.column for one in violations if one.kind in (MISSING_COLUMN, DATA_TYPE) and one.column in needed]
    lacking = [column for column in spoilt if scored[column].isna().all()]
    if lacking:
        return say("the hourly table gives no {columns}, which the model needs", columns=", ".join(lacking))
    recent = _find_recent(scored, settings)
    silent = [column for column in needed if recent[column].isna().all()]
    days = settings.monitor.health_days
    if silent:
        return say("no sound value of {columns} in {days} days", columns=", ".join(silent), days=days)
    if not recent[IS_STEADY].any():
        return say("the plant did not run steadily in {days} days", days=days)
    return ""


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


def _write_violations(violations: list[Violation], settings: StageSettings) -> list[Finding]:
    return [
        Finding(one.kind, one.sentence, settings.plant_id, one.column, one.start, one.end, one.values)
        for one in violations
    ]


def _find_end(scored: pd.DataFrame, settings: StageSettings) -> pd.Timestamp:
    return pd.Timestamp(scored[TIME].max() + pd.Timedelta(settings.plant.interval))


def _write_relation(concept: Concept, scored: pd.DataFrame, package: Package, settings: StageSettings) -> list[Finding]:
    """The finding of a lasting change of typical's error that set-points do not explain, or may not."""
    change = concept.change
    if change is None or concept.kind == "setpoints":
        return []
    word = "more" if concept.size_frac > 0 else "less"
    digits = find_short_digits(concept.size_gj_per_h, most=find_digits(find_size(scored)))
    doubt = "The set-points explain part of it. " if concept.kind == "unclear" else ""
    if concept.suspects:
        names = " and ".join(describe_column(column, package) for column in concept.suspects)
        advice = f"The carriers say that the meter of {names} moved: check it, and recalibrate."
    elif concept.possible:
        name = describe_column(concept.possible, package)
        advice = f"The meter of {name} or fouling would explain it, the data cannot tell which: check that meter first."
    else:
        advice = "No single meter explains it: look at the plant itself, such as fouling or a changed machine."
    sentence = (
        f"Since about {change.start:%Y-%m-%d} energy is {abs(concept.size_frac):.1%} "
        f"({abs(concept.size_gj_per_h):.{digits}f} GJ/h) {word} than typical at the same load, weather and feed. "
        f"{doubt}{advice}"
    )
    values = {
        "size_frac": concept.size_frac,
        "size_gj_per_h": concept.size_gj_per_h,
        "relation_frac": concept.relation_frac,
    }
    column = next(iter(concept.suspects), concept.possible) or ENERGY
    end = _find_end(scored, settings)
    return [Finding(RELATION, sentence, settings.plant_id, column, change.start, end, values)]


def _write_left_off(
    left_off: list[LeftOff], scored: pd.DataFrame, package: Package, settings: StageSettings
) -> list[Finding]:
    end = _find_end(scored, settings)
    found = []
    for one in left_off:
        sentence = (
            f"Since about {one.change.start:%Y-%m-%d} {describe_column(one.column, package)} stands at "
            f"{one.median:.4g}, usual is {one.usual:.4g}; that takes {one.cost_frac:.1%} more energy, as the response "
            "says. Look why."
        )
        values = {"cost_frac": one.cost_frac, "median": one.median, "usual": one.usual}
        found.append(Finding(SETPOINT, sentence, settings.plant_id, one.column, one.change.start, end, values))
    return found


def _write_figures(figures: list[Figure], judged: pd.DataFrame, settings: StageSettings) -> list[Finding]:
    """One finding for each model of which a figure is beyond its limits."""
    found = []
    for model in ("typical", "response"):
        bad = [one for one in figures if one.model == model and one.is_violated]
        if not bad:
            continue
        recent = find_recent_hours(judged, settings)
        words = ", ".join(f"{one.name} is {one.now:.4g} {one.unit}, expected {_write_limits(one)}" for one in bad)
        sentence = (
            f"Over {settings.monitor.health_days} days the {model} model is worse than its baseline allows: {words}. "
            "Look at the data first, then train again."
        )
        start, end = recent[TIME].iloc[0], judged[TIME].iloc[-1] + pd.Timedelta(settings.plant.interval)
        values = {one.name.replace(" ", "_"): one.now for one in bad}
        found.append(Finding(f"model_{model}", sentence, settings.plant_id, ENERGY, start, end, values))
    return found


def _write_limits(figure: Figure) -> str:
    if figure.low is None:
        return f"at most {figure.high:.4g}"
    return f"{figure.low:.4g} to {figure.high:.4g}"


def _write_inside(inside: float | None, scored: pd.DataFrame, settings: StageSettings) -> list[Finding]:
    if inside is None or inside >= settings.monitor.min_inside_frac:
        return []
    end = _find_end(scored, settings)
    days = settings.monitor.health_days
    sentence = (
        f"{inside:.0%} of the steady intervals of {days} days lie inside what the model learnt from, expected at least "
        f"{settings.monitor.min_inside_frac:.0%}. Train again with these hours."
    )
    start = end - pd.Timedelta(days, "D")
    return [Finding(ENVELOPE, sentence, settings.plant_id, ENERGY, start, end, {"inside_frac": inside})]
