"""A comparison in sentences: the answer, the test, and which columns one package alone has."""

from __future__ import annotations

import re
from typing import Any

from elc.compare.pair import CANDIDATE
from elc.fields import read_label

_VERDICTS = {
    "better": "{left} is better than {right}",
    "worse": "{left} is worse than {right}",
    "chance": "{left} and {right} differ within chance",
    "few": "Too few later hours for a verdict on {left} and {right}",
}


def build_answer(comparison: dict[str, Any]) -> str:
    """Word the comparison in one sentence: which is better, by how much, how sure, and on which hours."""
    verdict, sides = comparison["verdict"], comparison["sides"]
    names = {name: _write_side(side) for name, side in sides.items()}
    if verdict == "alone":
        return _build_alone(comparison, names["left"])
    if verdict == "none":
        what = f"{names['left']} and {names['right']} cannot be compared: {_write_no_hours(comparison['hours'])}."
        return _capitalise(what)
    test = comparison["test"]
    start = _VERDICTS[verdict].format(**names)
    sentence = (
        f"{start}: the pinball loss of best differs by {test['difference_gj_per_h']:+z.3f} GJ/h"
        f"{_write_sureness(test)} on {_write_hours(comparison)}"
    )
    if verdict == "few":
        limits = comparison["limits"]
        weeks = _write_blocks(limits["min_blocks"], limits)
        sentence += f", and {limits['min_hours']} hours in {limits['min_blocks']} {weeks} are asked for"
    return f"{_capitalise(sentence)}."


def write_answer(comparison: dict[str, Any]) -> str:
    """Write the answer as the page shows it."""
    return f"::: {{.answer}}\n{build_answer(comparison)}\n:::"


def _capitalise(sentence: str) -> str:
    """Start a sentence with a capital; a version keeps its small v."""
    return sentence if re.match(r"v[0-9]", sentence) else sentence[0].upper() + sentence[1:]


def _build_alone(comparison: dict[str, Any], name: str) -> str:
    start = f"There is nothing to compare {name} with: no version is in use"
    if not comparison["hours"]["intervals"]:
        return f"{start}, and {_write_no_hours(comparison['hours'])}."
    loss = comparison["metrics"]["left"]["pinball_best_gj_per_h"]
    return f"{start}; its own pinball loss of best is {loss:.3f} GJ/h on {_write_hours(comparison)}."


def _write_side(side: dict[str, Any]) -> str:
    return f"the {CANDIDATE}" if side["label"] == CANDIDATE else str(side["label"])


def _write_hours(comparison: dict[str, Any]) -> str:
    hours = comparison["hours"]
    return (
        f"{hours['intervals']:,} {_write_intervals(hours)} from {hours['first'][:10]} to {hours['last'][:10]} "
        f"in {comparison['blocks']} {_write_blocks(comparison['blocks'], comparison['limits'])}"
    )


def _write_intervals(hours: dict[str, Any]) -> str:
    return "steady hours" if hours["width_h"] == 1 else f"steady intervals of {hours['width_h']:g} h"


def _write_blocks(count: int, limits: dict[str, Any]) -> str:
    plural = "" if count == 1 else "s"
    return f"week{plural}" if limits["block_days"] == 7 else f"block{plural} of {limits['block_days']:g} days"


def _write_sureness(test: dict[str, Any]) -> str:
    """Write the interval and p in brackets; nothing where there is one block."""
    low, high = test.get("difference_low_gj_per_h"), test.get("difference_high_gj_per_h")
    if low is None or high is None:
        return ""
    return f" ({low:+z.3f} to {high:+z.3f}; p = {_write_p(test['p'])})"


def _write_p(p: float) -> str:
    return f"{p:.2g}" if p >= 0.0001 else "0.0001 or less"


def _write_no_hours(hours: dict[str, Any]) -> str:
    if not hours["later"]:
        return f"there is no hour after {hours['after'][:16]}, the last that was learnt from"
    return f"of {hours['later']:,} hours after {hours['after'][:16]} none can be judged ({write_left_out(hours)})"


def write_left_out(hours: dict[str, Any]) -> str:
    """Write which later hours are not compared, and why."""
    listed = [f"{count:,} {reason}" for reason, count in hours["left_out"].items()]
    return ", ".join(listed) if listed else "none"


def write_test(comparison: dict[str, Any]) -> str:
    """Write how the difference was tested, and which hours were left out."""
    hours, left_out = comparison["hours"], ""
    if hours["intervals"]:
        left_out = (
            f"Of {hours['later']:,} later hours {hours['intervals']:,} are compared; left out: {write_left_out(hours)}."
        )
    if "test" not in comparison:
        return f"Nothing was tested. {left_out}".strip()
    blocks, limits = comparison["blocks"], comparison["limits"]
    unit = _write_blocks(blocks, limits)
    if "p" not in comparison["test"]:
        return f"All hours lie in one block of {limits['block_days']:g} days, so chance cannot be told. {left_out}"
    how = "in every way" if comparison["test"]["is_exact"] else "at random"
    left = comparison["sides"]["left"]["label"]
    return (
        f"Paired test: the signs of whole {unit} of the difference are flipped {how}; of these, a share of "
        f"p = {_write_p(comparison['test']['p'])} differ as much as what was found ({blocks} {unit}). Above "
        f"{limits['max_p']:g} the difference is called chance; below 0 GJ/h {left} is the better. {left_out}"
    )


def write_columns(comparison: dict[str, Any]) -> str:
    """Write which columns one package alone has, and how many hours the shares were taken from."""
    sides = comparison["sides"]
    known = {name: [*side["features"], *side["setpoints"]] for name, side in sides.items()}
    sentences = []
    if "attribution" in comparison:
        count = comparison["attribution"]["intervals"]
        sentences.append(
            f"Shares are Shapley values on {count:,} of the hours, evenly spread, from the medians of all of them."
        )
    if len(sides) == 2:
        for name, other in (("left", "right"), ("right", "left")):
            own = [read_label(column) for column in known[name] if column not in known[other]]
            if own:
                sentences.append(f"Only {sides[name]['label']} has {', '.join(own)}.")
        if set(known["left"]) == set(known["right"]):
            sentences.append("Both have the same columns.")
    return " ".join(sentences)
