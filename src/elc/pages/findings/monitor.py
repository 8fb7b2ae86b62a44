"""What monitoring finds: of the last week's data, of the models and the plant, and of what the service was asked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from elc.findings import Finding
from elc.pages.findings.words import (
    Sentences,
    describe_column,
    write,
    write_day,
    write_since,
    write_time,
    write_value,
)
from elc.pages.labels import say_sign
from elc.pages.language import format_short_energy, get_unit, say, say_count

SHOWN_FILES = 3
RATE = "GJ/h"  # the unit of a figure that is an energy


def _say_incomplete(finding: Finding) -> str:
    values = finding.values
    return say(
        "{name} is missing in {share} of the {count} running intervals of the last week, expected at most {limit}. "
        "Check its transmitter, its server and its findings.",
        name=describe_column(finding),
        share=write(values["missing_frac"], ".0%"),
        count=values["intervals"],
        limit=write(values["limit_frac"], ".0%"),
    )


def _say_moved(finding: Finding) -> str:
    values = finding.values
    return say(
        "{name} has moved: median {median} {unit} over the last {count} steady intervals, expected mostly {low} to "
        "{high} {unit} as in training (distance {distance}, limit {limit}). Check whether the plant or the sensor has "
        "changed.",
        name=describe_column(finding),
        **{name: write_value(values[name], finding.column) for name in ("median", "low", "high")},
        unit=say_sign(finding.column),
        count=values["intervals"],
        **{name: write(values[name], ".2f") for name in ("distance", "limit")},
    )


def _say_strange(finding: Finding) -> str:
    return say(
        "{column} holds values other than {domain} in {share} of the intervals. Check its export.",
        column=finding.column,
        domain=", ".join(finding.values["domain"]),
        share=write(finding.values["share"], ".0%"),
    )


def _say_relation(finding: Finding) -> str:
    values = finding.values
    places = {
        "day": write_since(finding),
        "share": write(abs(values["size_frac"]), ".1%"),
        "size": format_short_energy(abs(values["size_gj_per_h"]), size=values["plant_gj_per_h"]),
    }
    if values["size_frac"] > 0:
        what = say(
            "Since about {day} energy is {share} ({size} {rate_unit}) more than typical at the same {conditions}.",
            **places,
        )
    else:
        what = say(
            "Since about {day} energy is {share} ({size} {rate_unit}) less than typical at the same {conditions}.",
            **places,
        )
    doubt = [say("The set-points explain part of it.")] if values["is_unclear"] else []
    return " ".join([what, *doubt, _say_cause(finding)])


def _say_cause(finding: Finding) -> str:
    meters = finding.values["meters"]
    if finding.kind.name == "meter":
        names = reduce(lambda first, last: say("{first} and {last}", first=first, last=last), meters)
        return say("The carriers say that the meter of {names} moved: check it, and recalibrate.", names=names)
    if finding.kind.name == "sensor":
        return say("The move of {name} itself explains it: check that sensor.", name=meters[0])
    if finding.kind.name == "meter_or_plant":
        return say(
            "The meter of {name} or fouling would explain it, the data cannot tell which: check that meter first.",
            name=meters[0],
        )
    return say("No single meter explains it: look at the plant itself, such as fouling or a changed machine.")


def _say_condition(finding: Finding) -> str:
    values = finding.values
    places = {
        "day": write_day(finding.start),
        "share": write(abs(values["size_frac"]), ".1%"),
        "low": write(values["low_frac"], ".1%"),
        "high": write(values["high_frac"], ".1%"),
    }
    if values["size_frac"] > 0:
        return say(
            "Since about {day} the plant takes {share} more energy than {explained} explain (by "
            "{low} to {high}). Look for fouling, a leak, a changed machine or a meter; declare it as an event once it "
            "is known.",
            **places,
        )
    return say(
        "Since about {day} the plant takes {share} less energy than {explained} explain (by "
        "{low} to {high}). If something was cleaned or changed, declare it as an event; else look for a meter.",
        **places,
    )


def _say_regime(finding: Finding) -> str:
    values = finding.values
    return say(
        "The plant runs at another load since about {day}: {after} {unit}, before that {before} {unit}. That is not a "
        "fault of its tag, nor a change of the plant itself.",
        day=write_since(finding),
        **{name: write_value(values[name], finding.column) for name in ("after", "before")},
        unit=say_sign(finding.column),
    )


def _say_left_off(finding: Finding) -> str:
    values = finding.values
    return say(
        "Since about {day} {name} is at {median}, usually at {usual}; that takes {share} more energy, as the "
        "response says. Find out why.",
        day=write_day(finding.start),
        name=describe_column(finding),
        median=write(values["median"], ".4g"),
        usual=write(values["usual"], ".4g"),
        share=write(values["cost_frac"], ".1%"),
    )


def _say_worse(finding: Finding) -> str:
    figures = ", ".join(_say_figure(figure) for figure in finding.values["figures"])
    days = finding.values["days"]
    if finding.check == "model_typical":
        return say(
            "Over {days} days the typical model is worse than its baseline allows: {figures}. Check the data first, "
            "then train again.",
            days=days,
            figures=figures,
        )
    return say(
        "Over {days} days the response model is worse than its baseline allows: {figures}. Check the data first, then "
        "train again.",
        days=days,
        figures=figures,
    )


def _say_figure(figure: Mapping[str, Any]) -> str:
    names = {"bias": say("bias"), "coverage of best": say("coverage of best")}
    unit, gj = figure["unit"], 1.0
    if unit == RATE:
        unit, gj = get_unit().rate, get_unit().gj
    low, high = ("" if (end := figure[name]) is None else write(end / gj, ".4g") for name in ("low", "high"))
    return say(
        "{name} is {now} {unit}, expected {limits}",
        name=names.get(figure["name"], figure["name"]),
        now=write(figure["now"] / gj, ".4g"),
        unit=say("share") if unit == "share" else unit,
        limits=say("{low} to {high}", low=low, high=high) if low else say("at most {high}", high=high),
    )


def _say_outside(finding: Finding) -> str:
    values = finding.values
    return say(
        "{share} of the steady intervals of {days} days lie inside what the model was trained on, expected at least "
        "{least}. Train again with these hours.",
        share=write(values["inside_frac"], ".0%"),
        days=values["days"],
        least=write(values["min_inside_frac"], ".0%"),
    )


def _say_lost(finding: Finding) -> str:
    places = {
        "count": write(finding.values["rows"], ",.0f"),
        "start": write_time(finding.start),
        "end": write_time(finding.end),
        "reason": finding.values["reason"],
    }
    if finding.kind.name == "over":
        return say(
            "The service could not keep at least {count} rows that it was asked from {start} to {end} UTC, so they "
            "are not monitored. {reason}",
            **places,
        )
    return say(
        "The service could not keep at least {count} rows that it was asked since {start} UTC, last told {end}, so "
        "they are not monitored. {reason}",
        **places,
    )


def _say_unreadable(finding: Finding) -> str:
    """Say how many files cannot be read, and of the first of them why."""
    days = [
        say("data/capture/{plant}/{day}.parquet cannot be read ({reason}).", plant=finding.plant, **one)
        for one in finding.values["days"]
    ]
    reasons = [*finding.values["aside"], *days]
    left = len(reasons) - SHOWN_FILES
    more = [say("And {count} more.", count=left)] if left > 0 else []
    what = say_count(
        "{count} file of what the service was asked cannot be read, so what is in it is not monitored.",
        "{count} files of what the service was asked cannot be read, so what is in them is not monitored.",
        len(reasons),
    )
    return " ".join([what, *reasons[:SHOWN_FILES], *more, say("Look at the disk, then remove them.")])


def _say_asked_outside(finding: Finding) -> str:
    values = finding.values
    return say(
        "{share} of the {count} rows looked at that the service was asked in its last day lie outside what the model "
        "was trained on, expected at most {limit}. Its answers there are guesses: check who asks, and in which units, "
        "or train with such hours.",
        share=write(values["outside_frac"], ".0%"),
        count=write(values["rows"], ","),
        limit=write(values["limit_frac"], ".0%"),
    )


SENTENCES: Sentences = {
    ("completeness_check", ""): _say_incomplete,
    ("baseline_drift_check", ""): _say_moved,
    ("extra_column_check", ""): lambda finding: say(
        "{column} is in the hourly table, but was not when the model was trained; it is not used. Train again where it "
        "is a driver or a set-point.",
        column=finding.column,
    ),
    ("categorical_values_check", ""): _say_strange,
    ("condition", ""): _say_condition,
    **{("relation", name): _say_relation for name in ("meter", "sensor", "meter_or_plant", "plant")},
    ("load_regime", ""): _say_regime,
    ("setpoint", ""): _say_left_off,
    ("model_typical", ""): _say_worse,
    ("model_response", ""): _say_worse,
    ("envelope", ""): _say_outside,
    **{("capture_lost", name): _say_lost for name in ("over", "open")},
    ("capture_broken", ""): _say_unreadable,
    ("asked_outside", ""): _say_asked_outside,
}
