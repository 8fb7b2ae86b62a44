"""What drives consumption: SHAP values of best by load and drivers, against conditions of its training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.curve import Package
from elc.explain.attribution import attribute_best
from elc.explain.hours import choose_hours
from elc.fields import IS_OUTSIDE, say_name
from elc.language import format_energy, say
from elc.settings import ExplainSettings

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
    return _sort(pd.DataFrame(rows, columns=COLUMNS), "share_gj_per_h")


def explain_consumption(package: Package, scored: pd.DataFrame, settings: ExplainSettings) -> pd.DataFrame:
    """Explain best over the last `explained_days`: how much each driver moved it.

    Returns:
        driver, share_gj_per_h (mean), size_gj_per_h (mean of the absolute shares), the largest size first.
    """
    hours = choose_hours(package, scored, days=settings.explained_days)
    columns = ["driver", "share_gj_per_h", "size_gj_per_h"]
    if hours.empty:
        return pd.DataFrame(columns=columns).astype({"share_gj_per_h": float, "size_gj_per_h": float})
    shares = attribute_best(package, hours).values
    rows = zip(package.groups(package.features), shares.mean(axis=0), np.abs(shares).mean(axis=0), strict=True)
    return _sort(pd.DataFrame(rows, columns=columns), "size_gj_per_h")


def build_consumption_table(consumption: pd.DataFrame, *, size: float) -> pd.DataFrame:
    """Build the table of drivers over a period, the largest first; `size`: what the plant takes (`curve.find_size`)."""
    rows = consumption.to_dict("records")
    return pd.DataFrame(
        {
            say("driver"): [say_name(row["driver"]) for row in rows],
            say("mean share, GJ/h"): [format_energy(row["share_gj_per_h"], size=size, is_signed=True) for row in rows],
            say("mean size, GJ/h"): [format_energy(row["size_gj_per_h"], size=size) for row in rows],
        }
    )


def _sort(table: pd.DataFrame, column: str) -> pd.DataFrame:
    order = table[column].abs().to_numpy().argsort(kind="stable")[::-1]
    return table.iloc[order].reset_index(drop=True)
