"""The texts that stand in notebooks, headings, paragraphs and captions, in the language of the page."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import yaml

from elc.pages.language import translate
from elc.render.options import split_options

CAPTIONS = ("fig-cap", "tbl-cap", "fig-alt")
_HEADING = re.compile(r"(#+ +)(.*?)((?: +\{[^}]*\})?)")
_FENCE = re.compile(r":{3,}")
_HIDDEN = re.compile(r":{3,} *\{\.content-hidden when-format=\"html\"\}")


def translate_notebook(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy of a notebook whose headings, paragraphs and captions speak the chosen language."""
    spoken: nbformat.NotebookNode = copy.deepcopy(notebook)
    for cell in spoken.cells:
        if cell.cell_type == "markdown":
            cell.source = _map_texts(cell.source, translate)
        elif cell.cell_type == "code":
            cell.source = _map_captions(cell.source, translate)
    return spoken


def list_texts(notebooks: Iterable[Path]) -> list[str]:
    """List all that `translate_notebook` looks up in some notebooks, each once, in their order."""
    texts: dict[str, None] = {}

    def note(text: str) -> str:
        texts[text] = None
        return text

    for path in notebooks:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                _map_texts(cell.source, note)
            elif cell.cell_type == "code":
                _map_captions(cell.source, note)
    return list(texts)


def _map_texts(source: str, change: Callable[[str], str]) -> str:
    """Change every paragraph and heading that a page shows; fences and empty lines stay as they are."""
    return "\n".join(_map_block(block, change) if is_text else block for is_text, block in _split(source))[:-1]


def _map_block(block: str, change: Callable[[str], str]) -> str:
    heading = _HEADING.fullmatch(block)
    return f"{heading[1]}{change(heading[2])}{heading[3]}" if heading else change(block)


def _split(source: str) -> Iterator[tuple[bool, str]]:
    """Split Markdown into blocks of lines, each with whether it is a text that a page shows."""
    lines: list[str] = []
    hidden = 0
    for line in [*source.splitlines(), ""]:
        is_fence = _FENCE.match(line) is not None
        is_text = bool(line.strip()) and not is_fence and not hidden
        is_heading = is_text and line.startswith("#")
        if is_text and not is_heading:
            lines.append(line)
            continue
        if lines:
            yield True, "\n".join(lines)
            lines = []
        if is_fence and (hidden or _HIDDEN.fullmatch(line.strip())):
            hidden += 1 if "{" in line else -1
        yield is_heading, line


def _map_captions(source: str, change: Callable[[str], str]) -> str:
    options, code = split_options(source)
    content: Any = yaml.safe_load(options) if options.strip() else None
    if not isinstance(content, dict) or not set(CAPTIONS) & set(content):
        return source
    changed = {key: change(str(value)) if key in CAPTIONS and value else value for key, value in content.items()}
    text = yaml.safe_dump(changed, allow_unicode=True, sort_keys=False, width=1_000_000)
    return "\n".join([*(f"#| {line}" for line in text.splitlines()), code])
