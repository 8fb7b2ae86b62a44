"""Render the site by Quarto, in a copy of reports/ so that nothing but the site changes."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import yaml

from elc.errors import check_faults
from elc.files import replace_file, replace_folder
from elc.pages.language import say, translate
from elc.paths import Project
from elc.render.engine import run_quarto
from elc.render.navigation import TOP, build_navigation, build_top_navigation
from elc.render.options import read_front
from elc.render.prepare import prepare_notebook, translate_title
from elc.render.receipts import Page, Site

_SKIPPED = ("_site", ".*", "*.ipynb", "*.pdf", "_metadata.yml", "receipts", "metrics")
_SEARCH = "search.json"  # Quarto writes it even where there is no search
# Quarto's own help for its pages, which no browser loads from disk and these pages do without.
_MODULE = re.compile(r'[ \t]*<script\b[^>]*\btype="module"[^>]*>.*?</script>\n?', re.DOTALL)


def render_by_quarto(project: Project, site: Site) -> None:
    """Render all pages to reports/_site, whole or not at all.

    Raises:
        ElcError: Quarto failed, with its own reason, or left a page out.
    """
    # Quarto writes beside its inputs (.quarto, .gitignore, half-made pages) and would take notebooks without a receipt.
    with tempfile.TemporaryDirectory(prefix="elc-render-") as name:
        reports = Path(name).resolve() / "reports"
        shutil.copytree(project.report_sources, reports, ignore=shutil.ignore_patterns(*_SKIPPED))
        _write_config(reports / "_quarto.yml", site)
        for page in site.pages:
            _write_page(reports / page.plant, page, site)
        for name in TOP:
            shutil.copyfile(project.reports / f"{name}.qmd", reports / f"{name}.qmd")
        run_quarto(reports, ["render", "--to", "html"], "render")
        _check_pages(reports / "_site", [page.target for page in site.pages])
        _clean_pages(reports / "_site", site)
        with replace_folder(project.site) as folder:
            shutil.copytree(reports / "_site", folder, dirs_exist_ok=True)


def write_folders(project: Project, site: Site) -> None:
    """Write reports/<plant>/_metadata.yml, which gives the pages navigation where somebody lets Quarto render reports/.

    Those of an operation are in no folder that Quarto knows as a site.
    """
    if project.environment:
        return
    for plant in {page.plant for page in site.pages}:
        head = _build_head(build_navigation(plant, None, site.pages, site.names), "../")
        with replace_file(project.reports / plant / "_metadata.yml") as path:
            path.write_text(_write_yaml(head), encoding="utf-8")


def _write_config(path: Path, site: Site) -> None:
    """Write _quarto.yml in the language of the site; Quarto has its own words (Figure, Table) in many languages."""
    website = dict(site.config.get("website") or {})
    footer = website.get("page-footer")
    if isinstance(footer, dict):
        said = {"left": translate(str(footer.get("left", ""))), "right": say("Rendered by {engine}", engine="Quarto")}
        website["page-footer"] = {**footer, **said}
    config = {**site.config, "website": website, "lang": site.language}
    path.write_text(_write_yaml(config), encoding="utf-8")


def _write_page(folder: Path, page: Page, site: Site) -> None:
    """Write a notebook with its navigation, in which it is marked itself."""
    folder.mkdir(exist_ok=True)
    notebook = prepare_notebook(page, site.failures)
    front: dict[str, Any] = {}
    if notebook.cells and notebook.cells[0].cell_type == "raw":
        front, notebook.cells[0].source = read_front(notebook.cells[0].source, f"reports/{page.source}")
    head = _build_head(build_navigation(page.plant, page, site.pages, site.names), "../")
    text = _write_yaml({"title": translate_title(page.title), **front, **head})
    notebook.cells.insert(0, nbformat.v4.new_raw_cell(f"---\n{text}---", id="front"))
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "raw" or cell.source.strip()]
    nbformat.write(notebook, folder / page.notebook.name)


def add_head(text: str, name: str) -> str:
    """Put the navigation into the head of a page of no plant; metadata of its folder would reach the plants' too."""
    return text.replace("---\n", f"---\n{_write_yaml(_build_head(build_top_navigation(name), ''))}", 1)


def _write_yaml(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1_000_000)


def _build_head(navigation: str, root: str) -> dict[str, Any]:
    """Build what a page's head adds, to HTML alone: a format besides has no use for it."""
    script = f'<script src="{root}assets/elc.js" defer></script>'
    included = {"include-before-body": [{"text": navigation}], "include-in-header": [{"text": script}]}
    return {"format": {"html": included}}


def _check_pages(site: Path, targets: Sequence[str]) -> None:
    check_faults(
        "render by quarto",
        [
            f"no page {target} was made. Name its notebook in project.render of reports/_quarto.yml."
            for target in (*(f"{name}.html" for name in TOP), *targets)
            if not (site / target).is_file()
        ],
    )


def _clean_pages(site: Path, made: Site) -> None:
    """Remove what these pages do not use: scripts that no browser loads from disk, and the index of no search."""
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        path.write_text(_MODULE.sub("", text), encoding="utf-8")
    if (made.config.get("website") or {}).get("search") is False:
        (site / _SEARCH).unlink(missing_ok=True)
