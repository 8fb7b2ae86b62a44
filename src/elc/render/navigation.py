"""Build the links at the top of a page: all plants, and this plant's pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from elc.render.receipts import Page

_WORDS = {"monitor": "Monitor", "explain": "Explain"}


def build_navigation(plant: str, current: Page | None, pages: Sequence[Page], names: Mapping[str, str]) -> str:
    """Build the navigation of a plant's pages; `current` is marked where it is known."""
    parts = [
        '<a href="../index.html">All plants</a>',
        f'<span class="nav-plant">{escape(names.get(plant, plant))}</span>',
    ]
    for page in pages:
        if page.plant == plant:
            mark = ' aria-current="page"' if page == current else ""
            parts.append(f'<a href="{page.notebook.stem}.html"{mark}>{_WORDS[page.stage]}</a>')
    return f'<nav class="elc-nav" aria-label="Pages">{"".join(parts)}</nav>'
