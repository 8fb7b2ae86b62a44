"""The metrics in sentences: energy performance in the words of ISO 50006 and ASHRAE Guideline 14."""

from __future__ import annotations

from typing import Any

from elc.evaluate.references import BOOSTED
from elc.fields import read_label

# ASHRAE Guideline 14-2014 for hourly data, and what a plant with good meters should ask for.
CV_LIMIT, NMBE_LIMIT = 0.30, 0.10
# ASSUME: load, weather and feed explain a plant's energy this well where meters and curve are right.
ASKED = {
    "cv_rmse_frac": ("CV(RMSE)", 0.015),
    "cv_rmse_daily_frac": ("CV(RMSE) of daily means", 0.007),
    "nmbe_frac": ("NMBE", 0.003),
}


def build_statement(metrics: dict[str, Any]) -> str:
    """Word the figures in a few sentences: what was tested, against which limits, whether best holds, and drift."""
    sentences = [_write_error(metrics), _write_verdict(metrics["typical"]), _write_best(metrics["quantiles"]["best"])]
    return " ".join([*sentences, *metrics["findings"]])


def _write_error(metrics: dict[str, Any]) -> str:
    typical = metrics["typical"]
    daily = f", and of {typical['cv_rmse_daily_frac']:.2%} for daily means" if "cv_rmse_daily_frac" in typical else ""
    return (
        f"On {metrics['rows']} later intervals ({metrics['first'][:10]} to {metrics['last'][:10]}; "
        f"p = {metrics['parameters']}), with {_join([read_label(name) for name in metrics['features']])} as the "
        f"relevant variables (ISO 50006), typical energy has a CV(RMSE) of {typical['cv_rmse_frac']:.2%}"
        f"{_write_interval(typical, 'cv_rmse', '.2%')}, {_write_gain(metrics)}{daily}; "
        f"the NMBE is {typical['nmbe_frac']:+z.2%}{_write_interval(typical, 'nmbe', '+z.2%')}."
    )


def _write_gain(metrics: dict[str, Any]) -> str:
    """Write how much smaller the error is than that of load alone."""
    curve, line = metrics["typical"]["cv_rmse_frac"], metrics["line_on_load"]["cv_rmse_frac"]
    if curve == line:
        return f"that of a straight line on load alone ({line:.2%})"
    share = f"{abs(1 - curve / line):.0%} " if line else ""
    return f"{share}{'below' if curve < line else 'above'} that of a straight line on load alone ({line:.2%})"


def _write_verdict(typical: dict[str, float]) -> str:
    is_met = typical["cv_rmse_frac"] <= CV_LIMIT and abs(typical["nmbe_frac"]) <= NMBE_LIMIT
    missed = [word for key, (word, limit) in ASKED.items() if abs(typical.get(key, 0.0)) > limit]
    asked = "the tighter 1.5 %, 0.7 % for daily means and 0.3 %"
    verdict = f"of {asked} it misses {_join(missed)}" if missed else f"it meets {asked} as well"
    return (
        f"This {'meets' if is_met else 'does not meet'} the limits of ASHRAE Guideline 14 for hourly data (30 % and "
        f"10 %), which are wide; {verdict}."
    )


def _write_best(best: dict[str, float]) -> str:
    found, wanted = best["coverage_frac"], best["wanted_frac"]
    low, high = best.get("coverage_low_frac"), best.get("coverage_high_frac")
    if low is None or high is None:
        verdict = "there are too few days to say how sure that is"
    elif low <= wanted <= high:
        verdict = "the difference is within chance"
    else:
        verdict = f"best lies too {'low' if found < wanted else 'high'} for these hours, beyond chance"
    interval = _write_interval(best, "coverage", ".0%")
    return f"{found:.0%}{interval} of the intervals lie below best, where {wanted:.0%} are meant to: {verdict}."


def _write_interval(entry: dict[str, float], name: str, spec: str) -> str:
    """Write an interval in brackets; nothing where there is none."""
    low, high = entry.get(f"{name}_low_frac"), entry.get(f"{name}_high_frac")
    return "" if low is None or high is None else f" ({low:{spec}} to {high:{spec}})"


def _join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


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
        return "\n\n".join(metrics["findings"])
    drift = metrics["drift"]
    slope = f"{drift['slope_frac_per_year']:+z.2%} a year" if "slope_frac_per_year" in drift else "a slope not known"
    return (
        f"No drift: actual energy is {drift['offset_frac']:+z.2%} off typical"
        f"{_write_interval(drift, 'offset', '+z.2%')}, with {slope}."
    )
