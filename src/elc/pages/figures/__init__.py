"""What notebooks show: pictures as charts (SVG), tables and sentences as Markdown. Only frames come in."""

from elc.pages.figures.chart import Chart
from elc.pages.figures.effects import plot_effects
from elc.pages.figures.explained import plot_beeswarm, plot_dependence, plot_heatmap
from elc.pages.figures.load import plot_conditions, plot_curve
from elc.pages.figures.shares import build_bars, plot_shares, plot_waterfall
from elc.pages.figures.skill import plot_bands, plot_calibration, plot_learning
from elc.pages.figures.style import show_table, show_text, stack
from elc.pages.figures.times import plot_cusum, plot_gaps, plot_history, plot_residual_cusum, plot_residuals
from elc.pages.figures.weeks import plot_weeks

__all__ = [
    "Chart",
    "build_bars",
    "plot_bands",
    "plot_beeswarm",
    "plot_calibration",
    "plot_conditions",
    "plot_curve",
    "plot_cusum",
    "plot_dependence",
    "plot_effects",
    "plot_gaps",
    "plot_heatmap",
    "plot_history",
    "plot_learning",
    "plot_residual_cusum",
    "plot_residuals",
    "plot_shares",
    "plot_waterfall",
    "plot_weeks",
    "show_table",
    "show_text",
    "stack",
]
