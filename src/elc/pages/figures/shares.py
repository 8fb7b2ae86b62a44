"""The pictures of shares: what costs, what saves, and what is unexplained, side by side or as a waterfall."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from elc.fields import LEVEL, NO_SETPOINTS
from elc.pages.figures.bars import show_bars
from elc.pages.figures.chart import Chart, build_table, show
from elc.pages.figures.colours import COST, GOOD, INK, PALE
from elc.pages.figures.style import build_axes
from elc.pages.labels import say_name, say_step
from elc.pages.language import format_energy, get_unit, say


def plot_shares(shares: pd.DataFrame, names: str, *, size: float) -> Chart:
    """Plot shares as bars, what costs in red, what saves in green, what is no set-point's or driver's in grey.

    `size` is what the plant takes (see `curve.find_size`).
    """
    if shares.empty:
        return show_nothing()
    values, unit = shares["share_gj_per_h"].to_numpy(float), get_unit().rate
    labels = [say_name(name) for name in shares[names]]
    colours = [
        PALE if name in NO_SETPOINTS else COST if value > 0 else GOOD
        for name, value in zip(shares[names], values, strict=True)
    ]
    texts = [format_energy(value, size=size, is_signed=True) for value in values]
    ends = values / get_unit().gj
    bars = pd.DataFrame(
        {
            "label": labels,
            "low": np.minimum(ends, 0.0),
            "high": np.maximum(ends, 0.0),
            "text": texts,
            "is_left": ends < 0,
            "colour": colours,
            "end": ends,
            "joint": 0.0,
        }
    )
    columns = {say("what"): labels, unit: texts}
    return show_bars(bars, unit, table=build_table(columns, numbers=[unit]))


def show_nothing() -> Chart:
    """Show that there is nothing to show: an axis without a bar looks like a fault."""
    return show(_draw_nothing)


def _draw_nothing(width: float) -> Figure:
    figure, axes = build_axes(width, 0.4)
    axes.axis("off")
    axes.text(0, 0.5, say("Nothing to show."), transform=axes.transAxes, va="center")
    return figure


def build_bars(waterfall: pd.DataFrame, *, size: float) -> pd.DataFrame:
    """Build the bars of a waterfall, the first on top: label, low, high (in the plant's unit), text, colour, kind.

    A level is drawn from the left end of the picture, so that its bar ends at its value.
    """
    first, last = (waterfall[f"{end}_gj_per_h"] / get_unit().gj for end in ("start", "end"))
    ends = pd.concat([last, first[waterfall["kind"] != LEVEL]])
    left = float(ends.min() - max(0.08 * (ends.max() - ends.min()), 1e-4 * abs(ends.max())))
    is_level = waterfall["kind"].eq(LEVEL)
    pairs = pd.concat([first.where(~is_level, left), last], axis=1)
    change = waterfall["change_gj_per_h"]
    texts = [
        format_energy(end if level else step, size=size, is_signed=not level)
        for level, end, step in zip(is_level, waterfall["end_gj_per_h"], change, strict=True)
    ]
    colours = [
        INK if kind == LEVEL else PALE if kind in NO_SETPOINTS else COST if step > 0 else GOOD
        for kind, step in zip(waterfall["kind"], change, strict=True)
    ]
    labels = waterfall.apply(lambda row: say_step(row["step"], row["kind"]), axis=1)
    given = {"label": labels, "low": pairs.min(axis=1), "high": pairs.max(axis=1), "text": texts}
    return pd.DataFrame({**given, "colour": colours, "kind": waterfall["kind"]}).reset_index(drop=True)


def plot_waterfall(waterfall: pd.DataFrame, *, size: float) -> Chart:
    """Plot the steps of `explain.build_waterfall` from best down to actual energy; `size`: see `plot_shares`."""
    if waterfall.empty:
        return show_nothing()
    bars, unit = build_bars(waterfall, size=size), get_unit().rate
    columns = {say("step"): bars["label"].tolist(), unit: bars["text"].tolist()}
    joints = waterfall["end_gj_per_h"].to_numpy(float) / get_unit().gj
    bars = bars.assign(is_left=False, end=bars["high"], joint=joints)
    return show_bars(bars, unit, table=build_table(columns, numbers=[unit]))
