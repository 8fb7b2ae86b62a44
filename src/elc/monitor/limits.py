"""The limits that the last week's data are held to, and `constraints.json`, which tells them to other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from elc.curve import Package
from elc.fields import AGE, ENERGY
from elc.files import replace_file
from elc.settings import MonitorSettings

DRIFT_MARGIN = 0.1  # ASSUME: beyond the farthest week of the training hours: they were some fifty weeks, no more
# The age only grows, so the envelope judges its range; energy follows the rest, so its errors are judged.
UNCOMPARED = (AGE, ENERGY)


def find_missing_limit(column: str, package: Package, settings: MonitorSettings) -> float:
    """Find the share of a week's running hours in which a column may be missing."""
    limits = settings.tags.get(column)
    if limits is not None and limits.max_missing_frac is not None:
        return limits.max_missing_frac
    expected = {it["name"]: float(it["completeness"]) for it in package.baseline.constraints.get("features", [])}
    return max(settings.max_missing_frac, 1 - expected.get(column, 1.0))


def find_drift_limit(column: str, package: Package, settings: MonitorSettings) -> float:
    """Find how far a week of a column may lie from all training hours: at least as far as their own weeks did."""
    limits = settings.tags.get(column)
    if limits is not None and limits.max_drift is not None:
        return limits.max_drift
    habit = package.baseline.quality.distances.columns.get(column)
    usual = habit.most + DRIFT_MARGIN if habit else 1.0  # too short a history tells no habit
    return max(settings.max_drift, usual)


def build_limits(package: Package, settings: MonitorSettings) -> dict[str, Any]:
    """Build the package's constraints with the limits that are applied to each column, in place of the format's own.

    Empty for a package that was made by hand, without a baseline.
    """
    constraints = package.baseline.constraints
    if not constraints:
        return {}
    features = [_build_feature(feature, package, settings) for feature in constraints["features"]]
    config = constraints["monitoring_config"]
    distribution = config["distribution_constraints"] | {"comparison_threshold": settings.max_drift}
    return {
        **constraints,
        "features": features,
        "monitoring_config": config | {"distribution_constraints": distribution},
    }


def _build_feature(feature: dict[str, Any], package: Package, settings: MonitorSettings) -> dict[str, Any]:
    column = feature["name"]
    allowed = 1.0 if column == AGE else find_missing_limit(column, package, settings)
    compared: dict[str, Any] = {"perform_comparison": "Disabled"}
    if column not in UNCOMPARED:
        compared = {
            "perform_comparison": "Enabled",
            "comparison_threshold": find_drift_limit(column, package, settings),
            "comparison_method": "Robust",
        }
    return {
        **feature,
        "completeness": 1 - allowed,
        "monitoring_config_overrides": {"distribution_constraints": compared},
    }


def write_limits(path: Path, limits: dict[str, Any]) -> None:
    """Write `constraints.json`, whole or not at all."""
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(limits, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
