"""What the training hours lack, and what is doubtful in them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from elc.findings import Finding
from elc.pages.findings.words import Sentences, write, write_time, write_value
from elc.pages.labels import name_column, say_sign
from elc.pages.language import say

_SHOWN = ["rule", "column", "found", "bound", "expected", "unit", "source", "is_met"]


def build_rules_table(rules: pd.DataFrame) -> pd.DataFrame:
    """Build the table of what was asked of the training hours (`dataset.check_sufficiency`), each rule in words."""
    names = [_say_rule(rule["rule"], rule["column"], rule) for rule in rules.to_dict("records")]
    return rules.assign(rule=names)[_SHOWN]


def _say_rule(rule: str, column: str, values: Any) -> str:
    if rule == "band":
        low, high = (write_value(values[name], column) for name in ("low", "high"))
        return say("hours at a load of {low} to {high}", low=low, high=f"{high} {say_sign(column)}".rstrip())
    if rule == "inside":
        return say("later hours within the training range of {column}", column=name_column(column))
    return {
        "period": say("length of the baseline period"),
        "months": say("calendar months with training hours"),
        "weeks": say("weeks with training hours"),
        "known": say("share of the period with energy, throughput and every driver known"),
        "spell": say("longest spell without energy, throughput and every driver known"),
        "hours": say("training hours per relevant variable"),
        "range": say("range of load"),
        "inside_age": say("later hours within the age the curve may extend to"),
    }[rule]


def _say_lacking(finding: Finding) -> str:
    values = finding.values
    units = {
        "days": say("days"),
        "months": say("months"),
        "of the time": say("of the time"),
        "of the rated load": say("of the rated load"),
        "of the hours": say("of the hours"),
    }
    expected = write(values["expected"], "g")
    bound = (
        say("at least {low}", low=expected) if values["bound"] == "at least" else say("at most {high}", high=expected)
    )
    return say(
        "Not enough to train on: {rule} is {found} {unit}, expected {bound}.",
        rule=_say_rule(finding.kind.name, finding.column, values),
        found=write(values["found"], ".4g"),
        unit=units.get(values["unit"], values["unit"]),
        bound=bound,
    )


def _say_short(finding: Finding) -> str:
    return say(
        "Too few weeks for networks, limits of errors and slopes: {found} weeks with training hours, expected at least "
        "{expected}.",
        found=write(finding.values["found"], "g"),
        expected=write(finding.values["expected"], "g"),
    )


def _say_spent(finding: Finding) -> str:
    what = _say_spells(finding, say("Energy is zero or negative while the plant runs"))
    return f"{what} {say('Check the signs and limits of the energy tags.')}"


def _say_infinite(finding: Finding) -> str:
    what = _say_spells(finding, say("{what} is infinite", what=_say_what(finding)))
    return f"{what} {say('Give the tag low and high in the tag list.')}"


def _say_spells(finding: Finding, what: str) -> str:
    """Say for how long something was so, and that it is not used."""
    values = finding.values
    places = {
        "what": what,
        "hours": write(values["hours"], "g"),
        "start": write_time(finding.start),
        "end": write_time(finding.end),
    }
    if values["spells"] == 1:
        return say("{what} for {hours} h from {start} to {end} UTC: not used.", **places)
    return say(
        "{what} for {hours} h from {start} to {end} UTC, in {count} spells, the longest {longest} h from {time}: not "
        "used.",
        **places,
        count=f"{values['spells']:.0f}",
        longest=write(values["longest_h"], "g"),
        time=write_time(values["longest_from"]),
    )


def _say_copies(finding: Finding) -> str:
    values = finding.values
    places = {
        "former": _name(values["former"], values["former_role"], values["former_tag"]),
        "later": _name(finding.column, values["role"], values["tag"]),
        "correlation": write(values["correlation"], ".5f"),
    }
    if values["former_role"] == "throughput":
        return say(
            "The {former} and the {later} are copies of one another in the training hours, with a correlation of "
            "{correlation}: the curve cannot tell them apart. Set the role of the driver to ignore in the tag list.",
            **places,
        )
    return say(
        "The {former} and the {later} are copies of one another in the training hours, with a correlation of "
        "{correlation}: the curve cannot tell them apart. Set the role of one to ignore in the tag list.",
        **places,
    )


def _say_vanished(finding: Finding) -> str:
    return say(
        "{what} is missing in {share} of the {count} steady intervals after the training hours: the test is shorter by "
        "as much, and says little about them.",
        what=_say_what(finding),
        share=write(finding.values["missing_frac"], ".0%"),
        count=finding.values["intervals"],
    )


def _say_what(finding: Finding) -> str:
    role, tag = finding.values["role"], finding.values["tag"]
    return say("Energy") if role == "energy" else say("The {tag}", tag=_name(finding.column, role, tag))


def _name(column: str, role: str, tag: str) -> str:
    roles = {
        "throughput": say("throughput"),
        "driver": say("driver"),
        "setpoint": say("set-point"),
    }
    return f"{roles.get(role, role)} {name_column(column)} ({tag})"


SENTENCES: Sentences = {
    **{
        ("sufficiency", rule): _say_lacking
        for rule in ("period", "months", "known", "spell", "hours", "range", "band", "inside", "inside_age")
    },
    ("sufficiency", "weeks"): _say_short,
    ("soundness", "spent"): _say_spent,
    ("soundness", "infinite"): _say_infinite,
    ("soundness", "copies"): _say_copies,
    ("soundness", "vanished"): _say_vanished,
}
