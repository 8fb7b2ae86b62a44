"""The picture of shares: what costs, what saves, and what is unexplained."""

from __future__ import annotations

import pandas as pd
from IPython.display import SVG

from elc.fields import read_label
from elc.figures.style import COST, GOOD, GREY, PALE, build_axes, show


def plot_shares(shares: pd.DataFrame, names: str, unit: str) -> SVG:
    """Plot shares as bars, what costs in red, what saves in green, what is unexplained in grey."""
    ordered = shares.iloc[::-1]
    figure, axes = build_axes(7.2, 0.6 + 0.3 * len(shares))
    values = ordered["share_gj_per_h"].to_numpy(float)
    labels = [name if name == "unexplained" else read_label(name) for name in ordered[names]]
    colours = [
        GREY if label == "unexplained" else COST if value > 0 else GOOD
        for label, value in zip(labels, values, strict=True)
    ]
    axes.barh(labels, values, color=colours, height=0.6)
    axes.bar_label(axes.containers[0], fmt="{:+.1f}", padding=3)  # type: ignore[arg-type]
    axes.margins(x=0.12)
    axes.grid(False)
    axes.axvline(0, color=PALE, lw=1)
    axes.set_xlabel(unit)
    return show(figure)
