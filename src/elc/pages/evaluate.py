"""The page of metrics: energy performance in the words of ISO 50006 and ASHRAE Guideline 14, and its tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from elc.evaluate import build_groups
from elc.evaluate.references import BOOSTED
from elc.pages.findings import say_record
from elc.pages.labels import say_label
from elc.pages.language import escape, format_share, say, say_list

# ASHRAE Guideline 14-2014 for hourly data, and what a plant with good meters should ask for.
CV_LIMIT, NMBE_LIMIT = 0.30, 0.10
# ASSUME: load, weather and feed explain a plant's energy this well where meters and curve are right.
ASKED = {"cv_rmse_frac": 0.015, "cv_rmse_daily_frac": 0.007, "nmbe_frac": 0.003}


REFERENCES = {
    "line_on_load": "straight line on load",
    "linear_energy": "linear quantiles of energy",
    "linear_sec": "linear quantiles of specific energy, times load",
    "boosted_energy": "boosted trees (LightGBM) on energy",
    "boosted_sec": "boosted trees (LightGBM) on specific energy, times load",
}

# How the page writes the columns of its tables.
FORMATS = {
    "bias, %": "+.2f",
    "CV(RMSE), %": ".2f",
    "pinball loss of best, GJ/h": ".3f",
    "ratio to the curve": ".2f",
    "RMSE, GJ/h": ".2f",
}


def build_statement(metrics: dict[str, Any]) -> str:
    """Word the figures in a few sentences: what was tested, against which limits, whether best holds, and drift."""
    sentences = [_write_error(metrics), _write_verdict(metrics["typical"]), _write_best(metrics["quantiles"]["best"])]
    return " ".join([*sentences, *_write_findings(metrics)])


def _write_findings(metrics: dict[str, Any]) -> list[str]:
    return [escape(say_record(finding)) for finding in metrics["findings"]]


def _write_error(metrics: dict[str, Any]) -> str:
    typical = metrics["typical"]
    places = {
        "count": metrics["rows"],
        "first": metrics["first"][:10],
        "last": metrics["last"][:10],
        "parameters": metrics["parameters"],
        "columns": say_list([say_label(name) for name in metrics["features"]]),
        "error": _write_share(typical["cv_rmse_frac"]) + _write_interval(typical, "cv_rmse", 2),
        "gain": _write_gain(metrics),
        "bias": _write_share(typical["nmbe_frac"], is_signed=True)
        + _write_interval(typical, "nmbe", 2, is_signed=True),
    }
    if "cv_rmse_daily_frac" not in typical:
        return say(
            "On {count} later intervals ({first} to {last}; p = {parameters}), with {columns} as the relevant "
            "variables (ISO 50006), typical energy has a CV(RMSE) of {error}, {gain}; the NMBE is {bias}.",
            **places,
        )
    return say(
        "On {count} later intervals ({first} to {last}; p = {parameters}), with {columns} as the relevant variables "
        "(ISO 50006), typical energy has a CV(RMSE) of {error}, {gain}, and of {daily} for daily means; the NMBE is "
        "{bias}.",
        daily=_write_share(typical["cv_rmse_daily_frac"]),
        **places,
    )


def _write_gain(metrics: dict[str, Any]) -> str:
    """Write how much smaller the error is than that of load alone."""
    curve, line = metrics["typical"]["cv_rmse_frac"], metrics["line_on_load"]["cv_rmse_frac"]
    other = _write_share(line)
    if curve == line:
        return say("that of a straight line on load alone ({other})", other=other)
    if not line:
        return say("above that of a straight line on load alone ({other})", other=other)
    share = format_share(abs(1 - curve / line), 0)
    if curve < line:
        return say("{share} below that of a straight line on load alone ({other})", share=share, other=other)
    return say("{share} above that of a straight line on load alone ({other})", share=share, other=other)


def _write_verdict(typical: dict[str, float]) -> str:
    is_met = typical["cv_rmse_frac"] <= CV_LIMIT and abs(typical["nmbe_frac"]) <= NMBE_LIMIT
    words = {"cv_rmse_frac": "CV(RMSE)", "cv_rmse_daily_frac": say("CV(RMSE) of daily means"), "nmbe_frac": "NMBE"}
    missed = [words[key] for key, limit in ASKED.items() if abs(typical.get(key, 0.0)) > limit]
    if missed:
        verdict = say(
            "of the tighter 1.5 %, 0.7 % for daily means and 0.3 % it misses {figures}", figures=say_list(missed)
        )
    else:
        verdict = say("it meets the tighter 1.5 %, 0.7 % for daily means and 0.3 % as well")
    if is_met:
        return say(
            "This meets the limits of ASHRAE Guideline 14 for hourly data (30 % and 10 %), which are wide; {verdict}.",
            verdict=verdict,
        )
    return say(
        "This does not meet the limits of ASHRAE Guideline 14 for hourly data (30 % and 10 %), which are wide; "
        "{verdict}.",
        verdict=verdict,
    )


def _write_best(best: dict[str, float]) -> str:
    found, wanted = best["coverage_frac"], best["wanted_frac"]
    low, high = best.get("coverage_low_frac"), best.get("coverage_high_frac")
    if low is None or high is None:
        verdict = say("there are too few days to say how sure that is")
    elif low <= wanted <= high:
        verdict = say("the difference is within chance")
    elif found < wanted:
        verdict = say("best lies too low for these hours, beyond chance")
    else:
        verdict = say("best lies too high for these hours, beyond chance")
    return say(
        "{found} of the intervals lie below best, where {wanted} are meant to: {verdict}.",
        found=format_share(found, 0) + _write_interval(best, "coverage", 0),
        wanted=format_share(wanted, 0),
        verdict=verdict,
    )


def _write_share(frac: float, *, is_signed: bool = False) -> str:
    return format_share(frac, 2, is_signed=is_signed)


def _write_interval(entry: dict[str, float], name: str, digits: int, *, is_signed: bool = False) -> str:
    """Write an interval in brackets; nothing where there is none."""
    low, high = entry.get(f"{name}_low_frac"), entry.get(f"{name}_high_frac")
    if low is None or high is None:
        return ""
    ends = {
        "low": format_share(low, digits, is_signed=is_signed),
        "high": format_share(high, digits, is_signed=is_signed),
    }
    return " " + say("({low} to {high})", **ends)


def write_references(metrics: dict[str, Any]) -> str:
    """Write which reference predicts best most closely, and which were left out."""
    entries = {name: entry for name, entry in metrics["references"].items() if "pinball_ratio" in entry}
    absent = [name for name in BOOSTED if name not in metrics["references"]]
    missing = " Boosted trees were left out: LightGBM is not installed (`pip install elc[dev]`)." if absent else ""
    if not entries:
        return f"The curve's loss is nought, so no ratio can be given.{missing}"
    closest = min(entries.values(), key=lambda entry: float(entry["pinball_ratio"]))["pinball_ratio"]
    verdict = (
        f"No reference comes closer to best than the curve; the closest has {closest:.2f} times its loss."
        if closest >= 1
        else f"A reference comes closer to best than the curve: it has {closest:.2f} times its loss."
    )
    return verdict + missing


def write_drift(metrics: dict[str, Any]) -> str:
    """Write what is known of drift: the findings, or the figures that gave none."""
    if metrics["findings"]:
        return "\n\n".join(_write_findings(metrics))
    drift = metrics["drift"]
    slope = (
        f"{_write_share(drift['slope_frac_per_year'], is_signed=True)} a year"
        if "slope_frac_per_year" in drift
        else "a slope not known"
    )
    return (
        f"No drift: actual energy is {_write_share(drift['offset_frac'], is_signed=True)} off typical"
        f"{_write_interval(drift, 'offset', 2, is_signed=True)}, with {slope}."
    )


def build_groups_table(metrics: dict[str, Any]) -> pd.DataFrame:
    """Build the table of `evaluate.build_groups`, in per cent."""
    table = build_groups(metrics)
    names = {"bias_frac": "bias, %", "cv_rmse_frac": "CV(RMSE), %", "below_best_frac": "below best, %"}
    return table.assign(**{name: 100 * table[name] for name in names}).rename(columns=names)


def build_references_table(metrics: dict[str, Any]) -> pd.DataFrame:
    """The curve and every reference on the same hours: loss and coverage of best, error of typical.

    A ratio above 1 says that the curve's best is the closer one.
    """
    best, typical = metrics["quantiles"]["best"], metrics["typical"]
    curve = {"pinball_best_gj_per_h": best["pinball_gj_per_h"], "coverage_best_frac": best["coverage_frac"]}
    entries = [("the curve", {**curve, "pinball_ratio": 1.0, **typical})]
    entries += [(REFERENCES[name], entry) for name, entry in metrics["references"].items()]
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
