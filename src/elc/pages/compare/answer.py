"""A comparison in sentences: the answer, the test, and which columns one package alone has."""

from __future__ import annotations

import re
from typing import Any

from elc.compare.pair import CANDIDATE
from elc.pages.labels import say_label
from elc.pages.language import format_number, format_plain, say, say_version


def build_answer(comparison: dict[str, Any]) -> str:
    """Word the comparison in one sentence: which is better, by how much, how sure, and on which hours."""
    verdict, sides = comparison["verdict"], comparison["sides"]
    names = {name: _write_side(side) for name, side in sides.items()}
    if verdict == "alone":
        return _build_alone(comparison, names["left"])
    if verdict == "none":
        reason = _write_no_hours(comparison["hours"])
        return _capitalise(say("{left} and {right} cannot be compared: {reason}.", reason=reason, **names))
    test = comparison["test"]
    places = {
        "verdict": _write_verdict(verdict, names),
        "size": format_number(test["difference_gj_per_h"], 3, is_signed=True),
        "sure": _write_sureness(test),
        "hours": _write_hours(comparison),
    }
    if verdict != "few":
        said = say("{verdict}: the pinball loss of best differs by {size} GJ/h{sure} on {hours}.", **places)
        return _capitalise(said)
    limits = comparison["limits"]
    blocks = _write_blocks(limits["min_blocks"], limits)
    said = say(
        "{verdict}: the pinball loss of best differs by {size} GJ/h{sure} on {hours}, and {count} hours in {blocks} "
        "are asked for.",
        count=limits["min_hours"],
        blocks=blocks,
        **places,
    )
    return _capitalise(said)


def _write_verdict(verdict: str, names: dict[str, str]) -> str:
    if verdict == "better":
        return say("{left} is better than {right}", **names)
    if verdict == "worse":
        return say("{left} is worse than {right}", **names)
    if verdict == "chance":
        return say("{left} and {right} differ within chance", **names)
    return say("Too few later hours for a verdict on {left} and {right}", **names)


def write_answer(comparison: dict[str, Any]) -> str:
    """Write the answer as the page shows it."""
    return f"::: {{.answer}}\n{build_answer(comparison)}\n:::"


def _capitalise(sentence: str) -> str:
    """Start a sentence with a capital; a version keeps its small v."""
    return sentence if re.match(r"v[0-9]", sentence) else sentence[0].upper() + sentence[1:]


def _build_alone(comparison: dict[str, Any], name: str) -> str:
    if not comparison["hours"]["intervals"]:
        return say(
            "There is nothing to compare {name} with: no version is in use, and {reason}.",
            name=name,
            reason=_write_no_hours(comparison["hours"]),
        )
    return say(
        "There is nothing to compare {name} with: no version is in use; its own pinball loss of best is {loss} GJ/h on "
        "{hours}.",
        name=name,
        loss=format_number(comparison["metrics"]["left"]["pinball_best_gj_per_h"], 3),
        hours=_write_hours(comparison),
    )


def _write_side(side: dict[str, Any]) -> str:
    return say("the candidate") if side["label"] == CANDIDATE else say_version(str(side["label"]))


def _write_hours(comparison: dict[str, Any]) -> str:
    hours = comparison["hours"]
    return say(
        "{intervals} from {first} to {last} in {blocks}",
        intervals=_write_intervals(hours),
        first=hours["first"][:10],
        last=hours["last"][:10],
        blocks=_write_blocks(comparison["blocks"], comparison["limits"]),
    )


def _write_intervals(hours: dict[str, Any]) -> str:
    count = format_number(hours["intervals"], 0)
    if hours["width_h"] == 1:
        return say("{count} steady hours", count=count)
    return say("{count} steady intervals of {width} h", count=count, width=format_plain(hours["width_h"]))


def _write_blocks(count: int, limits: dict[str, Any]) -> str:
    days = format_plain(limits["block_days"])
    if limits["block_days"] == 7:
        return say("{count} week", count=count) if count == 1 else say("{count} weeks", count=count)
    if count == 1:
        return say("{count} block of {days} days", count=count, days=days)
    return say("{count} blocks of {days} days", count=count, days=days)


def _write_sureness(test: dict[str, Any]) -> str:
    """Write the interval and p in brackets; nothing where there is one block."""
    ends = [test.get("difference_low_gj_per_h"), test.get("difference_high_gj_per_h")]
    if None in ends:
        return ""
    low, high = (format_number(end, 3, is_signed=True) for end in ends)
    return " " + say("({low} to {high}; p = {p})", low=low, high=high, p=_write_p(test["p"]))


