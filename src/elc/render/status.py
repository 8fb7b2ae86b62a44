"""Read what the monitor stage says of each plant, for the page of all plants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

import pandas as pd

from elc.fields import TIME
from elc.paths import Project
from elc.registry import find_place
from elc.render.receipts import build_repair, read_json

_OPTIONAL = {"gap_gj_per_h", "gap_frac", "money_per_h", "co2_t_per_h", "money_month", "gap_gj_24h", "size_gj_per_h"}
BEHIND_H = 3  # ASSUME: a plant that is this far behind the newest hour of all plants delivers no data any more
WRONG_DAYS = 30  # ASSUME: a plant this far ahead of all others has a wrong clock: it makes no other one late
_CHOICES = {
    "status": ("Completed", "CompletedWithViolations", "Failed"),
    "action": ("none", "look", "retrain", "recalibrate"),
}


@dataclass(frozen=True)
class Status:
    """The last hour of one plant; a number that is None was not to be had."""

    plant: str
    name: str
    state: str
    last_hour: str
    gap_gj_per_h: float | None
    gap_frac: float | None
    money_per_h: float | None
    co2_t_per_h: float | None
    gap_gj_24h: float | None
    money_month: float | None
    currency: str
    no_gap_reason: str
    data_health: str
    model_health: str
    version: str
    advice: str
    status: str
    recommendation: str
    action: str
    size_gj_per_h: float | None = None  # by which energies get their digits


def hide_gap(status: Status, reason: str) -> Status:
    """Take away what was so in the last hour of a plant and may not be so now: its gap, and what was advised."""
    return replace(
        status,
        gap_gj_per_h=None,
        gap_frac=None,
        money_per_h=None,
        co2_t_per_h=None,
        gap_gj_24h=None,
        no_gap_reason=reason,
        advice="",
    )


def read_status(project: Project, plant: str, currency: str, faults: list[str]) -> Status | None:
    """Read a plant's status.json, or add to the faults what is wrong with it."""
    place = find_place(project, plant)
    path = place.operation("monitor", plant) / "status.json"
    name, repair = path.relative_to(project.root).as_posix(), build_repair(place, "monitor", plant)
    content = read_json(path, name, repair, faults)
    if content is None:
        return None
    found = [f"{name}: {fault}. {repair}" for fault in _find_faults(content, plant, currency)]
    faults += found
    return None if found else Status(**{one.name: content[one.name] for one in fields(Status) if one.name in content})


def _find_faults(content: dict[str, Any], plant: str, currency: str) -> list[str]:
    missing = [field.name for field in fields(Status) if field.name not in content and field.default is MISSING]
    if missing:
        return [f"without {', '.join(missing)}"]
    faults = []
    for field in fields(Status):
        value = content.get(field.name)
        if field.name in _OPTIONAL:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not is_number:
                faults.append(f"{field.name} is {value!r}, expected a number or null")
        elif not isinstance(value, str):
            faults.append(f"{field.name} is {value!r}, expected a text")
    for name, choices in _CHOICES.items():
        if content[name] not in choices:
            faults.append(f"{name} is {content[name]!r}, expected one of {', '.join(choices)}")
    if content["plant"] != plant:
        faults.append(f"plant is {content['plant']}, expected {plant}")
    if content["currency"] != currency:
        faults.append(f"money is in {content['currency']}, but site.currency in params.yaml is {currency}")
    return faults


@dataclass(frozen=True)
class Alert:
    """What has lasted long enough to be told: its kind, a sentence, and since when (ISO 8601, or empty)."""

    plant: str
    kind: str
    sentence: str
    since: str


def read_alerts(project: Project, plant: str, faults: list[str]) -> list[Alert]:
    """Read the open alerts of a plant, or add to the faults why they cannot be read; no file means none."""
    path = find_place(project, plant).operation("monitor", plant) / "alerts.json"
    name = path.relative_to(project.root).as_posix()
    if not path.is_file():
        return []
    repair = f"Run elc hourly --plant {plant}, which writes it."
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        faults.append(f"{name}: not readable as JSON ({type(error).__name__}). {repair}")
        return []
    if not isinstance(content, list) or not all(isinstance(entry, dict) and "sentence" in entry for entry in content):
        faults.append(f"{name}: expected a list of alerts, each with kind, sentence and since. {repair}")
        return []
    return [
        Alert(plant, str(entry.get("kind", "")), str(entry["sentence"]), str(entry.get("since") or ""))
        for entry in content
    ]


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
        faults.append(f"{name}: not readable ({type(error).__name__}). {repair}")
        return None
    return None if times.empty else pd.Timestamp(times.max())


def find_behind(last_times: Mapping[str, pd.Timestamp]) -> set[str]:
    """Find the plants whose last hour is more than a few hours older than the newest that is no wrong clock's."""
    times = sorted(last_times.values(), reverse=True)
    while len(times) > 1 and times[0] - times[1] > pd.Timedelta(WRONG_DAYS, "D"):
        del times[0]
    newest = times[0] if times else None
    return {
        plant
        for plant, time in last_times.items()
        if newest is not None and newest - time > pd.Timedelta(BEHIND_H, "h")
    }
