"""What the additive part of the curve makes of each feature."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from elc.pages.figures.chart import WIDE, Chart, show
from elc.pages.figures.colours import GOOD, GREY, INTERVAL
from elc.pages.figures.style import STYLE, speak, wrap
from elc.pages.labels import say_heading

LETTERS = 40  # in a line below a panel


def plot_effects(effects: pd.DataFrame) -> Chart:
    """Plot what each feature makes of specific energy against its median, a panel each, all on one scale.

    Best is solid and shaded with its interval, typical dashed. Columns as in `train.build_effects`.
    """
    return show(lambda width: _draw_effects(width, effects))


def _draw_effects(width: float, effects: pd.DataFrame) -> Figure:
    groups = list(effects.groupby("feature", sort=False))
    columns = 2 if width == WIDE and len(groups) > 1 else 1
    rows = -(-len(groups) // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, 1.9 * rows), layout="constrained")
        panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for axes, (feature, effect) in zip(panels, groups, strict=False):
        speak(axes)
        _draw_effect(axes, effect)
        axes.set_xlabel(wrap(say_heading(str(feature)), LETTERS))
        axes.set_ylabel("%")
    for axes in panels[len(groups) :]:
        axes.remove()
    return figure


def _draw_effect(axes: Axes, effect: pd.DataFrame) -> None:
    axes.fill_between(effect["value"], 100 * effect["low"], 100 * effect["high"], color=INTERVAL, alpha=0.6, lw=0)
    axes.plot(effect["value"], 100 * effect["typical"], "--", color=GREY, lw=1.6)
    axes.plot(effect["value"], 100 * effect["best"], "-", color=GOOD, lw=1.6)
