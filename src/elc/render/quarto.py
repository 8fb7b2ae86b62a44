"""Render the site by Quarto, in a copy of reports/ so that nothing but the site changes."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
import yaml

from elc.errors import ElcError, check_faults
from elc.files import replace_folder
from elc.pages.language import say, translate
from elc.paths import Project
from elc.render.navigation import TOP, build_navigation, build_top_navigation
from elc.render.prepare import prepare_notebook
from elc.render.receipts import Page, Site

_SKIPPED = ("_site", ".*", "*.ipynb", "receipts", "metrics")
_SHOWN_LINES = 15


def render_by_quarto(project: Project, site: Site) -> None:
    """Render all pages to reports/_site, whole or not at all.

    Raises:
        ElcError: Quarto failed or left a page out, with the last lines that it wrote.
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
            _add_head(reports / f"{name}.qmd", build_top_navigation(name))
        _run_quarto(reports, [page.target for page in site.pages])
        with replace_folder(project.site) as folder:
            shutil.copytree(reports / "_site", folder, dirs_exist_ok=True)


def _write_config(path: Path, site: Site) -> None:
    """Write _quarto.yml in the language of the site; Quarto has its own words (Figure, Table) in many languages."""
    website = dict(site.config.get("website") or {})
    footer = website.get("page-footer")
    if isinstance(footer, dict):
        said = {"left": translate(str(footer.get("left", ""))), "right": say("Rendered by {engine}", engine="Quarto")}
        website["page-footer"] = {**footer, **said}
    config = {**site.config, "website": website, "lang": site.language}
    path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _write_page(folder: Path, page: Page, site: Site) -> None:
    folder.mkdir(exist_ok=True)
    nbformat.write(prepare_notebook(page, site.failures), folder / page.notebook.name)
    head = _build_metadata(build_navigation(page.plant, None, site.pages, site.names), "../")
    (folder / "_metadata.yml").write_text(head, encoding="utf-8")


def _add_head(path: Path, navigation: str) -> None:
    """Put the navigation into the head of a page; metadata of its folder would reach the plants' pages too."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("---\n", f"---\n{_build_metadata(navigation, '')}", 1), encoding="utf-8")


def _build_metadata(navigation: str, root: str) -> str:
    script = f'<script src="{root}assets/elc.js" defer></script>'
    included = {"include-before-body": [{"text": navigation}], "include-in-header": [{"text": script}]}
    return yaml.safe_dump(included, allow_unicode=True)


def _run_quarto(reports: Path, targets: Sequence[str]) -> None:
    quarto = shutil.which("quarto")
    if quarto is None:
        raise ElcError("render: quarto is not on the PATH.")
    result = subprocess.run(
        [quarto, "render"],
        cwd=reports,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    said = "\n".join(result.stdout.strip().splitlines()[-_SHOWN_LINES:]).replace(str(reports), "reports")
    if result.returncode != 0:
        raise ElcError(f"render: quarto stopped with code {result.returncode}. Its last lines:\n{said}")
    missing = [
        target for target in (*(f"{name}.html" for name in TOP), *targets) if not (reports / "_site" / target).is_file()
    ]
    check_faults(
        "render by quarto",
        [
            f"no page {target} was made. Name its notebook in project.render of reports/_quarto.yml."
            for target in missing
        ],
    )
