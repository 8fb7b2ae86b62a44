"""The remarks of a report in sentences: what a reader must know before its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from elc.pages.language import escape, format_number, format_plain, format_share, get_unit, say, say_count, say_version
from elc.pages.report.words import say_named, write_day
from elc.records.report import Remark, Report
from elc.settings import StageSettings

Values = Mapping[str, Any]
Say = Callable[[Values, StageSettings], str]


def say_remark(remark: Remark, settings: StageSettings) -> str:
    """Say a remark as a sentence."""
    return SENTENCES[remark.name](remark.values, settings)


def say_edition(report: Report, settings: StageSettings) -> str:
    """Say what a report that was made again replaces; empty for the first edition."""
    if not report.replaced:
        return ""
    former = report.replaced[-1]
    return say(
        "Edition {edition}: this report was made again and replaces the one that knew the data until {day}, judged by "
        "{version}. Both are kept.",
        edition=report.edition,
        day=write_day(former.data_until, settings),
        version=say_version(former.judged_by),
    )


def _say_partial(values: Values, settings: StageSettings) -> str:
    return say("The data end on {day}, before the period does.", day=write_day(values["until"], settings))


def _say_gaps(values: Values, _: StageSettings) -> str:
    share = format_share(values["unknown"] / values["intervals"], 0)
    return say("Energy is not known in {share} of the intervals; sums are of the others.", share=share)


def _say_outside(values: Values, _: StageSettings) -> str:
    return say(
        "{outside} of {running} running intervals lay outside the conditions that the curve has seen: gap and savings "
        "are of the others alone.",
        **{name: format_number(values[name], 0) for name in ("outside", "running")},
    )


def _say_few(values: Values, _: StageSettings) -> str:
    shown = {name: format_number(values[name], 0) for name in ("judged", "intervals")}
    return say(
        "Only {judged} of {intervals} intervals were judged: gap and savings are not of the whole period.", **shown
    )


def _say_none(values: Values, _: StageSettings) -> str:
    return say(
        "Savings are not known: the data hold {intervals} intervals of the baseline period, of which {judged} could be "
        "judged. It needs {least} hours of them.",
        intervals=format_number(values["intervals"], 0),
        judged=format_number(values["judged"], 0),
        least=format_number(values["least_h"], 0),
    )


def _say_short(values: Values, _: StageSettings) -> str:
    return say(
        "The baseline period has {days} days, less than {least}: savings may be a season, not a saving.",
        **{name: format_number(values[name], 0) for name in ("days", "least")},
    )


def _say_partly(values: Values, _: StageSettings) -> str:
    shown = {name: format_number(values[name], 0) for name in ("known", "days")}
    return say("The data hold {known} of the {days} days of the baseline period.", **shown)


def _say_baseline_outside(values: Values, _: StageSettings) -> str:
    return say(
        "In the baseline period {outside} of {running} running intervals lay outside the conditions that the curve has "
        "seen: savings are counted from the others alone.",
        **{name: format_number(values[name], 0) for name in ("outside", "running")},
    )


def _say_overlap(values: Values, _: StageSettings) -> str:
    if values["inside"]:
        return say("This period is part of the baseline period, so there are no savings to count.")
    return say("A part of this period belongs to the baseline period; savings are of the rest alone.")


def _say_weak(values: Values, _: StageSettings) -> str:
    return say(
        "The model of the baseline is off by {error} (CV(RMSE)), more than the {most} that ASHRAE Guideline 14 allows.",
        error=format_share(values["cv_rmse"], 0),
        most=format_share(values["most"], 0),
    )


def _say_no_price(values: Values, settings: StageSettings) -> str:
    shown = _name_days(values, settings)
    if values["all"]:
        return say("{carrier} has no price, so its cost is not known.", **shown)
    return say_count(
        "{carrier} has no price on {first}, so its cost is not known.",
        "{carrier} has no price on {count} days from {first} to {last}, so its cost is not known.",
        values["days"],
        **shown,
    )


def _say_no_co2(values: Values, settings: StageSettings) -> str:
    shown = _name_days(values, settings)
    if values["all"]:
        return say("{carrier} has no CO₂ factor, so its CO₂ is not known.", **shown)
    return say_count(
        "{carrier} has no CO₂ factor on {first}, so its CO₂ is not known.",
        "{carrier} has no CO₂ factor on {count} days from {first} to {last}, so its CO₂ is not known.",
        values["days"],
        **shown,
    )


def _name_days(values: Values, settings: StageSettings) -> dict[str, str]:
    name = say_named(values["carrier"])
    days = {key: write_day(values[key], settings) for key in ("first", "last")}
    return {"carrier": name[:1].upper() + name[1:], **days}


def _say_price_changed(values: Values, settings: StageSettings) -> str:
    return say(
        "The price of {carrier} changed from {before} to {after} {currency}/{energy_unit} on {day}.",
        carrier=say_named(values["carrier"]),
        before=format_plain(values["before"] * get_unit().gj),
        after=format_plain(values["after"] * get_unit().gj),
        currency=escape(settings.site.currency),
        day=write_day(values["day"], settings),
    )


def _say_versions(values: Values, _: StageSettings) -> str:
    return say(
        "{names} were in use in this period; {version} judged all of it.",
        names=escape(values["names"]),
        version=escape(say_version(values["judged_by"])),
    )


def _say_event(values: Values, settings: StageSettings) -> str:
    kinds = {
        "turnaround": say("turnaround"),
        "cleaning": say("cleaning"),
        "equipment": say("equipment"),
        "meter": say("meter"),
        "other": say("other change"),
    }
    return say(
        "Declared on {day}: {kind}, {reason}. What it changed is a non-routine adjustment, not a saving.",
        day=write_day(values["day"], settings),
        kind=kinds[values["kind"]],
        reason=escape(values["reason"]),
    )


SENTENCES: dict[str, Say] = {
    "no_data": lambda *_: say("There are no data of this period, so nothing can be said of it."),
    "partial": _say_partial,
    "gaps": _say_gaps,
    "down": lambda *_: say("The plant did not run in this period: there is no specific energy, no gap and no saving."),
    "outside": _say_outside,
    "few_judged": _say_few,
    "no_baseline": lambda *_: say("No baseline period is declared in `params.yaml`, so savings are not counted."),
    "baseline_none": _say_none,
    "baseline_short": _say_short,
    "baseline_partly": _say_partly,
    "baseline_outside": _say_baseline_outside,
    "baseline_overlap": _say_overlap,
    "baseline_weak": _say_weak,
    "no_price": _say_no_price,
    "no_co2": _say_no_co2,
    "price_changed": _say_price_changed,
    "versions": _say_versions,
    "event": _say_event,
}
