"""Plain models on the same split, for the curve to be measured by: lines on load, linear quantiles, boosted trees."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve import Package
from elc.dataset import Split
from elc.errors import ElcError
from elc.evaluate.metrics import measure_errors, pinball
from elc.evaluate.resample import Array
from elc.fields import BEST, ENERGY, TYPICAL
from elc.settings import EvaluateSettings

BOOSTED = ("boosted_energy", "boosted_sec")
# Few hours are alike but those of one week: small trees with many hours in a leaf, chosen on simulated plants.
TREES = {"num_leaves": 8, "min_data_in_leaf": 150, "learning_rate": 0.05}
FOLDS, MOST_ROUNDS, PATIENCE = 5, 1000, 50
Fit = Callable[[Array, Array, Array, float], Array]  # train x (rows, k), train y (rows,), test x, quantile -> test y


def score_references(
    split: Split, scored: pd.DataFrame, package: Package, settings: EvaluateSettings
) -> dict[str, pd.DataFrame]:
    """Fit every reference on the hours that the curve learnt from and predict best and typical (GJ/h) of others.

    The line on load is least squares for typical and the quantile line for best. Boosted trees are left out where
    LightGBM, a development dependency, is not installed.
    """
    load, columns = package.throughput, package.features
    learnt = split.learnt
    line = predict_both(learnt, scored, [load], load, _predict_linear, is_sec=False)
    line[TYPICAL] = _predict_line(learnt, scored, load)
    found = {"line_on_load": line}
    for kind, fit in (("linear", _predict_linear), ("boosted", _build_boosted(settings.seed))):
        if fit is not None:
            for name, is_sec in ((f"{kind}_energy", False), (f"{kind}_sec", True)):
                found[name] = predict_both(learnt, scored, columns, load, fit, is_sec=is_sec)
    return found


def predict_both(
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

    Raises:
        ElcError: the solver finds no solution.
    """
    return fit_bounded_quantile(design, target, quantile, is_free=np.ones(design.shape[1], dtype=bool))


def fit_bounded_quantile(design: Array, target: Array, quantile: float, *, is_free: NDArray[np.bool_]) -> Array:
    """Fit it with coefficients of which those that are not free (k,) never fall below zero.

    The dual linear program has k rows only, so it is solved in a tenth of a second. Source: Koenker, Quantile
    Regression (2005), section 6.2.

    Raises:
        ElcError: the solver finds no solution.
    """
    from scipy.optimize import linprog

    total = (1 - quantile) * design.sum(axis=0)
    found = linprog(
        -target,
        A_eq=design[:, is_free].T,
        b_eq=total[is_free],
        A_ub=design[:, ~is_free].T,
        b_ub=total[~is_free],
        bounds=(0, 1),
        method="highs",
    )
    if not found.success:
        raise ElcError(
            f"linear quantile regression on {len(target)} rows and {design.shape[1]} columns: no solution was found "
            f"({found.message}). Expected finite training data with rows enough; look at data/processed."
        )
    coefficients = np.empty(design.shape[1])
    coefficients[is_free], coefficients[~is_free] = -found.eqlin.marginals, -found.ineqlin.marginals
    return coefficients


def _build_boosted(seed: int) -> Fit | None:
    """Build the fit of boosted trees; None where LightGBM, or its OpenMP, is not installed."""
    try:
        lightgbm = importlib.import_module("lightgbm")
    except (ImportError, OSError):
        return None
    fixed = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "seed": seed, "verbosity": -1, **TREES}

    def fit(inputs: Array, target: Array, later: Array, quantile: float) -> Array:
        options = {"objective": "quantile", "alpha": quantile, **fixed}
        data = lightgbm.Dataset(inputs, target, free_raw_data=False)
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        tried = lightgbm.cv(options, data, MOST_ROUNDS, folds=_build_folds(len(target)), callbacks=[stop])
        rounds = len(tried["valid quantile-mean"])
        return np.asarray(lightgbm.train(options, lightgbm.Dataset(inputs, target), rounds).predict(later))

    return fit


def _build_folds(rows: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Cut rows in time order into stretches, each left out once: what is learnt, and what is left out."""
    stretch = np.arange(rows) * FOLDS // rows
    return [(np.flatnonzero(stretch != fold), np.flatnonzero(stretch == fold)) for fold in range(FOLDS)]


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
