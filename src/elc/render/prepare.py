"""Make an executed notebook ready for either engine: its texts translated, what failed on top, charts as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
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


def prepare_notebook(page: Page, failures: Sequence[Failure]) -> nbformat.NotebookNode:
    """Read a page's notebook and make it ready; the file stays as it is.

    Raises:
        ElcError: the file is not a notebook, or a front matter or `#|` option is not valid YAML.
    """
    where = f"reports/{page.source}"
    notebook = _read_notebook(page.notebook, where)
    _check_options(notebook, where)
    notebook = translate_notebook(notebook)
    _translate_front(notebook, where)
    _show_charts(notebook, where)
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


def _show_charts(notebook: nbformat.NotebookNode, where: str) -> None:
    """Put the HTML of each chart in the place of its picture, as Markdown that both engines read."""
    count = 0
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []) if cell.cell_type == "code" else []:
            if has_chart(output.get("data", {})):
                count += 1
                alt = read_options(cell.source, {}, f"{where}, cell {number}")[0].alt
                output.data = nbformat.from_dict({"text/markdown": _fence(build_chart(output.data, count, alt))})


def _fence(html: str) -> str:
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", html)), default=0))
    return f"{ticks}{{=html}}\n{html}\n{ticks}"
