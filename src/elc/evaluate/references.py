"""Plain models on the same split, for the curve to be measured by: lines on load, linear quantiles, boosted trees."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from elc.curve import Package
from elc.dataset import Split
from elc.errors import ElcError
from elc.evaluate.metrics import measure_errors, pinball
from elc.evaluate.resample import Array
from elc.fields import BEST, ENERGY, TYPICAL
from elc.settings import EvaluateSettings

BOOSTED = ("boosted_energy", "boosted_sec")
Fit = Callable[[Array, Array, Array, float], Array]  # train x (rows, k), train y (rows,), test x, quantile -> test y


def score_references(
    split: Split, scored: pd.DataFrame, package: Package, settings: EvaluateSettings
) -> dict[str, pd.DataFrame]:
    """Fit every reference on the training hours and predict best and typical (GJ/h) of the scored ones.

    The line on load is least squares for typical and the quantile line for best. Boosted trees are left out where
    LightGBM, a development dependency, is not installed.
    """
    load, columns = package.throughput, package.features
    line = _predict_both(split.train, scored, [load], load, _predict_linear, is_sec=False)
    line[TYPICAL] = _predict_line(split.train, scored, load)
    found = {"line_on_load": line}
    for kind, fit in (("linear", _predict_linear), ("boosted", _build_boosted(settings.seed))):
        if fit is not None:
            for name, is_sec in ((f"{kind}_energy", False), (f"{kind}_sec", True)):
                found[name] = _predict_both(split.train, scored, columns, load, fit, is_sec=is_sec)
    return found


def _predict_both(
    train: pd.DataFrame, scored: pd.DataFrame, columns: list[str], load: str, fit: Fit, *, is_sec: bool
) -> pd.DataFrame:
    known = train.dropna(subset=[ENERGY, *columns])
    inputs, later = known[columns].to_numpy(float), scored[columns].to_numpy(float)
    weight, times = (known[load].to_numpy(), scored[load].to_numpy()) if is_sec else (1.0, 1.0)
    target = known[ENERGY].to_numpy(float) / weight
    predicted = {name: times * fit(inputs, target, later, q) for name, q in ((BEST, 0.1), (TYPICAL, 0.5))}
    return pd.DataFrame(predicted, index=scored.index)


def _predict_line(train: pd.DataFrame, scored: pd.DataFrame, load: str) -> Array:
    known = train.dropna(subset=[ENERGY, load])
    slope, intercept = np.polyfit(known[load], known[ENERGY], 1)
    return np.asarray(intercept + slope * scored[load].to_numpy(float))


def _predict_linear(inputs: Array, target: Array, later: Array, quantile: float) -> Array:
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design, other = (np.column_stack([np.ones(len(x)), (x - centre) / spread]) for x in (inputs, later))
    return np.asarray(other @ fit_quantile(design, target, quantile))


def fit_quantile(design: Array, target: Array, quantile: float) -> Array:
    """Fit linear quantile regression exactly: coefficients (k,) for a design (rows, k) and a target (rows,).

    The dual linear program has k equations only, so it is solved in a tenth of a second. Source: Koenker, Quantile
    Regression (2005), section 6.2.

    Raises:
        ElcError: the solver finds no solution.
    """
    from scipy.optimize import linprog

    found = linprog(-target, A_eq=design.T, b_eq=(1 - quantile) * design.sum(axis=0), bounds=(0, 1), method="highs")
    if not found.success:
        raise ElcError(
            f"linear quantile regression on {len(target)} rows and {design.shape[1]} columns: no solution was found "
            f"({found.message}). Expected finite training data with rows enough; look at data/processed."
        )
    return -np.asarray(found.eqlin.marginals)


def _build_boosted(seed: int) -> Fit | None:
    """Build the fit of boosted trees with LightGBM's defaults; None where LightGBM, or its OpenMP, is not installed."""
    try:
        lightgbm = importlib.import_module("lightgbm")
    except (ImportError, OSError):
        return None
    fixed = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "seed": seed, "verbosity": -1}

    def fit(inputs: Array, target: Array, later: Array, quantile: float) -> Array:
        options = {"objective": "quantile", "alpha": quantile, **fixed}
        return np.asarray(lightgbm.train(options, lightgbm.Dataset(inputs, target)).predict(later))

    return fit


def measure_references(
    references: dict[str, pd.DataFrame], scored: pd.DataFrame, curve_pinball: float, parameters: int
) -> dict[str, Any]:
    """Measure each reference: pinball loss of best, its ratio to the curve's (above 1: the curve is better), typical.

    `curve_pinball` in GJ/h; `parameters` is p of every reference but the line, which has two.
    """
    actual = scored[ENERGY].to_numpy(float)
    found = {}
    for name, predicted in references.items():
        loss = pinball(actual, predicted[BEST].to_numpy(float), 0.1)
        errors = measure_errors(actual, predicted[TYPICAL].to_numpy(float), 2 if "line_" in name else parameters)
        found[name] = {
            "pinball_best_gj_per_h": loss,
            "pinball_ratio": loss / curve_pinball if curve_pinball else float("nan"),
            "coverage_best_frac": float((actual <= predicted[BEST]).mean()),
            "rmse_gj_per_h": errors["rmse_gj_per_h"],
            "cv_rmse_frac": errors["cv_rmse_frac"],
            **({"errors": errors} if name == "line_on_load" else {}),
        }
    return found
