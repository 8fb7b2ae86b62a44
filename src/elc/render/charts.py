"""Turn the charts of an executed notebook into HTML that stands inside its page: both widths, and the table behind."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from elc.pages.language import say

MIME = "application/vnd.elc.chart+json"  # as `elc.pages.figures` writes it
SVG = "image/svg+xml"
_PREFIX = "chart-"  # of every id in a chart's SVG


def has_chart(data: dict[str, Any]) -> bool:
    """Whether an output of a notebook is a chart."""
    return MIME in data and SVG in data


def build_chart(data: dict[str, Any], number: int, alt: str) -> str:
    """Build the HTML of a chart; `number` is its place on the page and makes its ids unique, `alt` says what it is."""
    chart = data[MIME]
    wide, narrow = (_name_colours(svg, chart.get("colours") or {}) for svg in (data[SVG], chart["narrow"]))
    points, table = chart.get("points") or {}, chart.get("table")
    label = alt or say("Chart {number}", number=number)
    described = f"{_PREFIX}{number}-table" if table else ""
    parts = [
        _build_svg(wide, f"{number}w-", "wide", label, points.get("wide", "")),
        _build_svg(narrow, f"{number}n-", "narrow", label, points.get("narrow", "")),
        _build_details(table, described, label) if table else "",
    ]
    hint = say("Point at the chart to read its values.")
    attributes = f' data-axis="{escape(points["axis"])}" data-hint="{escape(hint)}"' if points else ""
    name = escape(say("Values of the chart: {chart}", chart=label))
    return f'<div class="chart"{attributes} data-name="{name}">\n' + "\n".join(parts) + "\n</div>"


def _name_colours(svg: str, colours: dict[str, str]) -> str:
    """Let each colour of a chart be the variable of the style sheet that stands for it, so that a page may be dark."""
    for colour, name in colours.items():
        svg = svg.replace(colour, f"var(--{name}, {colour})")
    return svg


def _build_svg(svg: str, prefix: str, kind: str, label: str, points: str) -> str:
    # A title element would cover the read-out with the browser's own tip, so the name is an attribute.
    svg = re.sub(rf'(id="|url\(#|href="#){_PREFIX}', rf"\g<1>{_PREFIX}{prefix}", svg.strip())
    track = f' data-points="{escape(points)}"' if points else ""
    return svg.replace("<svg ", f'<svg class="chart-{kind}" role="img" aria-label="{escape(label)}"{track} ', 1)


def _build_details(table: dict[str, Any], identity: str, label: str) -> str:
    heads = [
        f'<th scope="col"{_mark(is_number)}>{escape(name)}</th>'
        for name, is_number in zip(table["columns"], table["numbers"], strict=True)
    ]
    rows = [_build_row(row, table["numbers"]) for row in table["rows"]]
    return (
        f'<details class="chart-table" id="{identity}"><summary>{escape(say("Values as a table"))}</summary>\n'
        f'<div class="table-scroll" role="group" aria-label="{escape(label)}" tabindex="0"><table>\n'
        f"<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody></table></div></details>"
    )


def _build_row(row: list[str], numbers: list[bool]) -> str:
    cells = [f"<td{_mark(is_number)}>{escape(text)}</td>" for text, is_number in zip(row, numbers, strict=True)]
    return f"<tr>{''.join(cells)}</tr>"


def _mark(is_number: bool) -> str:
    return ' class="right"' if is_number else ""
