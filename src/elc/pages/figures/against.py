"""The gap against load and each driver: under which conditions the plant loses most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from elc.fields import BEST, GAP
from elc.pages.figures.chart import WIDE, Chart, build_table, show
from elc.pages.figures.colours import COST, GREY, PALE
from elc.pages.figures.shares import show_nothing
from elc.pages.figures.style import build_grid, draw_dots, wrap
from elc.pages.labels import say_heading
from elc.pages.language import format_number, say

COLUMNS = {True: 3, False: 2}  # panels side by side: wide, narrow
LETTERS = 24  # in a line below a panel
LONG = 1000  # has so many digits that fewer ticks have room
DOTS = 300  # drawn of a panel at most, evenly spread; means are of all
GROUPS = 8  # of equally many intervals, whose means are joined
THIRDS = 3
LEAST_INTERVALS = 24  # ASSUME: fewer show no pattern
COVERED = (0.01, 0.99)  # of the gaps: the rarest are outside the picture


def plot_against(hours: pd.DataFrame, conditions: Sequence[str]) -> Chart:
    """Plot the gap of each judged interval against each condition, with its mean from low to high.

    Args:
        hours: gap and best (GJ/h), missing where not judged, and the conditions in their units.
        conditions: columns of load and drivers; one that does not move has no panel.
    """
    judged = hours[hours[GAP].notna()]
    shown = [name for name in conditions if judged[name].nunique() >= THIRDS]
    if len(judged) < LEAST_INTERVALS or not shown:
        return show_nothing()
    share = 100 * judged[GAP] / judged[BEST]
    heads = [say("low third"), say("middle third"), say("high third")]
    thirds = [_average(judged[name], share, THIRDS)["share"] for name in shown]
    columns = {say("mean gap, % of best, by"): [say_heading(name) for name in shown]}
    columns |= {
        head: [format_number(means.iloc[place], 1, is_signed=True) for means in thirds]
        for place, head in enumerate(heads)
    }
    return show(lambda width: _draw(width, judged, share, shown), table=build_table(columns, numbers=heads))


def _average(values: pd.Series, share: pd.Series, count: int) -> pd.DataFrame:
    """Average value and share of groups of equally many intervals, from low to high (groups; value, share)."""
    places = np.arange(len(values)) * count // len(values)
    ordered = pd.DataFrame({"value": values, "share": share}).sort_values("value", kind="stable")
    return ordered.groupby(places).mean()


def _draw(width: float, judged: pd.DataFrame, share: pd.Series, shown: Sequence[str]) -> Figure:
    columns = COLUMNS[width == WIDE]
    figure, panels = build_grid(width, 1.9 * -(-len(shown) // columns), len(shown), columns)
    low, high = share.quantile(list(COVERED))
    slack = 0.1 * (high - low or 1.0)
    panels[0].set_ylim(min(low, 0.0) - slack, max(high, 0.0) + slack)
    for place, (axes, name) in enumerate(zip(panels, shown, strict=True)):
        _draw_panel(axes, judged[name], share)
        axes.set_xlabel(wrap(say_heading(name), LETTERS))
        if place % columns == 0:
            axes.set_ylabel(say("% of best"))
    return figure


def _draw_panel(axes: Axes, values: pd.Series, share: pd.Series) -> None:
    dots = np.column_stack([values, share])[:: max(1, -(-len(values) // DOTS))].astype(float)
    draw_dots(axes, dots, colour=PALE, width=2.8)
    axes.axhline(0, color=GREY, lw=0.9)
    means = _average(values, share, GROUPS)
    axes.plot(means["value"], means["share"], color=COST, lw=1.8)
    axes.xaxis.set_major_locator(MaxNLocator(2 if values.abs().max() >= LONG else 3))
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)  # whole numbers, not what is added to them
