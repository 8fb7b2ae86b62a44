"""From what was found to one recommendation: nothing, look at a tag, recalibrate a meter, or train again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from elc.curve import Package, describe_column
from elc.fields import RUNNING, STATE, TIME, say_name
from elc.language import format_energy, format_number, format_share, say
from elc.monitor.check import SETPOINT, Check
from elc.monitor.requests import BROKEN_CHECK, CHECKS, LOST_CHECK, OUTSIDE_CHECK
from elc.monitor.violations import ATTRIBUTION, EXTRA_COLUMN
from elc.pages import say_finding, say_findings
from elc.records.status import Action, Outcome
from elc.settings import StageSettings

SOUND, NOT_JUDGED = "sound", "not judged"
COMPLETED: Final = "Completed"
VIOLATED: Final = "CompletedWithViolations"
FAILED: Final = "Failed"


@dataclass(frozen=True)
class Health:
    """Whether the data of the last day and the model of the last weeks can be believed, each with its reason."""

    data: str
    data_reason: str
    model: str
    model_reason: str


@dataclass(frozen=True)
class Verdict:
    """`status` as SageMaker Model Monitor names it; `action`: none, look, retrain or recalibrate; one sentence."""

    status: Outcome
    action: Action
    recommendation: str


NOT_CHECKED = Verdict(FAILED, "look", "Nothing was checked.")


def build_verdict(
    check: Check, package: Package, settings: StageSettings, *, hour: pd.Series, no_gap_reason: str, health: Health
) -> Verdict:
    """Build the one recommendation, the most pressing first: what spoils the others comes before them.

    `hour` is the last one, `no_gap_reason` why it has no gap, empty where it has one. That nothing needs to be done is
    said where the hour is judged, and nothing is doubtful.
    """
    if check.failure:
        return Verdict(FAILED, "look", say("Nothing can be judged: {reason}.", reason=check.failure))
    status: Outcome = VIOLATED if check.is_violated else COMPLETED
    at = pd.Timestamp(hour[TIME])
    found = _recommend(check, package, settings, at) or _recommend_service(check, at)
    return Verdict(status, *(found or _recommend_rest(hour, no_gap_reason, health)))


def _recommend(check: Check, package: Package, settings: StageSettings, at: pd.Timestamp) -> tuple[Action, str] | None:
    if check.silent:
        return "look", _look_at_silent([describe_column(column, package) for column in check.silent])
    concept = check.concept
    if concept.suspects:
        name = describe_column(concept.suspects[0], package)
        return "recalibrate", say(
            "Recalibrate the meter of {tag}: energy is off since about {day}.", tag=name, day=_day(check)
        )
    tags = [one for one in check.violations if one.kind not in (EXTRA_COLUMN, ATTRIBUTION)]
    if tags:
        return "look", _look_at_tags([describe_column(one.column, package) for one in tags])
    if check.unread:
        return "look", _look_at_silent([describe_column(column, package) for column in check.unread])
    if concept.change is not None and concept.kind != "setpoints":
        return _recommend_change(check, package, settings, at)
    if check.left_off:
        one = check.left_off[0]
        return "look", say(
            "Look at {tag}: it stands at {now}, usual is {usual}, and costs {share} of energy.",
            tag=describe_column(one.column, package),
            now=_write(one.median),
            usual=_write(one.usual),
            share=format_share(one.cost_frac, 1),
        )
    if concept.kind == "setpoints":
        return "look", say("Look at the set-points: together they cost more since about {day}.", day=_day(check))
    if any(one.is_violated for one in check.figures):
        return "retrain", say("Train again: the model's errors are beyond what its baseline allows.")
    if check.inside_frac is not None and check.inside_frac < settings.monitor.min_inside_frac:
        return "retrain", say("Train again: the plant runs where the model has not learnt.")
    drifted = [one for one in check.violations if one.kind == ATTRIBUTION]
    if drifted:
        name = say_name(drifted[0].column)
        return "look", say("Look at {tag}: what drives energy ranks differently than in training.", tag=name)
    if check.violations:
        name = check.violations[0].column
        return "look", say("Look at {tag}: it was mapped after the model had learnt.", tag=name)
    return None


def _recommend_service(check: Check, at: pd.Timestamp) -> tuple[Action, str] | None:
    """What the service needs where its requests of the last day, or later ones, are lost or strange."""
    recent = set(check.findings.loc[check.findings["end"] > at - pd.Timedelta("24h"), "check"])
    if recent & {LOST_CHECK, BROKEN_CHECK}:
        return "look", say("Look at the service: what it was asked could not be kept in full.")
    if OUTSIDE_CHECK in recent:
        return "look", say("Look at what the service is asked: much of it lies outside what the model learnt from.")
    return None


def _recommend_rest(hour: pd.Series, no_gap_reason: str, health: Health) -> tuple[Action, str]:
    """What is left to say where nothing is violated: a running hour without a gap, doubts, or that all is well."""
    if no_gap_reason and hour[STATE] in RUNNING:
        return "look", say("Find out why no gap can be judged: {reason}.", reason=no_gap_reason)
    if health.data != SOUND:
        return "look", say("Look at the data of the last 24 hours: their findings say what is doubtful.")
    if no_gap_reason:
        return "none", say("There is nothing to judge now: {reason}.", reason=no_gap_reason)
    if health.model == NOT_JUDGED:
        return "none", say("The data are sound; the model is not judged: {reason}.", reason=health.model_reason)
    return "none", say("Nothing needs to be done about data or model.")


def _recommend_change(check: Check, package: Package, settings: StageSettings, at: pd.Timestamp) -> tuple[Action, str]:
    """A change that no meter explains for sure: look first; once it has lasted, it is how the plant runs now."""
    concept, day = check.concept, _day(check)
    begun = at if concept.change is None else concept.change.start
    lasts = at - begun >= pd.Timedelta(settings.monitor.retrain_after_days, "D")
    name = describe_column(concept.possible, package)
    if lasts and concept.possible:
        return "retrain", say(
            "Train again once the meter of {tag} is found right: energy is off since about {day}.", tag=name, day=day
        )
    if lasts:
        return "retrain", say("Train again: energy is off since about {day}, and no meter explains it.", day=day)
    if concept.possible:
        return "look", say(
            "Look at the meter of {tag}, and at fouling: energy is off since about {day}.", tag=name, day=day
        )
    return "look", say("Look at the plant: energy is off since about {day}, and no meter explains it.", day=day)


def _look_at_silent(names: list[str]) -> str:
    if len(names) == 1:
        return say("Look at {tag}: it has no valid reading in the last interval.", tag=names[0])
    return say(
        "Look at {tag} first, and at {count} more: they have no valid reading in the last interval.",
        tag=names[0],
        count=len(names) - 1,
    )


def _look_at_tags(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    if len(unique) == 1:
        return say("Look at {tag}: its data are not as they were.", tag=unique[0])
    return say(
        "Look at {tag} first, and at {count} more: their data are not as they were.",
        tag=unique[0],
        count=len(unique) - 1,
    )


def _day(check: Check) -> str:
    change = check.concept.change
    return "–" if change is None else f"{change.start:%Y-%m-%d}"


def _write(value: float) -> str:
    return format_number(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)


def write_data_health(check: Check, sentences: list[str]) -> tuple[str, str]:
    """Say whether the data are sound, and why: `sentences` are the findings of the last day on what the models use."""
    reasons = [*sentences, *(say_finding(one.finding) for one in check.violations)]
    unique = sorted({reason.rstrip(".") for reason in reasons})
    if not unique:
        return SOUND, say("no finding in the last 24 hours, and no violation in the last week")
    count = len(reasons)
    return (f"{count} findings" if count > 1 else "1 finding"), "; ".join(unique)


def write_model_health(check: Check, settings: StageSettings) -> tuple[str, str]:
    """Say whether the model is sound (ok, look, or not judged), and why."""
    if check.failure:
        return NOT_JUDGED, check.failure
    days = settings.monitor.health_days
    bias = next((one for one in check.figures if (one.model, one.name) == ("typical", "bias")), None)
    below = next((one for one in check.figures if one.name == "coverage of best"), None)
    if bias is None or below is None:
        reason = say(
            "no whole day in the last {days} days is judged and later than what the version learnt from", days=days
        )
        return NOT_JUDGED, reason
    reason = say(
        "over {days} days energy is {bias} GJ/h off typical (limit ±{limit}) and {below} of the intervals lie below "
        "best (limit {most}; 10 % are meant to)",
        days=days,
        bias=format_energy(bias.now, size=check.size_gj_per_h, is_signed=True),
        limit=format_energy(bias.high, size=check.size_gj_per_h),
        below=format_share(below.now, 0),
        most=format_share(below.high, 0),
    )
    kinds = check.findings["check"]
    rows = check.findings[~kinds.str.endswith("_check") & ~kinds.isin([SETPOINT, *CHECKS])]
    doubts = [sentence.rstrip(".") for sentence in say_findings(rows)]
    return ("look" if doubts else "ok"), "; ".join([reason, *doubts])
