"""Harder references than those of `elc.evaluate`: a quantile forest and monotone convex quantile regression.

As those they learn from the training and validation hours, and predict specific energy times load.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve import Package
from elc.dataset import Split
from elc.evaluate.references import fit_bounded_quantile, fit_quantile, predict_both, score_references
from elc.settings import EvaluateSettings

Array = NDArray[np.float64]
TREES, LEAF_ROWS = 200, 50
ROWS_AT_ONCE = 500  # of the weights of a forest: one for each training row
PIECES = 4  # of a convex effect, with as many training hours in each


def score_all(
    split: Split, scored: pd.DataFrame, package: Package, settings: EvaluateSettings
) -> dict[str, pd.DataFrame]:
    """Predict best and typical (GJ/h) of hours by every reference: those of evaluation, and those of this module."""
    found = score_references(split, scored, package, settings)
    load, columns = package.throughput, package.features

    def fit_forest(inputs: Array, target: Array, later: Array, quantile: float) -> Array:
        return predict_forest(inputs, target, later, quantile, seed=settings.seed)

    found["forest_sec"] = predict_both(split.learnt, scored, columns, load, fit_forest, is_sec=True)
    found["convex_sec"] = predict_both(split.learnt, scored, columns, load, predict_convex, is_sec=True)
    return found


def predict_forest(inputs: Array, target: Array, later: Array, quantile: float, *, seed: int) -> Array:
    """Predict a quantile by the targets that share leaves with a row, each weighted by how often.

    Source: Meinshausen, Quantile Regression Forests, J. Machine Learning Research 7 (2006) 983.
    """
    from scipy.sparse import csr_matrix
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.preprocessing import OneHotEncoder

    order = np.argsort(target, kind="stable")
    inputs, target = inputs[order], target[order]
    forest = RandomForestRegressor(
        TREES, min_samples_leaf=LEAF_ROWS, max_features=1 / 2, max_samples=1 / 2, random_state=seed
    )
    encoder = OneHotEncoder().fit(forest.fit(inputs, target).apply(inputs))
    here = encoder.transform(forest.apply(inputs))
    shares = csr_matrix(here.multiply(1 / here.sum(axis=0))).T.tocsr()
    predicted = []
    for start in range(0, len(later), ROWS_AT_ONCE):
        there = encoder.transform(forest.apply(later[start : start + ROWS_AT_ONCE]))
        reached = np.cumsum((there @ shares).toarray(), axis=1) >= quantile * TREES
        predicted.append(target[reached.argmax(axis=1)])
    return np.concatenate(predicted)


def predict_convex(inputs: Array, target: Array, later: Array, quantile: float) -> Array:
    """Predict a quantile by a sum of convex effects, load first: each driver's rises or falls as a straight line says.

    Exact, as a linear program over straight pieces. Source, without the sum: Wang, Wang, Dang and Ge, Nonparametric
    quantile frontier estimation under shape restriction, European J. of Operational Research 232 (2014) 671.
    """
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0)
    scaled, other = ((x - centre) / np.where(spread > 0, spread, 1.0) for x in (inputs, later))
    slopes = fit_quantile(np.column_stack([np.ones(len(scaled)), scaled]), target, quantile)[1:]
    signs = np.where(slopes < 0, -1.0, 1.0)
    scaled, other = scaled * signs, other * signs
    knots = [np.unique(np.quantile(column, np.linspace(0, 1, PIECES + 1)[1:-1])) for column in scaled.T]
    design, later_design = (_bend(x, knots) for x in (scaled, other))
    is_free = np.zeros(design.shape[1], dtype=bool)
    is_free[:2] = True  # the level, and where specific energy begins to rise again with load
    return np.asarray(later_design @ fit_bounded_quantile(design, target, quantile, is_free=is_free))


def _bend(scaled: Array, knots: list[Array]) -> Array:
    """Build columns (rows, k) whose sums are rising and convex where no coefficient is below zero: level, x, bends."""
    bends = [np.maximum(column[:, None] - at, 0.0) for column, at in zip(scaled.T, knots, strict=True)]
    return np.column_stack([np.ones(len(scaled)), scaled, *bends])
