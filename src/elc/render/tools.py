"""What narrows the table of many plants: fields that the site's script fills with life, and shows then."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape as escape_html

from elc.pages.language import say


def build_tools(table: str, regions: Sequence[str], *, wrong: int, is_grouped: bool) -> str:
    """Build the fields as HTML, hidden: without the script they could do nothing.

    Args:
        table: selector of the table that they narrow.
        regions: names of the regions of its plants; none where there are no regions.
        wrong: the plants with something wrong.
        is_grouped: whether its rows stand by region, and may be asked to stand by what they are sorted by alone.
    """
    fields = [
        f'<label>{escape_html(say("Search"))} <input type="search" autocomplete="off"></label>',
        *_build_regions(regions),
        f'<label class="tool-sort">{escape_html(say("Sort by"))} <select></select></label>',
        _build_choice("tool-wrong", say("Only what is wrong ({count})", count=wrong), mark=""),
        *([_build_choice("tool-grouped", say("By region"), mark=" checked")] if is_grouped else []),
        '<p class="small" role="status"></p>',
    ]
    said = escape_html(say("{shown} of {count} plants", shown="{shown}", count="{count}"))
    head = f'<div class="tools" role="search" data-table="{escape_html(table)}" data-said="{said}" hidden>'
    return "\n".join([head, *fields, "</div>"])


def _build_regions(regions: Sequence[str]) -> list[str]:
    if not regions:
        return []
    names = [f"<option>{escape_html(region)}</option>" for region in regions]
    options = [f'<option value="">{escape_html(say("all"))}</option>', *names]
    return [f'<label class="tool-region">{escape_html(say("Region"))} <select>{"".join(options)}</select></label>']


def _build_choice(name: str, text: str, *, mark: str) -> str:
    return f'<label class="{name}"><input type="checkbox"{mark}> {escape_html(text)}</label>'
