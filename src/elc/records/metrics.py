"""What evaluation found of a curve on later hours: `reports/metrics/<plant>.json`.

Energies are in GJ/h, shares are fractions. A figure that cannot be had from these hours is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from elc.records.record import Kept, parse_record, write_record


class Errors(Kept):
    """How far a prediction is off; an error is predicted less actual."""

    rmse_gj_per_h: float
    """Root of the mean square error."""
    cv_rmse_frac: float
    """The same as a share of mean energy."""
    bias_gj_per_h: float
    """Mean error."""
    nmbe_frac: float
    """Sum of the errors over (n - p) times mean energy."""
    mae_gj_per_h: float
    """Mean absolute error."""
    r2: float | None = None
    """Coefficient of determination."""


class Typical(Errors):
    """Errors of typical, with the ends of their intervals."""

    cv_rmse_low_frac: float | None = None
    """Lower end of `cv_rmse_frac`."""
    cv_rmse_high_frac: float | None = None
    """Upper end of `cv_rmse_frac`."""
    nmbe_low_frac: float | None = None
    """Lower end of `nmbe_frac`."""
    nmbe_high_frac: float | None = None
    """Upper end of `nmbe_frac`."""
    cv_rmse_daily_frac: float | None = None
    """`cv_rmse_frac` of the means of days."""


class Quantile(Kept):
    """Loss and coverage of a quantile."""

    pinball_gj_per_h: float
    """Mean pinball loss."""
    pinball_low_gj_per_h: float | None = None
    """Its lower end."""
    pinball_high_gj_per_h: float | None = None
    """Its upper end."""
    coverage_frac: float
    """Share of the hours below the quantile."""
    coverage_low_frac: float | None = None
    """Its lower end."""
    coverage_high_frac: float | None = None
    """Its upper end."""
    wanted_frac: float
    """Share that should be below."""


class Quantiles(Kept):
    """The three quantiles of a curve."""

    best: Quantile
    """The 10 % quantile."""
    typical: Quantile
    """The median."""
    high: Quantile
    """The 90 % quantile."""


class _Head(Kept):
    intervals: int
    """Number of intervals."""
    bias_frac: float
    """Mean error of typical as a share of mean energy."""
    cv_rmse_frac: float
    """Root of the mean square error of typical as a share of mean energy."""


class Group(Quantiles, _Head):
    """The hours of a month."""


class Band(Group):
    """The hours of a band of load."""

    load_low: float
    """Lower edge of the band, in the unit of the throughput."""
    load_high: float
    """Upper edge of the band, in the unit of the throughput."""


class Reference(Kept):
    """A simpler model on the same hours."""

    pinball_best_gj_per_h: float
    """Mean pinball loss of its best."""
    pinball_ratio: float | None = None
    """That over the curve's: above 1 the curve is better."""
    coverage_best_frac: float
    """Share of the hours below its best."""
    rmse_gj_per_h: float
    """Root of the mean square error of its typical."""
    cv_rmse_frac: float
    """The same as a share of mean energy."""


class Drift(Kept):
    """How far actual energy has moved off typical, as a share of it."""

    offset_frac: float
    """Mean of the hours."""
    offset_low_frac: float | None = None
    """Its lower end."""
    offset_high_frac: float | None = None
    """Its upper end."""
    slope_frac_per_year: float | None = None
    """How it moves in a year."""
    slope_low_frac_per_year: float | None = None
    """Its lower end."""
    slope_high_frac_per_year: float | None = None
    """Its upper end."""


class Condition(Kept):
    """What the condition of the plant, where it is named, makes of best; all of it over the hours that are judged."""

    named_frac: float
    """Share of the hours in which a condition is named."""
    mean_frac: float
    """Its mean as a share of best, 0 where none is named."""
    coverage_frac: float
    """Share of the hours below best."""
    coverage_with_frac: float
    """The same where a named condition is added to best."""
    off_frac: float
    """Mean of actual energy over typical, less 1."""
    setpoints_frac: float | None = None
    """The part of it that set-points explain, as the response says."""


class Metrics(Kept):
    """The metrics of a curve; those of a registered version are read for years."""

    is_ascii: ClassVar[bool] = True

    plant: str
    """The plant's id."""
    rows: int
    """Intervals that were scored."""
    unscored_rows: int = 0
    """Intervals that could not be scored."""
    weeks: int | None = None
    """Weeks with scored intervals; with fewer than twelve there are no intervals, no slope and no load bands."""
    first: str = ""
    """Start of the first of them (ISO 8601 in UTC)."""
    last: str = ""
    """Start of the last of them (ISO 8601 in UTC)."""
    features: list[str] = Field(default_factory=list)
    """Columns of the curve."""
    parameters: int = 0
    """Parameters of the curve, as p of NMBE."""
    typical: Typical
    """Errors of typical."""
    line_on_load: Errors
    """Errors of a straight line on load."""
    quantiles: Quantiles
    """Loss and coverage of the three quantiles."""
    load_bands: dict[str, Band] = Field(default_factory=dict)
    """By load, each with about as many hours: `band_1` is the lowest."""
    months: dict[str, Group] = Field(default_factory=dict)
    """By month of the site: `YYYY-MM`."""
    references: dict[str, Reference] = Field(default_factory=dict)
    """By the name of a simpler model."""
    drift: Drift | None = None
    """How far the plant has moved off typical."""
    condition: Condition | None = None
    """What its condition makes of best."""
    findings: list[dict[str, Any] | str] = Field(default_factory=list)
    """What must be looked at, as `findings.build_record` builds it; a former release wrote sentences."""


def parse_metrics(text: str, plant: str) -> Metrics:
    """Read the metrics of a plant from the text of their file, which may be one of a commit.

    Raises:
        RecordError: it holds none.
    """
    return parse_record(text, Metrics, name=f"reports/metrics/{plant}.json", cure=f"Run dvc repro evaluate@{plant}.")


def write_metrics(path: Path, metrics: Metrics) -> None:
    """Write the metrics, whole or not at all."""
    write_record(path, metrics)
