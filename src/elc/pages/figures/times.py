"""Pictures over time: the gap, the error and its running sum, and the whole history."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import matplotlib.path as mpath
import numpy as np
import pandas as pd
from babel.dates import format_datetime
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, date2num
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from elc.fields import ENERGY, GAP, GAP_FRAC, STATE, TIME, TYPICAL
from elc.files import keep
from elc.pages.figures.chart import WIDE, Chart, Track, build_table, show
from elc.pages.figures.colours import COST, GOOD, GREY, PALE
from elc.pages.figures.style import build_axes
from elc.pages.labels import say_heading
from elc.pages.language import (
    choose_sum,
    format_energy,
    format_number,
    format_short_day,
    format_short_time,
    format_sum,
    get_language,
    get_unit,
    say,
    say_state,
    translate,
)

TICKS = {True: 8, False: 6}  # wide, narrow
SHORT_DAYS = 60  # a longer time axis names months, not days
TABLE_ROWS = 60  # at most, of a running sum in a chart's table


def plot_gaps(scored: pd.DataFrame, days: int, max_gap_frac: float, zone: str, *, size: float) -> Chart:
    """Plot the gap as a share of best over the last days, with the limit; hours that do not run are shaded.

    `size` is what the plant takes (see `curve.find_size`).
    """
    recent = scored[scored[TIME] > scored[TIME].max() - pd.Timedelta(days, "D")]
    times = _read_times(recent[TIME], zone)
    share = 100 * recent[GAP_FRAC]
    table = _build_gaps_table(times, recent, size)

    def draw(width: float) -> tuple[Figure, Track]:
        figure, axes = build_axes(width, 2.7)
        _draw_gaps(axes, times, share, 100 * max_gap_frac)
        _shade_stops(axes, recent[STATE].isin(["trip", "start"]), times, _find_step(times))
        _format_dates(axes, times, width)
        return figure, Track(axes, date2num(times + 0.5 * _find_step(times)), share)

    return show(draw, table=table)


def _read_times(times: pd.Series, zone: str) -> pd.Series:
    local: pd.Series = times.dt.tz_convert(zone).dt.tz_localize(None)
    return local


def _find_step(times: pd.Series) -> pd.Timedelta:
    return pd.Timedelta(times.diff().median()) if len(times) > 1 else pd.Timedelta(1, "h")


def _draw_gaps(axes: Axes, times: pd.Series, share: pd.Series, limit: float) -> None:
    step = _find_step(times)
    starts, is_over, is_under = date2num(times), share > limit, share < 0
    for colour, is_shown in ((COST, is_over), (GOOD, is_under), (PALE, share.between(0, limit))):
        _draw_bars(axes, starts[is_shown], share[is_shown].to_numpy(float), step / pd.Timedelta(1, "D"), colour)
    axes.xaxis_date()
    axes.axhline(limit, color=GREY, lw=0.9, ls="--")
    axes.set_ylim(min(axes.get_ylim()[0], 0.0))  # where no interval was judged, the limit alone is drawn
    axes.set_xlim(times.iloc[0], times.iloc[-1] + step)
    axes.set_ylabel(say("% of best"))


def _draw_bars(
    axes: Axes, starts: NDArray[np.float64], heights: NDArray[np.float64], width: float, colour: str
) -> None:
    """Draw upright bars of one colour as one path: as an artist each they would take a millisecond each."""
    if len(starts):
        ends, nothing = starts + width, np.zeros(len(starts))
        corners = np.array([(starts, nothing), (starts, heights), (ends, heights), (ends, nothing)])
        bars = PathPatch(mpath.Path.make_compound_path_from_polys(corners.transpose(2, 0, 1)), facecolor=colour, lw=0)
        bars.sticky_edges.y.append(0.0)
        axes.add_patch(bars)
        axes.autoscale_view()


def _build_gaps_table(times: pd.Series, recent: pd.DataFrame, size: float) -> pd.DataFrame:
    share, gap = say("gap, % of best"), say("gap, {rate_unit}")
    gaps = recent[GAP] if GAP in recent else pd.Series(np.nan, recent.index)
    columns = {
        say("time"): [format_short_time(time.to_pydatetime()) for time in times],
        share: [format_number(100 * value, 1, is_signed=True) for value in recent[GAP_FRAC]],
        gap: [format_energy(value, size=size, is_signed=True) for value in gaps],
        say("state"): [say_state(state) for state in recent[STATE]],
    }
    return build_table(columns, numbers=[share, gap])


def _shade_stops(axes: Axes, stopped: pd.Series, times: pd.Series, width: pd.Timedelta) -> None:
    run = (stopped != stopped.shift()).cumsum()
    for _, group in times[stopped].groupby(run[stopped]):
        axes.axvspan(group.iloc[0], group.iloc[-1] + width, color=PALE, alpha=0.4, lw=0)
        axes.text(group.iloc[0], axes.get_ylim()[1], " " + say("stop"), va="top", color=GREY)


def _format_dates(axes: Axes, times: pd.Series, width: float) -> None:
    """Name days (or months, over longer times) in the language of the page."""
    locator = AutoDateLocator(minticks=3, maxticks=TICKS[width == WIDE])
    span = times.iloc[-1] - times.iloc[0] if len(times) else pd.Timedelta(0)
    pattern = (
        "HH:mm"
        if span < pd.Timedelta(2, "D")
        else translate("d MMM")
        if span < pd.Timedelta(SHORT_DAYS, "D")
        else translate("MMM yy")
    )
    language = get_language()

    def write(number: float, _: int | None) -> str:
        moment = pd.Timestamp(0) + pd.Timedelta(number, "D")
        return str(format_datetime(moment.round("s"), pattern, locale=language))

    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(FuncFormatter(write))


def plot_residuals(scored: pd.DataFrame) -> Chart:
    """Plot actual less typical over the test hours, as a share of typical, with its daily mean."""
    share = 100 * (scored[ENERGY] / scored[TYPICAL] - 1)
    times = scored[TIME].dt.tz_localize(None)
    daily = share.groupby(times.dt.floor("D")).mean()

    def draw(width: float) -> Figure:
        figure, axes = build_axes(width, 2.6)
        axes.plot(times, share, "o", ms=1.6, mew=0, color=PALE, rasterized=True)
        axes.plot(daily.index, daily, color=COST, lw=1.2)
        axes.axhline(0, color=GREY, lw=0.9)
        axes.set_ylabel(say("% off typical"))
        _format_dates(axes, times, width)
        return figure

    return show(draw)


def plot_residual_cusum(scored: pd.DataFrame) -> Chart:
    """Plot the running sum of actual less typical over the test hours: a change of slope is a change of behaviour.

    Around zero the curve still holds; a steady climb is ageing or a new way of running. Hours count by the usual step.
    """
    ordered = scored.sort_values(TIME)
    step_h = _find_step(ordered[TIME]) / pd.Timedelta(1, "h")
    total = (ordered[ENERGY] - ordered[TYPICAL]).fillna(0).cumsum() * step_h
    frame = pd.DataFrame({TIME: ordered[TIME], "cusum_gj": total, "is_change": False})
    unit = _choose_unit(frame)
    return _plot_sum(
        frame, "UTC", say("{unit} above typical, summed", unit=unit), say("energy above typical, {unit}", unit=unit)
    )


def plot_cusum(frame: pd.DataFrame, zone: str) -> Chart:
    """Plot a running sum of energy above best with the times from which on the plant behaves otherwise.

    Args:
        frame: `time_utc` in ascending order, `cusum_gj`, the sum up to there, and `is_change`, where a change began; it
            may have no rows.
        zone: time zone of the site.
    """
    unit = _choose_unit(frame)
    return _plot_sum(
        frame, zone, say("{unit} above best, summed", unit=unit), say("energy above best, {unit}", unit=unit)
    )


def _choose_unit(frame: pd.DataFrame) -> str:
    return choose_sum(frame["cusum_gj"].abs().max())[1]


def _plot_sum(frame: pd.DataFrame, zone: str, heading: str, name: str) -> Chart:
    times = _read_times(frame[TIME], zone)
    most = frame["cusum_gj"].abs().max()
    scale, unit = choose_sum(most)
    total = frame["cusum_gj"].reset_index(drop=True) / scale
    marked = _read_times(frame.loc[frame["is_change"], TIME], zone)
    shown = _thin(len(times))

    def draw(width: float) -> tuple[Figure, Track]:
        figure, axes = build_axes(width, 2.7)
        axes.axhline(0, color=GREY, lw=0.9)
        axes.plot(times, total, color=COST, lw=1.4)
        for change in marked:
            _mark_change(axes, change)
        if len(total):
            _label_end(
                axes, times.iloc[-1], float(total.iloc[-1]), f"{format_sum(total.iloc[-1] * scale, most=most)} {unit}"
            )
        axes.set_ylabel(heading)
        _format_dates(axes, times, width)
        return figure, Track(axes, date2num(times.iloc[shown]), total.iloc[shown])

    sums = [format_sum(value, most=most) for value in frame["cusum_gj"].iloc[shown]]
    columns = {say("time"): [format_short_time(time.to_pydatetime()) for time in times.iloc[shown]], name: sums}
    return show(draw, table=build_table(columns, numbers=[name]))


def _thin(count: int) -> list[int]:
    """Choose rows, evenly spread, the last one always among them."""
    step = max(1, -(-count // TABLE_ROWS))
    return sorted(set(range(count - 1, -1, -step)))


def _mark_change(axes: Axes, time: pd.Timestamp) -> None:
    axes.axvline(date2num(time), color=GREY, lw=0.9, ls="--")
    axes.annotate(
        say("changed {day}", day=format_short_day(time.date())),
        (date2num(time), 1),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        va="top",
        color=GREY,
    )


def _label_end(axes: Axes, time: pd.Timestamp, value: float, text: str) -> None:
    axes.annotate(text, (time, value), xytext=(5, 0), textcoords="offset points", color=COST, va="center")


def plot_history(hourly: pd.DataFrame, throughput: str, *, kept: Path) -> Chart:
    """Plot the daily mean of energy and load over the days (UTC) that are over, or read it where it was drawn before.

    `kept` is a folder of what was drawn; it can be removed at any time.
    """
    means = hourly.set_index(hourly[TIME].dt.tz_localize(None))[[ENERGY, throughput]].resample("D").mean()
    daily = means.iloc[:-1]
    drawn = pd.util.hash_pandas_object(daily).to_numpy().tobytes()
    parts: list[str | bytes] = [throughput, repr(get_unit()), get_language(), drawn]
    return Chart(**keep(kept / "history.json", parts, lambda: asdict(_draw_history(daily, throughput))))


def _draw_history(daily: pd.DataFrame, throughput: str) -> Chart:
    def draw(width: float) -> Figure:
        figure, axes = build_axes(width, 2.6)
        axes.plot(daily.index, daily[ENERGY] / get_unit().gj, color=COST, lw=1)
        axes.set_ylabel(say("energy, {rate_unit}"))
        other = axes.twinx()
        other.plot(daily.index, daily[throughput], color=GREY, lw=0.8)
        other.set_ylabel(say_heading(throughput))
        other.grid(False)
        _format_dates(axes, daily.index.to_series(), width)
        return figure

    return show(draw)
