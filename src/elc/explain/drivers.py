"""What drives consumption: SHAP values of best by load and drivers, against conditions of its training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.curve import Package, share_best
from elc.fields import IS_OUTSIDE, TIME, say_name
from elc.language import format_energy, say
from elc.settings import ExplainSettings

# ASSUME: mean shares of so many hours of a period, evenly spread, are those of all.
EXPLAINED_HOURS = 48
DRIVERS = ["driver", "now", "median", "share_gj_per_h"]


def read_background(package: Package) -> pd.DataFrame:
    """Read the conditions that best is compared with; the medians of training where the package holds no others."""
    held = package.attribution.get("background")
    if held:
        return pd.DataFrame(held["rows"], columns=held["features"])[package.features]
    return pd.DataFrame([{feature["column"]: feature["median"] for feature in package.card["features"]}])


def explain_drivers(package: Package, hour: pd.Series) -> pd.DataFrame:
    """Explain the best energy of one hour by load and drivers, from the training conditions.

    Returns:
        driver, now, median (of the training hours), share_gj_per_h, the largest first by size; they add up to best now
        less its mean over the background. A group is one row, without values. No rows where a driver is missing, or
        where the hour is outside the envelope.
    """
    known = hour.reindex(package.features).astype(float)
    if known.isna().any() or bool(hour.get(IS_OUTSIDE, False)):
        return pd.DataFrame(columns=DRIVERS)
    shares = share_best(package, known.to_frame().T, read_background(package))[0]
    medians = {feature["column"]: feature["median"] for feature in package.card["features"]}
    rows = [
        (name, known[members[0]], medians[members[0]], share) if len(members) == 1 else (name, np.nan, np.nan, share)
        for (name, members), share in zip(package.groups(package.features).items(), shares, strict=True)
    ]
    return _sort(pd.DataFrame(rows, columns=DRIVERS), "share_gj_per_h")


def explain_consumption(package: Package, scored: pd.DataFrame, settings: ExplainSettings) -> pd.DataFrame:
    """Explain best over the last `explained_days`: how much each driver moved it.

    Returns:
        driver, share_gj_per_h (mean), size_gj_per_h (mean of the absolute shares), the largest size first.
    """
    hours = choose_hours(package, scored, days=settings.explained_days)
    columns = ["driver", "share_gj_per_h", "size_gj_per_h"]
    if hours.empty:
        return pd.DataFrame(columns=columns).astype({"share_gj_per_h": float, "size_gj_per_h": float})
    shares = share_best(package, hours, read_background(package))
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


def choose_hours(package: Package, scored: pd.DataFrame, *, days: int) -> pd.DataFrame:
    """Choose hours of the last days that the curve knows, evenly spread: inside the envelope, with every driver."""
    first = scored[TIME].max() - pd.Timedelta(days, "D")
    is_known = (scored[TIME] > first) & ~scored[IS_OUTSIDE].astype(bool) & scored[package.features].notna().all(axis=1)
    return spread(scored[is_known])


def spread(hours: pd.DataFrame) -> pd.DataFrame:
    """Choose `EXPLAINED_HOURS` rows, evenly spread; all where there are fewer."""
    places = np.linspace(0, len(hours) - 1, min(len(hours), EXPLAINED_HOURS)).round().astype(int)
    return hours.iloc[places].reset_index(drop=True)


def _sort(table: pd.DataFrame, column: str) -> pd.DataFrame:
    order = table[column].abs().to_numpy().argsort(kind="stable")[::-1]
    return table.iloc[order].reset_index(drop=True)
