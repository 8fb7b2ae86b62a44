"""What the last week's data violate of the package's own baseline: the six kinds of SageMaker Model Monitor, and more.

A week differs from a year: seasons and long memories take it far from all training hours. So drift is what lies beyond
the threshold and beyond what the plant's own weeks of training showed, and a column's threshold can be set in
`monitor.tags`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from elc.curve import DATA_TYPE, MISSING_COLUMN, Package, find_tag, measure_distance, read_sketch
from elc.errors import build_nearest, check_faults
from elc.fields import AGE, COVERAGE_SUFFIX, ENERGY, IS_STEADY, SCORED, STATE, TIME
from elc.files import replace_file
from elc.findings import Finding, Kind, list_findings
from elc.monitor.limits import UNCOMPARED, find_drift_limit, find_missing_limit
from elc.settings import MonitorSettings, StageSettings

COMPLETENESS = "completeness_check"
DRIFT = "baseline_drift_check"
EXTRA_COLUMN = "extra_column_check"
CATEGORICAL = "categorical_values_check"
ATTRIBUTION = "feature_attribution_drift_check"  # of the explainability monitor; explain finds it
INCOMPLETE = Kind(COMPLETENESS, needs=("tag", "missing_frac", "limit_frac", "intervals"))
MOVED = Kind(DRIFT, needs=("tag", "median", "low", "high", "intervals", "distance", "limit"))
UNKNOWN, STRANGE = Kind(EXTRA_COLUMN), Kind(CATEGORICAL, needs=("domain", "share"))
KINDS = (DATA_TYPE, COMPLETENESS, DRIFT, MISSING_COLUMN, EXTRA_COLUMN, CATEGORICAL, ATTRIBUTION)
LEAST_HOURS = 24  # ASSUME: fewer running hours make no distribution


@dataclass(frozen=True)
class Violation:
    """One violation: what to say of it in the known format, and its finding."""

    description: str
    finding: Finding

    @property
    def kind(self) -> str:
        return self.finding.check

    @property
    def column(self) -> str:
        return self.finding.column


@dataclass(frozen=True)
class _Window:
    """The hours that are looked at: the running ones of the last week for completeness, the last steady ones for drift.

    A plant that stands tells nothing of its tags, so its last steady hours may be older than a week.
    """

    plant: str
    last: pd.DataFrame
    steady: pd.DataFrame
    start: pd.Timestamp
    end: pd.Timestamp

    def build(self, kind: Kind, column: str, values: Mapping[str, Any]) -> Finding:
        """Build a finding about a column over the week."""
        return Finding(kind, self.plant, column, self.start, self.end, values)


def check_tags(package: Package, settings: MonitorSettings) -> None:
    """Check that every column of `monitor.tags` is one of the package.

    Raises:
        ElcError: with the nearest column for each that is not.
    """
    known = [ENERGY, *package.features, *package.setpoints]
    unknown = [name for name in settings.tags if name not in known]
    check_faults(
        "monitor.tags", [f"{name} is not a column of the model: {build_nearest(name, known)}" for name in unknown]
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
    hours = package.baseline.quality.distances.window_h
    end = scored[TIME].max() + settings.plant.interval_length
    start = end - pd.Timedelta(hours, "h")
    # Where the load is unknown the plant may run, so that its tags are asked for.
    last = scored[(scored[TIME] >= start) & ~scored[STATE].isin(["trip", "start"])]
    recent = scored[scored[TIME] >= end - pd.Timedelta(settings.monitor.health_days, "D")]
    count = round(hours / settings.plant.interval_h)
    return _Window(settings.plant_id, last, recent[recent[IS_STEADY]].tail(count), start, end)


def _read_lacking(findings: pd.DataFrame, window: _Window) -> Iterator[Violation]:
    rows = findings[findings["check"].isin([MISSING_COLUMN, DATA_TYPE])].sort_values(["check", "column"])
    for one in list_findings(rows):
        found = "the column is missing" if one.check == MISSING_COLUMN else "values of another type than Fractional"
        yield Violation(found, replace(one, plant=window.plant, start=window.start, end=window.end))


def _read_drifted(findings: pd.DataFrame) -> Iterator[Violation]:
    for one in list_findings(findings[findings["check"] == ATTRIBUTION]):
        yield Violation(f"nDCG of the ranking of attributions is {one.values['ndcg']:.2f}", one)


def _find_incomplete(
    window: _Window, package: Package, settings: MonitorSettings, *, without: set[str]
) -> Iterator[Violation]:
    if window.last.empty:
        return
    for column in [ENERGY, *package.features, *package.setpoints]:
        if column in without or column not in window.last or (column == AGE):
            continue
        missing = float(window.last[column].isna().mean())
        limit = find_missing_limit(column, package, settings)
        if missing > limit:
            values = {"tag": find_tag(column, package), "intervals": len(window.last)}
            yield Violation(
                f"Completeness: {1 - missing:.3f} is below the constraint: {1 - limit:.3f}",
                window.build(INCOMPLETE, column, {**values, "missing_frac": missing, "limit_frac": limit}),
            )


def _find_drifted(window: _Window, package: Package, settings: MonitorSettings) -> Iterator[Violation]:
    if len(window.steady) < LEAST_HOURS:
        return
    for feature in package.baseline.statistics.get("features", []):
        column, sketch = feature["name"], read_sketch(feature)
        if sketch is None or column in UNCOMPARED or column not in window.steady:
            continue
        values = window.steady[column].to_numpy(float)
        distance = measure_distance(sketch, values)
        limit = find_drift_limit(column, package, settings)
        if math.isnan(distance) or distance <= limit:
            continue
        shown = {
            "tag": find_tag(column, package),
            "median": float(pd.Series(values).median()),
            "low": sketch.find_quantile(0.05),
            "high": sketch.find_quantile(0.95),
            "intervals": len(window.steady),
            "distance": distance,
            "limit": limit,
        }
        start = pd.Timestamp(window.steady[TIME].iloc[0])
        yield Violation(
            f"Baseline drift distance: {distance:.3f} exceeds threshold: {limit:.3f}",
            replace(window.build(MOVED, column, shown), start=start),
        )


def _find_extra(scored: pd.DataFrame, window: _Window, package: Package) -> Iterator[Violation]:
    """Columns that the hourly table did not have when the model learnt: a tag was mapped since."""
    known = package.baseline.quality.columns
    if not known:
        return
    given = [str(name) for name in scored.columns if not str(name).endswith((COVERAGE_SUFFIX, "_pred"))]
    ours = {TIME, *known, *package.features, *package.setpoints, *SCORED}
    for column in sorted(set(given) - ours):
        yield Violation("the column is not in the baseline", window.build(UNKNOWN, column, {}))


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
                f"Values outside the domain: {share:.3f} exceeds threshold: {threshold:.3f}",
                window.build(STRANGE, column, {"domain": list(domain), "share": share}),
            )


def write_violations(path: Path, violations: list[Violation]) -> None:
    """Write `constraint_violations.json` in the format of SageMaker Model Monitor: its kinds, nothing else.

    Drift of attributions has no column: `drivers` or `setpoints` stands in its place.
    """
    content: dict[str, Any] = {
        "violations": [
            {"feature_name": one.column, "constraint_check_type": one.kind, "description": one.description}
            for one in violations
            if one.kind in KINDS
        ]
    }
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
