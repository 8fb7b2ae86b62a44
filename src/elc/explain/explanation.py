"""Explanations as objects of shap, which all its plots take, and shap's own explainer of a package.

shap is imported where it is asked for: that takes seconds, and no hour needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from elc.curve import OUTPUTS, Package
from elc.explain.attribution import DRIVERS, Attribution, attribute, read_background
from elc.explain.hours import choose_explained
from elc.fields import BEST, TIME
from elc.settings import ExplainSettings

if TYPE_CHECKING:
    import shap

# ASSUME: of more players than these, every coalition takes minutes; orders of them are sampled instead.
MOST_EXACT = 10
SEED = 0


def build_explanation(
    package: Package, scored: pd.DataFrame, settings: ExplainSettings, *, what: str, days: int | None, most: int
) -> shap.Explanation:
    """Explain the energy of at most so many hours, evenly spread, by drivers or set-points (GJ/h, see `attribute`).

    Its values are what shap's own explainer gives (`build_explainer`), whose compiling takes longer than all of them;
    that one is asked where the drivers are too many for every coalition.

    Args:
        package: whose curve, or response, is explained.
        scored: hours with their gaps (`curve.score_hours`).
        settings: of the stage.
        what: drivers or setpoints.
        days: the last ones; none for all hours.
        most: hours.

    Returns:
        values, data (hours, players), base_values (hours,), feature_names.

    Raises:
        ElcError: `what` is neither drivers nor setpoints.
    """
    recent = scored if days is None else scored[scored[TIME] > scored[TIME].max() - pd.Timedelta(days, "D")]
    hours = choose_explained(package, recent, what=what, most=most)
    groups = package.groups(package.features)
    if what == DRIVERS and MOST_EXACT < len(groups) == len(package.features) and len(hours):
        return build_explainer(package)(hours[package.features].astype(float))
    return wrap(attribute(package, hours, settings, what=what))


def wrap(attribution: Attribution) -> shap.Explanation:
    """Wrap an attribution as shap's own object."""
    import shap

    return shap.Explanation(
        values=attribution.values,
        base_values=attribution.base_values,
        data=attribution.data,
        feature_names=attribution.feature_names,
    )


def build_explainer(package: Package) -> shap.Explainer:
    """Build shap's own explainer of best by load and drivers: exact, or by permutations where the drivers are many.

    It scores by ONNX Runtime, against the conditions of training that the package holds, and takes rows of
    `package.features`. It knows no groups, and no step from best practice; but it knows interactions.
    """
    import shap

    background, place = read_background(package), OUTPUTS.index(BEST)
    masker = shap.maskers.Independent(background, max_samples=len(background))
    explainers = shap.explainers

    def score(rows: object) -> object:
        return package.score(np.asarray(rows, np.float32))[:, place]

    if len(package.features) <= MOST_EXACT:
        return explainers.ExactExplainer(score, masker)
    return explainers.PermutationExplainer(score, masker, seed=SEED)
