"""Energy per unit of production month by month: actual, the adjusted baseline, and best."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from elc.pages.figures.chart import WIDE, Chart, Track, build_table, show
from elc.pages.figures.colours import COST, GOOD, GREY, INK, PALE
from elc.pages.figures.shares import show_nothing
from elc.pages.figures.style import build_axes
from elc.pages.language import find_level_digits, format_number, say

TICKS = {True: 7, False: 5}  # months that are named: wide, narrow
MARGIN = 0.15  # of the range of values, below and above


def plot_months(months: pd.DataFrame, unit: str) -> Chart:
    """Plot the specific energy of judged intervals by month.

    Args:
        months: month (as it is named), actual, baseline and best (energy per unit of production, missing where not
            known), is_chosen.
        unit: of all three.
    """
    known = months[["actual", "baseline", "best"]].notna().any(axis=None)
    if not known:
        return show_nothing()
    heads = {"actual": say("actual"), "baseline": say("baseline under these conditions"), "best": say("best")}
    digits = find_level_digits(float(np.nanmax(months[["actual", "baseline", "best"]].to_numpy(float))))
    columns = {say("month"): months["month"].tolist()}
    columns |= {f"{head}, {unit}": [format_number(one, digits) for one in months[name]] for name, head in heads.items()}
    numbers = list(columns)[1:]
    return show(lambda width: _draw(width, months, heads, unit), table=build_table(columns, numbers=numbers))


def _draw(width: float, months: pd.DataFrame, heads: dict[str, str], unit: str) -> tuple[Figure, Track]:
    figure, axes = build_axes(width, 2.7 if width == WIDE else 3.2)
    places = np.arange(len(months))
    colours = [COST if chosen else PALE for chosen in months["is_chosen"]]
    axes.bar(places, months["actual"], width=0.7, color=colours, label=heads["actual"])
    for name, colour, style in (("baseline", INK, "-"), ("best", GOOD, "-")):
        middle = months[name].to_numpy(float)
        axes.hlines(middle, places - 0.42, places + 0.42, color=colour, lw=2, ls=style, label=heads[name])
    values = months[["actual", "baseline", "best"]].to_numpy(float)
    low, high = np.nanmin(values), np.nanmax(values)
    reach = MARGIN * (high - low or high)
    axes.set_ylim(low - 2 * reach, high + reach)  # from near the lowest: the differences are a few per cent
    step = max(1, -(-len(months) // TICKS[width == WIDE]))
    shown = places[::-1][::step][::-1]
    axes.set_xticks(shown, [months["month"].iloc[place] for place in shown])
    axes.set_ylabel(unit)
    axes.tick_params(axis="x", colors=GREY)
    columns = len(heads) if width == WIDE else 1
    axes.legend(frameon=False, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
    return figure, Track(axes, places, months["actual"])
