"""One look for every picture and table; tables are Markdown that every renderer reads."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from babel.dates import format_datetime
from IPython.display import Markdown
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine
from matplotlib.ticker import FixedLocator, ScalarFormatter
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from elc.pages.figures.colours import GREY, INK, LINE, PALE
from elc.pages.language import ENGLISH, escape_marked, get_language, localise, say, translate

FONT_PX = 11.5
INCH_PX, LINE_PX = 72, 14.4  # a line of a name
NAME_SPACE_PX = 8.0  # between two names of rows
EDGE_PX = 3.0  # around all that a picture shows

_NUMBER = r"(?:[±<] )?[+−-]?\d(?:[\d.,]|[\u00a0\u202f](?=\d))*"
_MARKED = re.compile(r"^\[(.*)\]\{\.\w+\}$")
# 3.1, 1,240 GJ, +5 %, 3.1 ± 0.2, 3.1 (2.2 to 4.0)
_VALUE = re.compile(rf"{_NUMBER}(?:\s±\s{_NUMBER})?(?:\s\({_NUMBER}\D{{1,6}}{_NUMBER}\))?(?:\s[^\s\d]+)?")

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "elc",
    "svg.fonttype": "none",
    "path.simplify": False,
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["system-ui", "Segoe UI", "Helvetica", "Arial", "DejaVu Sans"],
    "font.size": FONT_PX,
    "figure.dpi": 72,  # a point is a pixel
    "text.color": INK,
    "axes.labelcolor": GREY,
    "axes.edgecolor": PALE,
    "axes.titlesize": FONT_PX,
    "axes.labelsize": FONT_PX,
    "figure.titlesize": FONT_PX,
    "legend.fontsize": FONT_PX,
    "xtick.color": PALE,
    "ytick.color": PALE,
    "xtick.labelcolor": GREY,
    "ytick.labelcolor": GREY,
    "xtick.labelsize": FONT_PX,
    "ytick.labelsize": FONT_PX,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": LINE,
    "axes.axisbelow": True,
    "ytick.left": False,
}


class _Snug(LayoutEngine):
    """Leave the axes of a picture, which lie on each other, all that their texts do not need.

    It measures once: the ticks of the first place stay. matplotlib's own engines measure every text twice.
    """

    _adjust_compatible = True
    _colorbar_gridspec = True

    def execute(self, fig: Figure) -> None:
        """Measure what is drawn, and move the axes."""
        for axis in (axis for axes in fig.axes for axis in (axes.xaxis, axes.yaxis)):
            axis.set_major_locator(FixedLocator(list(axis.get_majorticklocs())))
        place = fig.axes[0].get_position()
        boxes = [axes.get_tightbbox(for_layout_only=True) for axes in fig.axes]
        shown = Bbox.union([box for box in boxes if box is not None])
        (left, bottom), (right, top) = fig.transFigure.inverted().transform(shown.padded(EDGE_PX))
        fig.subplots_adjust(place.x0 - left, place.y0 - bottom, 1 - right + place.x1, 1 - top + place.y1)


def build_axes(width: float, height: float) -> tuple[Figure, Axes]:
    """Build an empty picture (inches) of one panel."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout=_Snug())
        axes = figure.add_subplot()
        speak(axes)
    return figure, axes


class _Ticks(ScalarFormatter):
    """Numbers of an axis as the language of the page writes them."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return localise(str(super().__call__(x, pos)))


def speak(axes: Axes) -> None:
    """Let the numbers of both axes be written as the language of the page writes them."""
    if get_language() != ENGLISH:
        axes.xaxis.set_major_formatter(_Ticks())
        axes.yaxis.set_major_formatter(_Ticks())


def build_panels(width: float, height: float, count: int, *, is_x_shared: bool) -> tuple[Figure, list[Axes]]:
    """Build an empty picture (inches) of `count` panels side by side that share the upright axis, the other at will."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        panels = figure.subplots(1, count, sharex=is_x_shared, sharey=True, squeeze=False)
        for axes in panels[0]:
            speak(axes)
    return figure, list(panels[0])


