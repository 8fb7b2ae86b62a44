"""Make an executed notebook ready for an engine: its texts translated, what failed on top, its charts drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import yaml

from elc.errors import ElcError
from elc.pages.language import translate
from elc.records.failure import Failure
from elc.render.charts import build_chart, has_chart
from elc.render.failures import build_banner
from elc.render.options import read_front, read_options
from elc.render.receipts import Page
from elc.render.translate import translate_notebook
from elc.render.units import keep_units

_BETTER = {"text/markdown", "image/svg+xml", "image/png"}  # than HTML, where an output has several


def prepare_notebook(
    page: Page, failures: Sequence[Failure], draw: Callable[[dict[str, Any], int, str], str] | None = None
) -> nbformat.NotebookNode:
    """Read a page's notebook and make it ready; the file stays as it is.

    Args:
        page: whose notebook.
        failures: what failed of all plants.
        draw: writes a chart as Markdown, from its output, its number on the page, and what it shows. Default: HTML.

    Raises:
        ElcError: the file is not a notebook, or a front matter or `#|` option is not valid YAML.
    """
    where = f"reports/{page.source}"
    notebook = _read_notebook(page.notebook, where)
    _check_options(notebook, where)
    notebook = translate_notebook(notebook)
    _translate_front(notebook, where)
    _join_units(notebook)
    _show_charts(notebook, where, draw or _draw_html)
    _show_html(notebook)
    banner = build_banner([failure for failure in failures if failure.plant == page.plant], page.stage)
    if banner:
        has_front = bool(notebook.cells) and notebook.cells[0].cell_type == "raw"
        notebook.cells.insert(int(has_front), nbformat.v4.new_markdown_cell(banner, id="failures"))
    return notebook


def _read_notebook(path: Path, where: str) -> nbformat.NotebookNode:
    try:
        notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    except (ValueError, KeyError, AttributeError, nbformat.ValidationError) as error:
        raise ElcError(f"{where}: not a notebook that nbformat can read: {str(error)[:200]}") from None
    return notebook


def _check_options(notebook: nbformat.NotebookNode, where: str) -> None:
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            read_options(cell.source, {}, f"{where}, cell {number}")


def _translate_front(notebook: nbformat.NotebookNode, where: str) -> None:
    """Translate what the runner wrote into the front matter: `Fjord: Monitor`, and the product."""
    if not notebook.cells or notebook.cells[0].cell_type != "raw":
        return
    front, rest = read_front(notebook.cells[0].source, where)
    if not front:
        return
    changed: dict[str, Any] = dict(front)
    for key in ("title", "subtitle"):
        if isinstance(front.get(key), str):
            changed[key] = translate_title(front[key])
    if changed != front:
        text = yaml.safe_dump(changed, allow_unicode=True, sort_keys=False, width=1_000_000)
        notebook.cells[0].source = f"---\n{text}---\n{rest}"


def translate_title(title: str) -> str:
    """Translate a title; of `Fjord: Monitor` what stands after the name."""
    name, colon, rest = title.partition(": ")
    return f"{name}{colon}{translate(rest)}" if colon else translate(title)


def _join_units(notebook: nbformat.NotebookNode) -> None:
    """Put no-break spaces before the units of numbers in what cells say."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []) if cell.cell_type == "code" else []:
            data = output.get("data", {})
            if "text/markdown" in data:
                data["text/markdown"] = keep_units(data["text/markdown"])


def _show_charts(notebook: nbformat.NotebookNode, where: str, draw: Callable[[dict[str, Any], int, str], str]) -> None:
    """Put each chart, as Markdown, in the place of its picture."""
    count = 0
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []) if cell.cell_type == "code" else []:
            if has_chart(output.get("data", {})):
                count += 1
                alt = read_options(cell.source, {}, f"{where}, cell {number}")[0].alt
                output.data = nbformat.from_dict({"text/markdown": draw(output.data, count, alt)})


def _show_html(notebook: nbformat.NotebookNode) -> None:
    """Put HTML, a data frame for one, into Markdown: for HTML or a script Quarto loads libraries from a network."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []) if cell.cell_type == "code" else []:
            data = output.get("data", {})
            html = data.pop("text/html", None)
            if html is not None and not set(data) & _BETTER:
                data["text/markdown"] = _fence(html)
            data.pop("application/javascript", None)


def _draw_html(data: dict[str, Any], number: int, alt: str) -> str:
    """Draw a chart as HTML in Markdown that both engines read."""
    return _fence(build_chart(data, number, alt))


def _fence(html: str) -> str:
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", html)), default=0))
    return f"{ticks}{{=html}}\n{html}\n{ticks}"
