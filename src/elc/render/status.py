"""Read what the monitor stage says of each plant, for the page of all plants."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from elc.fields import TIME
from elc.paths import Project
from elc.records import RecordError, alerts
from elc.records import status as records
from elc.records.alerts import Alert
from elc.records.status import Status
from elc.registry import find_place
from elc.render.receipts import build_repair

BEHIND_H = 3  # ASSUME: a plant that is this far behind the newest hour of all plants delivers no data any more
WRONG_DAYS = 30  # ASSUME: a plant this far ahead of all others has a wrong clock: it makes no other one late


def hide_gap(status: Status, reason: str) -> Status:
    """Take away what was so in the last hour of a plant and may not be so now: its gap, and what was advised."""
    gone = ("gap_gj_per_h", "gap_low_gj_per_h", "gap_high_gj_per_h", "gap_frac", "money_per_h", "co2_t_per_h")
    return status.model_copy(update={**dict.fromkeys((*gone, "gap_gj_24h")), "no_gap_reason": reason, "advice": ""})


def read_status(project: Project, plant: str, currency: str, faults: list[str]) -> Status | None:
    """Read a plant's status.json, or add to the faults what is wrong with it."""
    place = find_place(project, plant)
    folder, repair = place.operation("monitor", plant), build_repair(place, "monitor", plant)
    try:
        status = records.read_status(folder, cure=repair, root=project.root)
    except RecordError as error:
        faults.append(str(error))
        return None
    name = (folder / records.FILE).relative_to(project.root).as_posix()
    found = [f"{name}: {fault}. {repair}" for fault in _find_faults(status, plant, currency)]
    faults += found
    return None if found else status


def _find_faults(status: Status, plant: str, currency: str) -> list[str]:
    faults = [f"plant is {status.plant}, expected {plant}"] if status.plant != plant else []
    if status.currency != currency:
        faults.append(f"money is in {status.currency}, but site.currency in params.yaml is {currency}")
    return faults


def read_alerts(project: Project, plant: str, faults: list[str]) -> list[Alert]:
    """Read the open alerts of a plant, or add to the faults why they cannot be read; no file means none."""
    try:
        return alerts.read_alerts(find_place(project, plant).operation("monitor", plant), root=project.root)
    except RecordError as error:
        faults += [] if error.is_missing else [str(error)]
        return []


def read_last_time(project: Project, plant: str, faults: list[str]) -> pd.Timestamp | None:
    """Read the start of the last hour that a plant's status was made from, or add to the faults why it is not known."""
    place = find_place(project, plant)
    path = place.operation("monitor", plant) / "hours.parquet"
    name, repair = path.relative_to(project.root).as_posix(), build_repair(place, "monitor", plant)
    try:
        times = pd.read_parquet(path, columns=[TIME])[TIME]
    except FileNotFoundError:
        faults.append(f"{name}: not found. {repair}")
        return None
    except (OSError, ValueError, KeyError) as error:
        faults.append(f"{name}: cannot be read ({type(error).__name__}). {repair}")
        return None
    return None if times.empty else pd.Timestamp(times.max())


def find_behind(last_times: Mapping[str, pd.Timestamp]) -> set[str]:
    """Find the plants whose last hour is more than a few hours older than the newest one that does not come from a
    wrong clock."""
    times = sorted(last_times.values(), reverse=True)
    while len(times) > 1 and times[0] - times[1] > pd.Timedelta(WRONG_DAYS, "D"):
        del times[0]
    newest = times[0] if times else None
    return {
        plant
        for plant, time in last_times.items()
        if newest is not None and newest - time > pd.Timedelta(BEHIND_H, "h")
    }
