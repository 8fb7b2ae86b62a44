"""Why an hour has no explanation, as data."""

from __future__ import annotations

import pandas as pd

from elc.curve import Package
from elc.fields import ENERGY, GAP, IS_OUTSIDE, IS_STEADY
from elc.findings import Reason


def find_silence(package: Package, scored: pd.DataFrame, hour: pd.Series) -> Reason | None:
    """Find why an hour has no shares: the first reason that holds; None where it has all that it needs.

    `scored` tells a set-point that the table never holds from one that is missing in the hour.
    """
    absent = [column for column in package.features if _is_absent(scored, column)]
    if package.setpoints and all(_is_absent(scored, column) for column in package.setpoints):
        absent += package.setpoints
    if absent:
        return Reason("columns_unknown", {"columns": absent})
    if not package.setpoints:
        return Reason("no_setpoints")
    if not hour[IS_STEADY]:
        return Reason("hour_not_steady")
    if pd.isna(hour[ENERGY]):
        return Reason("hour_without_energy")
    if hour[IS_OUTSIDE]:
        return Reason("hour_unlike", {"reasons": package.envelope.explain(hour)})
    if hour[package.setpoints].isna().all():
        return Reason("setpoints_unread", {"columns": package.setpoints})
    if not len(package.precedents):
        return Reason("no_precedents")
    return Reason("hour_without_gap") if pd.isna(hour[GAP]) else None


def _is_absent(scored: pd.DataFrame, column: str) -> bool:
    return column not in scored.columns or bool(scored[column].isna().all())
