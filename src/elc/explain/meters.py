"""In which meter the gap is: what each took against what it takes, as training showed, when the plant is at its best.

A straight-line fit of each meter on load, drivers and the energy of all, over training hours alone. Each predicts its
meter at an hour's load and drivers, and at best in place of the energy of all. Fits of one kind add up as the meters
do, so their predictions add up to best, and the parts of the gap to the gap.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.curve import Package
from elc.fields import BEST, ENERGY, GAP, TIME
from elc.settings import PlantSettings

Array = NDArray[np.float64]

LEAST_HOURS_EACH = 50  # ASSUME: of training, for each number that is fitted
USUAL_FRAC = 0.8  # of training hours lie closer to the fit than `usual_gj_per_h`
METERS = ["meter", "is_export", "now_gj_per_h", "at_best_gj_per_h", "share_gj_per_h", "usual_gj_per_h"]


def explain_meters(package: Package, scored: pd.DataFrame, hour: pd.Series, plant: PlantSettings) -> pd.DataFrame:
    """Explain the gap of a scored hour by meter.

    Args:
        package: the version that judged; its baseline names the columns of energy and their carriers.
        scored: hours, of which those that the version was trained on teach what meters usually take.
        hour: one of them.
        plant: says which carriers are exported; these count against consumption.

    Returns:
        meter (its column), is_export, now_gj_per_h, at_best_gj_per_h (what the meter shows, and would show at best),
        share_gj_per_h (of the gap) and usual_gj_per_h (how far it usually lies off in training), the largest share
        first; the shares add up to the gap. No rows where the plant has a single meter, the hour no gap, or a meter no
        value in it, where meters do not add up to energy, or where too few training hours are known.
    """
    carriers = {name: carrier for name, carrier in package.baseline.quality.energy.items() if name in scored}
    signs = {
        name: -1.0 if plant.carriers[carrier].is_export else 1.0
        for name, carrier in carriers.items()
        if carrier in plant.carriers
    }
    needed = [*package.features, *signs, ENERGY]
    if len(signs) < 2 or package.trained_until is None or pd.isna(hour[GAP]) or hour[list(signs)].isna().any():
        return pd.DataFrame(columns=METERS)
    learnt = scored[(scored[TIME] <= package.trained_until) & scored[GAP].notna()]
    learnt = learnt[np.isfinite(learnt[needed].to_numpy(float)).all(axis=1)]
    weights = np.array(list(signs.values()))
    taken, now = learnt[list(signs)].to_numpy(float) * weights, hour[list(signs)].to_numpy(float) * weights
    if not _is_whole(taken, learnt[ENERGY]) or not np.isclose(now.sum(), hour[ENERGY], rtol=1e-6):
        return pd.DataFrame(columns=METERS)
    best, usual = _fit(package.features, learnt, taken, hour)
    if best is None:
        return pd.DataFrame(columns=METERS)
    table = pd.DataFrame(
        {
            "meter": list(signs),
            "is_export": weights < 0,
            "now_gj_per_h": now * weights,
            "at_best_gj_per_h": best * weights,
            "share_gj_per_h": now - best,
            "usual_gj_per_h": usual,
        }
    )
    return table.sort_values("share_gj_per_h", ascending=False, kind="stable", ignore_index=True)


def _is_whole(taken: Array, energy: pd.Series) -> bool:
    """Whether meters (hours, meters), exports below 0, add up to the energy of the hours."""
    return bool(np.allclose(taken.sum(axis=1), energy.to_numpy(float), rtol=1e-6))


def _fit(features: list[str], learnt: pd.DataFrame, taken: Array, hour: pd.Series) -> tuple[Array | None, Array]:
    """Fit meters (hours, meters), and predict them at best in an hour; None with too few hours."""
    columns = [*features, ENERGY]
    inputs, at_best = learnt[columns].to_numpy(float), hour[[*features, BEST]].to_numpy(float)
    if len(learnt) < LEAST_HOURS_EACH * (len(columns) + 2):
        return None, np.empty(0)
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0)
    known = spread > 1e-9 * (np.abs(mean) + 1e-12)  # what never moved in training tells nothing

    def prepare(rows: Array) -> Array:
        scaled = (rows[:, known] - mean[known]) / spread[known]
        return np.column_stack([np.ones(len(rows)), scaled, scaled[:, 0] ** 2])  # load bends

    # The energy of all is the sum of the meters, so its own factor adds up to 1 over them, and every other to 0.
    factors = np.linalg.lstsq(prepare(inputs), taken, rcond=None)[0]
    off = np.abs(taken - prepare(inputs) @ factors)
    return (prepare(at_best[None, :]) @ factors)[0], np.quantile(off, USUAL_FRAC, axis=0)
