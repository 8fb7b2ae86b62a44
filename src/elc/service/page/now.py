"""The present hour of a plant, as monitor, explain and advise left it, in one answer.

A file that is missing or half written, or of another hour, is a sentence in `notes`, never an error: the rest is shown.
Those who read are operators: what a sentence asks for is what they can do.

The hourly run leaves sentences in the language of the site at that time. Whoever reads an hour reads all of it in that
language, so that no page mixes two; `language` in the answer names it, and the page follows.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pandas as pd

from elc.curve import build_cost, find_size
from elc.errors import ElcError
from elc.fields import BEST, ENERGY, GAP, GAP_FRAC, GAP_HIGH, GAP_LOW, IS_OUTSIDE, TIME, TYPICAL, read_currency
from elc.pages import language
from elc.pages.amounts import write_span
from elc.pages.labels import say_label, say_sign
from elc.pages.language import (
    find_digits,
    find_languages,
    get_language,
    get_unit,
    say,
    say_health,
    say_state,
    say_version,
)
from elc.paths import Project
from elc.records.status import FILE, Status
from elc.registry import find_place
from elc.service.page.causes import read_causes
from elc.service.page.files import is_disk_full, read_alerts, read_status, read_table
from elc.service.page.moves import build_moves
from elc.settings import StageSettings, read_operation, read_tags

SHOWN_DAYS = 7
SPARK_H = 3  # hours of a line in the small picture of a week
ROLES = ("throughput", "driver", "setpoint")
HOUR_COLUMNS = [TIME, "plant_state", IS_OUTSIDE, ENERGY, BEST, TYPICAL, GAP, GAP_FRAC, GAP_LOW, GAP_HIGH]
_SPAN = re.compile(r"\[([^\[\]]*)\]\{\.(\w+)\}")
Content = dict[str, Any]


def read_now(project: Project, plant: str, *, environment: str, site_language: str) -> Content:
    """Read the present hour of a plant; blocks, so call it in a thread.

    Args:
        project: where the plant's files are.
        plant: its id, one of params.yaml.
        environment: the one that is served; its overrides of `advise` count.
        site_language: what is spoken where no hour says otherwise.

    Returns:
        What GET /plants/{plant}/now answers, save `age_s`; times are ISO 8601 in UTC, energies GJ/h, whatever the
        unit that the page shows them in (`energy_unit`, `gj_per_unit`).
    """
    language.choose(site_language)
    try:
        chosen = read_operation(project, plant, environment)
    except ElcError:
        return _build_nothing(plant, say("The settings of this plant cannot be read. Tell whoever runs the service."))
    place = find_place(project, plant)
    monitor = place.operation("monitor", plant)
    status = read_status(monitor)
    hours = read_table(monitor / "hours.parquet", columns=HOUR_COLUMNS, since=None)
    if status is None or hours is None or hours.empty or not _is_same_hour(status, hours):
        is_new = not (monitor / FILE).exists()
        note = say(
            "No hour has been judged yet. The first one appears here by itself; if none comes within two hours, tell "
            "whoever runs the service."
        )
        if not is_new:
            note = say(
                "The last hour cannot be read. It appears here as soon as it is complete; if that takes longer than an "
                "hour, tell whoever runs the service."
            )
        return _build_nothing(plant, note) | {"name": chosen.plant.name, "region": chosen.plant.region}
    language.choose(_read_language(status, site_language))
    language.choose_plant(language.find_unit(status.energy_unit or chosen.energy_unit))
    answers = project.advice_notes(plant)
    return _build_now(place, chosen, status, hours.sort_values(TIME, ignore_index=True), answers)


def _is_same_hour(status: Status, hours: pd.DataFrame) -> bool:
    """Whether status and hours were left by one run; a status of a release that did not say counts as such."""
    return status.hour is None or bool(status.hour == hours[TIME].max())


def build_disk_notes(project: Project, plant: str, *, site_language: str) -> list[str]:
    """Build what is to be said of a disk that takes nothing more: no file that is shown changes by that."""
    if not is_disk_full(project, plant):
        return []
    language.choose(site_language)
    return [say("The disk is full, so nothing new is written. Tell whoever runs this.")]


def _read_language(status: Status, site_language: str) -> str:
    """Read in which language the sentences of an hour are; results of a release that did not say are of the site."""
    return status.language if status.language in find_languages() else site_language


def _build_nothing(plant: str, note: str) -> Content:
    """Build the answer of a plant that has no hour to show."""
    spoken = {"language": get_language(), "notes": [note], "answer": note}
    return {"plant": plant, "name": plant, "has_hour": False, **spoken, "quantities": []}


def _build_now(project: Project, chosen: StageSettings, status: Status, hours: pd.DataFrame, answers: Path) -> Content:
    plant, notes = chosen.plant_id, list[str]()
    hour = hours.iloc[-1]
    start = pd.Timestamp(hour[TIME])
    alerts = read_alerts(project.operation("monitor", plant))
    if alerts is None:
        notes.append(say("The alerts cannot be read. Tell whoever runs the service."))
    return {
        "plant": plant,
        "has_hour": True,
        "is_simulated": chosen.is_simulated,
        "language": get_language(),
        "energy_digits": find_digits(find_size(hours)),
        "energy_unit": get_unit().sign,
        "rate_unit": get_unit().rate,
        "gj_per_unit": get_unit().gj,
        **_build_hour(hour, status, chosen),
        "quantities": _read_quantities(project, plant, start, notes),
        **read_causes(project, plant, hour, notes),
        **build_moves(project, chosen, start, notes, answers=answers),
        "week": build_week(hours),
        "spark": build_spark(hours),
        "max_gap_frac": chosen.monitor.max_gap_frac,
        "alerts": [{"sentence": alert.sentence, "advice": alert.advice} for alert in alerts or ()],
        "notes": notes,
    }


def _build_hour(hour: pd.Series, status: Status, chosen: StageSettings) -> Content:
    start = pd.Timestamp(hour[TIME])
    answer, phrase, kind = read_answer(status.answer)
    is_sure = not pd.isna(hour[GAP_LOW]) and hour[GAP_LOW] > 0
    rate = build_cost(1.0, chosen.plant, at=start)
    keys = ("name", "state", "state_since", "no_gap_reason", "recommendation", "money_per_h", "co2_t_per_h")
    numbers = {ENERGY: ENERGY, "best_gj_per_h": BEST, "typical_gj_per_h": TYPICAL, GAP: GAP, GAP_LOW: GAP_LOW}
    numbers |= {GAP_HIGH: GAP_HIGH, GAP_FRAC: GAP_FRAC}
    return {
        **{key: getattr(status, key) for key in (*keys, "money_month", "gap_gj_24h", "version")},
        **{name: _read_number(hour, column) for name, column in numbers.items()},
        IS_OUTSIDE: bool(hour[IS_OUTSIDE]),
        "region": chosen.plant.region,
        "answer": answer,
        "answer_phrase": phrase,
        "answer_kind": "" if kind == "cost" and not is_sure else kind,
        "advice": strip_marks(status.advice),
        "state_text": say_state(status.state),
        "hour": start.isoformat(),
        "hour_end": (start + chosen.plant.interval_length).isoformat(),
        "hour_text": write_span(start, chosen.plant.interval_length, chosen.plant.time_zone),
        "interval_h": chosen.plant.interval_h,
        "time_zone": chosen.plant.time_zone,
        "currency": read_currency(chosen.site.currency),
        "money_per_gj": rate.money,
        "co2_t_per_gj": rate.co2_t,
        "version_text": say_version(status.version),
        "health": {"data": build_health(status.data_health), "model": build_health(status.model_health)},
    }


def _read_number(hour: pd.Series, column: str) -> float | None:
    """Read a number of an hour; what the model says of conditions that it does not know is none."""
    is_unknown = hour[IS_OUTSIDE] and column in (BEST, TYPICAL)
    return None if is_unknown or pd.isna(hour[column]) else float(hour[column])


def build_health(health: str) -> dict[str, str]:
    return {"is": health, "text": say_health(health)}


def read_answer(text: str) -> tuple[str, str, str]:
    """Read a sentence with marks: it without them, the phrase that is marked, and as what (`cost`, `good`)."""
    marked = _SPAN.search(text)
    return strip_marks(text), marked[1] if marked else "", marked[2] if marked else ""


def strip_marks(text: str) -> str:
    """Take the Markdown off a sentence that words of this package made: spans and bold."""
    return _SPAN.sub(r"\1", text).replace("**", "")


def _read_quantities(project: Project, plant: str, start: pd.Timestamp, notes: list[str]) -> list[Content]:
    """Read load, drivers and set-points of an hour, with units and the tag list's limits; a value may be None."""
    try:
        tags = [tag for tag in read_tags(project.tags(plant), plant).used if tag.role in ROLES]
    except (ElcError, OSError):
        notes.append(say("The tag list cannot be read, so set-points are not shown. Tell whoever runs the service."))
        return []
    columns = list(dict.fromkeys(name for tag in tags for name in (tag.column, *tag.limit_parts)))
    table = read_table(project.hourly(plant) / "hourly.parquet", columns=[TIME, *columns], since=start)
    row = None if table is None else table[table[TIME] == start]
    if row is None or row.empty:
        notes.append(say("The readings of this hour cannot be read, so values of set-points are not shown."))
    known = pd.DataFrame(columns=columns, index=[0], dtype=float) if row is None or row.empty else row
    values = {} if row is None or row.empty else row.iloc[0][columns].astype(float).to_dict()
    limits = {tag.column: [float(end[0]) for end in tag.build_limits(known)] for tag in tags}
    return [
        {
            "column": tag.column,
            "role": tag.role,
            "label": say_label(tag.column),
            "unit": say_sign(tag.column),
            "description": tag.description,
            "now": values.get(tag.column),
            **{
                f"limit_{end}": limit if math.isfinite(limit) else None
                for end, limit in zip(("low", "high"), limits[tag.column], strict=True)
            },
        }
        for tag in sorted(tags, key=lambda tag: ROLES.index(tag.role))
    ]


def build_week(hours: pd.DataFrame) -> dict[str, list[Any]]:
    """Build the gap of the last seven days for a chart: columns of equal length, a gap that was not judged is None."""
    recent = hours[hours[TIME] > hours[TIME].max() - pd.Timedelta(SHOWN_DAYS, "D")]
    numbers = {name: recent[name].astype(object).where(recent[name].notna(), None).tolist() for name in (GAP, GAP_LOW)}
    return {"time": [time.isoformat() for time in recent[TIME]], "state": recent["plant_state"].tolist(), **numbers}


def build_spark(hours: pd.DataFrame) -> list[float | None]:
    """Build the mean gap of every few hours of the last seven days, as shares of best; None where none was judged."""
    recent = hours[hours[TIME] > hours[TIME].max() - pd.Timedelta(SHOWN_DAYS, "D")]
    means = recent.set_index(TIME)[GAP_FRAC].resample(f"{SPARK_H}h").mean().round(4)
    return [None if pd.isna(mean) else float(mean) for mean in means]
