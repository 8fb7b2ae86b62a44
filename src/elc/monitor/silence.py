"""Which columns are silent in the last interval, and whether it is one that the clock showed twice."""

from __future__ import annotations

import pandas as pd

from elc.curve import Package
from elc.fields import AGE, ENERGY, GAP, STATE, TIME


def is_untold(findings: pd.DataFrame, hour: pd.Timestamp) -> bool:
    """Tell whether the clock showed an hour twice, and no reading of it can be dated."""
    spells = findings[findings["check"].eq("clock_change")]
    return bool(((spells["start"] <= hour) & (hour < spells["end"])).any())


def find_silent(scored: pd.DataFrame, findings: pd.DataFrame, package: Package) -> tuple[str, ...]:
    """Find the columns without which the last interval of a running plant has no gap, and those that fell silent.

    Nothing where the clock showed that interval twice.
    """
    if is_untold(findings, scored[TIME].max()):
        return ()
    return tuple(dict.fromkeys([*_find_lacking(scored, package), *_find_held(scored, findings, package)]))


def _find_lacking(scored: pd.DataFrame, package: Package) -> tuple[str, ...]:
    """Find what the last interval lacks: load, features (but the age), and the carriers where energy is missing."""
    last = scored.sort_values(TIME).iloc[-1]
    if last[STATE] in ("trip", "start") or pd.notna(last[GAP]):
        return ()
    carriers = [name for name in package.baseline.quality.energy if name in scored]
    dead = [name for name in carriers if pd.isna(last[name])] or [ENERGY] * bool(pd.isna(last[ENERGY]))
    needed = [name for name in package.features if name != AGE and pd.isna(last[name])]
    return tuple(dict.fromkeys([*dead, *needed]))


def _find_held(scored: pd.DataFrame, findings: pd.DataFrame, package: Package) -> list[str]:
    """Find the carriers and features that ingest found silent at the end of the export: their last value only holds."""
    asked = [*package.baseline.quality.energy, *package.features]
    is_now = findings["check"].eq("silent") & (findings["end"] > scored[TIME].max())
    return [column for column in asked if column in set(findings.loc[is_now, "column"])]
