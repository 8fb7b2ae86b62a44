"""Bars below each other, each with its name before it and its value beside it, written as SVG.

An hour makes four such pictures of each plant, and matplotlib would take a tenth of a second for each of them. From it
come the places of ticks and the widths of texts.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from elc.pages.figures.chart import NARROW, WIDE, Chart, join
from elc.pages.figures.colours import GREY, INK, PALE
from elc.pages.figures.style import EDGE_PX, FONT_PX, INCH_PX, LINE_PX, STYLE, wrap
from elc.pages.language import format_number

BAR_PX, SPACE_PX = 15.6, 11.5  # how thick a bar is, what is between two names
NAME_PX, TEXT_PX, TICK_PX, FOOT_PX = 7.0, 3.0, 3.5, 37.0  # from axis to name, from bar to text, a tick, below the axis
BASE_PX = 0.36 * FONT_PX  # from the middle of a line down to where its letters stand
TICK_ROOM_PX = 60  # across, for each
LABEL_LETTERS = {True: 30, False: 18}  # in a line of a name: wide, narrow

_FONT = FontProperties(family="DejaVu Sans", size=FONT_PX)  # matplotlib brings it, so that every machine draws alike
_FAMILY = ", ".join(f"'{name}'" for name in STYLE["font.sans-serif"]) + ", sans-serif"


@dataclass(frozen=True)
class _Scale:
    """The level axis of a picture: where (px) its ends and a value lie."""

    left: float
    right: float
    zero: float
    px: float  # of one unit

    def place(self, value: float) -> float:
        return self.zero + self.px * value

    def find_ticks(self) -> NDArray[np.float64]:
        low, high = ((end - self.zero) / self.px for end in (self.left, self.right))
        count = int(np.clip((self.right - self.left) / TICK_ROOM_PX, 2, 9))
        ticks = np.asarray(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high), float)
        return ticks[(ticks >= low) & (ticks <= high)]


def show_bars(bars: pd.DataFrame, unit: str, *, table: pd.DataFrame) -> Chart:
    """Show bars at both widths, the first on top; a reader moves down them.

    Args:
        bars: `label`, `low` and `high` (missing: no bar), `text` and whether it `is_left` of the bar, `colour`, `end`,
            which the reader's mark points at, and `joint`, where a thin line leads to the next bar (missing: none).
        unit: of the values.
        table: what is drawn, as texts ready to be read (see `build_table`).
    """
    return join(_draw(bars, unit, WIDE), _draw(bars, unit, NARROW), table=table, axis="y")


def _draw(bars: pd.DataFrame, unit: str, width: float) -> tuple[str, str]:
    """Draw bars at a width (inches): the SVG, and the places of their ends."""
    names = [wrap(label, LABEL_LETTERS[width == WIDE]).split("\n") for label in bars["label"]]
    heights = np.array([SPACE_PX + LINE_PX * len(lines) for lines in names])
    middles = EDGE_PX + np.cumsum(heights) - heights / 2
    bottom = EDGE_PX + float(heights.sum())
    scale = _build_scale(bars, names, width * INCH_PX)
    parts = [
        *_draw_axis(scale, bottom, unit),
        *(part for lines, middle in zip(names, middles, strict=True) for part in _draw_name(scale, lines, middle)),
        *(
            part
            for bar, middle in zip(bars.itertuples(), middles, strict=True)
            for part in _draw_bar(scale, bar, middle)
        ),
        *_draw_joints(scale, bars["joint"].to_numpy(float), middles),
    ]
    size = f"{width * INCH_PX:.1f}", f"{bottom + FOOT_PX:.1f}"
    head = (
        f'<svg width="{size[0]}pt" height="{size[1]}pt" viewBox="0 0 {size[0]} {size[1]}" '
        f'xmlns="http://www.w3.org/2000/svg">\n<g style="font-size: {FONT_PX}px; font-family: {_FAMILY}">\n'
    )
    ends = bars["end"].to_numpy(float)
    places = " ".join(
        f"{scale.place(end):.1f},{middle:.1f}" if np.isfinite(end) else "-"
        for end, middle in zip(ends, middles, strict=True)
    )
    return head + "\n".join(parts) + "\n</g>\n</svg>\n", places


def _build_scale(bars: pd.DataFrame, names: list[list[str]], width: float) -> _Scale:
    """Build the level axis, which leaves room for names before it and for the texts of bars, in a picture (px)."""
    left = EDGE_PX + max(_measure(line) for lines in names for line in lines) + NAME_PX
    right = width - EDGE_PX
    ends = bars[["low", "high"]].to_numpy(float)
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    room = TEXT_PX + max(_measure(text) for text in bars["text"])
    start = left + (room if bars["is_left"].any() else 0.0)
    stop = right - (0.0 if bars["is_left"].all() else room)
    px = max(stop - start, (right - left) / 3) / (high - low or 1.0)
    return _Scale(left, right, start - px * low, px)


@functools.lru_cache(1024)  # an hour writes the words of the hour before
def _measure(text: str) -> float:
    width, _, _ = text_to_path.get_text_width_height_descent(text, _FONT, ismath=False)
    return float(width)


def _draw_axis(scale: _Scale, bottom: float, unit: str) -> Iterator[str]:
    ticks = scale.find_ticks()
    step = float(ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
    digits = next((count for count in range(9) if np.isclose(round(step, count), step, rtol=1e-6)), 9)
    marks = "".join(f"M{scale.place(tick):.1f} {bottom:.1f}v{TICK_PX}" for tick in ticks)
    yield _draw_line(f"M{scale.left:.1f} {bottom:.1f}H{scale.right:.1f}{marks}", 0.8)
    for tick in ticks:
        yield _write(scale.place(tick), bottom + 15.7, format_number(tick, digits), "middle", GREY)
    yield _write((scale.left + scale.right) / 2, bottom + 31.2, unit, "middle", GREY)


def _draw_name(scale: _Scale, lines: list[str], middle: float) -> Iterator[str]:
    first = middle - LINE_PX * (len(lines) - 1) / 2 + BASE_PX
    for index, line in enumerate(lines):
        yield _write(scale.left - NAME_PX, first + LINE_PX * index, line, "end", GREY)


def _draw_bar(scale: _Scale, bar: Any, middle: float) -> Iterator[str]:
    low, high = scale.place(bar.low), scale.place(bar.high)
    if not np.isfinite(low + high):
        return
    size = f'y="{middle - BAR_PX / 2:.1f}" width="{high - low:.1f}" height="{BAR_PX}"'
    yield f'<rect x="{low:.1f}" {size} style="fill: {bar.colour}"/>'
    place, anchor = (low - TEXT_PX, "end") if bar.is_left else (high + TEXT_PX, "start")
    yield _write(place, middle + BASE_PX, bar.text, anchor, INK)


def _draw_joints(scale: _Scale, joints: NDArray[np.float64], middles: NDArray[np.float64]) -> Iterator[str]:
    for joint, here, below in zip(joints[:-1], middles[:-1], middles[1:], strict=True):
        if np.isfinite(joint):
            yield _draw_line(f"M{scale.place(joint):.1f} {here + BAR_PX / 2:.1f}V{below - BAR_PX / 2:.1f}", 1.0)


def _draw_line(path: str, width: float) -> str:
    return f'<path d="{path}" style="fill: none; stroke: {PALE}; stroke-width: {width}"/>'


def _write(x: float, y: float, text: str, anchor: str, colour: str) -> str:
    style = f"text-anchor: {anchor}; fill: {colour}"
    return f'<text style="{style}" x="{x:.1f}" y="{y:.1f}">{escape(text, quote=False)}</text>'
