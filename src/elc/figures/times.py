"""Pictures over time: the gap, the error and its running sum, and the whole history."""

from __future__ import annotations

import numpy as np
import pandas as pd
from IPython.display import SVG
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from elc.fields import ENERGY, GAP_FRAC, STATE, TIME, TYPICAL, read_heading
from elc.figures.style import COST, GOOD, GREY, PALE, build_axes, show

GJ_PER_TJ = 1000


def plot_gaps(scored: pd.DataFrame, days: int, max_gap_frac: float, zone: str) -> SVG:
    """Plot the gap as a share of best over the last days, with the limit; hours that do not run are shaded."""
    recent = scored[scored[TIME] > scored[TIME].max() - pd.Timedelta(days, "D")]
    times = recent[TIME].dt.tz_convert(zone).dt.tz_localize(None)
    figure, axes = build_axes(7.2, 2.4)
    share = 100 * recent[GAP_FRAC]
    width = times.diff().median()
    colours = np.where(share > 100 * max_gap_frac, COST, np.where(share < 0, GOOD, PALE))
    axes.bar(times, share, width=width, align="edge", color=colours)
    axes.axhline(100 * max_gap_frac, color=GREY, lw=0.9, ls="--")
    axes.set_ylim(min(axes.get_ylim()[0], 0.0))  # where no interval was judged, the limit alone is drawn
    axes.set_xlim(times.iloc[0], times.iloc[-1] + width)
    _shade_stops(axes, recent[STATE].isin(["trip", "start"]), times, width)
    axes.set_ylabel("% of best")
    _format_dates(axes)
    return show(figure)


def _shade_stops(axes: Axes, stopped: pd.Series, times: pd.Series, width: pd.Timedelta) -> None:
    run = (stopped != stopped.shift()).cumsum()
    for _, group in times[stopped].groupby(run[stopped]):
        axes.axvspan(group.iloc[0], group.iloc[-1] + width, color=PALE, alpha=0.4, lw=0)
        axes.text(group.iloc[0], axes.get_ylim()[1], " stop", va="top", color=GREY, fontsize=9)


def _format_dates(axes: Axes) -> None:
    locator = AutoDateLocator(maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def plot_residuals(scored: pd.DataFrame) -> SVG:
    """Plot actual less typical over the test hours, as a share of typical, with its daily mean."""
    share = 100 * (scored[ENERGY] / scored[TYPICAL] - 1)
    times = scored[TIME].dt.tz_localize(None)
    daily = share.groupby(times.dt.floor("D")).mean()
    figure, axes = build_axes(7.2, 2.4)
    axes.plot(times, share, "o", ms=1.6, mew=0, color=PALE, rasterized=True)
    axes.plot(daily.index, daily, color=COST, lw=1.2)
    axes.axhline(0, color=GREY, lw=0.9)
    axes.set_ylabel("% off typical")
    _format_dates(axes)
    return show(figure)


def plot_residual_cusum(scored: pd.DataFrame) -> SVG:
    """Plot the running sum of actual less typical over the test hours (TJ): a change of slope is a change of behaviour.

    Around zero the curve still holds; a steady climb is ageing or a new way of running. Hours count by the usual step.
    """
    ordered = scored.sort_values(TIME)
    times = ordered[TIME].dt.tz_localize(None)
    step_h = times.diff().median() / pd.Timedelta(1, "h")
    total = (ordered[ENERGY] - ordered[TYPICAL]).fillna(0).cumsum() * step_h / GJ_PER_TJ
    figure, axes = build_axes(7.2, 2.4)
    axes.axhline(0, color=GREY, lw=0.9)
    axes.plot(times, total, color=COST, lw=1.4)
    if len(total):
        _label_end(axes, times.iloc[-1], float(total.iloc[-1]))
    axes.set_ylabel("TJ above typical, summed")
    _format_dates(axes)
    return show(figure)


def _label_end(axes: Axes, time: pd.Timestamp, value: float) -> None:
    axes.annotate(f"{value:+.1f} TJ", (time, value), xytext=(5, 0), textcoords="offset points", color=COST, va="center")


def plot_history(hourly: pd.DataFrame, throughput: str) -> SVG:
    """Plot the daily mean of energy and load over the whole hourly table."""
    daily = hourly.set_index(hourly[TIME].dt.tz_localize(None))[[ENERGY, throughput]].resample("D").mean()
    figure, axes = build_axes(7.2, 2.4)
    axes.plot(daily.index, daily[ENERGY], color=COST, lw=1)
    axes.set_ylabel("energy, GJ/h")
    other = axes.twinx()
    other.plot(daily.index, daily[throughput], color=GREY, lw=0.8)
    other.set_ylabel(read_heading(throughput))
    other.grid(False)
    _format_dates(axes)
    return show(figure)
