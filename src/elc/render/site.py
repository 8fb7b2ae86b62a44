"""Render the site: find its pages, write those of no plant (index, models, method), and hand all to an engine."""

from __future__ import annotations

import shutil
from typing import Any, Literal

import yaml

from elc.errors import ElcError, check_faults
from elc.files import replace_file
from elc.pages import language
from elc.paths import Project
from elc.render.failures import read_failures
from elc.render.index import build_index
from elc.render.method import build_method
from elc.render.models import build_models_page
from elc.render.pandoc import render_by_pandoc
from elc.render.plants import FleetPages
from elc.render.quarto import render_by_quarto
from elc.render.receipts import Site, read_pages
from elc.render.status import find_behind, read_alerts, read_last_time, read_status
from elc.settings import Settings, read_settings


def render_site(project: Project, engine: Literal["auto", "quarto", "pandoc"]) -> str:
    """Render all pages that have a receipt, and those of no plant; return the engine that did.

    Raises:
        ElcError: a page or status is missing or not as its receipt says (all are named), or the engine failed.
    """
    used = _find_engine(engine)
    settings = read_settings(project)
    language.choose(settings.site.language)
    faults: list[str] = []
    config = _read_config(project, faults)
    pages = read_pages(project, settings.plants, faults)
    fleet = _read_fleet(project, settings, {page.plant: page.source for page in reversed(pages)}, faults)
    check_faults("render", faults)
    texts = {
        "index": build_index(fleet),
        "models": build_models_page(project),
        "method": build_method(project, settings),
    }
    for name, text in texts.items():
        with replace_file(project.reports / f"{name}.qmd") as path:
            path.write_text(text, encoding="utf-8")
    site = Site(pages, fleet.names, fleet.failures, config, settings.site.language)
    if used == "quarto":
        render_by_quarto(project, site)
    else:
        render_by_pandoc(project, site)
    return used


def _read_fleet(project: Project, settings: Settings, links: dict[str, str], faults: list[str]) -> FleetPages:
    """Read what the page of all plants says: status, alerts and failures of each plant."""
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
        behind=frozenset(find_behind({plant: time for plant, time in times.items() if time is not None})),
    )


def _find_engine(engine: Literal["auto", "quarto", "pandoc"]) -> Literal["quarto", "pandoc"]:
    has_quarto = shutil.which("quarto") is not None
    if engine == "quarto" and not has_quarto:
        raise ElcError(
            "render: quarto is not on the PATH. Install the environment of environment.yml, "
            "or set render.engine to pandoc in params.yaml."
        )
    if engine == "auto":
        return "quarto" if has_quarto else "pandoc"
    return engine


def _read_config(project: Project, faults: list[str]) -> dict[str, Any]:
    """Read reports/_quarto.yml, whose defaults hold for both engines."""
    for name in ("_quarto.yml", "assets/elc.css", "assets/elc.js"):
        if not (project.report_sources / name).is_file():
            faults.append(f"reports/{name}: not found. Restore it: git checkout reports/{name}.")
    try:
        content = yaml.safe_load((project.report_sources / "_quarto.yml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        faults.append(f"reports/_quarto.yml: cannot be read as YAML: {error}")
        return {}
    return content if isinstance(content, dict) else {}
