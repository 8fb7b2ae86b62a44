"""Pictures of how well a curve does: learning, calibration, and the error by load band."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from elc.pages.figures.chart import WIDE, Chart, show
from elc.pages.figures.colours import COST, GOOD, GREY, INK, PALE
from elc.pages.figures.style import build_axes, build_panels, build_rows

Array = NDArray[np.float64]

WANTED_BELOW_BEST_PCT = 10  # best is the 10 % quantile
LEAST_PCT = 0.5  # errors below it look as small as they are
LEAST_SPAN_PCT = 10  # of a picture of coverage


def plot_learning(history: pd.DataFrame, kept: int) -> Chart:
    """Plot the learning curve, loss on training and validation hours by epoch (the index), and the epoch kept."""

    def draw(width: float) -> Figure:
        figure, axes = build_axes(width, 2.6)
        axes.plot(history.index, history["loss"], color=GREY, label="training")
        axes.plot(history.index, history["val_loss"], color=GOOD, label="validation")
        _mark_kept(axes, kept, float(history.loc[kept, "val_loss"]))  # type: ignore[arg-type]
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss")
        axes.legend(frameon=False)
        return figure

    return show(draw)


def _mark_kept(axes: Axes, epoch: int, loss: float) -> None:
    axes.axvline(epoch, color=PALE, lw=0.9, zorder=0)
    axes.plot([epoch], [loss], "o", ms=6, color=GOOD)
    is_right = epoch > np.mean(axes.get_xlim())
    axes.annotate(
        f"kept: epoch {epoch}",
        (epoch, 0.05),
        xycoords=("data", "axes fraction"),
        xytext=(-6 if is_right else 6, 0),
        textcoords="offset points",
        ha="right" if is_right else "left",
        va="bottom",
        color=GOOD,
    )


def plot_calibration(table: pd.DataFrame) -> Chart:
    """Plot the share of hours below each quantile by load band against the wanted share.

    `table` (quantile, band, wanted_frac, coverage_frac, low_frac, high_frac): a dashed line is what is wanted, a point
    what was found, its bar the interval of that where there is one; red where the bar misses its line.
    """
    return show(lambda width: _draw_calibration(width, table))


def _draw_calibration(width: float, table: pd.DataFrame) -> Figure:
    bands = list(dict.fromkeys(table["band"]))[::-1]
    groups = list(table.groupby("quantile", sort=False))
    figure, panels = _build_panels(width, 1.2 + 0.34 * len(bands), len(groups))
    for axes, (quantile, rows) in zip(panels, groups, strict=True):
        _draw_quantile(axes, str(quantile), rows, bands)
    panels[0].set_yticks(range(len(bands)), [str(band) for band in bands])
    panels[0].set_ylabel("load band")
    return figure


def _build_panels(width: float, height: float, count: int) -> tuple[Figure, list[Axes]]:
    """Build panels beside each other, or above each other where it is narrow."""
    if width == WIDE:
        return build_panels(width, height, count, is_x_shared=False)
    return build_rows(width, height * count, count, is_x_shared=False)


def _draw_quantile(axes: Axes, quantile: str, rows: pd.DataFrame, bands: list[str]) -> None:
    wanted = 100 * float(rows["wanted_frac"].iloc[0])
    axes.axvline(wanted, color=GREY, lw=1, ls="--")
    found = 100 * rows[["low_frac", "coverage_frac", "high_frac"]].to_numpy(float)
    for band, (low, share, high) in zip(rows["band"], found, strict=True):
        place = bands.index(band)
        colour = INK if np.isnan(low) else GOOD if low <= wanted <= high else COST
        axes.plot([low, high], [place, place], color=colour, lw=2, solid_capstyle="butt")
        axes.plot([share], [place], "o", ms=6, color=colour)
        text = f"{share:.0f}" if np.isfinite(share) else "–"
        axes.annotate(text, (1, place), xycoords=("axes fraction", "data"), ha="right", va="center", color=colour)
    ends = [wanted, *found[np.isfinite(found)]]
    span = max(max(ends) - min(ends), LEAST_SPAN_PCT)
    axes.set_xlim(min(ends) - 0.08 * span, max(ends) + 0.35 * span)
    axes.set_ylim(-0.6, len(bands) - 0.4)
    axes.set_xticks([wanted])
    axes.set_xlabel(f"% of hours below {quantile}\n(wanted: {wanted:.0f})")
    axes.grid(False)


def plot_bands(bands: pd.DataFrame) -> Chart:
    """Plot bias and CV(RMSE) of typical and the share of hours below best, by load band.

    `bands` (load, intervals, bias_frac, cv_rmse_frac, below_best_frac); the dashed line is the wanted 10 % below best.
    """
    return show(lambda width: _draw_bands(width, bands))


def _draw_bands(width: float, bands: pd.DataFrame) -> Figure:
    figure, panels = _build_panels(width, 1.2 + 0.34 * len(bands), 3)
    ordered = bands.iloc[::-1]
    shares = [100 * ordered[name].to_numpy(float) for name in ("bias_frac", "cv_rmse_frac", "below_best_frac")]
    _draw_bars(panels[0], shares[0], "{:+.1f}", [COST if value > 0 else GOOD for value in shares[0]], LEAST_PCT)
    _draw_bars(panels[1], shares[1], "{:.1f}", [GREY] * len(bands), LEAST_PCT)
    _draw_bars(panels[2], shares[2], "{:.0f}", [GREY] * len(bands), WANTED_BELOW_BEST_PCT)
    panels[2].axvline(WANTED_BELOW_BEST_PCT, color=INK, lw=1, ls="--")
    headings = (
        "bias of typical, %",
        "CV(RMSE) of typical, %",
        f"hours below best, %\n(wanted: {WANTED_BELOW_BEST_PCT})",
    )
    for axes, heading in zip(panels, headings, strict=True):
        axes.set_xlabel(heading)
    names = [f"{load} (n = {int(count):,})" for load, count in zip(ordered["load"], ordered["intervals"], strict=True)]
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylabel("load band")
    return figure


def _draw_bars(axes: Axes, values: Array, form: str, colours: list[str], least: float) -> None:
    """Draw bars from zero, their values in a column at the right, clear of bars; zero to `least` is always in view."""
    axes.barh(range(len(values)), values, color=colours, height=0.6)
    for place, value in enumerate(values):
        text = form.format(value) if np.isfinite(value) else "–"
        axes.annotate(text, (1, place), xycoords=("axes fraction", "data"), ha="right", va="center", color=INK)
    ends = [0.0, least, *values[np.isfinite(values)]]
    span = max(ends) - min(ends)
    axes.set_xlim(min(ends) - 0.05 * span, max(ends) + 0.5 * span)
    axes.set_xticks([])
    axes.axvline(0, color=GREY, lw=0.9)
    axes.grid(False)
