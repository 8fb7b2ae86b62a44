"""What to do about data or model, in a sentence: one for each reason that `monitor.build_verdict` gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from elc.findings import Reason
from elc.pages.findings.words import say_since
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
        return say("Check {tag}: it has no valid reading in the last interval.", tag=first)
    return say(
        "Check {tag} first, and {count} more: they have no valid reading in the last interval.",
        tag=first,
        count=count,
    )


def _look_at_changed(values: Values) -> str:
    tags = list(dict.fromkeys(values["tags"]))
    if len(tags) == 1:
        return say("Check {tag}: its data have changed.", tag=tags[0])
    return say("Check {tag} first, and {count} more: their data have changed.", tag=tags[0], count=len(tags) - 1)


def _look_at_left_off(values: Values) -> str:
    return say(
        "Check {tag}: it is at {now}, usually at {usual}, and costs {share} of energy.",
        tag=values["tag"],
        now=_write(values["now"]),
        usual=_write(values["usual"]),
        share=format_share(values["cost_frac"], 1),
    )


def _write(value: float) -> str:
    return format_number(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)


def _write_since(values: Values) -> str:
    return say_since(values["day"], values["first"], values["last"])


SENTENCES: dict[str, Callable[[Values], str]] = {
    "not_checked": lambda _: "Nothing was checked.",  # of a status that is built by hand
    "not_judgeable": lambda values: say("Nothing can be judged: {reason}.", reason=say_reason(values["reason"])),
    "tags_silent": _look_at_silent,
    "tags_changed": _look_at_changed,
    "meter_off": lambda values: say(
        "Recalibrate the meter of {tag}: energy is off since about {day}.", tag=values["tag"], day=_write_since(values)
    ),
    "energy_off": lambda values: say(
        "Check the plant: energy is off since about {day}, and no meter explains it.", day=_write_since(values)
    ),
    "energy_off_or_meter": lambda values: say(
        "Check the meter of {tag}, and for fouling: energy is off since about {day}.",
        tag=values["tag"],
        day=_write_since(values),
    ),
    "energy_off_for_long": lambda values: say(
        "Train again: energy is off since about {day}, and no meter explains it.", day=_write_since(values)
    ),
    "energy_off_or_meter_for_long": lambda values: say(
        "Train again once the meter of {tag} has been checked: energy is off since about {day}.",
        tag=values["tag"],
        day=_write_since(values),
    ),
    "sensor_off": lambda values: say(
        "Check {tag}: its own move explains that energy is off since about {day}.",
        tag=values["tag"],
        day=_write_since(values),
    ),
    "load_moved": lambda values: say(
        "The plant runs at another load since about {day}; nothing needs to be done about a tag.",
        day=_write_since(values),
    ),
    "load_moved_for_long": lambda values: say(
        "Train again: the plant runs at another load since about {day}.", day=_write_since(values)
    ),
    "input_moved_off": lambda values: say(
        "{tag} has moved since about {day}, to where the model is off; nothing needs to be done about the tag.",
        tag=values["tag"],
        day=_write_since(values),
    ),
    "input_moved_for_long": lambda values: say(
        "Train again: {tag} has moved since about {day}, to where the model is off.",
        tag=values["tag"],
        day=_write_since(values),
    ),
    "input_moved": lambda values: say(
        "{tag} has moved since about {day}, and energy followed as far as is known; nothing needs to be done about it.",
        tag=values["tag"],
        day=_write_since(values),
    ),
    "setpoint_left_off": _look_at_left_off,
    "setpoints_cost_more": lambda values: say(
        "Check the set-points: together they cost more since about {day}.", day=_write_since(values)
    ),
    "errors_beyond_baseline": lambda _: say("Train again: the model's errors are beyond what its baseline allows."),
    "hours_not_learnt": lambda _: say("Train again: the plant runs where the model was not trained."),
    "ranking_differs": lambda values: say(
        "Check {tag}: what drives energy ranks differently than in training.", tag=say_name(values["column"])
    ),
    "column_new": lambda values: say("Check {tag}: it was mapped after the model was trained.", tag=values["column"]),
    "requests_lost": lambda _: say("Check the service: not all of its requests could be kept."),
    "requests_outside": lambda _: say(
        "Check what the service is asked: much of it lies outside what the model was trained on."
    ),
    "gap_missing": lambda values: say(
        "Find out why no gap can be judged: {reason}.", reason=say_reasons(values["reasons"])
    ),
    "data_doubtful": lambda _: say("Check the data of the last 24 hours: their findings say what is doubtful."),
    "nothing_to_judge": lambda values: say(
        "There is nothing to judge now: {reason}.", reason=say_reasons(values["reasons"])
    ),
    "model_not_judged": lambda values: say(
        "The data are sound; the model is not judged: {reason}.", reason=say_reason(values["reason"])
    ),
    "all_well": lambda _: say("Nothing needs to be done about data or model."),
}
