"""A picture as notebooks show it and pages take it: SVG for a wide and a narrow place, and the table behind it.

JupyterLab shows the SVG of the wide place, and so does every other reader: its colours are plain. Pages put both into
their HTML, where each colour gets the name that the bundle gives it in the site's style sheet, and texts stay as large
as they were drawn, on a phone too.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from elc.pages.figures.colours import VARIABLES
from elc.pages.figures.style import STYLE

MIME = "application/vnd.elc.chart+json"
WIDE, NARROW = 7.6, 4.95  # inches of 72 px: half a desktop page, and a phone of 390 px
PREFIX = "chart-"  # of every id in a picture; a page puts its own in place

_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>|<defs>\s*</defs>", re.DOTALL)
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r'url\(#([^)"]+)\)|href="#([^"]+)"')
_NUMBERS = re.compile(r' (?:d|x|y|transform|points|width|height)="[^"]*"')
_DECIMALS = re.compile(r"(\d+\.\d)\d+")
_DOT = re.compile(r"M (\S+) (\S+) L \1 \2(?=[ \"])")


@dataclass(frozen=True)
class Track:
    """The places in a picture that a reader can move over: one a row of the chart's table, in the axes' own numbers."""

    axes: Axes
    x: Any
    y: Any


@dataclass(frozen=True)
class Chart:
    """A picture: SVG (`data` for a wide place, `narrow` for a phone), the table of what it shows, and the places."""

    data: str
    narrow: str
    table: dict[str, Any] | None
    points: dict[str, str] | None

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        chart = {"narrow": self.narrow, "table": self.table, "points": self.points, "colours": VARIABLES}
        return {"image/svg+xml": self.data, MIME: chart}


def show(
    draw: Callable[[float], Figure | tuple[Figure, Track]], *, table: pd.DataFrame | None = None, axis: str = "x"
) -> Chart:
    """Draw a figure at both widths (inches) without times, so that equal figures have equal bytes.

    Args:
        draw: gives the figure for a width, with the track where a reader can move over the rows of `table`.
        table: what is drawn, as texts ready to be read (see `build_table`).
        axis: along which a reader moves over the track, x or y.
    """
    return join(_draw(draw, WIDE), _draw(draw, NARROW), table=table, axis=axis)


def join(
    wide: tuple[str, str | None], narrow: tuple[str, str | None], *, table: pd.DataFrame | None, axis: str
) -> Chart:
    """Join both pictures of a chart, each with the places of its track (`x,y x,y` in px, None without a track)."""
    has_track = wide[1] is not None and narrow[1] is not None
    points = {"wide": str(wide[1]), "narrow": str(narrow[1]), "axis": axis} if has_track else None
    return Chart(wide[0], narrow[0], None if table is None else _build_table(table), points)


def _draw(draw: Callable[[float], Figure | tuple[Figure, Track]], width: float) -> tuple[str, str | None]:
    with mpl.rc_context(STYLE):
        drawn = draw(width)
        figure, track = drawn if isinstance(drawn, tuple) else (drawn, None)
        buffer = io.StringIO()
        _clear_ground(figure)
        # `savefig` would draw twice, the first time for the layout alone.
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    return clean_svg(buffer.getvalue()), None if track is None else _find_places(figure, track)


def _clear_ground(figure: Figure) -> None:
    figure.set(facecolor="none", edgecolor="none")
    for axes in figure.axes:
        axes.patch.set(facecolor="none", edgecolor="none")


def _find_places(figure: Figure, track: Track) -> str:
    """Where the points of a track are in the SVG: `x,y x,y`, a dash where one has no place."""
    numbers = np.column_stack([np.asarray(track.axes.convert_xunits(track.x), float), np.asarray(track.y, float)])
    places = track.axes.transData.transform(numbers) if len(numbers) else numbers
    height = figure.bbox.height
    return " ".join(f"{x:.1f},{height - y:.1f}" if np.isfinite(x + y) else "-" for x, y in places)


def _build_table(table: pd.DataFrame) -> dict[str, Any]:
    return {
        "columns": [str(name) for name in table.columns],
        "numbers": [bool(table.attrs.get("numbers") and name in table.attrs["numbers"]) for name in table.columns],
        "rows": [[str(value) for value in row] for row in table.itertuples(index=False)],
    }


def build_table(columns: Mapping[str, Sequence[str]], *, numbers: Sequence[str]) -> pd.DataFrame:
    """Build the table of a chart from columns of texts; `numbers` names those that stand to the right."""
    table = pd.DataFrame({name: pd.Series(list(values), dtype="str") for name, values in columns.items()})
    table.attrs["numbers"] = list(numbers)
    return table


def clean_svg(text: str) -> str:
    """Make matplotlib's SVG fit to stand inside a page: no rules for all elements, and few ids."""
    text = _DROPPED.sub("", _HEAD.sub("", text)).replace("xlink:href", "href")
    text = text.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    text = re.sub(r' xmlns:xlink="[^"]*"| version="1.1"', "", text)
    used = {one or other for one, other in _REFERENCE.findall(text)}
    text = _ID.sub(lambda match: f' id="{PREFIX}{match[1]}"' if match[1] in used else "", text)
    text = text.replace("url(#", f"url(#{PREFIX}").replace('href="#', f'href="#{PREFIX}')
    text = _NUMBERS.sub(lambda match: _shorten(match[0]), text)
    return re.sub(r">\s+<", ">\n<", text).strip() + "\n"


def _shorten(attribute: str) -> str:
    """Keep a tenth of a pixel, and write a dot, drawn as a line without length, as such."""
    spaced = re.sub(r"\s+", " ", _DECIMALS.sub(r"\1", attribute)).replace(' "', '"')
    return _DOT.sub(r"M \1 \2h0", spaced)
