"""The picture of shares: what costs, what saves, and what is unexplained."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from elc.fields import read_label
from elc.figures.chart import WIDE, Chart, Track, build_table, show
from elc.figures.colours import COST, GOOD, PALE
from elc.figures.style import build_axes, wrap
from elc.language import format_number, say, translate

UNEXPLAINED = "unexplained"
LABEL_LETTERS = {True: 30, False: 18}  # in a line of a name: wide, narrow


def plot_shares(shares: pd.DataFrame, names: str, unit: str) -> Chart:
    """Plot shares as bars, what costs in red, what saves in green, what is unexplained in grey."""
    values = shares["share_gj_per_h"].to_numpy(float)
    labels = [_name(name) for name in shares[names]]
    colours = [
        PALE if name == UNEXPLAINED else COST if value > 0 else GOOD
        for name, value in zip(shares[names], values, strict=True)
    ]
    texts = [format_number(value, 1, is_signed=True) for value in values]
    columns = {say("what"): labels, unit: texts}
    return show(
        lambda width: _draw_shares(width, labels, values, colours, texts, unit),
        table=build_table(columns, numbers=[unit]),
        axis="y",
    )


def _name(name: str) -> str:
    return say("unexplained") if name == UNEXPLAINED else translate(read_label(name))


def _draw_shares(
    width: float, labels: list[str], values: NDArray[np.float64], colours: list[str], texts: list[str], unit: str
) -> tuple[Figure, Track]:
    wrapped = [wrap(label, LABEL_LETTERS[width == WIDE]) for label in labels]
    lines = sum(1 + label.count("\n") for label in wrapped)
    figure, axes = build_axes(width, 0.7 + 0.16 * len(labels) + 0.2 * lines)
    places = np.arange(len(labels))[::-1]
    bars = axes.barh(places, values, color=colours, height=0.6)
    axes.bar_label(bars, labels=texts, padding=3)
    axes.set_yticks(places, wrapped)
    axes.margins(x=0.16)
    axes.grid(False)
    axes.axvline(0, color=PALE, lw=1)
    axes.set_xlabel(unit)
    return figure, Track(axes, values, places)
