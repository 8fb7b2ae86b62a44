"""The gap over the calendar: each day, or week, as a column of its hours."""

from __future__ import annotations

import numpy as np
import pandas as pd
from babel.dates import format_date
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from elc.fields import BEST, GAP, TIME
from elc.pages.figures.chart import WIDE, Chart, Track, build_table, show
from elc.pages.figures.looks import SHARES, add_share_scale
from elc.pages.figures.shares import show_nothing
from elc.pages.figures.style import build_axes
from elc.pages.language import format_number, format_short_day, get_language, say

DAY_H = 24
MOST_DAYS = 62  # a longer time has a column for each week, the mean of its days
TICKS = {True: 9, False: 6}  # columns that are named: wide, narrow
HOUR_STEP = 6  # hours between those that are named
COVERED = 0.98  # ASSUME: of the hours, those that the colours tell apart; the rest have that of the last step
LEAST_LIMIT = 0.5  # % of best: a plant at its best is not made to look like one that swings
FILLED = 0.9  # of a column's width


def plot_calendar(hours: pd.DataFrame, zone: str) -> Chart:
    """Plot the gap of each hour of each day as a colour, red above best and green below; what was not judged is blank.

    Args:
        hours: `time_utc`, gap and best (GJ/h), missing where an interval was not judged; its first and last time are
            the ends of the picture.
        zone: time zone of the site.
    """
    if hours.empty or not hours[GAP].notna().any():
        return show_nothing()
    local = hours[TIME].dt.tz_convert(zone).dt.tz_localize(None)
    days = local.dt.normalize()
    is_long = (days.iloc[-1] - days.iloc[0]).days >= MOST_DAYS
    starts = days - pd.to_timedelta(days.dt.day_of_week, "D") if is_long else days
    step = _find_step(hours[TIME])
    shares = _average(hours, starts, local.dt.hour // step)
    means = _average(hours, starts, pd.Series(0, hours.index)).iloc[:, 0]
    worst = shares.max(axis=1)
    places = shares.fillna(-np.inf).to_numpy().argmax(axis=1)
    labels = [format_short_day(day.date()) for day in pd.DatetimeIndex(shares.index)]
    mean, highest, at = say("mean gap, % of best"), say("highest, % of best"), say("at")
    columns = {
        say("week from") if is_long else say("day"): labels,
        mean: [format_number(value, 1, is_signed=True) for value in means],
        highest: [format_number(value, 1, is_signed=True) for value in worst],
        at: [f"{place * step:02}:00" if np.isfinite(top) else "–" for place, top in zip(places, worst, strict=True)],
    }

    def draw(width: float) -> tuple[Figure, Track]:
        figure, axes = build_axes(width, 3.6)
        _draw_cells(axes, shares.to_numpy(float))
        _name_hours(axes, shares.shape[1], step)
        _name_columns(axes, pd.DatetimeIndex(shares.index), is_long=is_long, width=width)
        add_share_scale(axes, find_limit(shares.to_numpy(float)))
        middles = np.arange(len(shares)) + 0.5
        return figure, Track(axes, middles, np.where(np.isfinite(worst), places + 0.5, np.nan))

    return show(draw, table=build_table(columns, numbers=[mean, highest, at]))


def _find_step(times: pd.Series) -> int:
    """Find the hours of a row: those of an interval, and at least one."""
    lengths_h = times.diff().dropna().dt.total_seconds() / 3600
    return int(np.clip(lengths_h.median() if len(lengths_h) else 1, 1, DAY_H))


def _average(hours: pd.DataFrame, starts: pd.Series, rows: pd.Series) -> pd.DataFrame:
    """Average the gap (% of best) by column and row (columns, rows); every column between the ends is there."""
    judged = hours[hours[GAP].notna()]
    sums = judged[[GAP, BEST]].groupby([starts[judged.index], rows[judged.index]]).sum()
    shares = (100 * sums[GAP] / sums[BEST]).unstack()
    every = pd.date_range(starts.iloc[0], starts.iloc[-1], freq=_find_pace(starts))
    return shares.reindex(index=every, columns=range(int(rows.max()) + 1))


def _find_pace(starts: pd.Series) -> str:
    return "7D" if starts.drop_duplicates().diff().min() == pd.Timedelta(7, "D") else "1D"


def find_limit(shares: NDArray[np.float64]) -> float:
    """Find the share (%) from which on colours do not change: half a per cent, or a multiple of it."""
    reached = float(np.nanquantile(np.abs(shares), COVERED))
    return max(LEAST_LIMIT * float(np.ceil(reached / LEAST_LIMIT)), LEAST_LIMIT)


def _draw_cells(axes: Axes, shares: NDArray[np.float64]) -> None:
    """Draw the cells (columns, rows), all of a colour as one path, and those below each other as one rectangle."""
    limit, count = find_limit(shares), len(SHARES)
    steps = np.clip(np.floor((shares + limit) / (2 * limit) * count), 0, count - 1)
    for step, colour in enumerate(SHARES):
        boxes = [
            (column, first, last)
            for column, cells in enumerate(steps == step)
            for first, last in zip(*_find_runs(cells), strict=True)
        ]
        if boxes:
            axes.add_patch(PathPatch(_build_boxes(np.array(boxes, float)), facecolor=colour, lw=0))
    axes.set_xlim(0, len(shares))
    axes.set_ylim(shares.shape[1], 0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _find_runs(cells: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find where runs of true cells begin, and where they end (the first cell after)."""
    edges = np.diff(np.concatenate([[0], cells.astype(int), [0]]))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def _build_boxes(boxes: NDArray[np.float64]) -> Path:
    """Build rectangles (boxes; column, first row, last row) as one path."""
    left, top, bottom = boxes.T
    edge = 0.5 * (1 - FILLED)
    left, right = left + edge, left + 1 - edge
    corners = np.stack([left, top, right, top, right, bottom, left, bottom, left, top], axis=1)
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(corners.reshape(-1, 2), np.tile(codes, len(boxes)))


def _name_hours(axes: Axes, rows: int, step: int) -> None:
    every = max(1, HOUR_STEP // step)
    places = list(range(0, rows, every))
    axes.set_yticks(places, [f"{place * step:02}:00" for place in places])


def _name_columns(axes: Axes, starts: pd.DatetimeIndex, *, is_long: bool, width: float) -> None:
    """Name every few days, or the first week of a month, as many as there is room for."""
    firsts = [i for i, start in enumerate(starts) if i == 0 or start.month != starts[i - 1].month]
    named = (
        firsts[1:] if is_long and firsts[1:] else list(range(0, len(starts), 7 if len(starts) > TICKS[False] else 1))
    )
    named = named[:: max(1, -(-len(named) // TICKS[width == WIDE]))]
    labels = [
        str(format_date(starts[i].date(), "LLL", locale=get_language()))
        if is_long
        else format_short_day(starts[i].date())
        for i in named
    ]
    axes.set_xticks([i + 0.5 for i in named], labels)
