"""The version in use beside the candidate, on the same later hours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from elc import curve
from elc.curve import Package
from elc.errors import ElcError
from elc.evaluate.metrics import measure_errors, measure_loss
from elc.evaluate.resample import build_blocks, find_mean_interval
from elc.fields import BEST, ENERGY, TIME, TYPICAL
from elc.paths import Project
from elc.settings import EvaluateSettings


def read_incumbent(project: Project, folder: str) -> Package | None:
    """Read the package of the version in use from a folder (from the project's root); None for an empty name.

    Raises:
        ElcError: the folder holds no whole model package.
    """
    if not folder:
        return None
    path = project.root / folder
    if not (path / "card.json").is_file():
        raise ElcError(
            f"incumbent {folder}: card.json was not found, expected the folder of a model package. Bring one with "
            f"dvc get . models/<plant> --rev <version> --out {folder}."
        )
    return curve.read(path)


def compare(scored: pd.DataFrame, incumbent: Package | None, settings: EvaluateSettings) -> dict[str, Any]:
    """Compare the candidate, which has scored these hours, with the incumbent on those that both can score.

    `difference` is the candidate's pinball loss of best less the incumbent's (GJ/h; below 0: the candidate is better),
    with its interval by blocks of the same hours. Empty without an incumbent.

    Raises:
        ElcError: the incumbent needs a column that is not there, or there is no hour that both can score.
    """
    if incumbent is None:
        return {}
    other = incumbent.predict(scored)
    both = (scored[[ENERGY, BEST, TYPICAL]].notna().all(axis=1) & other[[BEST, TYPICAL]].notna().all(axis=1)).to_numpy()
    if not both.any():
        raise ElcError(
            f"plant {incumbent.card['plant']}: no test interval can be scored by both candidate and incumbent, of "
            f"{len(scored)}. Expected the incumbent to be of this plant; look at the features in its card.json."
        )
    hours, other = scored[both].reset_index(drop=True), other[both].reset_index(drop=True)
    actual = hours[ENERGY].to_numpy(float)
    losses = [measure_loss(actual, frame[BEST].to_numpy(float), 0.1) for frame in (hours, other)]
    difference = losses[0] - losses[1]
    blocks = build_blocks(hours[TIME], settings)
    low, high = find_mean_interval(blocks, difference, np.ones(len(hours), dtype=bool))
    return {
        "rows": len(hours),
        "candidate": _measure(hours, actual),
        "in_use": _measure(other, actual),
        "difference_gj_per_h": float(difference.mean()),
        "difference_low_gj_per_h": low,
        "difference_high_gj_per_h": high,
        "has_learnt_from_them": _has_learnt(incumbent, hours[TIME]),
    }


def _measure(frame: pd.DataFrame, actual: Any) -> dict[str, float]:
    best, typical = (frame[column].to_numpy(float) for column in (BEST, TYPICAL))
    errors = measure_errors(actual, typical, 0)
    return {
        "pinball_best_gj_per_h": float(measure_loss(actual, best, 0.1).mean()),
        "coverage_best_frac": float((actual <= best).mean()),
        "cv_rmse_frac": errors["cv_rmse_frac"],
        "bias_frac": errors["bias_gj_per_h"] / float(actual.mean()),
    }


def _has_learnt(incumbent: Package, times: pd.Series) -> bool:
    """Whether the incumbent was trained on some of these hours: then the comparison flatters it."""
    parts = incumbent.card.get("trained_on", {}).values()
    return any(pd.Timestamp(part["last"]) >= times.min() for part in parts)
