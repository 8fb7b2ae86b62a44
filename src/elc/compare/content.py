"""A comparison as one mapping, its verdict, and the file that holds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from elc.compare.attribution import explain_pair
from elc.compare.facts import build_facts, find_changes
from elc.compare.hours import Hours
from elc.compare.measure import measure_pair
from elc.compare.pair import Pair
from elc.errors import ElcError
from elc.evaluate import tidy
from elc.fields import TIME
from elc.files import replace_file
from elc.settings import StageSettings

FILE = "comparison.json"
# With fewer, the smallest p that a two-sided test can give, 2 / 2^blocks, is above 0.05.
MIN_BLOCKS = 6


def build_comparison(pair: Pair, hours: Hours, settings: StageSettings) -> dict[str, Any]:
    """Build the comparison of a pair on the hours that both have scored, six significant digits.

    `verdict` is better, worse or chance (the left beside the right), few (too few hours to say), none (no hour at all)
    or alone (nothing is in use). What cannot be had from these hours is left out.
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
    tidied: dict[str, Any] = tidy(content)
    return tidied


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


def write_comparison(folder: Path, comparison: dict[str, Any]) -> None:
    """Write comparison.json, whole or not at all."""
    with replace_file(folder / FILE) as temporary:
        text = json.dumps(comparison, indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_comparison(folder: Path) -> dict[str, Any]:
    """Read what `write_comparison` wrote.

    Raises:
        ElcError: it is missing, or is not a comparison.
    """
    path = folder / FILE
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        content["verdict"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ElcError(f"{path}: no comparison can be read. Run elc compare {folder.name}.") from None
    return content
