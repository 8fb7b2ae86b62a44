"""What to do about data or model, in a sentence: one for each reason that `monitor.build_verdict` gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from elc.findings import Reason
from elc.pages.labels import say_name
from elc.pages.language import format_number, format_share, say
from elc.pages.reasons import say_reason, say_reasons

Values = Mapping[str, Any]


def say_recommendation(reason: Reason) -> str:
    """Say what to do about data or model."""
    return SENTENCES[reason.name](reason.values)


def _look_at_silent(values: Values) -> str:
    first, count = values["tags"][0], len(values["tags"]) - 1
    if not count:
        return say("Look at {tag}: it has no valid reading in the last interval.", tag=first)
    return say(
        "Look at {tag} first, and at {count} more: they have no valid reading in the last interval.",
        tag=first,
        count=count,
    )


def _look_at_changed(values: Values) -> str:
    tags = list(dict.fromkeys(values["tags"]))
    if len(tags) == 1:
        return say("Look at {tag}: its data are not as they were.", tag=tags[0])
    return say(
        "Look at {tag} first, and at {count} more: their data are not as they were.", tag=tags[0], count=len(tags) - 1
    )


def _look_at_left_off(values: Values) -> str:
    return say(
        "Look at {tag}: it stands at {now}, usual is {usual}, and costs {share} of energy.",
        tag=values["tag"],
        now=_write(values["now"]),
        usual=_write(values["usual"]),
        share=format_share(values["cost_frac"], 1),
    )


def _write(value: float) -> str:
    return format_number(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)


SENTENCES: dict[str, Callable[[Values], str]] = {
    "not_checked": lambda _: "Nothing was checked.",  # of a status that is built by hand
    "not_judgeable": lambda values: say("Nothing can be judged: {reason}.", reason=say_reason(values["reason"])),
    "tags_silent": _look_at_silent,
    "tags_changed": _look_at_changed,
    "meter_off": lambda values: say(
        "Recalibrate the meter of {tag}: energy is off since about {day}.", tag=values["tag"], day=values["day"]
    ),
    "energy_off": lambda values: say(
        "Look at the plant: energy is off since about {day}, and no meter explains it.", day=values["day"]
    ),
    "energy_off_or_meter": lambda values: say(
        "Look at the meter of {tag}, and at fouling: energy is off since about {day}.",
        tag=values["tag"],
        day=values["day"],
    ),
    "energy_off_for_long": lambda values: say(
        "Train again: energy is off since about {day}, and no meter explains it.", day=values["day"]
    ),
    "energy_off_or_meter_for_long": lambda values: say(
        "Train again once the meter of {tag} is found right: energy is off since about {day}.",
        tag=values["tag"],
        day=values["day"],
    ),
    "setpoint_left_off": _look_at_left_off,
    "setpoints_cost_more": lambda values: say(
        "Look at the set-points: together they cost more since about {day}.", day=values["day"]
    ),
    "errors_beyond_baseline": lambda _: say("Train again: the model's errors are beyond what its baseline allows."),
    "hours_not_learnt": lambda _: say("Train again: the plant runs where the model has not learnt."),
    "ranking_differs": lambda values: say(
        "Look at {tag}: what drives energy ranks differently than in training.", tag=say_name(values["column"])
    ),
    "column_new": lambda values: say("Look at {tag}: it was mapped after the model had learnt.", tag=values["column"]),
    "requests_lost": lambda _: say("Look at the service: what it was asked could not be kept in full."),
    "requests_outside": lambda _: say(
        "Look at what the service is asked: much of it lies outside what the model learnt from."
    ),
    "gap_missing": lambda values: say(
        "Find out why no gap can be judged: {reason}.", reason=say_reasons(values["reasons"])
    ),
    "data_doubtful": lambda _: say("Look at the data of the last 24 hours: their findings say what is doubtful."),
    "nothing_to_judge": lambda values: say(
        "There is nothing to judge now: {reason}.", reason=say_reasons(values["reasons"])
    ),
    "model_not_judged": lambda values: say(
        "The data are sound; the model is not judged: {reason}.", reason=say_reason(values["reason"])
    ),
    "all_well": lambda _: say("Nothing needs to be done about data or model."),
}
