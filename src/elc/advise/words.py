"""The sentences and tables of advice: what to do, why nothing is advised, and what came of what was (Markdown)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from elc.advise.moves import REASON
from elc.advise.outcomes import Total, build_total
from elc.curve import build_cost
from elc.fields import GAP, TIME, read_currency, say_heading, say_label, say_value
from elc.language import format_number, format_share, format_time, say
from elc.settings import StageSettings

Row = Mapping[Any, Any]
WEEK_DAYS = 7
SHOWN_CASES = 10  # of the table of what came of advice; its sentence counts all
SMALL_GJ_PER_H = 20.0  # of less, a tenth matters

# Why nothing is advised, in full; a test holds it against the reasons that moves give.
REASONS: dict[str, Callable[[], str]] = {
    "no_gap": lambda: say("Nothing is advised while there is no gap to judge."),
    "at_best": lambda: say("Nothing is advised: the plant is as near to its best as can be told."),
    "missing": lambda: say("Nothing is advised: a set-point or a driver has no sound reading, so no saving is known."),
    "no_precedents": lambda: say("Nothing is advised: the model knows no hours of best practice to go by."),
    "small_saving": lambda: say("Nothing is advised: what moves of the set-points would save is not worth a word."),
    "unsure_saving": lambda: say("Nothing is advised: no move of the set-points would surely save."),
}
OUTCOME_WORDS: dict[str, Callable[[], str]] = {
    "followed": lambda: say("followed"),
    "partly": lambda: say("in part"),
    "not": lambda: say("not followed"),
    "open": lambda: say("still open"),
}


def find_reason(reasons: pd.DataFrame) -> str:
    """Find why the last hour has no moves; empty where it has some."""
    return str(reasons.sort_values(TIME)[REASON].iloc[-1]) if len(reasons) else "no_gap"


def write_advice(moves: pd.DataFrame, reason: str, hour: pd.Series, settings: StageSettings) -> str:
    """Write what to do, what it would save and what that rests on; or why nothing is advised.

    Args:
        moves: of the last hour (see `moves.build_advice`).
        reason: why it has none (see `find_reason`).
        hour: the last hour, scored.
        settings: of the plant.
    """
    if moves.empty:
        return REASONS[reason]()
    parts = [_write_move(row) for row in moves.to_dict("records")]
    listed = parts[0] if len(parts) == 1 else say("{first} and {last}", first=", ".join(parts[:-1]), last=parts[-1])
    total = moves.iloc[0]
    saving = float(total["total_gj_per_h"])
    cost = build_cost(24 * saving, settings.plant, at=hour[TIME])
    digits = 1 if abs(saving) < SMALL_GJ_PER_H else 0
    sentences = [
        say(
            "**Do:** {moves}. Expected: {saving} GJ/h ({share} interval {low} to {high}), {money} and {co2} a day.",
            moves=listed,
            saving=format_number(-saving, digits),
            share=format_share(settings.advise.interval_frac, 0),
            low=format_number(-float(total["total_high_gj_per_h"]), digits),
            high=format_number(-float(total["total_low_gj_per_h"]), digits),
            money=_write_money(cost.money, settings),
            co2=_write_co2(cost.co2_t),
        )
    ]
    gap = hour.get(GAP)
    if pd.notna(gap) and saving > gap:
        text = say(
            "That is more than the gap of {gap} GJ/h: best is what one hour in ten stays below, not the least.",
            gap=format_number(gap, digits),
        )
        sentences.append(text)
    text = say(
        "It rests on the {count} best earlier intervals most like this one; the nearest are {times}.",
        count=int(total["precedents"]),
        times=_write_precedents(str(total["nearest"]), settings.plant.time_zone),
    )
    sentences.append(text)
    return " ".join([*sentences, *_write_limits(moves)])


def _write_move(row: Row) -> str:
    now, to, column = float(str(row["now"])), float(str(row["to"])), str(row["setpoint"])
    start, end = say_value(now, column, with_unit=False), say_value(to, column, with_unit=True)
    name = say_label(column)
    if to > now:
        return say("raise {setpoint} from {start} to {end}", setpoint=name, start=start, end=end)
    return say("lower {setpoint} from {start} to {end}", setpoint=name, start=start, end=end)


def _write_limits(moves: pd.DataFrame) -> list[str]:
    near = moves[moves["near_limit"].notna()].to_dict("records")
    return [
        say(
            "Mind {setpoint}: its limit of {limit} is near.",
            setpoint=say_label(name),
            limit=_write_limit(row),
        )
        for row in near
        for name in [str(row["setpoint"])]
    ]


def _write_limit(row: Row) -> str:
    return say_value(float(str(row["near_limit"])), str(row["setpoint"]), with_unit=True)


def build_moves_table(moves: pd.DataFrame, settings: StageSettings, *, at: pd.Timestamp) -> pd.DataFrame:
    """Build the moves as a table: what each adds, at the prices of `at`, what it rests on, what it comes near."""
    rows = moves.to_dict("records")
    costs = [build_cost(24 * float(row["saving_gj_per_h"]), settings.plant, at=at) for row in rows]
    return pd.DataFrame(
        {
            say("set-point"): [say_heading(row["setpoint"]) for row in rows],
            say("now"): [say_value(row["now"], row["setpoint"], with_unit=False) for row in rows],
            say("to"): [say_value(row["to"], row["setpoint"], with_unit=False) for row in rows],
            say("saves, GJ/h"): [
                _write_interval(row, "saving_gj_per_h", "low_gj_per_h", "high_gj_per_h") for row in rows
            ],
            say("a day"): [_write_money(cost.money, settings) for cost in costs],
            say("t CO₂ a day"): [format_number(cost.co2_t, 1) for cost in costs],
            say("mind"): [
                say("near the limit of {limit}", limit=_write_limit(row)) if pd.notna(row["near_limit"]) else "–"
                for row in rows
            ],
        }
    )


def _write_precedents(nearest: str, zone: str) -> str:
    """Write the precedents that are most alike, in site time."""
    return "; ".join(format_time(pd.Timestamp(time).tz_convert(zone).to_pydatetime()) for time in nearest.split())


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
    if not whole.is_shown:
        sentences.insert(0, say("Nobody was shown this advice: it is what the model would have said."))
    sentences.append(
        say(
            "Saved is the mean gap before a move less that after it, less what other set-points did meanwhile, for as "
            "long as the move stayed, at most {hold} hours. Crews move set-points without advice too, and what they "
            "would have done by themselves nobody can tell.",
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
    numbers = (total.saved_gj, total.low_gj, total.high_gj)
    saved, low, high = (format_number(value, 0) for value in numbers)
    shown = {"what": head, "saved": saved, "low": low, "high": high}
    if total.is_shown:
        return say("{what}, and that saved {saved} GJ ({low} to {high}).", **shown)
    return say("{what}, and with that energy fell by {saved} GJ ({low} to {high}).", **shown)


def _write_unread(count: int) -> list[str]:
    return [say("{count} of the operators' answers could not be read.", count=count)] if count else []


def build_outcomes_table(outcomes: pd.DataFrame, settings: StageSettings) -> pd.DataFrame:
    """Build the table of the last cases of advice and what came of each, the latest first."""
    rows = outcomes.sort_values(["start", "setpoint"], ascending=[False, True]).head(SHOWN_CASES).to_dict("records")
    zone = settings.plant.time_zone
    realised = ("realised_gj_per_h", "realised_low_gj_per_h", "realised_high_gj_per_h")
    return pd.DataFrame(
        {
            say("advised"): [format_time(row["start"].tz_convert(zone).to_pydatetime()) for row in rows],
            say("set-point"): [say_heading(row["setpoint"]) for row in rows],
            say("from"): [say_value(row["now"], row["setpoint"], with_unit=False) for row in rows],
            say("to"): [say_value(row["to"], row["setpoint"], with_unit=False) for row in rows],
            say("would save, GJ/h"): [
                _write_interval(row, "saving_gj_per_h", "low_gj_per_h", "high_gj_per_h") for row in rows
            ],
            say("what came of it"): [_write_case(row) for row in rows],
            say("saved, GJ/h"): [_write_interval(row, *realised) for row in rows],
        }
    )


def _write_case(row: Row) -> str:
    outcome = OUTCOME_WORDS[str(row["outcome"])]()
    answer = ": ".join(text for text in (str(row["answer"]), " ".join(str(row["why"]).split())) if text)
    return f"{outcome} ({answer})" if answer else outcome


def _write_interval(row: Row, *names: str) -> str:
    """Write a value and between what it lies: `3.1 (2.2 to 4.0)`; a dash where it is not known."""
    value, low, high = (float(str(row[name])) for name in names)
    if math.isnan(value):
        return "–"
    shown = {"value": format_number(value, 1), "low": format_number(low, 1), "high": format_number(high, 1)}
    return say("{value} ({low} to {high})", **shown)


def _write_money(amount: float, settings: StageSettings) -> str:
    if math.isnan(amount):
        return say("no known price")
    return f"{format_number(amount, 0)} {read_currency(settings.site.currency)}"


def _write_co2(amount: float) -> str:
    if math.isnan(amount):
        return say("no known CO₂")
    return say("{amount} t CO₂", amount=format_number(amount, 1))