def build_rows(width: float, height: float, count: int, *, is_x_shared: bool) -> tuple[Figure, list[Axes]]:
    """Build an empty picture (inches) of `count` panels above each other that share the upright axis."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        panels = figure.subplots(count, 1, sharex=is_x_shared, sharey=True, squeeze=False)
        for axes in panels[:, 0]:
            speak(axes)
    return figure, list(panels[:, 0])


def build_grid(width: float, height: float, count: int, columns: int) -> tuple[Figure, list[Axes]]:
    """Build an empty picture (inches) of `count` panels in rows of `columns` that share the upright axis."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        panels = list(figure.subplots(-(-count // columns), columns, sharey=True, squeeze=False).ravel())
        for axes in panels[count:]:
            axes.remove()
        for axes in panels[:count]:
            speak(axes)
    return figure, panels[:count]


def draw_dots(axes: Axes, places: NDArray[np.float64], *, colour: str, width: float) -> None:
    """Draw dots (dots, 2) as lines without length, which take a tenth of the bytes of markers."""
    dots = np.concatenate([places, places, np.full_like(places, np.nan)], axis=1).reshape(-1, 2)
    axes.plot(dots[:, 0], dots[:, 1], color=colour, lw=width, solid_capstyle="round", zorder=1)


def wrap(text: str, letters: int) -> str:
    """Break a text into lines of about so many letters, between words."""
    return "\n".join(textwrap.wrap(text, letters, break_long_words=False)) or text


def find_row_inches(names: Sequence[str], least: float) -> float:
    """Find how far apart rows must be, `least` or more, so that no name of several lines meets the next one."""
    longest = sorted((1 + name.count("\n") for name in names), reverse=True)[:2]
    return max(least, (LINE_PX * sum(longest) / len(longest) + NAME_SPACE_PX) / INCH_PX) if longest else least


def show_table(frame: pd.DataFrame, formats: dict[str, str] | None = None) -> Markdown:
    """Write a table as Markdown; numbers by `formats` (column to format, `.1f` without), missing ones as a dash.

    Columns of numbers stand to the right: those of such a type, those whose texts are numbers, with a unit or an
    interval at most, and those that `frame.attrs["numbers"]` names.
    Texts do nothing, whatever file they are from, but those that a page marks itself (`[words]{.look}`).
    """
    if frame.empty:
        return Markdown(say("None."))
    chosen = formats or {}
    lines = ["| " + " | ".join(escape_marked(str(name)) for name in frame.columns) + " |"]
    numbers = frame.attrs.get("numbers", ())
    is_number = {name: name in numbers or _holds_numbers(frame[name]) for name in frame.columns}
    lines.append("|" + "|".join("--:" if is_number[name] else ":--" for name in frame.columns) + "|")
    for row in frame.itertuples(index=False):
        cells = [_format(value, chosen.get(str(name), ".1f")) for name, value in zip(frame.columns, row, strict=True)]
        lines.append("| " + " | ".join(cells) + " |")
    return Markdown("\n".join(lines))


def _holds_numbers(column: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return True
    known = [value for value in column.dropna() if value not in ("", "–")]
    return bool(known) and all(
        isinstance(value, str) and _VALUE.fullmatch(_MARKED.sub(r"\1", value.replace("**", ""))) for value in known
    )


def show_rows(frame: pd.DataFrame) -> Markdown:
    """Write a table as Markdown, as `show_table` does; nothing where it has no rows."""
    return Markdown("") if frame.empty else show_table(frame)


def _format(value: Any, spec: str) -> str:
    if pd.isna(value):
        return "–"
    if isinstance(value, pd.Timestamp):
        return str(format_datetime(value, translate("dd MMM yyyy HH:mm"), tzinfo=value.tzinfo, locale=get_language()))
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, int):
        return localise(f"{value:,}")
    if isinstance(value, float):
        return localise(f"{value:{spec}}")
    return escape_marked(str(value))


def show_text(text: str) -> Markdown:
    """Show Markdown text."""
    return Markdown(text)


def pair(*parts: Markdown) -> Markdown:
    """Stand tables and texts side by side, where a page has room."""
    return Markdown("\n\n".join([":::: {.grid2}", *(f"::: {{}}\n{part.data}\n:::" for part in parts), "::::"]))


def stack(*parts: Markdown) -> Markdown:
    """Stack tables and texts into one output; what says nothing is left out."""
    return Markdown("\n\n".join(part.data for part in parts if part.data))
