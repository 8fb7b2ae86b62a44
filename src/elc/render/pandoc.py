"""Render the site by pandoc: one call a page, with a template and a filter that do what Quarto would."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from html import escape
from importlib.resources import files
from pathlib import Path
from shutil import copytree

import pypandoc

from elc.errors import ElcError, check_faults
from elc.files import replace_folder
from elc.pages.language import say, translate
from elc.paths import Project
from elc.render.assemble import assemble_notebook
from elc.render.navigation import TOP, build_navigation, build_top_navigation
from elc.render.prepare import prepare_notebook, translate_title
from elc.render.receipts import Page, Site


@dataclass(frozen=True)
class _Job:
    """One page to be made: its Markdown, where it goes, and what the template adds."""

    name: str
    text: str
    target: Path
    variables: dict[str, str]


def render_by_pandoc(project: Project, site: Site) -> None:
    """Render all pages to reports/_site, whole or not at all.

    Raises:
        ElcError: a notebook cannot be read, or pandoc failed (every page that it failed on is named).
    """
    with replace_folder(project.site) as folder:
        copytree(project.report_sources / "assets", folder / "assets")
        script = _read_script(folder / "assets" / "elc.js")
        jobs = [_build_top_job(project, name, folder, site) for name in TOP]
        jobs += [_build_job(page, folder, site) for page in site.pages]
        jobs = [replace(job, variables=job.variables | script) for job in jobs]
        with ThreadPoolExecutor() as pool:
            faults = [fault for fault in pool.map(_render_page, jobs) if fault]
        check_faults("render by pandoc", faults)


def _read_script(path: Path) -> dict[str, str]:
    """Read the site's script, which stands in each page, and its hash: a page runs what has that hash, nothing else."""
    text = path.read_text(encoding="utf-8").strip()
    path.unlink()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return {"script": text, "script-hash": f"'sha256-{digest}'"}


def _build_top_job(project: Project, name: str, folder: Path, site: Site) -> _Job:
    text = (project.reports / f"{name}.qmd").read_text(encoding="utf-8")
    variables = _build_variables("", build_top_navigation(name), site)
    return _Job(f"reports/{name}.qmd", text, folder / f"{name}.html", variables)


def _build_job(page: Page, folder: Path, site: Site) -> _Job:
    """Assemble a page and write its pictures beside where it will stand."""
    named = replace(page, title=translate_title(page.title))
    assembled = assemble_notebook(prepare_notebook(page, site.failures), named, site.config)
    target = folder / page.target
    target.parent.mkdir(exist_ok=True)
    for name, content in assembled.pictures.items():
        path = target.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    variables = _build_variables("../", build_navigation(page.plant, page, site.pages, site.names), site)
    return _Job(f"reports/{page.source}", assembled.text, target, variables)


def _build_variables(root: str, navigation: str, site: Site) -> dict[str, str]:
    website = site.config.get("website") or {}
    footer = website.get("page-footer") or {}
    left = footer if isinstance(footer, str) else footer.get("left", "")
    return {
        "root": root,
        "site": escape(str(website.get("title", ""))),
        "site-lang": site.language,
        "nav": navigation,
        "footer": escape(translate(str(left))),
        "word-fig": say("Figure"),
        "word-tbl": say("Table"),
        "skip": escape(say("To the content")),
        "made": escape(say("Rendered by {engine}", engine="pandoc")),
    }


def _render_page(job: _Job) -> str | None:
    """Render one page; return what pandoc said if it failed."""
    folder = files("elc.render")
    command = [
        _find_pandoc(),
        "--from=markdown",
        "--to=html5",
        "--standalone",
        "--section-divs",
        "--mathml",
        "--wrap=none",
        "--eol=lf",
        f"--template={folder / 'page.html'}",
        f"--lua-filter={folder / 'quarto.lua'}",
        f"--output={job.target}",
        *(f"--variable={key}:{value}" for key, value in job.variables.items()),
    ]
    result = subprocess.run(command, input=job.text, capture_output=True, text=True, encoding="utf-8", check=False)
    if result.returncode == 0:
        return None
    return f"{job.name}: pandoc stopped with code {result.returncode}: {result.stderr.strip()[-500:]}"


def _find_pandoc() -> str:
    try:
        return str(pypandoc.get_pandoc_path())
    except OSError:
        raise ElcError(
            "render: pandoc is not installed. Run pip install -r requirements.lock (package pypandoc-binary)."
        ) from None
