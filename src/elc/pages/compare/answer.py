"""A comparison in sentences: the answer, the test, and which columns one package alone has."""

from __future__ import annotations

import re

from elc.compare.pair import CANDIDATE
from elc.pages.compare.tables import find_loss_digits
from elc.pages.labels import say_label
from elc.pages.language import convert_energy, format_number, format_plain, say, say_version
from elc.records.comparison import ComparedHours, ComparedPackage, Comparison, Limits, PairedTest


def build_answer(comparison: Comparison) -> str:
    """Word the comparison in one sentence: which is better, by how much, how sure, and on which hours."""
    verdict, test = comparison.verdict, comparison.test
    names = {name: _write_side(side) for name, side in comparison.sides.items()}
    if verdict == "alone":
        return _build_alone(comparison, names["left"])
    if test is None:
        reason = _write_no_hours(comparison.hours)
        return _capitalise(say("{left} and {right} cannot be compared: {reason}.", reason=reason, **names))
    places = {
        "verdict": _write_verdict(verdict, names),
        "size": _write_loss(test.difference_gj_per_h, comparison, is_signed=True),
        "sure": _write_sureness(test, comparison),
        "hours": _write_hours(comparison),
    }
    if verdict != "few":
        said = say("{verdict}: the pinball loss of best differs by {size} {rate_unit}{sure} on {hours}.", **places)
        return _capitalise(said)
    limits = comparison.limits
    blocks = _write_blocks(limits.min_blocks, limits)
    said = say(
        "{verdict}: the pinball loss of best differs by {size} {rate_unit}{sure} on {hours}, and {count} hours in "
        "{blocks} are required.",
        count=limits.min_hours,
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


def write_answer(comparison: Comparison) -> str:
    """Write the answer as the page shows it."""
    return f"::: {{.answer}}\n{build_answer(comparison)}\n:::"


def _capitalise(sentence: str) -> str:
    """Start a sentence with a capital; a version keeps its small v."""
    return sentence if re.match(r"v[0-9]", sentence) else sentence[0].upper() + sentence[1:]


def _build_alone(comparison: Comparison, name: str) -> str:
    if not comparison.hours.intervals:
        return say(
            "There is nothing to compare {name} with: no version is in use, and {reason}.",
            name=name,
            reason=_write_no_hours(comparison.hours),
        )
    return say(
        "There is nothing to compare {name} with: no version is in use; its own pinball loss of best is {loss} "
        "{rate_unit} on {hours}.",
        name=name,
        loss=_write_loss(comparison.metrics["left"]["pinball_best_gj_per_h"], comparison),
        hours=_write_hours(comparison),
    )


def _write_side(side: ComparedPackage) -> str:
    return say("the candidate") if side.label == CANDIDATE else say_version(str(side.label))


def _write_hours(comparison: Comparison) -> str:
    hours = comparison.hours
    return say(
        "{intervals} from {first} to {last} in {blocks}",
        intervals=_write_intervals(hours),
        first=hours.first[:10],
        last=hours.last[:10],
        blocks=_write_blocks(comparison.blocks, comparison.limits),
    )


def _write_intervals(hours: ComparedHours) -> str:
    count = format_number(hours.intervals, 0)
    if hours.width_h == 1:
        return say("{count} steady hours", count=count)
    return say("{count} steady intervals of {width} h", count=count, width=format_plain(hours.width_h))


def _write_blocks(count: int, limits: Limits) -> str:
    days = format_plain(limits.block_days)
    if limits.block_days == 7:
        return say("{count} week", count=count) if count == 1 else say("{count} weeks", count=count)
    if count == 1:
        return say("{count} block of {days} days", count=count, days=days)
    return say("{count} blocks of {days} days", count=count, days=days)


def _write_loss(loss: float, comparison: Comparison, *, is_signed: bool = False) -> str:
    return format_number(convert_energy(loss), find_loss_digits(comparison), is_signed=is_signed)


def _write_sureness(test: PairedTest, comparison: Comparison) -> str:
    """Write the interval and p in brackets; nothing where there is one block."""
    low, high = test.difference_low_gj_per_h, test.difference_high_gj_per_h
    if low is None or high is None or test.p is None:
        return ""
    ends = {"low": _write_loss(low, comparison, is_signed=True), "high": _write_loss(high, comparison, is_signed=True)}
    return " " + say("({low} to {high}; p = {p})", p=_write_p(test.p), **ends)


def _write_p(p: float) -> str:
    return format_plain(float(f"{p:.2g}")) if p >= 0.0001 else say("{p} or less", p=format_number(0.0001, 4))


def _write_no_hours(hours: ComparedHours) -> str:
    time = hours.after[:16]
    if not hours.later:
        return say("there is no hour after {time}, the last used for training", time=time)
    return say(
        "of {count} hours after {time} none can be judged ({reasons})",
        count=format_number(hours.later, 0),
        time=time,
        reasons=write_left_out(hours),
    )


def write_left_out(hours: ComparedHours) -> str:
    """Write which later hours are not compared, and why."""
    listed = [f"{format_number(count, 0)} {_say_reason(reason)}" for reason, count in hours.left_out.items()]
    return ", ".join(listed) if listed else say("none")


def _say_reason(reason: str) -> str:
    """Say why hours are left out, in the language of the page, as `hours.score_pair` names it."""
    words = {"not steady": say("not steady"), "energy unknown": say("energy unknown")}
    before, _, label = reason.partition("outside the envelope of ")
    if label and not before:
        return say("outside the envelope of {version}", version=say_version(label))
    return words.get(reason, reason)


def write_test(comparison: Comparison) -> str:
    """Write how the difference was tested, and which hours were left out."""
    left_out, test = _write_compared(comparison.hours), comparison.test
    if test is None:
        return f"{say('Nothing was tested.')} {left_out}".strip()
    blocks, limits = comparison.blocks, comparison.limits
    if test.p is None:
        days = format_plain(limits.block_days)
        alone = say("All hours lie in one block of {days} days, so chance cannot be ruled out.", days=days)
        return f"{alone} {left_out}"
    unit = _write_unit(blocks, limits)
    places = {"unit": unit, "p": _write_p(test.p), "blocks": _write_blocks(blocks, limits)}
    if test.is_exact:
        how = say(
            "Paired test: the signs of whole {unit} of the difference are flipped in every way; a share of p "
            "= {p} of these differ as much as was found ({blocks}).",
            **places,
        )
    else:
        how = say(
            "Paired test: the signs of whole {unit} of the difference are flipped at random; a share of p = "
            "{p} of these differ as much as was found ({blocks}).",
            **places,
        )
    limit = say(
        "Above {limit} the difference counts as chance; below 0 {rate_unit} {name} is better.",
        limit=format_plain(limits.max_p),
        name=say_version(comparison.sides["left"].label),
    )
    return f"{how} {limit} {left_out}"


def _write_unit(count: int, limits: Limits) -> str:
    if limits.block_days == 7:
        return say("week") if count == 1 else say("weeks")
    days = format_plain(limits.block_days)
    return say("block of {days} days", days=days) if count == 1 else say("blocks of {days} days", days=days)


def _write_compared(hours: ComparedHours) -> str:
    if not hours.intervals:
        return ""
    return say(
        "Of {later} later hours {count} are compared; left out: {reasons}.",
        later=format_number(hours.later, 0),
        count=format_number(hours.intervals, 0),
        reasons=write_left_out(hours),
    )


def write_columns(comparison: Comparison) -> str:
    """Write which columns one package alone has, and how many hours the shares were taken from."""
    sides = comparison.sides
    known = {name: [*side.features, *side.setpoints] for name, side in sides.items()}
    sentences = []
    if comparison.attribution:
        count = comparison.attribution.intervals
        text = say(
            "Shares are Shapley values on {count} of the hours, evenly spread, from the medians of all of them.",
            count=format_number(count, 0),
        )
        sentences.append(text)
    if len(sides) == 2:
        for name, other in (("left", "right"), ("right", "left")):
            own = [say_label(column) for column in known[name] if column not in known[other]]
            if own:
                label = say_version(sides[name].label)
                sentences.append(say("Only {name} has {columns}.", name=label, columns=", ".join(own)))
        if set(known["left"]) == set(known["right"]):
            sentences.append(say("Both have the same columns."))
    return " ".join(sentences)
