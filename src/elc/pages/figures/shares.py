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
from elc.pages.language import format_energy, say

LABEL_LETTERS = {True: 30, False: 18}  # in a line of a name: wide, narrow


def plot_shares(shares: pd.DataFrame, names: str, unit: str, *, size: float) -> Chart:
    """Plot shares as bars, what costs in red, what saves in green, what is no set-point's or driver's in grey.

    `size` is what the plant takes (see `curve.find_size`).
    """
    if shares.empty:
        return show_nothing()
    values = shares["share_gj_per_h"].to_numpy(float)
    labels = [say_name(name) for name in shares[names]]
    colours = [
        PALE if name in NO_SETPOINTS else COST if value > 0 else GOOD
        for name, value in zip(shares[names], values, strict=True)
    ]
    texts = [format_energy(value, size=size, is_signed=True) for value in values]
    columns = {say("what"): labels, unit: texts}
    return show(
        lambda width: _draw_shares(width, labels, values, colours, texts, unit),
        table=build_table(columns, numbers=[unit]),
        axis="y",
    )


def _draw_shares(
    width: float, labels: list[str], values: NDArray[np.float64], colours: list[str], texts: list[str], unit: str
) -> tuple[Figure, Track]:
    wrapped = [wrap(label, LABEL_LETTERS[width == WIDE]) for label in labels]
    figure, axes = build_axes(width, _find_height(wrapped))
    places = np.arange(len(labels))[::-1]
    bars = axes.barh(places, values, color=colours, height=0.6)
    axes.bar_label(bars, labels=texts, padding=3)
    axes.set_yticks(places, wrapped)
    axes.margins(x=0.16)
    axes.grid(False)
    axes.axvline(0, color=PALE, lw=1)
    axes.set_xlabel(unit)
    return figure, Track(axes, values, places)


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
    """Build the bars of a waterfall, the first on top: label, low, high (GJ/h), text, colour, kind.

    A level is drawn from the left end of the picture, so that its bar ends at its value.
    """
    moves = waterfall[waterfall["kind"] != LEVEL]
    ends = pd.concat([waterfall["end_gj_per_h"], moves["start_gj_per_h"]])
    left = float(ends.min() - max(0.08 * (ends.max() - ends.min()), 1e-4 * abs(ends.max())))
    is_level = waterfall["kind"].eq(LEVEL)
    starts = waterfall["start_gj_per_h"].where(~is_level, left)
    pairs = pd.concat([starts, waterfall["end_gj_per_h"]], axis=1)
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


def plot_waterfall(waterfall: pd.DataFrame, unit: str, *, size: float) -> Chart:
    """Plot the steps of `explain.build_waterfall` from best down to actual energy; `size`: see `plot_shares`."""
    if waterfall.empty:
        return show_nothing()
    bars = build_bars(waterfall, size=size)
    columns = {say("step"): bars["label"].tolist(), unit: bars["text"].tolist()}
    return show(
        lambda width: _draw_waterfall(width, bars, waterfall, unit),
        table=build_table(columns, numbers=[unit]),
        axis="y",
    )


def _draw_waterfall(width: float, bars: pd.DataFrame, waterfall: pd.DataFrame, unit: str) -> tuple[Figure, Track]:
    wrapped = [wrap(label, LABEL_LETTERS[width == WIDE]) for label in bars["label"]]
    figure, axes = build_axes(width, _find_height(wrapped))
    places = np.arange(len(bars))[::-1]
    drawn = axes.barh(places, bars["high"] - bars["low"], left=bars["low"], color=bars["colour"].tolist(), height=0.6)
    axes.bar_label(drawn, labels=bars["text"].tolist(), padding=3)
    axes.set_yticks(places, wrapped)
    for place, end in zip(places[:-1], waterfall["end_gj_per_h"].iloc[:-1], strict=True):
        axes.plot([end, end], [place - 0.3, place - 0.7], color=PALE, lw=1)
    span = float(bars["high"].max() - bars["low"].min())
    axes.set_xlim(bars["low"].min(), bars["high"].max() + 0.16 * span)
    axes.grid(False)
    axes.set_xlabel(unit)
    return figure, Track(axes, bars["high"].to_numpy(float), places)
