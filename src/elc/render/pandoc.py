"""Render the site by pandoc, many pages in one run, with a template and a filter that do what Quarto would."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from html import escape
from importlib.resources import files
from pathlib import Path
from shutil import copytree
from typing import Any

import pypandoc

from elc.errors import ElcError, check_faults
from elc.files import replace_folder
from elc.pages.language import say, translate
from elc.paths import Project
from elc.render.assemble import assemble_notebook
from elc.render.charts import build_chart
from elc.render.navigation import TOP, build_navigation, build_top_navigation
from elc.render.prepare import prepare_notebook, translate_title
from elc.render.receipts import Page, Site


@dataclass(frozen=True)
class Draft:
    """A page as Markdown, and what the template adds: variables go in as they are, metadata as texts."""

    text: str
    variables: Mapping[str, str]
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Job:
    """One page to be made, where it goes, and its charts by the marks that stand for them in its Markdown."""

    name: str
    draft: Draft
    target: Path
    charts: Mapping[str, str] = field(default_factory=dict)


def render_by_pandoc(project: Project, site: Site) -> None:
    """Render all pages to reports/_site, whole or not at all.

    Raises:
        ElcError: a notebook cannot be read, or pandoc failed (every page that it failed on is named).
    """
    with replace_folder(project.site) as folder:
        copytree(project.report_sources / "assets", folder / "assets")
        script = _read_script(folder / "assets" / "elc.js")
        jobs = [_build_top_job(project, name, folder, site, script) for name in TOP]
        jobs += [_build_job(page, folder, site, script) for page in site.pages]
        check_faults("render by pandoc", _render_pages(jobs))


def _read_script(path: Path) -> dict[str, str]:
    """Read the site's script, which stands in each page, and its hash: a page runs what has that hash, nothing else."""
    text = path.read_text(encoding="utf-8").strip()
    path.unlink()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return {"script": text, "script-hash": f"'sha256-{digest}'"}


def _build_top_job(project: Project, name: str, folder: Path, site: Site, script: Mapping[str, str]) -> _Job:
    text = (project.reports / f"{name}.qmd").read_text(encoding="utf-8")
    draft = Draft(text, _build_variables("", build_top_navigation(name), site) | dict(script))
    return _Job(f"reports/{name}.qmd", draft, folder / f"{name}.html")


def _build_job(page: Page, folder: Path, site: Site, script: Mapping[str, str]) -> _Job:
    """Assemble a page and write its pictures beside where it will stand."""
    charts: dict[str, str] = {}

    def draw(data: dict[str, Any], number: int, alt: str) -> str:
        """Put a mark in the place of a chart, of which pandoc need not read hundreds of kilobytes."""
        chart = build_chart(data, number, alt)
        mark = f"<!--chart {hashlib.sha256(chart.encode()).hexdigest()}-->"
        charts[mark] = chart
        return f"```{{=html}}\n{mark}\n```"

    named = replace(page, title=translate_title(page.title))
    assembled = assemble_notebook(prepare_notebook(page, site.failures, draw), named, site.config)
    target = folder / page.target
    target.parent.mkdir(exist_ok=True)
    for name, content in assembled.pictures.items():
        path = target.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    variables = _build_variables("../", build_navigation(page.plant, page, site.pages, site.names), site)
    return _Job(f"reports/{page.source}", Draft(assembled.text, variables | dict(script)), target, charts)


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


def _render_pages(jobs: Sequence[_Job]) -> list[str]:
    """Render pages by as many runs of pandoc as there are cores; return what it said of those that failed."""
    count = min(len(jobs), os.cpu_count() or 1)
    with ThreadPoolExecutor(count) as pool:
        faults = pool.map(_render_share, [jobs[start::count] for start in range(count)])
        return sorted(fault for share in faults for fault in share)


def _render_share(jobs: Sequence[_Job]) -> list[str]:
    faults = []
    for job, page in zip(jobs, convert([job.draft for job in jobs], "html5", "page.html"), strict=True):
        if isinstance(page, ElcError):
            faults.append(f"{job.name}: {page}")
            continue
        for mark, chart in job.charts.items():
            page = page.replace(mark, chart)
        job.target.write_text(page, encoding="utf-8", newline="")
    return faults


def convert(drafts: Sequence[Draft], to: str, template: str) -> list[str | ElcError]:
    """Turn pages into another format, by a template beside this file and the filter, in one run of pandoc.

    Returns:
        The text of each page, or what pandoc said of one that it could not turn.

    Raises:
        ElcError: pandoc is not installed, or ended before it was done.
    """
    asked = {"to": to, "template": template, "pages": [_build_request(draft) for draft in drafts]}
    command = [_find_pandoc(), "lua", str(files("elc.render") / "convert.lua")]
    request = json.dumps(asked, ensure_ascii=False)
    result = subprocess.run(command, input=request, capture_output=True, text=True, encoding="utf-8", check=False)
    if result.returncode != 0:
        raise ElcError(f"pandoc stopped with code {result.returncode}: {result.stderr.strip()[-500:]}")
    pages = json.loads(result.stdout)
    return [page["text"] if "text" in page else ElcError(f"pandoc stopped: {page['fault'][-500:]}") for page in pages]


def _build_request(draft: Draft) -> dict[str, object]:
    text = draft.text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)  # as pandoc does with files
    return {"text": text, "variables": dict(draft.variables), "metadata": dict(draft.metadata)}


def _find_pandoc() -> str:
    try:
        return str(pypandoc.get_pandoc_path())
    except OSError:
        raise ElcError(
            "render: pandoc is not installed. Run pip install -r requirements.lock (package pypandoc-binary)."
        ) from None
