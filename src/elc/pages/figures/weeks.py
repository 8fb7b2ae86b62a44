"""The pictures of the last weeks, kept: shap takes seconds, and most hours show what the hour before showed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from elc.files import replace_file
from elc.pages.figures.chart import Chart
from elc.pages.figures.explained import plot_beeswarm, plot_dependence, plot_heatmap
from elc.pages.language import find_digits, get_language, get_unit

if TYPE_CHECKING:
    import shap

CODE = Path(__file__).parents[1]
DRAWING = ("shap", "matplotlib")


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
    path, key = kept / "weeks.json", _build_key(weeks, size)
    if charts := _read(path, key):
        return charts
    causes, drivers = weeks.explain("setpoints"), weeks.explain("drivers")
    charts = {
        "setpoints": plot_beeswarm(causes, size=size),
        "days": plot_heatmap(causes, weeks.find_times("setpoints"), size=size),
        "drivers": plot_beeswarm(drivers, size=size),
        "dependence": plot_dependence(drivers),
    }
    content = {"key": key, "charts": {name: asdict(chart) for name, chart in charts.items()}}
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return charts


def _build_key(weeks: WeeksView, size: float) -> str:
    """Build what stands for all that the pictures are made of: hours, package, digits, language and code."""
    digest = hashlib.sha256(f"{weeks.key} {find_digits(size)} {get_unit().sign} {get_language()}".encode())
    digest.update(" ".join(version(name) for name in DRAWING).encode())
    for path in sorted(path for path in CODE.rglob("*") if path.suffix in (".py", ".po")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path, key: str) -> dict[str, Chart]:
    """Read what is kept under a key; nothing where it is of another, or no file of ours."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        charts = {name: Chart(**chart) for name, chart in content["charts"].items()}
        return charts if content["key"] == key else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
