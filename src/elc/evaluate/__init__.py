"""How well a curve does on later hours than it was trained on, in the words of ISO 50006 and ASHRAE Guideline 14."""

from elc.evaluate.drift import find_drift, measure_drift
from elc.evaluate.incumbent import compare, read_incumbent
from elc.evaluate.metrics import NAMES, QUANTILES, measure_errors, pinball, score_test
from elc.evaluate.references import fit_quantile, score_references
from elc.evaluate.report import build_metrics, read_metrics, write_metrics, write_plots
from elc.evaluate.tables import (
    FORMATS,
    build_bands,
    build_calibration,
    build_comparison,
    build_groups,
    build_references,
    build_residuals,
)
from elc.evaluate.words import build_statement, write_comparison, write_drift, write_references

__all__ = [
    "FORMATS",
    "NAMES",
    "QUANTILES",
    "build_bands",
    "build_calibration",
    "build_comparison",
    "build_groups",
    "build_metrics",
    "build_references",
    "build_residuals",
    "build_statement",
    "compare",
    "find_drift",
    "fit_quantile",
    "measure_drift",
    "measure_errors",
    "pinball",
    "read_incumbent",
    "read_metrics",
    "score_references",
    "score_test",
    "write_comparison",
    "write_drift",
    "write_metrics",
    "write_plots",
    "write_references",
]
