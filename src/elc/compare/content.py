"""A comparison as one record, and its verdict."""

from __future__ import annotations

from typing import Any

from elc.compare.attribution import explain_pair
from elc.compare.facts import build_facts, find_changes
from elc.compare.hours import Hours
from elc.compare.measure import measure_pair
from elc.compare.pair import Pair
from elc.evaluate import tidy
from elc.fields import TIME
from elc.records.comparison import Comparison
from elc.settings import StageSettings

# With fewer, the smallest p that a two-sided test can give, 2 / 2^blocks, is above 0.05.
MIN_BLOCKS = 6


def build_comparison(pair: Pair, hours: Hours, settings: StageSettings) -> Comparison:
    """Build the comparison of a pair on the hours that both have scored, six significant digits.

    What cannot be had from these hours is left out.
    """
    content: dict[str, Any] = {
        "plant": settings.plant_id,
        "verdict": "",
        "throughput": pair.left.package.throughput,
        "hours": _build_hours(hours, settings),
        "limits": {
            "min_hours": settings.compare.min_hours,
            "min_blocks": MIN_BLOCKS,
            "block_days": settings.evaluate.block_days,
            "max_p": settings.compare.max_p,
        },
        "sides": build_facts(pair),
        "changes": find_changes(pair),
    }
    if hours.count:
        content |= measure_pair(pair, hours, settings) | {"attribution": explain_pair(pair, hours)}
    content["verdict"] = _find_verdict(content)
    return Comparison.model_validate(tidy(content))


def _build_hours(hours: Hours, settings: StageSettings) -> dict[str, Any]:
    width_h = settings.plant.interval_h
    found = {
        "intervals": hours.count,
        "width_h": width_h,
        "after": hours.after.isoformat(),
        "later": hours.later,
        "left_out": hours.left_out,
    }
    if hours.count:
        times = hours.sides["left"][TIME]
        found |= {"first": times.iloc[0].isoformat(), "last": times.iloc[-1].isoformat()}
    return found


def _find_verdict(content: dict[str, Any]) -> str:
    hours, limits = content["hours"], content["limits"]
    if "right" not in content["sides"]:
        return "alone"
    if not hours["intervals"]:
        return "none"
    test = content["test"]
    if hours["intervals"] * hours["width_h"] < limits["min_hours"] or content["blocks"] < MIN_BLOCKS:
        return "few"
    if test["p"] > limits["max_p"]:
        return "chance"
    return "better" if test["difference_gj_per_h"] < 0 else "worse"
