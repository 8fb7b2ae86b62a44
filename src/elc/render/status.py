"""Read what the monitor stage says of each plant, for the page of all plants."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from elc.paths import Project
from elc.render.receipts import read_json

_OPTIONAL = {"gap_gj_per_h", "gap_frac", "money_per_h", "co2_t_per_h", "money_month"}


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
    money_month: float | None
    currency: str
    no_gap_reason: str
    data_health: str
    model_health: str
    version: str
    advice: str


def read_status(project: Project, plant: str, currency: str, faults: list[str]) -> Status | None:
    """Read a plant's status.json, or add to the faults what is wrong with it."""
    name = f"data/monitor/{plant}/status.json"
    repair = f"Run dvc repro monitor@{plant}."
    path = project.operation("monitor", plant) / "status.json"
    content = read_json(path, name, repair, faults)
    if content is None:
        return None
    found = [f"{name}: {fault}. {repair}" for fault in _find_faults(content, plant, currency)]
    faults += found
    return None if found else Status(**{field.name: content[field.name] for field in fields(Status)})


def _find_faults(content: dict[str, Any], plant: str, currency: str) -> list[str]:
    missing = [field.name for field in fields(Status) if field.name not in content]
    if missing:
        return [f"without {', '.join(missing)}"]
    faults = []
    for field in fields(Status):
        value = content[field.name]
        if field.name in _OPTIONAL:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not is_number:
                faults.append(f"{field.name} is {value!r}, expected a number or null")
        elif not isinstance(value, str):
            faults.append(f"{field.name} is {value!r}, expected a text")
    if content["plant"] != plant:
        faults.append(f"plant is {content['plant']}, expected {plant}")
    if content["currency"] != currency:
        faults.append(f"money is in {content['currency']}, but site.currency in params.yaml is {currency}")
    return faults
