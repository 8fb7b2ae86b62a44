"""What the checks of the hourly table find about a tag: the words of each, and whether its values are used."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from elc.findings import Finding
from elc.pages.findings.words import Sentences, name_tag, write
from elc.pages.labels import say_sign
from elc.pages.language import say

Words = Callable[[Finding, str], str]


def _say_range(finding: Finding, name: str) -> str:
    low, high = finding.values["low"], finding.values["high"]
    return say(
        "{name} is outside {low} to {high} {unit}",
        name=name,
        low=write(-inf if low is None else low, "g"),
        high=write(inf if high is None else high, "g"),
        unit=say_sign(finding.column),
    ).rstrip()


def _say_ratio(finding: Finding, name: str) -> str:
    return say(
        "{name} shows {ratio} times what goes with its related tags, as {shown} for {true} would",
        name=name,
        ratio=write(finding.values["ratio"], ".3g"),
        **_say_units(finding),
    )


def _say_offset(finding: Finding, name: str) -> str:
    return say(
        "{name} shows {offset} over what goes with its related tags, as {shown} for {true} would",
        name=name,
        offset=write(finding.values["offset"], "+.3g"),
        **_say_units(finding),
    )


def _say_jump(finding: Finding, name: str) -> str:
    return say(
        "{name} jumps to {ratio} times itself and back, as {shown} for {true} would",
        name=name,
        ratio=write(finding.values["ratio"], ".3g"),
        **_say_units(finding),
    )


def _say_units(finding: Finding) -> dict[str, str]:
    """Say the units that are mistaken for one another; signs, as GJ, are the same in every language."""
    words = {
        "higher": say("higher"),
        "lower heating value": say("lower heating value"),
        "standard": say("standard"),
        "standard cubic metres": say("standard cubic metres"),
        "normal": say("normal"),
        "normal cubic metres": say("normal cubic metres"),
        "thousand m3": say("thousand m3"),
        "short tons": say("short tons"),
        "long tons": say("long tons"),
        "tonnes": say("tonnes"),
        "tonnes a day": say("tonnes a day"),
        "tonnes an hour": say("tonnes an hour"),
        "gauge": say("gauge"),
        "absolute pressure": say("absolute pressure"),
        "mm of water": say("mm of water"),
        "percent": say("percent"),
        "fraction": say("fraction"),
    }
    return {name: words.get(unit := finding.values[name], unit) for name in ("shown", "true")}


_WORDS: dict[tuple[str, str], Words] = {
    ("negative_zero", ""): lambda _, name: say("{name} reads slightly below zero at rest; taken as 0", name=name),
    ("gap", ""): lambda _, name: say("{name} has too little good data", name=name),
    ("vanished", ""): lambda _, name: say("{name} has stopped sending: renamed or removed", name=name),
    ("new", ""): lambda _, name: say("{name} started sending only after this: renamed or newly installed", name=name),
    ("low_coverage", ""): lambda finding, name: say(
        "{name} is covered by good data for {share} of this time only",
        name=name,
        share=write(finding.values["covered_frac"], ".0%"),
    ),
    ("formula", ""): lambda _, name: say(
        "{name} has no value of its formula here: it divides by zero, or what it takes for steam is not steam",
        name=name,
    ),
    ("range", "outside"): _say_range,
    ("range", "dead"): lambda _, name: say("{name} shows nothing while the plant runs, which it never did", name=name),
    ("spike", ""): lambda _, name: say("{name} jumps away and back", name=name),
    ("clipped", ""): lambda _, name: say("{name} stops at one value for days, as if clipped", name=name),
    ("frozen", ""): lambda _, name: say("{name} has not moved at all", name=name),
    ("unit", "ratio"): _say_ratio,
    ("unit", "offset"): _say_offset,
    ("unit", "jump"): _say_jump,
    ("drift", ""): lambda finding, name: say(
        "{name} steps by {step} against its related tags at the end of this time, as recalibrated",
        name=name,
        step=write(finding.values["step_frac"], "+.1%"),
    ),
    ("clock", ""): lambda _, name: say("{name} runs an hour behind what moves with it", name=name),
    ("stamps", "late"): lambda _, name: say(
        "{name} follows the throughput by one interval, as values do that are stamped at the end of theirs: if so, set "
        "export.stamps to end",
        name=name,
    ),
    ("stamps", "early"): lambda _, name: say(
        "{name} leads the throughput by one interval, as values do that are stamped at the start of theirs: if so, set "
        "export.stamps to start",
        name=name,
    ),
}


def _say_run(finding: Finding) -> str:
    what = _WORDS[finding.check, finding.kind.name](finding, name_tag(finding))
    return say("{what}.", what=what) if finding.values["is_used"] else say("{what}; not used.", what=what)


def _say_gaps_of_all(finding: Finding) -> str:
    return say(
        "{count} tags are covered by good data for {share} of this time only: the export has gaps.",
        count=finding.values["tags"],
        share=write(finding.values["covered_frac"], ".0%"),
    )


SENTENCES: Sentences = {**dict.fromkeys(_WORDS, _say_run), ("low_coverage", "all"): _say_gaps_of_all}
