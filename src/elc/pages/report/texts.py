"""The texts of a report beside its tables: how savings were counted, what came of advice, what judged (Markdown)."""

from __future__ import annotations

from elc.pages.language import (
    escape,
    format_energies,
    format_number,
    format_share,
    get_unit,
    say,
    say_count,
    say_version,
)
from elc.pages.report.tables import SHOWN_FINDINGS
from elc.pages.report.words import say_named, write_day, write_last_day
from elc.records.report import Report
from elc.settings import StageSettings


def write_method(report: Report, settings: StageSettings) -> str:
    """Write what savings are counted from, and how sure they are; empty without a baseline."""
    model = report.baseline
    if model is None:
        return ""
    said = say(
        "IPMVP option C, the whole plant; baseline and adjustments as ISO 50006 has them. The model of the baseline is "
        "the typical curve times {ratio}, its ratio to actual energy in {intervals} judged intervals from {first} to "
        "{last}: CV(RMSE) {cv}, NMBE {nmbe}. Their errors resemble each other (autocorrelation {lag}) and amount to "
        "{effective} independent ones; from that the uncertainty of avoided energy follows by ASHRAE Guideline 14, "
        "with {probability} probability. Only judged intervals count: steady, with known readings, under conditions "
        "that the curve has seen.",
        ratio=format_number(model.ratio, 4),
        intervals=format_number(model.intervals, 0),
        first=write_day(model.start, settings),
        last=write_last_day(model.end, settings),
        cv=format_share(model.cv_rmse_frac, 2),
        nmbe=format_share(model.nmbe_frac, 2),
        lag=format_number(model.lag, 2),
        effective=format_number(model.effective, 0),
        probability=format_share(report.savings_interval_frac, 0),
    )
    return f"::: {{.small}}\n{said}\n:::"


def write_shares(report: Report) -> str:
    """Write how much of the gap the shares explain."""
    if not report.explained or report.whole.gap is None:
        return say("The gap of this period could not be shared out.")
    return say(
        "Mean of {explained} of {judged} judged intervals; the shares add up to their gap.",
        explained=format_number(report.explained, 0),
        judged=format_number(report.whole.judged, 0),
    )


def write_advice(report: Report, settings: StageSettings) -> str:
    """Write what was advised in the period, how much of it was followed, and what that saved."""
    advice = report.advice
    if advice is None:
        return say("Nothing was advised in this period.")
    counts = {"followed": format_number(advice.followed, 0), "cases": format_number(advice.cases, 0)}
    if advice.is_shown:
        said = [say("Of {cases} pieces of advice {followed} were followed.", **counts)]
    else:
        said = [
            say("Nobody was shown this advice: it is what the model would have said."),
            say("In {followed} of {cases} cases set-points moved that way.", **counts),
        ]
    if advice.saved_gj is not None and advice.low_gj is not None and advice.high_gj is not None:
        shown = format_energies(advice.saved_gj, advice.low_gj, advice.high_gj)
        saved, low, high = (f"{one} {get_unit().sign}" for one in shown)
        if advice.low_gj > 0 or advice.high_gj < 0:
            said.append(say("With that energy fell by {saved} ({low} to {high}).", saved=saved, low=low, high=high))
        else:
            said.append(say("Whether that saved energy is not known: {low} to {high}.", low=low, high=high))
    if advice.open:
        said.append(say_count("{count} case is still open.", "{count} cases are still open.", advice.open))
    if advice.since is not None:
        said.append(say("The log of advice begins on {day}.", day=write_day(advice.since, settings)))
    return " ".join(said)


def write_basis(report: Report, settings: StageSettings) -> str:
    """Write which version judged, which ran, how far typical was off, the alerts, and what the energy includes."""
    parts = [say("Every interval was judged by one version: {version}.", version=escape(say_version(report.judged_by)))]
    parts += [
        say(
            "{version} was in use from {day}.",
            version=escape(ran.version),
            day=write_day(ran.start, settings),
        )
        for ran in report.versions
    ]
    if report.bias_frac is not None:
        share = format_share(abs(report.bias_frac), 2)
        parts.append(
            say("In judged intervals after the training of the curve energy was {share} below typical.", share=share)
            if report.bias_frac < 0
            else say(
                "In judged intervals after the training of the curve energy was {share} above typical.", share=share
            )
        )
    if report.gap_interval_frac is not None:
        parts.append(
            say(
                "The interval of energy above best holds the true value with {probability} probability.",
                probability=format_share(report.gap_interval_frac, 0),
            )
        )
    parts += [
        say("No stop or start-up began in this period.")
        if report.stops == 0
        else say_count(
            "{count} stop or start-up began in this period; it is booked apart.",
            "{count} stops and start-ups began in this period; they are booked apart.",
            report.stops,
        ),
        _write_alerts(report),
    ]
    limit = say("Battery limit: {limit}.", limit=say_named(settings.plant.battery_limit))
    carrier = say(
        "Energy above best and avoided energy are priced as {carrier}.",
        carrier=say_named(settings.plant.gap_carrier),
    )
    return " ".join([*parts, limit, carrier])


def name_doubts(report: Report) -> str:
    """Name the table of doubtful data, as a heading that goes with it onto another page, and say what it leaves out."""
    heading = f"### {say('Doubtful data')}"
    left = len(report.findings) - SHOWN_FINDINGS
    if left <= 0:
        return heading
    said = say_count(
        "What lasted longest; {count} shorter kind of doubt is in `report.json` alone.",
        "What lasted longest; {count} shorter kinds of doubt are in `report.json` alone.",
        left,
    )
    return f"{heading}\n\n{said}"


def _write_alerts(report: Report) -> str:
    opened = sum(one.times for one in report.alerts)
    if not opened:
        return say("No alert was opened in this period.")
    return say_count("{count} alert was opened in this period.", "{count} alerts were opened in this period.", opened)
