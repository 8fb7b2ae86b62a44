"""What notebooks show: pictures as SVG, tables and sentences as Markdown. Only frames come in."""

from elc.figures.pictures import (
    plot_curve,
    plot_cusum,
    plot_gaps,
    plot_history,
    plot_learning,
    plot_residuals,
    plot_shares,
)
from elc.figures.style import show_table, show_text

__all__ = [
    "plot_curve",
    "plot_cusum",
    "plot_gaps",
    "plot_history",
    "plot_learning",
    "plot_residuals",
    "plot_shares",
    "show_table",
    "show_text",
]
