"""Render the site: find its pages, write the index and the page of models, and hand all to an engine."""

from __future__ import annotations

import shutil
from typing import Any, Literal

import yaml

from elc.errors import ElcError, check_faults
from elc.paths import Project, replace_file
from elc.render.index import build_index
from elc.render.models import build_models_page
from elc.render.pandoc import render_by_pandoc
from elc.render.quarto import render_by_quarto
from elc.render.receipts import find_receipts, read_pages
from elc.render.status import Status, read_status
from elc.settings import Settings, read_settings


def render_site(project: Project, engine: Literal["auto", "quarto", "pandoc"]) -> str:
    """Render all pages that have a receipt, the page of all plants and that of the models; return the engine that did.

    Raises:
        ElcError: a page or status is missing or not as its receipt says (all are named), or the engine failed.
    """
    chosen = _find_engine(engine)
    settings = read_settings(project)
    faults: list[str] = []
    config = _read_config(project, faults)
    pages = read_pages(project, settings.plants, faults)
    statuses = _read_statuses(project, settings, faults)
    check_faults("render", faults)
    links = {page.plant: page.source for page in reversed(pages)}
    index = build_index(statuses, links, settings.site.currency, settings.monitor.max_gap_frac)
    for name, text in (("index", index), ("models", build_models_page(project))):
        with replace_file(project.reports / f"{name}.qmd") as path:
            path.write_text(text, encoding="utf-8")
    names = {plant: entry.name for plant, entry in settings.plants.items()}
    if chosen == "quarto":
        render_by_quarto(project, pages, names)
    else:
        render_by_pandoc(project, pages, names, config)
    return chosen


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
    for name in ("_quarto.yml", "assets/elc.css"):
        if not (project.reports / name).is_file():
            faults.append(f"reports/{name}: not found. Restore it: git checkout reports/{name}.")
    try:
        content = yaml.safe_load((project.reports / "_quarto.yml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        faults.append(f"reports/_quarto.yml: not readable as YAML: {error}")
        return {}
    return content if isinstance(content, dict) else {}


def _read_statuses(project: Project, settings: Settings, faults: list[str]) -> list[Status]:
    plants = dict.fromkeys(plant for plant, _ in find_receipts(project, settings.plants))
    found = [read_status(project, plant, settings.site.currency, faults) for plant in plants]
    return [status for status in found if status is not None]
