"""Build the links at the top of a page: all plants, the models, and this plant's pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from elc.pages.language import say
from elc.render.receipts import Page

TOP = ("index", "models", "method")  # the pages of no plant, by name


def _name(page: str) -> str:
    names = {
        "index": say("All plants"),
        "models": say("Models"),
        "method": say("Method"),
        "monitor": say("Monitor"),
        "explain": say("Explain"),
        "report": say("Report"),
        "compare": say("Compare"),
    }
    return escape(names[page])


def build_navigation(plant: str, current: Page | None, pages: Sequence[Page], names: Mapping[str, str]) -> str:
    """Build the navigation of a plant's pages; `current` is marked where it is known."""
    parts = [
        *_build_top("", "../"),
        f'<span class="nav-plant">{escape(names.get(plant, plant))}</span>',
    ]
    for page in pages:
        if page.plant == plant:
            mark = ' aria-current="page"' if page == current else ""
            parts.append(f'<a href="{page.notebook.stem}.html"{mark}>{_name(page.stage)}</a>')
    return _build_nav(parts)


def build_top_navigation(current: str) -> str:
    """Build the navigation of a page that is of no plant: index, models or method."""
    return _build_nav(_build_top(current, ""))


def _build_top(current: str, root: str) -> list[str]:
    marks = {name: ' aria-current="page"' if name == current else "" for name in TOP}
    return [f'<a href="{root}{name}.html"{marks[name]}>{_name(name)}</a>' for name in TOP]


def _build_nav(parts: Sequence[str]) -> str:
    label = escape(say("Pages"))
    return f'<nav class="elc-nav" aria-label="{label}">{"".join(parts)}</nav>'
