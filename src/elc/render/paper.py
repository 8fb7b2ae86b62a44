"""Write a page of the site for paper: its notebook as Typst, with its pictures, both widths of each chart."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

import nbformat

from elc.errors import ElcError, check_faults
from elc.pages.language import get_language, say, translate
from elc.paths import Project
from elc.render.assemble import assemble_notebook
from elc.render.charts import MIME, SVG
from elc.render.config import read_config
from elc.render.failures import read_failures
from elc.render.pandoc import Draft, convert
from elc.render.prepare import prepare_notebook, translate_title
from elc.render.receipts import Page
from elc.render.units import keep_units

_PREAMBLE = re.compile(r"# |\*(Reads|Writes|Settings):\*")


@dataclass(frozen=True)
class Paper:
    """A page as Typst, and its pictures by their path beside it."""

    text: str
    pictures: dict[str, bytes]


def write_paper(project: Project, page: Page) -> Paper:
    """Write a page in the language that was chosen.

    Raises:
        ElcError: its notebook or reports/_quarto.yml cannot be read, or pandoc failed.
    """
    where = f"reports/{page.source}"
    faults: list[str] = []
    config = read_config(project, faults)
    failures = read_failures(project, [page.plant], faults)
    check_faults("pdf", faults)
    charts: dict[str, bytes] = {}

    def draw(data: dict[str, Any], number: int, alt: str) -> str:
        names = [f"chart-{number}-{kind}.svg" for kind in ("wide", "narrow")]
        charts.update(zip(names, (data[SVG].encode(), data[MIME]["narrow"].encode()), strict=True))
        called = ", ".join(json.dumps(text, ensure_ascii=False) for text in (*names, alt))
        return f"```{{=typst}}\n#chart({called})\n```"

    notebook = prepare_notebook(page, failures, draw)
    _drop_preamble(notebook)
    assembled = assemble_notebook(notebook, replace(page, title=translate_title(page.title)), config)
    return Paper(_write_typst(assembled.text, config, where), charts | assembled.pictures)


def write_text_paper(project: Project, text: str, where: str) -> Paper:
    """Write a text (Markdown with front matter) of no single plant; `where` says of what a fault is.

    Raises:
        ElcError: reports/_quarto.yml cannot be read, or pandoc failed.
    """
    faults: list[str] = []
    config = read_config(project, faults)
    check_faults("pdf", faults)
    return Paper(_write_typst(keep_units(text), config, where), {})


def _drop_preamble(notebook: nbformat.NotebookNode) -> None:
    """Drop what a notebook says of itself to who opens it: its title again, and what it reads, writes and is set by."""
    first = next((cell for cell in notebook.cells if cell.cell_type == "markdown"), None)
    if first is not None and notebook.cells[0].cell_type == "raw":
        blocks = [block for block in re.split(r"\n{2,}", first.source) if not _PREAMBLE.match(block)]
        first.source = "\n\n".join(blocks)


def _write_typst(text: str, config: dict[str, Any], where: str) -> str:
    website = config.get("website") or {}
    footer = website.get("page-footer") or {}
    left = footer if isinstance(footer, str) else footer.get("left", "")
    count = "#context counter(page).{}".format
    variables = {
        "site-lang": get_language(),
        "word-fig": say("Figure"),
        "word-tbl": say("Table"),
        "page-number": say("Page {page} of {pages}", page=count("display()"), pages=count("final().first()")),
    }
    texts = {"site": str(website.get("title", "")), "footer": translate(str(left))}
    try:
        (found,) = convert([Draft(text, variables, texts)], "typst", "page.typ")
    except ElcError as error:
        found = error
    if isinstance(found, ElcError):
        raise ElcError(f"{where}: {found}") from None
    return found
