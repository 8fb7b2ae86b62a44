"""The pictures of shares: what costs, what saves, and what is unexplained, side by side or as a waterfall."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from elc.fields import LEVEL, NO_SETPOINTS
from elc.pages.figures.chart import WIDE, Chart, Track, build_table, show
from elc.pages.figures.colours import COST, GOOD, INK, PALE
from elc.pages.figures.style import build_axes, wrap
from elc.pages.labels import say_name, say_step
from elc.pages.language import format_energy, get_unit, say

INCH_PX = 72
LETTER_PX = 6.5  # of the width of a letter, at most on the mean
LABEL_LETTERS = {True: 30, False: 18}  # in a line of a name: wide, narrow


def plot_shares(shares: pd.DataFrame, names: str, *, size: float) -> Chart:
    """Plot shares as bars, what costs in red, what saves in green, what is no set-point's or driver's in grey.

    `size` is what the plant takes (see `curve.find_size`).
    """
    if shares.empty:
        return show_nothing()
    values, unit = shares["share_gj_per_h"].to_numpy(float), get_unit().rate
    labels = [say_name(name) for name in shares[names]]
    colours = [
        PALE if name in NO_SETPOINTS else COST if value > 0 else GOOD
        for name, value in zip(shares[names], values, strict=True)
    ]
    texts = [format_energy(value, size=size, is_signed=True) for value in values]
    columns = {say("what"): labels, unit: texts}
    return show(
        lambda width: _draw_shares(width, labels, values / get_unit().gj, colours, texts),
        table=build_table(columns, numbers=[unit]),
        axis="y",
    )


def _draw_shares(
    width: float, labels: list[str], values: NDArray[np.float64], colours: list[str], texts: list[str]
) -> tuple[Figure, Track]:
    wrapped = [wrap(label, LABEL_LETTERS[width == WIDE]) for label in labels]
    figure, axes = build_axes(width, _find_height(wrapped))
    places = np.arange(len(labels))[::-1]
    bars = axes.barh(places, values, color=colours, height=0.6)
    axes.bar_label(bars, labels=texts, padding=3)
    axes.set_yticks(places, wrapped)
    axes.set_xlim(*_find_room(width, wrapped, texts, values))
    axes.grid(False)
    axes.axvline(0, color=PALE, lw=1)
    axes.set_xlabel(get_unit().rate)
    return figure, Track(axes, values, places)


def _find_room(width: float, labels: list[str], texts: list[str], values: NDArray[np.float64]) -> tuple[float, float]:
    """Find the ends of an axis that leave room for the texts of bars, on either side, inside a picture (inches)."""
    letters = max(len(line) for label in labels for line in label.split("\n"))
    across = width * INCH_PX - LETTER_PX * (letters + 2)
    room = LETTER_PX * (max(map(len, texts)) + 1)
    low, high = min(float(np.nanmin(values)), 0.0), max(float(np.nanmax(values)), 0.0)
    left, right = (room if low < 0 else 0.0), (room if high > 0 else 0.0)
    scale = (high - low or 1.0) / max(across - left - right, across / 3)
    return low - left * scale, high + right * scale


def show_nothing() -> Chart:
    """Show that there is nothing to show: an axis without a bar looks like a fault."""
    return show(_draw_nothing)


def _draw_nothing(width: float) -> Figure:
    figure, axes = build_axes(width, 0.4)
    axes.axis("off")
    axes.text(0, 0.5, say("Nothing to show."), transform=axes.transAxes, va="center")
    return figure


def _find_height(labels: list[str]) -> float:
    """The height (inches) of bars with these labels, which may have several lines."""
    return 0.7 + 0.16 * len(labels) + 0.2 * sum(1 + label.count("\n") for label in labels)


def build_bars(waterfall: pd.DataFrame, *, size: float) -> pd.DataFrame:
    """Build the bars of a waterfall, the first on top: label, low, high (in the plant's unit), text, colour, kind.

    A level is drawn from the left end of the picture, so that its bar ends at its value.
    """
    first, last = (waterfall[f"{end}_gj_per_h"] / get_unit().gj for end in ("start", "end"))
    ends = pd.concat([last, first[waterfall["kind"] != LEVEL]])
    left = float(ends.min() - max(0.08 * (ends.max() - ends.min()), 1e-4 * abs(ends.max())))
    is_level = waterfall["kind"].eq(LEVEL)
    pairs = pd.concat([first.where(~is_level, left), last], axis=1)
    change = waterfall["change_gj_per_h"]
    texts = [
        format_energy(end if level else step, size=size, is_signed=not level)
        for level, end, step in zip(is_level, waterfall["end_gj_per_h"], change, strict=True)
    ]
    colours = [
        INK if kind == LEVEL else PALE if kind in NO_SETPOINTS else COST if step > 0 else GOOD
        for kind, step in zip(waterfall["kind"], change, strict=True)
    ]
    labels = waterfall.apply(lambda row: say_step(row["step"], row["kind"]), axis=1)
    given = {"label": labels, "low": pairs.min(axis=1), "high": pairs.max(axis=1), "text": texts}
    return pd.DataFrame({**given, "colour": colours, "kind": waterfall["kind"]}).reset_index(drop=True)


def plot_waterfall(waterfall: pd.DataFrame, *, size: float) -> Chart:
    """Plot the steps of `explain.build_waterfall` from best down to actual energy; `size`: see `plot_shares`."""
    if waterfall.empty:
        return show_nothing()
    bars, unit = build_bars(waterfall, size=size), get_unit().rate
    columns = {say("step"): bars["label"].tolist(), unit: bars["text"].tolist()}
    return show(
        lambda width: _draw_waterfall(width, bars, waterfall),
        table=build_table(columns, numbers=[unit]),
        axis="y",
    )


def _draw_waterfall(width: float, bars: pd.DataFrame, waterfall: pd.DataFrame) -> tuple[Figure, Track]:
    wrapped = [wrap(label, LABEL_LETTERS[width == WIDE]) for label in bars["label"]]
    figure, axes = build_axes(width, _find_height(wrapped))
    places = np.arange(len(bars))[::-1]
    drawn = axes.barh(places, bars["high"] - bars["low"], left=bars["low"], color=bars["colour"].tolist(), height=0.6)
    axes.bar_label(drawn, labels=bars["text"].tolist(), padding=3)
    axes.set_yticks(places, wrapped)
    for place, end in zip(places[:-1], waterfall["end_gj_per_h"].iloc[:-1] / get_unit().gj, strict=True):
        axes.plot([end, end], [place - 0.3, place - 0.7], color=PALE, lw=1)
    ends = bars[["low", "high"]].to_numpy(float)
    low = float(ends.min())
    axes.set_xlim(low, low + _find_room(width, wrapped, bars["text"].tolist(), (ends - low).ravel())[1])
    axes.grid(False)
    axes.set_xlabel(get_unit().rate)
    return figure, Track(axes, bars["high"].to_numpy(float), places)
