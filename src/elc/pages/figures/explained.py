"""The plots of shap in the house style: what made energy in many hours.

They take `shap.Explanation`, in GJ/h. shap is imported where something is drawn: that takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from elc.pages.figures.bars import LABEL_LETTERS
from elc.pages.figures.chart import WIDE, Chart, build_table, show
from elc.pages.figures.colours import GREY
from elc.pages.figures.looks import SHARE_MAP, VALUE_MAP, add_legend, add_scale, dress, open_figure
from elc.pages.figures.shares import show_nothing
from elc.pages.figures.style import FONT_PX, find_row_inches, speak, wrap
from elc.pages.labels import say_heading, say_name
from elc.pages.language import format_energy, format_short_day, get_unit, say

if TYPE_CHECKING:
    import shap

LEAST_HOURS = 24  # ASSUME: fewer hours show no pattern
BAR_LETTERS = 20  # in a line beside a scale
PANEL_LETTERS = {True: 40, False: 44}  # in a line below a panel: wide, narrow
ROW_INCHES, HEAD_ROWS = 0.36, 2.5  # of a picture with a name a row; what shap leaves above the rows of a heat map


def plot_beeswarm(explanation: shap.Explanation, *, size: float) -> Chart:
    """Plot the share of each player in each hour as a dot, by its value: paler where low, stronger where high.

    `size` is what the plant takes (see `curve.find_size`).
    """
    if len(explanation.values) < LEAST_HOURS:
        return show_nothing()
    return show(lambda width: _draw_beeswarm(width, explanation), table=_build_sizes_table(explanation, size))


def _draw_beeswarm(width: float, explanation: shap.Explanation) -> Figure:
    import shap

    letters = LABEL_LETTERS[width == WIDE]
    shown = _name(explanation, lambda name: wrap(say_name(name), letters))
    with open_figure(
        width, 0.8 + find_row_inches(shown.feature_names, ROW_INCHES) * (1 + len(shown.feature_names))
    ) as figure:
        axes = figure.add_subplot()
        speak(axes)
        shap.plots.beeswarm(
            shown, max_display=None, color=VALUE_MAP, ax=axes, plot_size=None, color_bar=False, show=False
        )
        dress(axes, say("share, {rate_unit}"), "")
        add_legend(axes)
    return figure


def _build_sizes_table(explanation: shap.Explanation, size: float) -> pd.DataFrame:
    values, names = np.asarray(explanation.values), list(explanation.feature_names)
    sizes = np.abs(values).mean(axis=0)
    order = np.argsort(-sizes, kind="stable")
    mean, absolute = say("mean share, {rate_unit}"), say("mean size, {rate_unit}")
    columns = {
        say("what"): [say_name(names[place]) for place in order],
        mean: [format_energy(value, size=size, is_signed=True) for value in values.mean(axis=0)[order]],
        absolute: [format_energy(value, size=size) for value in sizes[order]],
    }
    return build_table(columns, numbers=[mean, absolute])


def plot_dependence(explanation: shap.Explanation) -> Chart:
    """Plot the share of each player over its value, a panel each, coloured by the one that bends it most.

    A group has no value of its own, and no panel.
    """
    if len(explanation.values) < LEAST_HOURS:
        return show_nothing()
    order = np.argsort(-np.abs(explanation.values).mean(axis=0), kind="stable")
    alone = [int(place) for place in order if np.isfinite(explanation.data[:, place]).all()]
    if not alone:
        return show_nothing()
    return show(lambda width: _draw_dependence(width, explanation[:, alone]))


def _draw_dependence(width: float, explanation: shap.Explanation) -> Figure:
    import shap

    count = explanation.values.shape[1]
    columns = 2 if width == WIDE and count > 1 else 1
    rows = -(-count // columns)
    shown = _name(explanation, say_heading)
    with open_figure(width, 2.3 * rows) as figure:
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for place, axes in enumerate(panels[:count]):
            speak(axes)
            other = int(shap.utils.approximate_interactions(place, shown.values, shown.data)[0])
            colour = shown[:, other] if count > 1 else None
            shap.plots.scatter(
                shown[:, place], color=colour, hist=False, cmap=VALUE_MAP, x_jitter=0, ax=axes, show=False
            )
            dress(axes, wrap(shown.feature_names[place], PANEL_LETTERS[width == WIDE]), get_unit().rate)
        for axes in panels[count:]:
            axes.remove()
        for bar in [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]:
            speak(bar)
            bar.tick_params(labelsize=FONT_PX, labelcolor=GREY, length=0)
            bar.set_ylabel(wrap(bar.get_ylabel(), BAR_LETTERS), fontsize=FONT_PX, color=GREY)
    return figure


def plot_heatmap(explanation: shap.Explanation, times: pd.Series, *, size: float) -> Chart:
    """Plot the mean share of each player by day: red costs, green saves, blank where no hour is explained.

    Args:
        explanation: hours.
        times: when they were, at the site.
        size: what the plant takes (see `curve.find_size`).
    """
    if len(explanation.values) < LEAST_HOURS:
        return show_nothing()
    days = _average_days(explanation, times)
    names = {str(name): say_name(str(name)) for name in days.columns}
    columns = {say("day"): [format_short_day(day.date()) for day in pd.DatetimeIndex(days.index)]}
    columns |= {
        names[str(name)]: [format_energy(value, size=size, is_signed=True) for value in days[name]] for name in days
    }
    table = build_table(columns, numbers=list(names.values()))
    return show(lambda width: _draw_heatmap(width, days), table=table)


def _average_days(explanation: shap.Explanation, times: pd.Series) -> pd.DataFrame:
    """Average shares by day of the site (days, players), missing on days without an hour."""
    values = pd.DataFrame(explanation.values, columns=list(explanation.feature_names))
    return values.set_index(pd.DatetimeIndex(times).tz_localize(None)).resample("D").mean()


def _draw_heatmap(width: float, days: pd.DataFrame) -> Figure:
    import shap

    letters = LABEL_LETTERS[width == WIDE]
    names = [wrap(say_name(str(name)), letters) for name in days.columns]
    shown = shap.Explanation(days.fillna(0.0).to_numpy(), feature_names=names)
    sizes = days.abs().mean().to_numpy()
    with open_figure(width, 0.8 + find_row_inches(names, ROW_INCHES) * (HEAD_ROWS + len(names))) as figure:
        axes = figure.add_subplot()
        speak(axes)
        shap.plots.heatmap(
            shown,
            instance_order=np.arange(len(days)),
            feature_values=sizes,
            max_display=len(names),
            cmap=SHARE_MAP,
            ax=axes,
            show=False,
        )
        figure.axes[-1].remove()  # the scale, which is a legend here
        limit = _replace_image(axes, days.to_numpy()[:, np.argsort(-sizes)])
        dress(axes, "", "")
        _mark_days(axes, pd.DatetimeIndex(days.index), width)
        add_scale(axes, limit)
    return figure


def _replace_image(axes: Axes, values: NDArray[np.float64]) -> float:
    """Draw cells in place of pixels, whose colours no style sheet reaches; give the share (GJ/h) of the last colour."""
    image = axes.images[0]
    limit = float(image.get_clim()[1])
    image.remove()
    edges = [np.arange(count + 1) - 0.5 for count in values.shape]
    axes.pcolormesh(*edges, np.ma.masked_invalid(values.T), cmap=SHARE_MAP, vmin=-limit, vmax=limit, zorder=0)
    axes.set_aspect("auto")
    return limit


def _mark_days(axes: Axes, days: pd.DatetimeIndex, width: float) -> None:
    step = max(1, -(-len(days) // (8 if width == WIDE else 4)))
    axes.set_xticks(range(0, len(days), step), [format_short_day(day.date()) for day in days[::step]])
    labels = [label.get_text() for label in axes.get_yticklabels()]
    axes.set_yticks(axes.get_yticks(), [say("together"), *labels[1:]])


def _name(explanation: shap.Explanation, say_player: Callable[[str], str]) -> shap.Explanation:
    """Name the players, and give their shares in the unit, as pages do."""
    import shap

    values, base = (np.asarray(one) / get_unit().gj for one in (explanation.values, explanation.base_values))
    names = [say_player(str(name)) for name in explanation.feature_names]
    return shap.Explanation(values, base, explanation.data, feature_names=names)
