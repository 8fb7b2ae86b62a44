"""What notebooks show: pictures as charts (SVG), tables and sentences as Markdown. Only frames come in."""

from elc.pages.figures.against import plot_against
from elc.pages.figures.calendar import plot_calendar
from elc.pages.figures.chart import Chart
from elc.pages.figures.effects import plot_effects
from elc.pages.figures.explained import plot_beeswarm, plot_dependence, plot_heatmap
from elc.pages.figures.load import plot_conditions, plot_curve
from elc.pages.figures.months import plot_months
from elc.pages.figures.shares import build_bars, plot_shares, plot_waterfall
from elc.pages.figures.skill import plot_bands, plot_calibration, plot_learning
from elc.pages.figures.style import pair, show_rows, show_table, show_text, stack
from elc.pages.figures.times import plot_cusum, plot_gaps, plot_history, plot_residual_cusum, plot_residuals
from elc.pages.figures.weeks import plot_weeks

__all__ = [
    "Chart",
    "build_bars",
    "pair",
    "plot_against",
    "plot_bands",
    "plot_beeswarm",
    "plot_calendar",
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
    "plot_months",
    "plot_residual_cusum",
    "plot_residuals",
    "plot_shares",
    "plot_waterfall",
    "plot_weeks",
    "show_rows",
    "show_table",
    "show_text",
    "stack",
]
