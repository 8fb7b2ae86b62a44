"""The page of metrics: energy performance in the words of ISO 50006 and ASHRAE Guideline 14, and its tables."""

from __future__ import annotations

import pandas as pd

from elc.dataset import LEAST_WEEKS
from elc.evaluate import build_groups
from elc.evaluate.references import BOOSTED
from elc.pages.findings import say_record
from elc.pages.labels import say_label
from elc.pages.language import (
    convert_energy,
    escape,
    find_level_digits,
    format_number,
    format_share,
    get_unit,
    say,
    say_list,
)
from elc.records.metrics import Metrics, Quantile, Reference, Typical

# ASHRAE Guideline 14-2014 for hourly data, and what a plant with good meters should ask for.
CV_LIMIT, NMBE_LIMIT = 0.30, 0.10
# ASSUME: load, weather and feed explain a plant's energy this well where meters and curve are right.
ASKED_CV, ASKED_DAILY_CV, ASKED_NMBE = 0.015, 0.007, 0.003


REFERENCES = {
    "line_on_load": "straight line on load",
    "linear_energy": "linear quantiles of energy",
    "linear_sec": "linear quantiles of specific energy, times load",
    "boosted_energy": "boosted trees (LightGBM) on energy",
    "boosted_sec": "boosted trees (LightGBM) on specific energy, times load",
}


def build_formats(metrics: Metrics) -> dict[str, str]:
    """Build how the page writes the columns of its tables; energies with three significant digits or more."""
    loss, error = (
        min(find_level_digits(convert_energy(found)), 6)
        for found in (metrics.quantiles.best.pinball_gj_per_h, metrics.typical.rmse_gj_per_h)
    )
    return {
        "bias, %": "+.2f",
        "CV(RMSE), %": ".2f",
        f"pinball loss of best, {get_unit().rate}": f".{loss}f",
        "ratio to the curve": ".2f",
        f"RMSE, {get_unit().rate}": f".{max(error - 1, 0)}f",
    }


def build_statement(metrics: Metrics) -> str:
    """Word the figures in a few sentences: what was tested, against which limits, whether best holds, and drift."""
    if _is_short(metrics):
        return " ".join([_write_error(metrics), _write_short(metrics)])
    sentences = [_write_error(metrics), _write_verdict(metrics.typical), _write_best(metrics.quantiles.best)]
    return " ".join([*sentences, *_write_findings(metrics)])


def _is_short(metrics: Metrics) -> bool:
    """Whether the hours are of too few weeks for more than errors; a former release did not count them."""
    return metrics.weeks is not None and metrics.weeks < LEAST_WEEKS


def _write_short(metrics: Metrics) -> str:
    return say(
        "Whether that meets a limit, whether best lies where it should, and whether the plant drifts, cannot be known "
        "yet: it needs {least} weeks of running hours after training, and there are {weeks}.",
        least=LEAST_WEEKS,
        weeks=metrics.weeks,
    )


def _write_findings(metrics: Metrics) -> list[str]:
    return [escape(say_record(finding)) for finding in metrics.findings]


def _write_error(metrics: Metrics) -> str:
    typical = metrics.typical
    places = {
        "count": format_number(metrics.rows, 0),
        "first": metrics.first[:10],
        "last": metrics.last[:10],
        "parameters": metrics.parameters,
        "columns": say_list([say_label(name) for name in metrics.features]),
        "error": _write_share(typical.cv_rmse_frac)
        + _write_interval(typical.cv_rmse_low_frac, typical.cv_rmse_high_frac, 2),
        "gain": _write_gain(metrics),
        "bias": _write_share(typical.nmbe_frac, is_signed=True)
        + _write_interval(typical.nmbe_low_frac, typical.nmbe_high_frac, 2, is_signed=True),
    }
    if typical.cv_rmse_daily_frac is None:
        return say(
            "On {count} later intervals ({first} to {last}; p = {parameters}), with {columns} as the relevant "
            "variables (ISO 50006), typical energy has a CV(RMSE) of {error}, {gain}; the NMBE is {bias}.",
            **places,
        )
    return say(
        "On {count} later intervals ({first} to {last}; p = {parameters}), with {columns} as the relevant variables "
        "(ISO 50006), typical energy has a CV(RMSE) of {error}, {gain}, and of {daily} for daily means; the NMBE is "
        "{bias}.",
        daily=_write_share(typical.cv_rmse_daily_frac),
        **places,
    )


def _write_gain(metrics: Metrics) -> str:
    """Write how much smaller the error is than that of load alone."""
    curve, line = metrics.typical.cv_rmse_frac, metrics.line_on_load.cv_rmse_frac
    other = _write_share(line)
    if curve == line:
        return say("that of a straight line on load alone ({other})", other=other)
    if not line:
        return say("above that of a straight line on load alone ({other})", other=other)
    share = format_share(abs(1 - curve / line), 0)
    if curve < line:
        return say("{share} below that of a straight line on load alone ({other})", share=share, other=other)
    return say("{share} above that of a straight line on load alone ({other})", share=share, other=other)


def _write_verdict(typical: Typical) -> str:
    is_met = typical.cv_rmse_frac <= CV_LIMIT and abs(typical.nmbe_frac) <= NMBE_LIMIT
    figures = (
        ("CV(RMSE)", typical.cv_rmse_frac, ASKED_CV),
        (say("CV(RMSE) of daily means"), typical.cv_rmse_daily_frac or 0.0, ASKED_DAILY_CV),
        ("NMBE", abs(typical.nmbe_frac), ASKED_NMBE),
    )
    missed = [name for name, share, limit in figures if share > limit]
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


