"""A project folder whose present hour is known: what monitor, explain and advise leave for the plant fjord.

What is best is what the small package of `packages` says at the hour's load and weather.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from elc import advise, explain, monitor, pages, settings
from elc.advise import OUTCOMES
from elc.curve import build_cost
from elc.fields import BEST, ENERGY, GAP, GAP_FRAC, GAP_HIGH, GAP_LOW, IS_OUTSIDE, IS_STEADY, STATE, TIME, TYPICAL
from elc.files import replace_file
from elc.findings import Reason, build_frame
from elc.pages import language
from elc.paths import Project
from tests.unit.service.packages import find_energy

ROOT = Path(__file__).resolve().parents[4]
PLANT, HOUR = "fjord", "2026-06-20T23:00:00Z"
LOAD, AIR, FLUE, CARBON = "load_t_per_h", "air_temp_degc", "flue_o2_pct", "steam_to_carbon_ratio"
ROWS = {LOAD: 55.0, AIR: 12.0, FLUE: 3.0, CARBON: 3.1}
TAGS = f"""tag,column,unit,factor,offset,role,carrier,low,high,monotone,description
FT1,feed_gas_energy_gj_per_h,GJ/h,,,energy,gas,0,3000,,Feed gas
FT2,{LOAD},t/h,,,throughput,,0,71,,Ammonia made
TI3,{AIR},degC,,,driver,,-45,50,,Ambient air
AI4,{FLUE},%,,,setpoint,,1,6,,Flue-gas O2
FF5,{CARBON},-,,,setpoint,,2.6,3.7,,Steam to carbon
"""
BEST_NOW, TYPICAL_NOW = find_energy(ROWS[LOAD], ROWS[AIR])[:2]
GAP_NOW = 26.0


def make_project(folder: Path, *, spoken: str = "en") -> Project:
    """Make a project folder with the present hour of fjord in it."""
    project = Project(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    project.params.write_text(text.replace("language: en", f"language: {spoken}"), encoding="utf-8")
    shutil.copyfile(ROOT / "dvc.yaml", folder / "dvc.yaml")
    project.tags(PLANT).parent.mkdir(parents=True)
    project.tags(PLANT).write_text(TAGS, encoding="utf-8")
    leave_hour(project, spoken=spoken)
    return project


def leave_hour(project: Project, *, hour: str = HOUR, gap: float = GAP_NOW, spoken: str = "en") -> None:
    """Leave an hour as the stages do, its sentences in a language."""
    language.choose(spoken)
    chosen = settings.read_plant(project, PLANT)
    hours = build_hours(pd.Timestamp(hour), gap)
    last = hours.iloc[-1]
    _leave_hourly(project, hours)
    period = shares = build_shares(gap).assign(**{TIME: last[TIME]})
    explain.write_shares(project.operation("explain", PLANT), period, shares, build_frame([]))
    moves = build_moves(last[TIME])
    reasons = pd.DataFrame({TIME: hours[TIME], "reason": ""})
    folder = project.operation("advice", PLANT)
    given = advise.Advice(moves, reasons)
    advise.write_advice_files(folder, given)
    outcomes = build_outcomes(last[TIME])
    advise.write_log(folder, advise.read_log(folder))
    advise.write_outcomes(folder, outcomes)
    status = _build_status(last, gap, chosen)
    told = {"notes": advise.build_notes([]), "setpoints": []}
    said = {
        "answer": pages.monitor.write_answer(status, chosen),
        "advice": pages.advise.write_advice(given, last, chosen, **told, size=BEST_NOW),
        "version": "v1.2.0 in prod",
    }
    monitor.write_status(project.operation("monitor", PLANT), pages.monitor.build_record(status, chosen, **said), hours)
    language.choose(language.ENGLISH)


def build_hours(last: pd.Timestamp, gap: float) -> pd.DataFrame:
    """Build ten days of hours; of the last day, hours 5 to 8 were a ramp."""
    times = pd.date_range(end=last, periods=240, freq="h").as_unit("us")
    hours = pd.DataFrame({TIME: times, STATE: "run", IS_STEADY: True, IS_OUTSIDE: False})
    hours[GAP] = np.where(np.arange(240) % 48 < 30, gap, -2.0)
    hours.loc[239, GAP] = gap
    hours.loc[220:223, [STATE, IS_STEADY, GAP]] = ["ramp", False, np.nan]
    hours[BEST], hours[TYPICAL] = BEST_NOW, TYPICAL_NOW
    hours[ENERGY] = hours[BEST] + hours[GAP].fillna(0)
    hours[GAP_FRAC], hours[GAP_LOW], hours[GAP_HIGH] = hours[GAP] / hours[BEST], hours[GAP] - 5, hours[GAP] + 5
    return hours


def _leave_hourly(project: Project, hours: pd.DataFrame) -> None:
    table = hours[[TIME]].assign(**ROWS)
    project.hourly(PLANT).mkdir(parents=True, exist_ok=True)
    with replace_file(project.hourly(PLANT) / "hourly.parquet") as temporary:
        table.to_parquet(temporary, index=False)


def build_shares(gap: float) -> pd.DataFrame:
    """Build two causes, what the good hours lost (2 GJ/h), and a rest of 5 GJ/h."""
    rows = [
        (FLUE, 3.0, 2.0, gap - 10),
        (CARBON, 3.1, 2.9, 7.0),
        ("good_hours", np.nan, np.nan, -2.0),
        ("unexplained", np.nan, np.nan, 5.0),
    ]
    return pd.DataFrame(rows, columns=["setpoint", "now", "best_practice", "share_gj_per_h"])


def build_moves(time: pd.Timestamp) -> pd.DataFrame:
    """Build two moves, both down."""
    rows: list[dict[str, Any]] = [
        {"setpoint": FLUE, "now": 3.0, "to": 2.0, "saving_gj_per_h": 12.0, "near_limit": np.nan},
        {"setpoint": CARBON, "now": 3.1, "to": 2.9, "saving_gj_per_h": 6.0, "near_limit": 2.6},
    ]
    frame = pd.DataFrame(rows).assign(**{TIME: time, "group": "", "precedents": 200, "nearest": ""})
    frame = frame.assign(low_gj_per_h=frame["saving_gj_per_h"] - 1, high_gj_per_h=frame["saving_gj_per_h"] + 1)
    totals = {"total_gj_per_h": 18.0, "total_low_gj_per_h": 16.0, "total_high_gj_per_h": 20.0}
    return frame.assign(**totals)[advise.COLUMNS]


def build_outcomes(time: pd.Timestamp) -> pd.DataFrame:
    """Build the case of flue O2 that began three hours before and is still open."""
    row: dict[str, Any] = dict.fromkeys(OUTCOMES, np.nan)
    row |= {"setpoint": FLUE, "start": time - pd.Timedelta("3h"), "end": time, "hours": 4, "version": "v1.2.0"}
    row |= {"is_shown": True, "outcome": "open", "moved_at": time, "step": -1, "answer": "", "why": ""}
    return pd.DataFrame([row]).astype(OUTCOMES)


def _build_status(last: pd.Series, gap: float, chosen: settings.StageSettings) -> monitor.PlantState:
    cost = build_cost(gap, chosen.plant, at=last[TIME])
    return monitor.PlantState(
        hour=last,
        state="run",
        state_since=last[TIME] - pd.Timedelta("2D"),
        gap=cost,
        interval=monitor.Interval(gap - 5, gap + 5, 0.8),
        day_gap_gj=400.0,
        month=monitor.Month(cost, 0.01, 0.0, 0, 400, 440),
        health=monitor.Health("sound", (), "look", Reason("no_baseline"), ()),
        no_gap_reasons=(),
        size_gj_per_h=BEST_NOW,
    )


def read_lines(project: Project) -> list[dict[str, str]]:
    """Read the lines of the notes, each as JSON."""
    path = project.advice_notes(PLANT)
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()] if path.exists() else []


def age_files(project: Project, seconds: float) -> None:
    """Make every file of data older, so that a change in the same tick of the clock shows."""
    for path in project.root.joinpath("data").rglob("*"):
        if path.is_file():
            found = path.stat()
            os.utime(path, (found.st_atime - seconds, found.st_mtime - seconds))
