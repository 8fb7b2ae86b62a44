"""What is published of an hour: numbers under names that say what they are, and in which unit."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from elc.advise import read_log
from elc.fields import BEST, CONDITION_FRAC, GAP, TIME
from elc.paths import Project

HOURS = "hours.parquet"
SAVING = "advised_saving_gj_per_h"
ADVISED = "advised_"  # and the column of a set-point: the value that it should have
DIGITS = 6  # ASSUME: what is less than a millionth of a number is not a correction


@dataclass(frozen=True)
class Hour:
    """An interval of a plant by its start (UTC), and its numbers by name; None where there is none."""

    plant: str
    start: datetime
    values: Mapping[str, float | None]

    @property
    def digest(self) -> str:
        """A hash of the numbers."""
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()[:16]


def read_last(project: Project, plant: str) -> datetime | None:
    """Read the start of the last interval that monitor judged or would have (UTC); None where there is none."""
    path = project.operation("monitor", plant) / HOURS
    last = pd.read_parquet(path, columns=[TIME])[TIME].max() if path.is_file() else pd.NaT
    return None if pd.isna(last) else last.to_pydatetime().astimezone(UTC)


def build_hours(project: Project, plant: str, *, setpoints: Sequence[str], since: datetime) -> list[Hour]:
    """Build what is published of the intervals from a moment on, the earliest first; judged ones have a best.

    Args:
        project: the operation of an environment.
        plant: its id.
        setpoints: columns of the tag list that operators can move; each has its name in every hour.
        since: the first start (aware).
    """
    path = project.operation("monitor", plant) / HOURS
    if not path.is_file():
        return []
    scored = pd.read_parquet(path)
    scored = scored[scored[TIME] >= since].sort_values(TIME)
    names = [name for name in (BEST, GAP, CONDITION_FRAC) if name in scored]
    advised = _build_advised(project, plant, setpoints, since)
    hours = []
    for row in scored[[TIME, *names]].to_dict("records"):
        start = row[TIME].to_pydatetime().astimezone(UTC)
        is_judged = not math.isnan(row[GAP])
        values = {name: _round(row[name]) if is_judged else None for name in names}
        values |= advised.get(start, {}) if is_judged else {}
        others = (SAVING, *(f"{ADVISED}{column}" for column in setpoints))
        hours.append(Hour(plant, start, {**dict.fromkeys(others), **values}))
    return hours


def _build_advised(
    project: Project, plant: str, setpoints: Sequence[str], since: datetime
) -> dict[datetime, dict[str, float | None]]:
    """Build what was advised in each hour of the log: the saving of its moves, 0 for none, and where they lead."""
    log = read_log(project.operation("advice", plant))
    advised: dict[datetime, dict[str, float | None]] = {}
    for row in log[log[TIME] >= since].to_dict("records"):
        values = advised.setdefault(row[TIME].to_pydatetime().astimezone(UTC), {SAVING: 0.0})
        if row["setpoint"] in setpoints:
            values[SAVING] = _round((values[SAVING] or 0.0) + row["saving_gj_per_h"])
            values[f"{ADVISED}{row['setpoint']}"] = _round(row["to"])
    return advised


def _round(number: float) -> float | None:
    return float(f"{number:.{DIGITS}g}") if math.isfinite(number) else None
