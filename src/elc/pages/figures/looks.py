"""What shap draws, in the looks of the house: every colour has a name in the style sheet, and chance is the same."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import ListedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from elc.pages.figures.colours import BAND, COST, GOOD, GREY, INK, PALE, THIN
from elc.pages.figures.style import FONT_PX, draw_dots
from elc.pages.language import NBSP, format_energies, format_plain, get_unit, say

SEED = 0
DOT_PX = 3.0
STEPS = (0.35, 0.65, 1.0)
VALUES = (PALE, THIN, GOOD, INK)  # from low to high: from pale to strong, on white and on black
SHARES = (  # from what saves to what costs
    *(to_rgba(GOOD, step) for step in STEPS[::-1]),
    to_rgba(BAND),
    *(to_rgba(COST, step) for step in STEPS),
)
VALUE_MAP, SHARE_MAP = ListedColormap(VALUES), ListedColormap(SHARES)


@contextmanager
def open_figure(width: float, height: float) -> Iterator[Figure]:
    """Open a picture (inches) of pyplot, which shap draws with, and let chance be the same in every run."""
    import matplotlib.pyplot as plt

    state = np.random.get_state()  # noqa: NPY002  shap shuffles dots by numpy's global state
    figure = plt.figure(figsize=(width, height), layout="constrained")
    try:
        np.random.seed(SEED)  # noqa: NPY002
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of a group, which has no value
            yield figure
    finally:
        np.random.set_state(state)  # noqa: NPY002
        plt.close(figure)


def dress(axes: Axes, across: str, upright: str) -> None:
    """Give an axes of shap the looks of the house: its sizes, its colours, its dots, and no frame."""
    axes.set_xlabel(across, fontsize=FONT_PX, color=GREY)
    axes.set_ylabel(upright, fontsize=FONT_PX, color=GREY)
    axes.tick_params(labelsize=FONT_PX, labelcolor=GREY, color=PALE, length=0)
    axes.spines[:].set_visible(False)
    axes.grid(False)
    for line in axes.lines:
        line.set_color(PALE)
    for bar in axes.patches:
        bar.set_color(PALE)
    for dots in [found for found in axes.collections if isinstance(found, PathCollection)]:
        _redraw_dots(axes, dots)


def _redraw_dots(axes: Axes, dots: PathCollection) -> None:
    """Draw dots anew in few bytes, those of one colour together; those without a value are pale."""
    places, values = np.asarray(dots.get_offsets(), float), dots.get_array()
    chosen = np.zeros(len(places)) if values is None else np.asarray(dots.norm(values)) * len(VALUES)
    steps = np.clip(chosen.astype(int), 0, len(VALUES) - 1)
    dots.remove()
    for step in np.unique(steps):
        draw_dots(axes, places[steps == step], colour=VALUES[step], width=DOT_PX)


def add_legend(axes: Axes) -> None:
    dots = [Line2D([], [], color=colour, marker="o", ms=DOT_PX, ls="") for colour in VALUES]
    _place_legend(axes, say("low value"), dots, say("high value"))


def add_scale(axes: Axes, limit: float) -> None:
    """Name the ends of the colours of shares, up to a limit (GJ/h)."""
    shown = format_energies(limit)[0]
    low, high = (f"{sign}{shown} {get_unit().rate}" for sign in "−+")
    _place_legend(axes, low, [Patch(facecolor=colour, lw=0) for colour in SHARES], high)


def add_share_scale(axes: Axes, limit: float) -> None:
    """Name the ends of the same colours, up to a limit (% of best)."""
    low, high = (say("{share} of best", share=f"{sign}{format_plain(limit)}{NBSP}%") for sign in "−+")
    _place_legend(axes, low + NBSP, [Patch(facecolor=colour, lw=0) for colour in SHARES], high)


def _place_legend(axes: Axes, low: str, handles: Sequence[Artist], high: str) -> None:
    """Place a legend of colours in one row above the picture, from a word at its left to one at its right."""
    axes.legend(
        [Line2D([], [], ls=""), *handles],
        [low, *[""] * (len(handles) - 1), high],
        ncols=len(handles) + 1,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        frameon=False,
        handlelength=0.8,
        handletextpad=0.4,
        columnspacing=0.2,
        labelcolor=GREY,
    )
