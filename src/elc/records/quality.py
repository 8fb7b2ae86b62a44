"""What a package keeps of its own errors and its plant's habits, so that monitor can tell a change: `quality.json`."""

from __future__ import annotations

import math

from pydantic import Field

from elc.records.record import Kept

FILE = "quality.json"


class Level(Kept):
    """The level of a quantity and how far it strays from it, all in the quantity's own unit."""

    mean: float
    """Mean of the hours."""
    hour_sd: float
    """Standard deviation of the hours."""
    day_sd: float
    """Standard deviation of the means of days."""
    day_lag: float
    """Lag-1 autocorrelation of the means of days."""
    slow_sd: float
    """How far weeks lie from the reference beyond what their days explain."""
    days: int
    """Number of days."""

    @property
    def spread(self) -> float:
        """The standard deviation of a day's mean, widened for the memory of days."""
        return self.day_sd * math.sqrt((1 + self.day_lag) / (1 - self.day_lag))

    def find_error(self, days: float) -> float:
        """The standard error of the mean over a number of days, as long as nothing has changed."""
        return math.sqrt(self.spread**2 / max(days, 1.0) + self.slow_sd**2)


class Estimate(Kept):
    """A figure and how sure it is."""

    value: float
    """The figure, in GJ/h, or a share for `r2`."""
    standard_deviation: float | None
    """Standard deviation of resamples; null where there are too few rows."""


class ModelErrors(Kept):
    """The errors of one model, typical or the response, in training hours that it did not learn from."""

    n: int
    """Number of hours."""
    weeks: int | None = None
    """Weeks of which at least three days are known; null in packages of a former release."""
    metrics: dict[str, Estimate]
    """`rmse`, `mae`, `bias` and `r2`."""
    residual_sd_gj_per_h: float
    """Standard deviation of actual less predicted energy."""
    residual_sd_frac: float
    """The same as a share of predicted energy."""
    residual_lag: float
    """Lag-1 autocorrelation of that share."""
    coverage_best_frac: float | None
    """Share of the hours below best; null for the response."""
    levels: dict[str, Level | None]
    """`error`, `absolute`, `square` and, for typical, `below_best`; null where there are fewer than twelve weeks."""


class Habit(Kept):
    """What a set-point costs against its own median, as the response says."""

    median: float
    """Its median in the training hours, in its own unit."""
    cost: Level
    """The cost, as a share of energy."""


class ConditionBaseline(Kept):
    """What windows of four weeks were off in training, all of it as ln(energy / response)."""

    level: float
    """Median of the hours, by members of the response that did not learn from them."""
    scatter: float
    """Standard deviation of the medians of windows."""
    windows: int
    """Number of windows."""


class Distance(Kept):
    """How far windows of the training hours lie from all of them, between 0 and 1."""

    high: float
    """99 of 100 windows are nearer."""
    most: float
    """The farthest window."""


class Distances(Kept):
    """How far single weeks of a column differ from all training hours."""

    window_h: float = 168.0
    """Length of a window, in hours."""
    columns: dict[str, Distance | None] = Field(default_factory=dict)
    """By column; null where there are fewer than twelve windows that do not overlap."""


class Quality(Kept):
    """The baseline of errors and habits; a package that was made by hand has none."""

    version: int = 1
    """Version of this file's form."""
    models: dict[str, ModelErrors | None] = Field(default_factory=dict)
    """`typical` and `response`; null where there are too few hours."""
    condition: ConditionBaseline | None = None
    """What condition is measured from; null where there are too few windows."""
    setpoints: dict[str, Habit | None] = Field(default_factory=dict)
    """By column of the set-point; null where there are fewer than twelve weeks."""
    distances: Distances = Field(default_factory=Distances)
    """How far single weeks differ from all training hours."""
    tags: dict[str, str] = Field(default_factory=dict)
    """The historian's names of the tags, by column."""
    energy: dict[str, str] = Field(default_factory=dict)
    """Carrier of each column of energy."""
    columns: list[str] = Field(default_factory=list)
    """All columns of the hourly table."""
