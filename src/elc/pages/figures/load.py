"""Pictures over load: the curve today, and the curve at several conditions."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from elc.fields import read_label
from elc.pages.figures.chart import WIDE, Chart, Track, build_table, show
from elc.pages.figures.colours import BAND, COST, GOOD, GREY, INK, INTERVAL, PALE, THIN
from elc.pages.figures.style import build_axes, build_panels, build_rows, draw_dots
from elc.pages.labels import say_heading, say_label
from elc.pages.language import find_level_digits, format_number, get_unit, say, sign_level

TABLE_ROWS = 12  # at most, of the lines in a chart's table


def plot_curve(throughput: str, points: pd.DataFrame, lines: pd.DataFrame, now: pd.Series | None) -> Chart:
    """Plot specific energy against load: best and typical at today's drivers, hours moved to them, the last one marked.

    Against load, energy itself hides a gap of 3 %; specific energy shows it. Best is shaded with its interval and the
    mark of the present tells the interval of its gap, where they are known. Arguments as in `curve.CurveView`.
    """
    points, lines = _convert(points), _convert(lines)
    now = None if now is None else _convert(now.to_frame().T).iloc[0]
    known = lines.iloc[:: max(1, -(-len(lines) // TABLE_ROWS))]

    def draw(width: float) -> tuple[Figure, Track]:
        figure, axes = build_axes(width, 3.9)
        _draw_curve(axes, points, lines, now, sign_level(throughput))
        axes.set_xlabel(say_heading(throughput))
        axes.set_ylabel(sign_level(throughput))
        return figure, Track(axes, known["load"], known["best"])

    return show(draw, table=_build_lines_table(throughput, known))


def _convert(levels: pd.DataFrame) -> pd.DataFrame:
    """Convert specific energies (GJ a unit of throughput) to the plant's unit of energy."""
    names = [name for name in levels if name not in ("condition", "load")]
    return levels.assign(**{str(name): levels[name].astype(float) / get_unit().gj for name in names})


def _draw_curve(axes: Axes, points: pd.DataFrame, lines: pd.DataFrame, now: pd.Series | None, sign: str) -> None:
    if len(points):
        draw_dots(axes, points[["load", "sec"]].to_numpy(float), colour=PALE, width=2.8)
        axes.set_ylim(*_find_limits(points["sec"], lines, now))
        _draw_interval(axes, lines)
        _draw_lines(axes, lines)
        named = lines.set_index("load")
        _label_ends(axes, [(say("typical"), named["typical"], GREY), (say("best"), named["best"], GOOD)])
    if now is not None:
        _mark_now(axes, now, sign)


def _build_lines_table(throughput: str, lines: pd.DataFrame) -> pd.DataFrame:
    sign = sign_level(throughput)
    names = [say_heading(throughput), f"{say('best')}, {sign}", f"{say('typical')}, {sign}"]
    digits = find_level_digits(lines["best"].median())
    places = {"load": max(find_level_digits(lines["load"].median()) - 1, 1), "best": digits, "typical": digits}
    columns = {
        name: [format_number(value, count) for value in lines[column]]
        for name, (column, count) in zip(names, places.items(), strict=True)
    }
    return build_table(columns, numbers=names)


def _draw_interval(axes: Axes, lines: pd.DataFrame) -> None:
    """Shade the interval of best itself, where the lines carry one."""
    if {"best_low", "best_high"} <= set(lines.columns) and lines["best_low"].notna().any():
        axes.fill_between(lines["load"], lines["best_low"], lines["best_high"], color=INTERVAL, alpha=0.6, lw=0)


def _draw_lines(axes: Axes, lines: pd.DataFrame) -> None:
    for name, colour, style in (("typical", GREY, "--"), ("best", GOOD, "-")):
        axes.plot(lines["load"], lines[name], style, color=colour, lw=1.6)


