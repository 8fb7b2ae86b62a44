"""How well a curve does on later hours than it was trained on, in the words of ISO 50006 and ASHRAE Guideline 14."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve import Package
from elc.dataset import Split
from elc.fields import BEST, ENERGY, HIGH, TIME, TYPICAL
from elc.paths import replace_file
from elc.settings import EvaluateSettings

QUANTILES = {BEST: 0.1, TYPICAL: 0.5, HIGH: 0.9}
NAMES = {BEST: "best", TYPICAL: "typical", HIGH: "high"}
Array = NDArray[np.float64]


def score_test(split: Split, package: Package) -> pd.DataFrame:
    """Score the test hours: the split's columns with best, typical and high added."""
    return pd.concat([split.test, package.predict(split.test)], axis=1)


def build_metrics(scored: pd.DataFrame, split: Split, package: Package) -> dict[str, Any]:
    """Build the metrics of a curve on later hours; energies in GJ/h, shares as fractions.

    `typical` is judged by error (NMBE divides by n - p, ASHRAE Guideline 14), all three by pinball loss and coverage;
    a straight line on load, fitted on the same training hours, stands beside as the reference.
    """
    actual = scored[ENERGY].to_numpy()
    line = _predict_line(split.train, scored, package.throughput)
    return {
        "plant": package.card["plant"],
        "rows": len(scored),
        "first": scored[TIME].iloc[0].isoformat(),
        "last": scored[TIME].iloc[-1].isoformat(),
        "typical": _build_errors(actual, scored[TYPICAL].to_numpy(), len(package.features) + 1),
        "line_on_load": _build_errors(actual, line, 2),
        "quantiles": {
            NAMES[column]: {
                "pinball_gj_per_h": _round(pinball(actual, scored[column].to_numpy(), quantile)),
                "coverage_frac": _round(float(np.mean(actual <= scored[column].to_numpy()))),
                "wanted_frac": quantile,
            }
            for column, quantile in QUANTILES.items()
        },
    }


def pinball(actual: Array, predicted: Array, quantile: float) -> float:
    """Mean pinball loss (unit of the inputs)."""
    error = actual - predicted
    return float(np.mean(np.maximum(quantile * error, (quantile - 1) * error)))


def _build_errors(actual: Array, predicted: Array, parameters: int) -> dict[str, float]:
    error = predicted - actual
    mean = float(actual.mean())
    rmse = float(np.sqrt(np.mean(error**2)))
    return {
        "rmse_gj_per_h": _round(rmse),
        "cv_rmse_frac": _round(rmse / mean),
        "bias_gj_per_h": _round(float(error.mean())),
        "nmbe_frac": _round(float(error.sum()) / ((len(actual) - parameters) * mean)),
        "mae_gj_per_h": _round(float(np.abs(error).mean())),
        "r2": _round(1 - float(np.sum(error**2)) / float(np.sum((actual - mean) ** 2))),
    }


def _round(value: float) -> float:
    return float(f"{value:.6g}")


def _predict_line(train: pd.DataFrame, scored: pd.DataFrame, throughput: str) -> Array:
    slope, intercept = np.polyfit(train[throughput], train[ENERGY], 1)
    return np.asarray(intercept + slope * scored[throughput].to_numpy())


def build_bands(scored: pd.DataFrame, throughput: str, settings: EvaluateSettings) -> pd.DataFrame:
    """Error of typical and coverage of best by load band, each with the same number of hours."""
    bands = pd.qcut(scored[throughput], settings.load_bands, duplicates="drop")
    rows = []
    for band, hours in scored.groupby(bands, observed=True):
        error = hours[TYPICAL] - hours[ENERGY]
        rows.append(
            {
                "load": f"{band.left:.1f} to {band.right:.1f}",
                "intervals": len(hours),
                "bias, %": 100 * error.mean() / hours[ENERGY].mean(),
                "CV(RMSE), %": 100 * np.sqrt((error**2).mean()) / hours[ENERGY].mean(),
                "below best, %": 100 * (hours[ENERGY] <= hours[BEST]).mean(),
            }
        )
    return pd.DataFrame(rows)


def build_statement(metrics: dict[str, Any]) -> str:
    """Word the figures: what was tested, against which limits of ASHRAE Guideline 14."""
    typical, line = metrics["typical"], metrics["line_on_load"]
    verdict = "meets" if typical["cv_rmse_frac"] <= 0.30 and abs(typical["nmbe_frac"]) <= 0.10 else "does not meet"
    below = metrics["quantiles"]["best"]["coverage_frac"]
    return (
        f"On {metrics['rows']} later intervals ({metrics['first'][:10]} to {metrics['last'][:10]}) the curve's "
        f"typical energy has an RMSE of {typical['rmse_gj_per_h']:.3g} GJ/h, a CV(RMSE) of "
        f"{typical['cv_rmse_frac']:.2%} and an NMBE of {typical['nmbe_frac']:+.2%}; a straight line on load has a "
        f"CV(RMSE) of {line['cv_rmse_frac']:.2%}. This {verdict} the limits of ASHRAE Guideline 14 for hourly data "
        "(30 % and 10 %), which are wide: ask for less than 1.5 % and 0.3 %. "
        f"{below:.0%} of the intervals lie below best, where 10 % are meant to."
    )


def write_metrics(path: Path, metrics: dict[str, Any]) -> None:
    """Write the metrics as JSON, whole or not at all."""
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")


def read_metrics(path: Path) -> dict[str, Any]:
    """Read the metrics of a plant."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