def _write_p(p: float) -> str:
    return format_plain(float(f"{p:.2g}")) if p >= 0.0001 else say("{p} or less", p=format_number(0.0001, 4))


def _write_no_hours(hours: dict[str, Any]) -> str:
    time = hours["after"][:16]
    if not hours["later"]:
        return say("there is no hour after {time}, the last that was learnt from", time=time)
    return say(
        "of {count} hours after {time} none can be judged ({reasons})",
        count=format_number(hours["later"], 0),
        time=time,
        reasons=write_left_out(hours),
    )


def write_left_out(hours: dict[str, Any]) -> str:
    """Write which later hours are not compared, and why."""
    listed = [f"{format_number(count, 0)} {_say_reason(reason)}" for reason, count in hours["left_out"].items()]
    return ", ".join(listed) if listed else say("none")


def _say_reason(reason: str) -> str:
    """Say why hours are left out, in the language of the page, as `hours.score_pair` names it."""
    words = {"not steady": say("not steady"), "energy unknown": say("energy unknown")}
    before, _, label = reason.partition("outside the envelope of ")
    if label and not before:
        return say("outside the envelope of {version}", version=say_version(label))
    return words.get(reason, reason)


def write_test(comparison: dict[str, Any]) -> str:
    """Write how the difference was tested, and which hours were left out."""
    left_out = _write_compared(comparison["hours"])
    if "test" not in comparison:
        return f"{say('Nothing was tested.')} {left_out}".strip()
    blocks, limits = comparison["blocks"], comparison["limits"]
    if "p" not in comparison["test"]:
        days = format_plain(limits["block_days"])
        alone = say("All hours lie in one block of {days} days, so chance cannot be told.", days=days)
        return f"{alone} {left_out}"
    unit = _write_unit(blocks, limits)
    places = {"unit": unit, "p": _write_p(comparison["test"]["p"]), "blocks": _write_blocks(blocks, limits)}
    if comparison["test"]["is_exact"]:
        how = say(
            "Paired test: the signs of whole {unit} of the difference are flipped in every way; of these, a share of p "
            "= {p} differ as much as what was found ({blocks}).",
            **places,
        )
    else:
        how = say(
            "Paired test: the signs of whole {unit} of the difference are flipped at random; of these, a share of p = "
            "{p} differ as much as what was found ({blocks}).",
            **places,
        )
    limit = say(
        "Above {limit} the difference is called chance; below 0 GJ/h {name} is the better.",
        limit=format_plain(limits["max_p"]),
        name=say_version(comparison["sides"]["left"]["label"]),
    )
    return f"{how} {limit} {left_out}"


def _write_unit(count: int, limits: dict[str, Any]) -> str:
    if limits["block_days"] == 7:
        return say("week") if count == 1 else say("weeks")
    days = format_plain(limits["block_days"])
    return say("block of {days} days", days=days) if count == 1 else say("blocks of {days} days", days=days)


def _write_compared(hours: dict[str, Any]) -> str:
    if not hours["intervals"]:
        return ""
    return say(
        "Of {later} later hours {count} are compared; left out: {reasons}.",
        later=format_number(hours["later"], 0),
        count=format_number(hours["intervals"], 0),
        reasons=write_left_out(hours),
    )


def write_columns(comparison: dict[str, Any]) -> str:
    """Write which columns one package alone has, and how many hours the shares were taken from."""
    sides = comparison["sides"]
    known = {name: [*side["features"], *side["setpoints"]] for name, side in sides.items()}
    sentences = []
    if "attribution" in comparison:
        count = comparison["attribution"]["intervals"]
        text = say(
            "Shares are Shapley values on {count} of the hours, evenly spread, from the medians of all of them.",
            count=format_number(count, 0),
        )
        sentences.append(text)
    if len(sides) == 2:
        for name, other in (("left", "right"), ("right", "left")):
            own = [say_label(column) for column in known[name] if column not in known[other]]
            if own:
                label = say_version(sides[name]["label"])
                sentences.append(say("Only {name} has {columns}.", name=label, columns=", ".join(own)))
        if set(known["left"]) == set(known["right"]):
            sentences.append(say("Both have the same columns."))
    return " ".join(sentences)
