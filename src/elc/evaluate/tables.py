"""The metrics as tables: calibration, load bands, months, and daily residuals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from elc.fields import ENERGY, TIME, TYPICAL
from elc.settings import StageSettings


def build_calibration(metrics: dict[str, Any]) -> pd.DataFrame:
    """Coverage of best, typical and high over all hours and by load band, with what was wanted (fractions).

    Columns: quantile, band, wanted_frac, coverage_frac, low_frac, high_frac; the band is `all` or a range of load.
    """
    groups = {"all": metrics["quantiles"]}
    groups |= {_write_load(entry): entry for entry in metrics["load_bands"].values()}
    rows = [
        {
            "quantile": name,
            "band": band,
            "wanted_frac": entry[name]["wanted_frac"],
            "coverage_frac": entry[name]["coverage_frac"],
            "low_frac": entry[name].get("coverage_low_frac"),
            "high_frac": entry[name].get("coverage_high_frac"),
        }
        for name in ("best", "typical", "high")
        for band, entry in groups.items()
    ]
    return pd.DataFrame(rows).astype({"low_frac": float, "high_frac": float})


def build_bands(metrics: dict[str, Any]) -> pd.DataFrame:
    """Error of typical and coverage of best by load band, from the lowest load up (fractions)."""
    return _build_groups("load", {_write_load(entry): entry for entry in metrics["load_bands"].values()})


def build_groups(metrics: dict[str, Any]) -> pd.DataFrame:
    """Error of typical and coverage of best by load band and by month of the site (fractions)."""
    groups = {f"load {_write_load(entry)}": entry for entry in metrics["load_bands"].values()}
    return _build_groups("hours", groups | metrics["months"])


def _build_groups(word: str, groups: dict[str, Any]) -> pd.DataFrame:
    rows = [
        {
            word: name,
            "intervals": entry["intervals"],
            "bias_frac": entry["bias_frac"],
            "cv_rmse_frac": entry["cv_rmse_frac"],
            "below_best_frac": entry["best"]["coverage_frac"],
        }
        for name, entry in groups.items()
    ]
    return pd.DataFrame(rows)


def _write_load(entry: dict[str, Any]) -> str:
    return f"{entry['load_low']:.1f} to {entry['load_high']:.1f}"


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
