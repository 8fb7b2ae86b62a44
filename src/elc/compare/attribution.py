"""What moves best in each package: the shares of load and drivers, on the same hours from the same reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from elc.compare.hours import Hours
from elc.compare.pair import Pair, Side
from elc.explain import build_shapley
from elc.fields import BEST

# ASSUME: mean shares of so many hours, evenly spread, are those of all.
EXPLAINED_HOURS = 200


def explain_pair(pair: Pair, hours: Hours) -> dict[str, Any]:
    """Explain best of each side: mean absolute share of each driver (GJ/h), and the columns that one side alone has.

    The shares are exact Shapley values of the step from the medians of the hours compared to each hour, so that two
    packages with one curve have one attribution, whatever hours they were trained on.
    """
    rows = np.unique(np.linspace(0, hours.count - 1, min(hours.count, EXPLAINED_HOURS)).round().astype(int))
    shares = {name: _measure_shares(hours.sides[name], rows, side) for name, side in pair.sides.items()}
    return {"intervals": len(rows), "shares_gj_per_h": shares}


def _measure_shares(scored: pd.DataFrame, rows: Any, side: Side) -> dict[str, float]:
    features = scored[side.package.features].astype(float)
    medians = features.median()
    shares = [
        build_shapley(lambda step: side.package.predict(step)[BEST].to_numpy(), hour, medians)
        for _, hour in features.iloc[rows].iterrows()
    ]
    return {str(name): float(share) for name, share in pd.DataFrame(shares).abs().mean().items()}
