"""The pictures of the last weeks, kept: shap takes seconds, and most hours show what the hour before showed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from elc.files import keep
from elc.pages.figures.chart import Chart
from elc.pages.figures.explained import plot_beeswarm, plot_dependence, plot_heatmap
from elc.pages.language import find_digits, get_language, get_unit

if TYPE_CHECKING:
    import shap


class WeeksView(Protocol):
    """What `plot_weeks` reads of `explain.Weeks`."""

    @property
    def key(self) -> str: ...
    def find_times(self, what: str) -> pd.Series: ...
    def explain(self, what: str) -> shap.Explanation: ...


def plot_weeks(weeks: WeeksView, *, size: float, kept: Path) -> dict[str, Chart]:
    """Plot what set-points and drivers made of the last weeks, or read it where the same was drawn before.

    Args:
        weeks: the hours, and how they are explained.
        size: what the plant takes (see `curve.find_size`).
        kept: folder of what was drawn; it can be removed at any time.

    Returns:
        `setpoints` and `drivers` (each hour as a dot), `days` (set-points, day by day), `dependence` (of drivers).
    """
    parts = [weeks.key, str(find_digits(size)), get_unit().sign, get_language()]
    drawn = keep(kept / "weeks.json", parts, lambda: _draw(weeks, size))
    return {name: Chart(**chart) for name, chart in drawn.items()}


def _draw(weeks: WeeksView, size: float) -> dict[str, Any]:
    causes, drivers = weeks.explain("setpoints"), weeks.explain("drivers")
    charts = {
        "setpoints": plot_beeswarm(causes, size=size),
        "days": plot_heatmap(causes, weeks.find_times("setpoints"), size=size),
        "drivers": plot_beeswarm(drivers, size=size),
        "dependence": plot_dependence(drivers),
    }
    return {name: asdict(chart) for name, chart in charts.items()}
