"""A fleet of many plants as its pages see it: their status, and the gap of their last week, each its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from elc.pages import language
from elc.paths import Project
from elc.records.alerts import Alert
from elc.records.failure import Failure
from elc.records.status import Status
from elc.render.index import build_index
from elc.render.index_table import FleetPages
from elc.render.pandoc import render_by_pandoc
from elc.render.receipts import Site
from tests.conftest import ROOT
from tests.unit.records.examples import ALERT, STATUS

REGIONS = ("north", "south", "north_sea", "inland")
LIMIT = 0.02
WEEK_H = 168
ADVICE = (
    "**Do:** lower converter inlet temperature from 399 to 386 °C, raise flue O2 from 1.48 to 2.03 % and raise H2/N2 "
    "from 2.89 to 2.99. Expected: −13 GJ/h (80 % interval −14 to −13), 3,363 € and 18.0 t CO₂ a day. It rests on the "
    "200 best earlier intervals most like this one; the nearest are Tue 7 Oct 2025 13:00; Mon 6 Oct 2025 17:00."
)


def build_fleet(count: int, *, regions: tuple[str, ...] = REGIONS) -> FleetPages:
    """Build the status of plants: every seventh above the limit, the ninth down, the tenth with findings in its data.

    The third has an alert, the fourth failed, and one more plant has no page yet.
    """
    plants = [f"plant_{number:03}" for number in range(1, count)]
    names = {plant: _name(number) for number, plant in enumerate(plants, start=1)} | {"plant_new": "Newcomer"}
    random = np.random.default_rng(7)
    return FleetPages(
        statuses=[_build_status(number, plant, names[plant]) for number, plant in enumerate(plants, start=1)],
        links={plant: f"{plant}/50_monitor.ipynb" for plant in plants},
        names=names,
        currency="EUR",
        max_gap_frac=LIMIT,
        failures=[_fail("plant_new"), *([_fail(plants[3])] if count > 4 else [])],
        alerts=[Alert.model_validate({**ALERT, "plant": plants[2]})] if count > 3 else [],
        weeks={plant: _build_week(random, number) for number, plant in enumerate(plants, start=1)},
        regions={plant: regions[number % len(regions)] for number, plant in enumerate(plants)} if regions else {},
    )


def _name(number: int) -> str:
    sites = ("Ammonia", "Chiller", "Østfold kjel", "Crude unit", "Paper machine", "Kiln")
    return f"{sites[number % len(sites)]} {number}"


def _build_status(number: int, plant: str, name: str) -> Status:
    frac = 0.03 + 0.0001 * number if number % 7 == 0 else 0.0001 * (number % 190)
    changes: dict[str, Any] = {
        "gap_gj_per_h": 1700 * frac,
        "gap_frac": frac,
        "money_per_h": 17_000 * frac,
        "co2_t_per_h": 95 * frac,
        "gap_gj_24h": 38_000 * frac,
        "money_month": 9_000_000 * frac,
        "advice": ADVICE,
    }
    if number % 9 == 0:
        reason = {"no_gap_reason": "down since Fri 19 Jun 18:00", "state": "trip", "advice": ""}
        changes = dict.fromkeys(changes) | {"money_month": 4000.0} | reason
    health = {"data_health": "2 findings" if number % 10 == 0 else "sound", "model_health": "ok"}
    return Status.model_validate(STATUS | changes | health | {"plant": plant, "name": name})


def _build_week(random: np.random.Generator, number: int) -> pd.Series:
    times = pd.date_range("2026-06-24", periods=WEEK_H, freq="h", tz="UTC")
    shares = 0.008 + 0.0002 * (number % 50) + 0.004 * np.cumsum(random.normal(0, 0.3, WEEK_H))
    shares[random.integers(0, WEEK_H, 12)] = np.nan
    return pd.Series(shares, index=times)


def _fail(plant: str) -> Failure:
    return Failure(plant=plant, stage="ingest", sentence="The export has no column time.", since="2026-06-30T20:00Z")


def render_fleet(folder: Path, fleet: FleetPages, *, spoken: str = "en") -> Path:
    """Render the page of all plants of a fleet to a site; returns its folder. Its plants have no pages there."""
    language.choose(spoken)
    project = Project(folder)
    shutil.copytree(ROOT / "reports" / "assets", project.reports / "assets")
    (project.reports / "index.qmd").write_text(build_index(fleet), encoding="utf-8")
    for name in ("models", "method"):
        (project.reports / f"{name}.qmd").write_text(f"---\ntitle: {name}\n---\n", encoding="utf-8")
    render_by_pandoc(project, Site([], {}, [], {"website": {"title": "ELC"}}, spoken))
    return project.site
