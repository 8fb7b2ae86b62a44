"""Render the site: find its pages, write those of no plant (index, models, method), and hand all to an engine."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from elc.errors import check_faults
from elc.files import replace_file
from elc.pages import language
from elc.paths import Project
from elc.render.config import check_named, read_config
from elc.render.engine import Engine, find_engine
from elc.render.failures import read_failures
from elc.render.index import build_index
from elc.render.index_table import FleetPages
from elc.render.method import build_method
from elc.render.models import build_models_page
from elc.render.pandoc import render_by_pandoc
from elc.render.quarto import add_head, render_by_quarto, write_folders
from elc.render.receipts import Page, Site, read_pages
from elc.render.reports import build_reports, read_reports
from elc.render.sparks import read_week
from elc.render.status import find_behind, read_alerts, read_last_time, read_status
from elc.render.units import keep_units
from elc.settings import Settings, read_operation, read_settings


def render_site(project: Project, engine: Engine) -> str:
    """Render all pages that have a receipt, and those of no plant; return the engine that did.

    Raises:
        ElcError: a page or status is missing or not as its receipt says (all are named), or the engine failed.
    """
    used = find_engine(engine, "render")
    settings = read_settings(project)
    language.choose(settings.site.language)
    faults: list[str] = []
    config = read_config(project, faults)
    pages = read_pages(project, settings.plants, faults)
    check_named(project, config, pages, faults)
    fleet = _read_fleet(project, settings, pages, faults)
    check_faults("render", faults)
    texts = {
        "index": build_index(fleet),
        "models": build_models_page(project),
        "method": build_method(project, settings),
    }
    for name, text in texts.items():
        with replace_file(project.reports / f"{name}.qmd") as path:
            path.write_text(add_head(keep_units(text), name), encoding="utf-8")
    site = Site(pages, fleet.names, fleet.failures, config, settings.site.language)
    write_folders(project, site)
    if used == "quarto":
        render_by_quarto(project, site)
    else:
        render_by_pandoc(project, site)
    return used


def _read_fleet(project: Project, settings: Settings, pages: Sequence[Page], faults: list[str]) -> FleetPages:
    """Read what the page of all plants says: status, alerts, failures and the last report of each plant."""
    links = {page.plant: page.source for page in reversed(pages)}
    plants = [plant for plant in settings.plants if plant in links]
    statuses = [read_status(project, plant, settings.site.currency, faults) for plant in plants]
    times = {plant: read_last_time(project, plant, faults) for plant in plants}
    return FleetPages(
        statuses=[status for status in statuses if status is not None],
        links=links,
        names={plant: entry.name for plant, entry in settings.plants.items()},
        currency=settings.site.currency,
        max_gap_frac=settings.monitor.max_gap_frac,
        failures=read_failures(project, settings.plants, faults),
        alerts=[alert for plant in plants for alert in read_alerts(project, plant, faults)],
        simulated=frozenset(settings.simulate.plants),
        reports=tuple(
            build_reports(
                read_reports(project, plants, faults), pages, settings.site.currency, settings.site.energy_unit
            )
        ),
        regions={plant: entry.region for plant, entry in settings.plants.items() if entry.region},
        weeks={plant: read_week(project, plant) for plant in plants},
        behind=frozenset(find_behind({plant: time for plant, time in times.items() if time is not None})),
        ends={plant: end for plant in plants if (end := _find_end(project, plant, times[plant])) is not None},
    )


def _find_end(project: Project, plant: str, last: pd.Timestamp | None) -> tuple[str, float] | None:
    """Find when the last hour of a plant ended (UTC), and how many hours later it is late; None where it never is."""
    chosen = read_operation(project, plant, project.environment)
    if last is None or chosen.is_simulated or chosen.alerts.stale_h is None:
        return None
    return f"{last + chosen.plant.interval_length:%Y-%m-%dT%H:%MZ}", chosen.alerts.stale_h
