"""The metrics as tables: calibration, load bands, months, references, and daily residuals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from elc.evaluate.references import LABELS
from elc.fields import ENERGY, TIME, TYPICAL
from elc.settings import StageSettings

# How the page writes the columns of these tables.
FORMATS = {
    "bias, %": "+.2f",
    "CV(RMSE), %": ".2f",
    "pinball loss of best, GJ/h": ".3f",
    "ratio to the curve": ".2f",
    "RMSE, GJ/h": ".2f",
}


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
    """Error of typical and coverage of best by load band and by month of the site, for the page."""
    groups = {f"load {_write_load(entry)}": entry for entry in metrics["load_bands"].values()}
    table = _build_groups("hours", groups | metrics["months"])
    names = {"bias_frac": "bias, %", "cv_rmse_frac": "CV(RMSE), %", "below_best_frac": "below best, %"}
    return table.assign(**{name: 100 * table[name] for name in names}).rename(columns=names)


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


def build_references(metrics: dict[str, Any]) -> pd.DataFrame:
    """The curve and every reference on the same hours, for the page: loss and coverage of best, error of typical.

    A ratio above 1 says that the curve's best is the closer one.
    """
    best, typical = metrics["quantiles"]["best"], metrics["typical"]
    curve = {"pinball_best_gj_per_h": best["pinball_gj_per_h"], "coverage_best_frac": best["coverage_frac"]}
    entries = [("the curve", {**curve, "pinball_ratio": 1.0, **typical})]
    entries += [(LABELS[name], entry) for name, entry in metrics["references"].items()]
    rows = [
        {
            "model": label,
            "pinball loss of best, GJ/h": entry["pinball_best_gj_per_h"],
            "ratio to the curve": entry.get("pinball_ratio"),
            "below best, %": 100 * entry["coverage_best_frac"],
            "RMSE, GJ/h": entry["rmse_gj_per_h"],
            "CV(RMSE), %": 100 * entry["cv_rmse_frac"],
        }
        for label, entry in entries
    ]
    return pd.DataFrame(rows)


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
