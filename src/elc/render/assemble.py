"""Assemble an executed notebook into one Markdown text, and the pictures that go beside its page."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import dataclass
from typing import Any

import nbformat
import yaml

from elc.render.options import CellOptions, build_defaults, read_front, read_options
from elc.render.receipts import Page

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_REPR = re.compile(r"<(IPython|Figure|Axes|matplotlib)\b.*>", re.DOTALL)
_PICTURES = {"image/svg+xml": "svg", "image/png": "png"}


@dataclass(frozen=True)
class Assembled:
    """One page as Markdown with front matter, and its pictures by file name."""

    text: str
    pictures: dict[str, bytes]


def assemble_notebook(content: nbformat.NotebookNode, page: Page, config: dict[str, Any]) -> Assembled:
    """Assemble a notebook (see `prepare_notebook`); `config` is _quarto.yml.

    Raises:
        ElcError: a front matter or `#|` option is not valid YAML.
    """
    where = f"reports/{page.source}"
    cells = list(content.cells)
    front: dict[str, Any] = {}
    if cells and cells[0].cell_type == "raw":
        front, cells[0].source = read_front(cells[0].source, where)
    defaults = build_defaults(config, front)
    language = content.metadata.get("kernelspec", {}).get("language") or "python"
    pictures: dict[str, bytes] = {}
    blocks = [_build_front(front, page.title)]
    for number, cell in enumerate(cells, start=1):
        if cell.cell_type == "code":
            options, code = read_options(cell.source, defaults, f"{where}, cell {number}")
            stem = f"{page.notebook.stem}_files/{_build_stem(options.label, number)}"
            blocks += _build_code_cell(cell, options, _fence(code, f".{language} .cell-code"), stem, pictures)
        else:
            blocks += _build_text_cell(cell)
    return Assembled("\n\n".join(block for block in blocks if block.strip()) + "\n", pictures)


def _build_front(front: dict[str, Any], title: str) -> str:
    kept = {key: front[key] for key in ("title", "subtitle", "lang", "pagetitle") if front.get(key)}
    return f"---\n{yaml.safe_dump({'title': title, **kept}, allow_unicode=True, width=10_000)}---"


def _build_stem(label: str, number: int) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", label) or f"cell-{number}"


def _build_text_cell(cell: nbformat.NotebookNode) -> list[str]:
    if cell.cell_type == "raw" and cell.metadata.get("raw_mimetype", cell.metadata.get("format")) == "text/html":
        return [_fence(cell.source, "=html")]
    return [str(cell.source)]


def _build_code_cell(
    cell: nbformat.NotebookNode, options: CellOptions, code: str, stem: str, pictures: dict[str, bytes]
) -> list[str]:
    """Build the blocks of a code cell: its code where echoed, then its outputs, as a float where captioned."""
    if not options.include:
        return []
    blocks = _build_echo(code, options) if options.echo and cell.source.strip() else []
    if options.output is False:
        return blocks
    outputs = []
    for number, output in enumerate(cell.outputs, start=1):
        outputs.append(_build_output(output, options, f"{stem}-{number}", pictures))
    outputs = [output for output in outputs if output.strip()]
    is_float = options.label.startswith(("fig-", "tbl-"))
    if outputs and (is_float or options.caption):
        return [*blocks, *_build_float(outputs, options, is_float)]
    return blocks + outputs


def _build_echo(code: str, options: CellOptions) -> list[str]:
    if not options.code_fold:
        return [code]
    is_open = " open" if options.code_fold == "show" else ""
    summary = html.escape(options.code_summary)
    head = _fence(f'<details class="code-fold"{is_open}><summary>{summary}</summary>', "=html")
    return [head, code, _fence("</details>", "=html")]


def _build_float(outputs: list[str], options: CellOptions, is_numbered: bool) -> list[str]:
    # The fence is longer than any in an output, so that an output's own divs close inside.
    colons = ":" * (3 + max(len(run) for run in re.findall(r"^:+|^", "\n".join(outputs), re.MULTILINE)))
    identity = f"#{options.label} " if is_numbered else ""
    caption = f"{colons}: {{.float-caption}}\n{options.caption}\n{colons}:" if options.caption else ""
    return [f"{colons} {{{identity}.float}}", *outputs, caption, colons]


def _build_output(output: nbformat.NotebookNode, options: CellOptions, stem: str, pictures: dict[str, bytes]) -> str:
    """Build one output as Markdown; of several mime types the one that a page shows best."""
    if output.output_type == "stream":
        if output.name == "stderr" and not options.warning:
            return ""
        return str(output.text) if options.output == "asis" else _fence_text(output.text)
    if output.output_type == "error":
        return _fence_text("\n".join(output.traceback))
    data = output.get("data", {})
    if "text/markdown" in data:
        return str(data["text/markdown"])
    for mime, suffix in _PICTURES.items():
        if mime in data:
            pictures[f"{stem}.{suffix}"] = _read_picture(data[mime], suffix)
            return _fence(f'<img src="{stem}.{suffix}" alt="{html.escape(options.alt)}">', "=html")
    plain = str(data.get("text/plain", ""))
    return "" if _REPR.fullmatch(plain.strip()) else _fence_text(plain)


def _read_picture(data: str, suffix: str) -> bytes:
    return data.encode() if suffix == "svg" else base64.b64decode(data)


def _fence_text(text: str) -> str:
    clean = _ANSI.sub("", text).strip("\n")
    return _fence(clean, ".cell-output") if clean.strip() else ""


def _fence(text: str, attributes: str) -> str:
    """Wrap a text in a code fence longer than any in it."""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{ticks}{{{attributes}}}\n{text}\n{ticks}"
