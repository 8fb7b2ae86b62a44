"""How well a curve does on later hours than it was trained on, in the words of ISO 50006 and ASHRAE Guideline 14."""

from elc.evaluate.drift import find_drift, measure_drift
from elc.evaluate.metrics import (
    NAMES,
    QUANTILES,
    measure_errors,
    measure_loss,
    measure_quantiles,
    measure_typical,
    pinball,
    score_test,
)
from elc.evaluate.references import fit_quantile, score_references
from elc.evaluate.report import build_metrics, tidy, write_plots
from elc.evaluate.resample import Array, Blocks, build_blocks, find_mean_interval
from elc.evaluate.tables import (
    build_bands,
    build_calibration,
    build_groups,
    build_residuals,
)
from elc.records.metrics import write_metrics

__all__ = [
    "NAMES",
    "QUANTILES",
    "Array",
    "Blocks",
    "build_bands",
    "build_blocks",
    "build_calibration",
    "build_groups",
    "build_metrics",
    "build_residuals",
    "find_drift",
    "find_mean_interval",
    "fit_quantile",
    "measure_drift",
    "measure_errors",
    "measure_loss",
    "measure_quantiles",
    "measure_typical",
    "pinball",
    "score_references",
    "score_test",
    "tidy",
    "write_metrics",
    "write_plots",
]