def _label_ends(axes: Axes, ends: list[tuple[str, pd.Series, str]]) -> None:
    """Name lines (text, values at load, colour) at their right ends, from the top one down and clear of each other."""
    low, high = axes.get_ylim()
    gap = 0.055 * (high - low)
    place = np.inf
    for text, line, colour in sorted(ends, key=lambda end: -end[1].iloc[-1]):
        place = min(float(np.clip(line.iloc[-1], low, high)), place - gap)
        axes.annotate(
            text,
            (line.index[-1], place),
            xytext=(5, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            annotation_clip=False,
        )


def _find_limits(values: pd.Series, lines: pd.DataFrame, now: pd.Series | None) -> tuple[float, float]:
    """Limits that leave out the rarest hours, never best, typical or the present hour."""
    low, high = values.quantile([0.002, 0.998])
    low, high = min(low, lines["best"].min()), max(high, lines["typical"].max())
    if now is not None:
        low, high = min(low, now["best"], now["sec"]), max(high, now["best"], now["sec"])
    slack = 0.2 * (high - low)
    return float(low - slack), float(high + 1.5 * slack)


def _mark_now(axes: Axes, now: pd.Series, sign: str) -> None:
    colour = COST if now["sec"] > now["best"] else GOOD
    axes.plot([now["load"]] * 2, [now["best"], now["sec"]], color=colour, lw=1.6)
    axes.plot([now["load"]], [now["sec"]], "o", ms=7, color=colour)
    is_right = now["load"] > np.mean(axes.get_xlim())
    axes.plot([now["load"]] * 2, [now["sec"], axes.get_ylim()[1]], color=colour, lw=0.7, alpha=0.5)
    axes.annotate(
        say("now {value} {unit}", value=format_number(now["sec"], find_level_digits(now["sec"])), unit=sign)
        + _word_gap(now),
        (now["load"], 1),
        xycoords=("data", "axes fraction"),
        xytext=(-5 if is_right else 5, 0),
        textcoords="offset points",
        ha="right" if is_right else "left",
        va="top",
        color=colour,
        weight="bold",
    )


def _word_gap(now: pd.Series) -> str:
    """Tell the gap and its interval on a line of its own; nothing where there is no interval."""
    if pd.isna(now.get("gap_low")) or pd.isna(now.get("gap_high")):
        return ""
    digits, gaps = find_level_digits(now["sec"]), (now["sec"] - now["best"], now["gap_low"], now["gap_high"])
    gap, low, high = (format_number(value, digits, is_signed=True) for value in gaps)
    return "\n" + say("gap {gap} ({low} to {high})", gap=gap, low=low, high=high)


class ConditionsView(Protocol):
    """What `plot_conditions` reads of `curve.Conditions`."""

    @property
    def throughput(self) -> str: ...
    @property
    def driver(self) -> str | None: ...
    @property
    def lines(self) -> pd.DataFrame: ...
    @property
    def points(self) -> pd.DataFrame: ...


def plot_conditions(view: ConditionsView) -> Chart:
    """Plot specific energy against load, a panel per condition with the hours moved to it.

    Best is solid and shaded with its interval, typical dashed; best to high is the light band, and the thin lines are
    best at the other conditions.
    """
    lines, points = _convert(view.lines), _convert(view.points)
    return show(lambda width: _draw_conditions(width, view, lines, points))


def _draw_conditions(width: float, view: ConditionsView, lines: pd.DataFrame, points: pd.DataFrame) -> Figure:
    names = list(dict.fromkeys(lines["condition"]))
    count = max(1, len(names))
    build = build_panels if width == WIDE else build_rows
    figure, panels = build(width, 3.4 if width == WIDE else 2.4 * count, count, is_x_shared=True)
    if names:
        panels[0].set_ylim(*_find_limits(points["sec"], lines, None))
    for axes, name in zip(panels, names, strict=False):
        _draw_condition(axes, lines, points, name)
        axes.set_title(_shorten(name, view.driver), color=INK)
        axes.set_xlabel(say_heading(view.throughput))
    if names:
        _label_ends(panels[-1], _find_ends(lines, view.driver, names[-1]))
    if view.driver is not None:
        figure.suptitle(say_label(view.driver), weight="bold", color=INK)
    panels[0].set_xlabel(say_heading(view.throughput))
    panels[0].set_ylabel(sign_level(view.throughput))
    return figure


def _draw_condition(axes: Axes, every: pd.DataFrame, points: pd.DataFrame, name: str) -> None:
    lines = every[every["condition"] == name]
    here = points.loc[points["condition"] == name, ["load", "sec"]]
    draw_dots(axes, here.to_numpy(float), colour=PALE, width=2.8)
    axes.fill_between(lines["load"], lines["best"], lines["high"], color=BAND, alpha=0.7, lw=0)
    for _, other in every[every["condition"] != name].groupby("condition", sort=False):
        axes.plot(other["load"], other["best"], color=THIN, lw=0.8)
    _draw_interval(axes, lines)
    _draw_lines(axes, lines)


def _find_ends(every: pd.DataFrame, driver: str | None, name: str) -> list[tuple[str, pd.Series, str]]:
    """The lines in the panel of a condition with their names; best elsewhere is named by its condition."""
    by_name = {condition: lines.set_index("load") for condition, lines in every.groupby("condition", sort=False)}
    here = by_name.pop(name)
    ends = [
        (say("high"), here["high"], GREY),
        (say("typical"), here["typical"], GREY),
        (say("best"), here["best"], GOOD),
    ]
    others = [
        (say("best, {condition}", condition=_shorten(str(other), driver)), lines["best"], THIN)
        for other, lines in by_name.items()
    ]
    return ends + others


def _shorten(condition: str, driver: str | None) -> str:
    return condition if driver is None else condition.removeprefix(read_label(driver)).strip()