def _write_best(best: Quantile) -> str:
    found, wanted = best.coverage_frac, best.wanted_frac
    low, high = best.coverage_low_frac, best.coverage_high_frac
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
        found=format_share(found, 0) + _write_interval(low, high, 0),
        wanted=format_share(wanted, 0),
        verdict=verdict,
    )


def _write_share(frac: float, *, is_signed: bool = False) -> str:
    return format_share(frac, 2, is_signed=is_signed)


def _write_interval(low: float | None, high: float | None, digits: int, *, is_signed: bool = False) -> str:
    """Write an interval in brackets; nothing where there is none."""
    if low is None or high is None:
        return ""
    ends = {
        "low": format_share(low, digits, is_signed=is_signed),
        "high": format_share(high, digits, is_signed=is_signed),
    }
    return " " + say("({low} to {high})", **ends)


def write_references(metrics: Metrics) -> str:
    """Write which reference predicts best most closely, and which were left out."""
    ratios = [entry.pinball_ratio for entry in metrics.references.values() if entry.pinball_ratio is not None]
    absent = [name for name in BOOSTED if name not in metrics.references]
    missing = " Boosted trees were left out: LightGBM is not installed (`pip install elc[dev]`)." if absent else ""
    if not ratios:
        return f"The curve's loss is nought, so no ratio can be given.{missing}"
    closest = min(ratios)
    verdict = (
        f"No reference comes closer to best than the curve; the closest has {closest:.2f} times its loss."
        if closest >= 1
        else f"A reference comes closer to best than the curve: it has {closest:.2f} times its loss."
    )
    return verdict + missing


def write_drift(metrics: Metrics) -> str:
    """Write what is known of drift: the findings, or the figures that gave none."""
    drift = metrics.drift
    if _is_short(metrics):
        return _write_short(metrics)
    if metrics.findings or drift is None:
        return "\n\n".join(_write_findings(metrics))
    interval = _write_interval(drift.offset_low_frac, drift.offset_high_frac, 2, is_signed=True)
    slope = (
        "a slope not known"
        if drift.slope_frac_per_year is None
        else f"{_write_share(drift.slope_frac_per_year, is_signed=True)} a year"
    )
    offset = _write_share(drift.offset_frac, is_signed=True)
    return f"No drift: actual energy is {offset} off typical{interval}, with {slope}."


def write_condition(metrics: Metrics) -> str:
    """Write what the condition of the plant makes of best on the later hours, and what set-points explain."""
    condition = metrics.condition
    if condition is None:
        return say("The condition of the plant is not known: its history is too short, or no later hour is judged.")
    places = {
        "plain": format_share(condition.coverage_frac, 0),
        "told": format_share(condition.coverage_with_frac, 0),
        "named": format_share(condition.named_frac, 0),
        "mean": _write_share(condition.mean_frac, is_signed=True),
    }
    told = (
        say(
            "No condition of the plant is named: beyond {explained} nothing moved for sure. "
            "{plain} of the judged intervals lie below best.",
            **places,
        )
        if condition.named_frac == 0
        else say(
            "A condition of the plant is named in {named} of the judged intervals, {mean} of best on the mean. {plain} "
            "of them lie below best, and {told} once the condition is added to it.",
            **places,
        )
    )
    if condition.setpoints_frac is None:
        return told
    explained = say(
        "Energy is {off} off typical; set-points explain {part} of that.",
        off=_write_share(condition.off_frac, is_signed=True),
        part=_write_share(condition.setpoints_frac, is_signed=True),
    )
    return f"{told} {explained}"


def build_groups_table(metrics: Metrics) -> pd.DataFrame:
    """Build the table of `evaluate.build_groups`, in per cent."""
    table = build_groups(metrics)
    names = {"bias_frac": "bias, %", "cv_rmse_frac": "CV(RMSE), %", "below_best_frac": "below best, %"}
    return table.assign(**{name: 100 * table[name] for name in names}).rename(columns=names)


def build_references_table(metrics: Metrics) -> pd.DataFrame:
    """The curve and every reference on the same hours: loss and coverage of best, error of typical.

    A ratio above 1 says that the curve's best is the closer one.
    """
    best, typical = metrics.quantiles.best, metrics.typical
    curve = Reference(
        pinball_best_gj_per_h=best.pinball_gj_per_h,
        pinball_ratio=1.0,
        coverage_best_frac=best.coverage_frac,
        rmse_gj_per_h=typical.rmse_gj_per_h,
        cv_rmse_frac=typical.cv_rmse_frac,
    )
    models = [("the curve", curve), *((REFERENCES[name], model) for name, model in metrics.references.items())]
    rows = [
        {
            "model": label,
            f"pinball loss of best, {get_unit().rate}": model.pinball_best_gj_per_h / get_unit().gj,
            "ratio to the curve": model.pinball_ratio,
            "below best, %": 100 * model.coverage_best_frac,
            f"RMSE, {get_unit().rate}": model.rmse_gj_per_h / get_unit().gj,
            "CV(RMSE), %": 100 * model.cv_rmse_frac,
        }
        for label, model in models
    ]
    return pd.DataFrame(rows)
