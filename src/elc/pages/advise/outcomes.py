"""The sentences and the table of what came of advice, set against what set-points do without it (Markdown)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from elc.advise import Total, build_total
from elc.advise.episodes import OPEN
from elc.pages.amounts import write_interval, write_site_time
from elc.pages.labels import say_heading, say_value
from elc.pages.language import format_energies, format_number, format_share, say
from elc.settings import StageSettings

Row = Mapping[Any, Any]
WEEK_DAYS = 7
SHOWN_CASES = 10  # of the table of what came of advice; its sentence counts all
# ASSUME: cases count as independent; where crews move by habit they are not, and chance makes more than this.
MAX_CHANCE = 0.05
OUTCOME_WORDS: dict[str, Callable[[], str]] = {
    "followed": lambda: say("followed"),
    "partly": lambda: say("in part"),
    "not": lambda: say("not followed"),
    "unknown": lambda: say("not known"),
    "open": lambda: say("still open"),
}


def write_outcome(outcomes: pd.DataFrame, last: pd.Timestamp, settings: StageSettings, *, unread_notes: int) -> str:
    """Write what came of the advice of the last week and of `log_days`, and what that number means.

    Args:
        outcomes: see `outcomes.build_outcomes`.
        last: the last hour.
        settings: of the plant.
        unread_notes: lines of the operators' answers that could not be read.
    """
    days = settings.advise.log_days
    week, whole = (build_total(outcomes, last, days=count) for count in (WEEK_DAYS, days))
    if not whole.cases:
        text = say("No advice of the last {days} days is old enough to say what came of it.", days=days)
        return " ".join([text, *_write_unread(unread_notes)])
    sentences = [_write_total(total) for total in (week, whole) if total.cases]
    if whole.is_shown:
        sentences.append(_write_alone(whole))
    else:
        sentences.insert(0, say("Nobody was shown this advice: it is what the model would have said."))
    sentences += _write_placebo(whole)
    sentences.append(
        say(
            "Only a move that goes farther than the set-point usually does by itself counts. Its effect is energy "
            "after it against what was expected without it, at the same load, drivers, other set-points and time of "
            "day, for as long as the move stayed, at most {hold} hours. Crews move set-points without advice too, and "
            "nobody knows what they would have done by themselves.",
            hold=format_number(settings.advise.hold_h, 0),
        )
    )
    return " ".join([*sentences, *_write_unread(unread_notes)])


def _write_total(total: Total) -> str:
    counts = {"days": total.days, "followed": total.followed, "cases": total.cases}
    if total.is_shown:
        head = say("The advice of the last {days} days was followed in {followed} of {cases} cases", **counts)
    else:
        head = say("In the last {days} days set-points moved that way in {followed} of {cases} cases", **counts)
    if not total.followed:
        return say("{what}.", what=head)
    if math.isnan(total.saved_gj):
        return say("{what}; what that saved cannot be told.", what=head)
    is_rise = total.saved_gj < 0
    ends = (-total.high_gj, -total.low_gj) if is_rise else (total.low_gj, total.high_gj)
    saved, low, high = format_energies(abs(total.saved_gj), *ends)
    shown = {"what": head, "saved": saved, "low": low, "high": high}
    if is_rise:
        return say("{what}, and with that energy rose by {saved} {energy_unit} ({low} to {high}).", **shown)
    if total.is_shown:
        return say("{what}, and that saved {saved} {energy_unit} ({low} to {high}).", **shown)
    return say("{what}, and with that energy fell by {saved} {energy_unit} ({low} to {high}).", **shown)


def _write_placebo(total: Total) -> list[str]:
    """Write whether more was saved than the same estimate finds at like times without an advised move."""
    if math.isnan(total.saved_gj) or math.isnan(total.placebo_gj):
        return []
    if total.beyond_placebo == 0:
        return [
            say(
                "At like times without an advised move the same estimate differs from that by no more than chance, so "
                "it cannot be said that these moves changed energy."
            )
        ]
    if total.beyond_placebo > 0:
        return [say("At like times without an advised move the same estimate finds less saved, by more than chance.")]
    return [say("At like times without an advised move the same estimate finds more saved, by more than chance.")]


def _write_alone(total: Total) -> str:
    """Write how often set-points moved that way where nobody was shown advice, and what the difference says."""
    if not total.alone:
        return say("How often set-points move that way without advice is not on record, so that says nothing of it.")
    shown = {
        "alike": total.alike,
        "alone": total.alone,
        "share": format_share(total.alike / total.alone, 0),
        "rate": format_share(total.followed / total.cases, 0),
    }
    if total.chance > MAX_CHANCE:
        return say(
            "Where nobody was shown advice they moved that way in {alike} of {alone} cases ({share}, here {rate}): the "
            "difference is within chance, so it cannot be said that advice moved them.",
            **shown,
        )
    if total.followed * total.alone < total.alike * total.cases:
        return say(
            "Where nobody was shown advice they moved that way in {alike} of {alone} cases ({share}, here {rate}): "
            "with advice less often, and by more than chance.",
            **shown,
        )
    return say(
        "Where nobody was shown advice they moved that way in {alike} of {alone} cases ({share}, here {rate}): with "
        "advice more often, and by more than chance.",
        **shown,
    )


def _write_unread(count: int) -> list[str]:
    return [say("{count} of the operators' answers could not be read.", count=count)] if count else []


def build_outcomes_table(outcomes: pd.DataFrame, settings: StageSettings, *, size: float) -> pd.DataFrame:
    """Build the table of the last cases of advice and what came of each, the latest first.

    `size` is what the plant takes (see `curve.find_size`).
    """
    rows = outcomes.sort_values(["start", "setpoint"], ascending=[False, True]).head(SHOWN_CASES).to_dict("records")
    zone = settings.plant.time_zone
    return pd.DataFrame(
        {
            say("advised"): [write_site_time(row["start"], zone) for row in rows],
            say("set-point"): [say_heading(row["setpoint"]) for row in rows],
            say("from"): [say_value(row["now"], row["setpoint"], with_unit=False) for row in rows],
            say("to"): [say_value(row["to"], row["setpoint"], with_unit=False) for row in rows],
            say("would save, {rate_unit}"): [
                write_interval(row["saving_gj_per_h"], row["low_gj_per_h"], row["high_gj_per_h"], size=size)
                for row in rows
            ],
            say("what came of it"): [_write_case(row) for row in rows],
            say("saved, {rate_unit}"): [
                write_interval(
                    row["realised_gj_per_h"], row["realised_low_gj_per_h"], row["realised_high_gj_per_h"], size=size
                )
                for row in rows
            ],
        }
    )


def _write_case(row: Row) -> str:
    is_moved = row["outcome"] == OPEN and pd.notna(row["moved_at"])
    outcome = say("moved, still open") if is_moved else OUTCOME_WORDS[str(row["outcome"])]()
    answer = ": ".join(text for text in (str(row["answer"]), " ".join(str(row["why"]).split())) if text)
    return f"{outcome} ({answer})" if answer else outcome
