"""What drives consumption: SHAP values of best by load and drivers, against conditions of its training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.curve import Package
from elc.explain.attribution import attribute_best
from elc.fields import IS_OUTSIDE

COLUMNS = ["driver", "now", "median", "share_gj_per_h"]


def explain_drivers(package: Package, hour: pd.Series) -> pd.DataFrame:
    """Explain the best energy of one hour by load and drivers, from the training conditions.

    Returns:
        driver, now, median (of the training hours), share_gj_per_h, the largest first by size; they add up to best now
        less its mean over the background. A group is one row, without values. No rows where a driver is missing, or
        where the hour is outside the envelope.
    """
    known = hour.reindex(package.features).astype(float)
    if known.isna().any() or bool(hour.get(IS_OUTSIDE, False)):
        return pd.DataFrame(columns=COLUMNS)
    shares = attribute_best(package, known.to_frame().T).values[0]
    medians = {feature["column"]: feature["median"] for feature in package.card["features"]}
    rows = [
        (name, known[members[0]], medians[members[0]], share) if len(members) == 1 else (name, np.nan, np.nan, share)
        for (name, members), share in zip(package.groups(package.features).items(), shares, strict=True)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = table["share_gj_per_h"].abs().to_numpy().argsort(kind="stable")[::-1]
    return table.iloc[order].reset_index(drop=True)
