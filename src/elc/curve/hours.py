"""Fit an hourly table to a package: a column that it lacks becomes missing values and a finding, no exception."""

from __future__ import annotations

import pandas as pd

from elc.curve.package import Package
from elc.fields import ENERGY, TIME
from elc.findings import Finding, Kind, build_frame

MISSING_COLUMN = "missing_column_check"
DATA_TYPE = "data_type_check"
LACKING = Kind(MISSING_COLUMN, needs=("tag",))
NO_NUMBERS = Kind(DATA_TYPE, needs=("tag", "type", "lost", "intervals"))


def fit_hours(hourly: pd.DataFrame, package: Package) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add the columns of a package that an hourly table lacks, all missing, and turn text into numbers or missing.

    So that a page is made whatever the table holds: a package for another tag list, or a tag list that changed.

    Returns:
        The hourly table with every column that scoring asks for, and a finding for each that was lacking or no number.
    """
    plant, found, changed = str(package.card.get("plant", "")), [], {}
    if hourly.empty or TIME not in hourly:
        return hourly, build_frame([])
    start, end = hourly[TIME].min(), hourly[TIME].max() + _find_width(hourly)
    for column in [ENERGY, *package.features, *package.setpoints]:
        tag = find_tag(column, package)
        if column not in hourly:
            changed[column] = pd.Series(float("nan"), index=hourly.index)
            found.append(Finding(LACKING, plant, column, start, end, {"tag": tag}))
        elif not pd.api.types.is_numeric_dtype(hourly[column].dtype):
            numbers = pd.to_numeric(hourly[column], errors="coerce").astype("float64")
            lost = int((numbers.isna() & hourly[column].notna()).sum())
            changed[column] = numbers
            values = {"tag": tag, "type": str(hourly[column].dtype), "lost": float(lost), "intervals": len(hourly)}
            found.append(Finding(NO_NUMBERS, plant, column, start, end, values))
    return hourly.assign(**changed), build_frame(found)


def describe_column(column: str, package: Package) -> str:
    """Name a column with the historian's name of its tag, where the package knows one: `flue_o2_pct (FJ1.AIC132)`."""
    tag = find_tag(column, package)
    return f"{column} ({tag})" if tag else column


def find_tag(column: str, package: Package) -> str:
    """Find the historian's name of a column's tag; empty where the package knows none, or it is computed."""
    tag = package.baseline.quality.tags.get(column, "")
    return "" if tag.startswith("@") else tag


def _find_width(hourly: pd.DataFrame) -> pd.Timedelta:
    steps = hourly[TIME].sort_values().diff()
    return pd.Timedelta("1h") if steps.dropna().empty else pd.Timedelta(steps.min())
