"""The metrics of a plant as one record, and the tables that `dvc plots` draws."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from elc.curve import OUTPUTS, Package
from elc.evaluate.condition import measure_condition
from elc.evaluate.drift import find_drift, measure_drift
from elc.evaluate.metrics import drop_unscored, measure_curve
from elc.evaluate.references import measure_references
from elc.evaluate.tables import build_calibration, build_residuals
from elc.fields import TIME
from elc.files import replace_folder
from elc.findings import build_record
from elc.records.metrics import Metrics
from elc.settings import StageSettings


def build_metrics(
    scored: pd.DataFrame,
    package: Package,
    *,
    references: dict[str, pd.DataFrame],
    settings: StageSettings,
) -> Metrics:
    """Build the metrics of a curve on later hours; energies in GJ/h, shares as fractions, six significant digits.

    A figure that cannot be had from these hours is left out. `references` is what `score_references` gives.

    Raises:
        ElcError: no hour could be scored.
    """
    hours = drop_unscored(scored, settings.plant_id)
    curve = measure_curve(hours, package, settings)
    known = {name: frame.loc[_find_known(scored, hours)] for name, frame in references.items()}
    parameters = len(package.features) + 1
    measured = measure_references(known, hours, curve["quantiles"]["best"]["pinball_gj_per_h"], parameters)
    line = measured["line_on_load"].pop("errors")
    drift = measure_drift(hours, settings.evaluate)
    condition = measure_condition(scored.drop(columns=[name for name in OUTPUTS if name in scored]), package, settings)
    content = {
        "plant": package.card["plant"],
        "rows": len(hours),
        "unscored_rows": len(scored) - len(hours),
        "weeks": curve["weeks"],
        "first": hours[TIME].iloc[0].isoformat(),
        "last": hours[TIME].iloc[-1].isoformat(),
        "features": package.features,
        "parameters": parameters,
        "typical": curve["typical"],
        "line_on_load": line,
        "quantiles": curve["quantiles"],
        "load_bands": curve["load_bands"],
        "months": curve["months"],
        "references": measured,
        "drift": drift,
        "condition": None if condition is None else condition.model_dump(),
        "findings": [build_record(finding) for finding in find_drift(hours, package, settings)],
    }
    return Metrics.model_validate(tidy(content))


def _find_known(scored: pd.DataFrame, hours: pd.DataFrame) -> pd.Series:
    return scored[TIME].isin(hours[TIME])


def tidy(value: Any) -> Any:
    """Round to six significant digits and leave out what is not a number: JSON has no word for it."""
    if isinstance(value, dict):
        entries = {name: tidy(entry) for name, entry in value.items()}
        return {name: entry for name, entry in entries.items() if entry is not None}
    if isinstance(value, list):
        return [tidy(entry) for entry in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def write_plots(folder: Path, metrics: Metrics, scored: pd.DataFrame, settings: StageSettings) -> None:
    """Write what `dvc plots` draws, calibration.csv and residuals.csv, both or none."""
    residuals = build_residuals(drop_unscored(scored, settings.plant_id), settings)
    with replace_folder(folder) as fresh:
        for name, table in (("calibration", build_calibration(metrics)), ("residuals", residuals)):
            table.to_csv(fresh / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
