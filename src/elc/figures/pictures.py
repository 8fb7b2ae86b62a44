"""The pictures of the reports: the curve, the gap over time, causes, error and learning."""

from __future__ import annotations

import numpy as np
import pandas as pd
from IPython.display import SVG
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from elc.fields import ENERGY, GAP_FRAC, STATE, TIME, TYPICAL, read_heading, read_label, sec_sign
from elc.figures.style import COST, GOOD, GREY, PALE, build_axes, show


def plot_curve(throughput: str, points: pd.DataFrame, lines: pd.DataFrame, now: pd.Series | None) -> SVG:
    """Plot specific energy against load: best and typical at today's drivers, hours moved to them, the last one marked.

    Against load, energy itself hides a gap of 3 %; specific energy shows it. Arguments as in `curve.CurveView`.
    """
    sign = sec_sign(throughput)
    figure, axes = build_axes(7.2, 3.6)
    if len(points):
        axes.plot(points["load"], points["sec"], "o", ms=2.8, mew=0, color=PALE, rasterized=True)
        axes.set_ylim(*_find_limits(points["sec"], now))
        for name, colour, style in (("typical", GREY, "--"), ("best", GOOD, "-")):
            axes.plot(lines["load"], lines[name], style, color=colour, lw=1.6)
        for name, colour, side in (("typical", GREY, 1), ("best", GOOD, -1)):
            end = (lines["load"].iloc[-1], lines[name].iloc[-1])
            axes.annotate(name, end, xytext=(5, 4 * side), textcoords="offset points", color=colour, va="center")
    if now is not None:
        _mark_now(axes, now, sign)
    axes.set_xlabel(read_heading(throughput))
    axes.set_ylabel(sign)
    return show(figure)


def _find_limits(values: pd.Series, now: pd.Series | None) -> tuple[float, float]:
    """Limits that leave out the rarest hours, never the present one."""
    low, high = values.quantile([0.002, 0.998])
    if now is not None:
        low, high = min(low, now["best"]), max(high, now["sec"])
    slack = 0.2 * (high - low)
    return float(low - slack), float(high + slack)


def _mark_now(axes: Axes, now: pd.Series, sign: str) -> None:
    colour = COST if now["sec"] > now["best"] else GOOD
    axes.plot([now["load"]] * 2, [now["best"], now["sec"]], color=colour, lw=1.6)
    axes.plot([now["load"]], [now["sec"]], "o", ms=7, color=colour)
    is_right = now["load"] > np.mean(axes.get_xlim())
    axes.annotate(
        f"now {now['sec']:.2f} {sign}",
        (now["load"], now["sec"]),
        xytext=(-8 if is_right else 8, 12),
        textcoords="offset points",
        ha="right" if is_right else "left",
        color=colour,
        weight="bold",
    )


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


def plot_cusum(cusum: pd.DataFrame, zone: str) -> SVG:
    """Plot the cumulative energy above best (TJ): a change of slope is a change of behaviour."""
    figure, axes = build_axes(7.2, 2.2)
    axes.plot(cusum[TIME].dt.tz_convert(zone).dt.tz_localize(None), cusum["cusum_gj"] / 1000, color=COST, lw=1.4)
    axes.set_ylabel("TJ above best")
    _format_dates(axes)
    return show(figure)


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


def plot_learning(history: pd.DataFrame) -> SVG:
    """Plot the learning curve: loss on training and validation hours by epoch (GJ/h)."""
    figure, axes = build_axes(7.2, 2.4)
    axes.plot(history.index + 1, history["loss"], color=GREY, label="training")
    axes.plot(history.index + 1, history["val_loss"], color=GOOD, label="validation")
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.legend(frameon=False)
    return show(figure)


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
