"""What the last week's data violate of the package's own baseline: the six kinds of SageMaker Model Monitor, and more.

A week differs from a year: seasons and long memories take it far from all training hours. So drift is what lies beyond
the threshold and beyond what the plant's own weeks of training showed, and a column's threshold can be set in
`monitor.tags`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from elc.curve import DATA_TYPE, MISSING_COLUMN, Package, describe_column, measure_distance, read_sketch
from elc.errors import build_nearest, check_faults
from elc.fields import AGE, COVERAGE_SUFFIX, ENERGY, IS_STEADY, STATE, TIME, format_value, read_unit
from elc.paths import replace_file
from elc.settings import MonitorSettings, StageSettings

COMPLETENESS = "completeness_check"
DRIFT = "baseline_drift_check"
EXTRA_COLUMN = "extra_column_check"
CATEGORICAL = "categorical_values_check"
ATTRIBUTION = "feature_attribution_drift_check"  # of the explainability monitor; explain finds it
KINDS = (DATA_TYPE, COMPLETENESS, DRIFT, MISSING_COLUMN, EXTRA_COLUMN, CATEGORICAL)
WINDOW_H = 168.0  # where the package tells none
LEAST_HOURS = 24  # ASSUME: fewer running hours make no distribution
DRIFT_MARGIN = 0.1  # ASSUME: beyond the farthest week of the training hours: they were some fifty weeks, no more


@dataclass(frozen=True)
class Violation:
    """One violation: its kind, its column, what to say of it in the known format and in a finding, and its time."""

    kind: str
    column: str
    description: str
    sentence: str
    start: pd.Timestamp
    end: pd.Timestamp
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Window:
    """The hours that are looked at: the running ones of the last week for completeness, the last steady ones for drift.

    A plant that stands tells nothing of its tags, so its last steady hours may be older than a week.
    """

    last: pd.DataFrame
    steady: pd.DataFrame
    start: pd.Timestamp
    end: pd.Timestamp


def check_tags(package: Package, settings: MonitorSettings) -> None:
    """Check that every column of `monitor.tags` is one of the package.

    Raises:
        ElcError: with the nearest column for each that is not.
    """
    known = [ENERGY, *package.features, *package.setpoints]
    unknown = [name for name in settings.tags if name not in known]
    check_faults(
        "monitor.tags", [f"{name} is no column of the model: {build_nearest(name, known)}" for name in unknown]
    )


def find_violations(
    scored: pd.DataFrame, findings: pd.DataFrame, package: Package, settings: StageSettings
) -> list[Violation]:
    """Find what the last week violates, in the order of the six kinds.

    `findings` are those of the hourly table and of `fit_hours`, which tell of missing columns and wrong types, and of
    explain, which tell of attributions that drifted.
    """
    window = _build_window(scored, package, settings)
    found = [*_read_lacking(findings, window)]
    lacking = {violation.column for violation in found if violation.kind == MISSING_COLUMN}
    found += _find_incomplete(window, package, settings.monitor, without=lacking)
    found += _find_drifted(window, package, settings.monitor)
    found += _find_extra(scored, window, package)
    return [*found, *_find_strange(window, package), *_read_drifted(findings)]


def _build_window(scored: pd.DataFrame, package: Package, settings: StageSettings) -> _Window:
    quality = package.baseline.quality
    hours = float(quality.get("distances", {}).get("window_h", WINDOW_H))
    end = scored[TIME].max() + pd.Timedelta(settings.plant.interval)
    start = end - pd.Timedelta(hours, "h")
    # Where the load is unknown the plant may run, so that its tags are asked for.
    last = scored[(scored[TIME] >= start) & ~scored[STATE].isin(["trip", "start"])]
    recent = scored[scored[TIME] >= end - pd.Timedelta(settings.monitor.health_days, "D")]
    count = round(hours / settings.plant.interval_h)
    return _Window(last, recent[recent[IS_STEADY]].tail(count), start, end)


def _read_lacking(findings: pd.DataFrame, window: _Window) -> Iterator[Violation]:
    rows = findings[findings["check"].isin([MISSING_COLUMN, DATA_TYPE])].sort_values(["check", "column"])
    for row in rows.to_dict("records"):
        found = "the column is missing" if row["check"] == MISSING_COLUMN else "values of another type than Fractional"
        values = json.loads(row["values"])
        yield Violation(row["check"], row["column"], found, row["sentence"], window.start, window.end, values)


def _read_drifted(findings: pd.DataFrame) -> Iterator[Violation]:
    for row in findings[findings["check"] == ATTRIBUTION].to_dict("records"):
        values = json.loads(row["values"])
        found = f"nDCG of the ranking of attributions is {values['ndcg']:.2f}"
        yield Violation(ATTRIBUTION, row["column"], found, row["sentence"], row["start"], row["end"], values)


def _find_incomplete(
    window: _Window, package: Package, settings: MonitorSettings, *, without: set[str]
) -> Iterator[Violation]:
    if window.last.empty:
        return
    expected = {one["name"]: float(one["completeness"]) for one in package.baseline.constraints.get("features", [])}
    for column in [ENERGY, *package.features, *package.setpoints]:
        if column in without or column not in window.last or (column == AGE):
            continue
        missing = float(window.last[column].isna().mean())
        limits = settings.tags.get(column)
        chosen = None if limits is None else limits.max_missing_frac
        limit = max(settings.max_missing_frac, 1 - expected.get(column, 1.0)) if chosen is None else chosen
        if missing > limit:
            name = describe_column(column, package)
            yield Violation(
                COMPLETENESS,
                column,
                f"Completeness: {1 - missing:.3f} is below the constraint: {1 - limit:.3f}",
                f"{name} is missing in {missing:.0%} of the {len(window.last)} running intervals of the last week, "
                f"expected at most {limit:.0%}. Look at its transmitter, its server and its findings.",
                window.start,
                window.end,
                {"missing_frac": missing, "limit_frac": limit},
            )


def _find_drifted(window: _Window, package: Package, settings: MonitorSettings) -> Iterator[Violation]:
    if len(window.steady) < LEAST_HOURS:
        return
    habits = package.baseline.quality.get("distances", {}).get("columns", {})
    for feature in package.baseline.statistics.get("features", []):
        column, sketch = feature["name"], read_sketch(feature)
        # The age only grows, so the envelope judges its range; energy follows the rest, so its errors are judged.
        if sketch is None or column in (AGE, ENERGY) or column not in window.steady:
            continue
        values = window.steady[column].to_numpy(float)
        distance = measure_distance(sketch, values)
        limits, habit = settings.tags.get(column), habits.get(column)
        chosen = None if limits is None else limits.max_drift
        usual = habit["most"] + DRIFT_MARGIN if habit else 1.0  # too short a history tells no habit
        limit = max(settings.max_drift, usual) if chosen is None else chosen
        if math.isnan(distance) or distance <= limit:
            continue
        found = format_value(float(pd.Series(values).median()), column, with_unit=False)
        low, high = (format_value(sketch.find_quantile(share), column, with_unit=False) for share in (0.05, 0.95))
        unit = read_unit(column).sign
        yield Violation(
            DRIFT,
            column,
            f"Baseline drift distance: {distance:.3f} exceeds threshold: {limit:.3f}",
            f"{describe_column(column, package)} has moved: median {found} {unit} over the last {len(window.steady)} "
            f"steady intervals, expected mostly {low} to {high} {unit} as in training (distance {distance:.2f}, limit "
            f"{limit:.2f}). Look whether the plant or the sensor did that.",
            pd.Timestamp(window.steady[TIME].iloc[0]),
            window.end,
            {"distance": distance, "limit": limit},
        )


def _find_extra(scored: pd.DataFrame, window: _Window, package: Package) -> Iterator[Violation]:
    """Columns that the hourly table did not have when the model learnt: a tag was mapped since."""
    known = package.baseline.quality.get("columns")
    if not known:
        return
    given = [str(name) for name in scored.columns if not str(name).endswith((COVERAGE_SUFFIX, "_pred"))]
    ours = {TIME, *known, *package.features, *package.setpoints, *OWN}
    for column in sorted(set(given) - ours):
        sentence = (
            f"{column} is in the hourly table, but was not when the model learnt; it is not used. Train again where it "
            "is a driver or a set-point."
        )
        yield Violation(EXTRA_COLUMN, column, "the column is not in the baseline", sentence, window.start, window.end)


OWN = ("gap_gj_per_h", "gap_frac", "gap_low_gj_per_h", "gap_high_gj_per_h", "is_outside_envelope")


def _find_strange(window: _Window, package: Package) -> Iterator[Violation]:
    """Values outside the domain of a text column; a numeric table has none."""
    for feature in package.baseline.constraints.get("features", []):
        domain = feature.get("string_constraints", {}).get("domains", [])
        column = feature["name"]
        if not domain or column not in window.last or window.last.empty:
            continue
        share = float((~window.last[column].isin(domain)).mean())
        threshold = float(package.baseline.constraints["monitoring_config"]["domain_content_threshold"])
        if share > threshold:
            yield Violation(
                CATEGORICAL,
                column,
                f"Values outside the domain: {share:.3f} exceeds threshold: {threshold:.3f}",
                f"{column} holds values other than {', '.join(domain)} in {share:.0%} of the intervals. Look at its "
                "export.",
                window.start,
                window.end,
                {"share": share},
            )


def write_violations(path: Path, violations: list[Violation]) -> None:
    """Write `constraint_violations.json` in the format of SageMaker Model Monitor: the six kinds, nothing else."""
    content: dict[str, Any] = {
        "violations": [
            {"feature_name": one.column, "constraint_check_type": one.kind, "description": one.description}
            for one in violations
            if one.kind in KINDS
        ]
    }
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
