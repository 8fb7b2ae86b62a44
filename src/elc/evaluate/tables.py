"""The metrics as tables: calibration, load bands, months, and daily residuals."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from elc.fields import ENERGY, TIME, TYPICAL
from elc.records.metrics import Band, Group, Metrics, Quantiles
from elc.settings import StageSettings


def build_calibration(metrics: Metrics) -> pd.DataFrame:
    """Coverage of best, typical and high over all hours and by load band, with what was wanted (fractions).

    Columns: quantile, band, wanted_frac, coverage_frac, low_frac, high_frac; the band is `all` or a range of load.
    """
    groups: dict[str, Quantiles] = {"all": metrics.quantiles}
    groups |= {_write_load(band): band for band in metrics.load_bands.values()}
    rows = [
        {
            "quantile": name,
            "band": band,
            "wanted_frac": quantile.wanted_frac,
            "coverage_frac": quantile.coverage_frac,
            "low_frac": quantile.coverage_low_frac,
            "high_frac": quantile.coverage_high_frac,
        }
        for name in ("best", "typical", "high")
        for band, group in groups.items()
        for quantile in [getattr(group, name)]
    ]
    return pd.DataFrame(rows).astype({"low_frac": float, "high_frac": float})


def build_bands(metrics: Metrics) -> pd.DataFrame:
    """Error of typical and coverage of best by load band, from the lowest load up (fractions)."""
    return _build_groups("load", {_write_load(band): band for band in metrics.load_bands.values()})


def build_groups(metrics: Metrics) -> pd.DataFrame:
    """Error of typical and coverage of best by load band and by month of the site (fractions)."""
    groups: dict[str, Group] = {f"load {_write_load(band)}": band for band in metrics.load_bands.values()}
    return _build_groups("hours", groups | metrics.months)


def _build_groups(word: str, groups: Mapping[str, Group]) -> pd.DataFrame:
    rows = [
        {
            word: name,
            "intervals": group.intervals,
            "bias_frac": group.bias_frac,
            "cv_rmse_frac": group.cv_rmse_frac,
            "below_best_frac": group.best.coverage_frac,
        }
        for name, group in groups.items()
    ]
    return pd.DataFrame(rows, columns=[word, "intervals", "bias_frac", "cv_rmse_frac", "below_best_frac"])


def _write_load(band: Band) -> str:
    return f"{band.load_low:.1f} to {band.load_high:.1f}"


def build_residuals(scored: pd.DataFrame, settings: StageSettings) -> pd.DataFrame:
    """Daily means of the site: date, residual_frac (actual over typical, less 1) and its running sum cusum_gj."""
    width_h = settings.plant.interval_h
    table = pd.DataFrame(
        {
            "date": scored[TIME].dt.tz_convert(settings.plant.time_zone).dt.strftime("%Y-%m-%d"),
            "residual_frac": scored[ENERGY] / scored[TYPICAL] - 1,
            "cusum_gj": (scored[ENERGY] - scored[TYPICAL]) * width_h,
        }
    )
    daily = table.groupby("date", as_index=False).agg({"residual_frac": "mean", "cusum_gj": "sum"})
    return daily.assign(cusum_gj=daily["cusum_gj"].cumsum())
