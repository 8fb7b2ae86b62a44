"""The sentences and the table of advice: what to do, and why nothing is advised (Markdown)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from elc.advise import Advice, choose_hour, find_reason, find_unlimited
from elc.advise.standing import find_standing
from elc.curve import build_cost
from elc.fields import GAP, TIME
from elc.pages.amounts import write_co2, write_interval, write_money, write_site_time
from elc.pages.labels import say_heading, say_label, say_value
from elc.pages.language import (
    escape,
    format_co2,
    format_energies,
    format_share,
    format_short_energy,
    say,
    say_list,
)
from elc.settings import StageSettings

Row = Mapping[Any, Any]

# Why nothing is advised, in full; a test holds it against the reasons that moves give.
REASONS: dict[str, Callable[[], str]] = {
    "no_gap": lambda: say("Nothing is advised while there is no gap to judge."),
    "at_best": lambda: say("Nothing is advised: the plant is as close to its best as can be measured."),
    "no_setpoints": lambda: say("Nothing is advised: the model knows no set-point that could be moved."),
    "missing": lambda: say("Nothing is advised: drivers or set-points have no valid reading, so no saving is known."),
    "no_precedents": lambda: say("Nothing is advised: the model knows no hours of best practice to go by."),
    "small_saving": lambda: say("Nothing is advised: no move of a set-point would save enough to mention."),
    "answered": lambda: say("Nothing else is advised: no other move of a set-point is sure to save energy."),
    "not_made": lambda: say("Nothing is advised: no advice was made for this interval."),
    "unsure_saving": lambda: say("Nothing is advised: no move of a set-point is sure to save energy."),
}


def write_advice(
    given: Advice,
    hour: pd.Series,
    settings: StageSettings,
    *,
    notes: pd.DataFrame,
    setpoints: Sequence[str],
    size: float,
) -> str:
    """Write what to do in an hour, what it would save and what that rests on; or why nothing is advised.

    What is not advised though the hour is judged is named: what was answered as not possible, what has no reading, and
    what has a limit without a value.

    Args:
        given: see `moves.build_advice`; what it holds of other hours is not written.
        hour: scored.
        settings: of the plant.
        notes: what operators answered (see `log.read_notes`).
        setpoints: of the model.
        size: what the plant takes (see `curve.find_size`).
    """
    moves, reason = choose_hour(given, hour[TIME]), find_reason(given.reasons, hour[TIME])
    if reason in ("no_gap", "not_made", "at_best", "no_setpoints", "missing"):
        return REASONS[reason]()
    sentences = [_write_moves(moves, reason, hour, settings, size), *_write_answered(hour, settings, notes)]
    unknown = [say_label(column) for column in setpoints if pd.isna(hour.get(column))]
    if unknown:
        sentences.append(say("No move of {names} is advised: no valid reading.", names=say_list(unknown)))
    unlimited = [say_label(column) for column in find_unlimited(given.reasons, hour[TIME])]
    if unlimited:
        text = say("No move of {names} is advised: a limit has no value now.", names=say_list(unlimited))
        sentences.append(text)
    return " ".join(sentences)


def _write_answered(hour: pd.Series, settings: StageSettings, notes: pd.DataFrame) -> list[str]:
    zone = settings.plant.time_zone
    return [
        say(
            "A move of {setpoint} was answered as not possible{why}, and is not advised again before {time}.",
            setpoint=say_label(note["setpoint"]),
            why=f" ({escape(note['why'])})" if note["why"] else "",
            time=write_site_time(note["until"], zone),
        )
        for note in find_standing(notes, hour[TIME], settings.advise).to_dict("records")
    ]


def _write_moves(moves: pd.DataFrame, reason: str, hour: pd.Series, settings: StageSettings, size: float) -> str:
    if moves.empty:
        return REASONS[reason]()
    parts = [_write_move(row) for row in moves.to_dict("records")]
    listed = parts[0] if len(parts) == 1 else say("{first} and {last}", first=", ".join(parts[:-1]), last=parts[-1])
    total = moves.iloc[0]
    saving = float(total["total_gj_per_h"])
    cost = build_cost(24 * saving, settings.plant, at=hour[TIME])
    ends = (-float(total[f"total_{end}_gj_per_h"]) for end in ("high", "low"))
    shown, low, high = format_energies(-saving, *ends, size=size)
    sentences = [
        say(
            "**Do:** {moves}. Expected: {saving} {rate_unit} ({share} interval {low} to {high}), {money} and {co2} a "
            "day.",
            moves=listed,
            saving=shown,
            share=format_share(settings.advise.interval_frac, 0),
            low=low,
            high=high,
            money=write_money(cost.money, settings),
            co2=write_co2(cost.co2_t),
        )
    ]
    gap = hour.get(GAP)
    if pd.notna(gap) and saving > gap:
        text = say(
            "That is more than the gap of {gap} {rate_unit}: best is what one hour in ten stays below, not the least.",
            gap=format_short_energy(gap, size=size),
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
            "Watch {setpoint}: it is close to its limit of {limit}.",
            setpoint=say_label(name),
            limit=_write_limit(row),
        )
        for row in near
        for name in [str(row["setpoint"])]
    ]


def _write_limit(row: Row) -> str:
    return say_value(float(str(row["near_limit"])), str(row["setpoint"]), with_unit=True)


def build_moves_table(moves: pd.DataFrame, settings: StageSettings, *, at: pd.Timestamp, size: float) -> pd.DataFrame:
    """Build the moves as a table: what each adds, at the prices of `at`, what it rests on, what it comes near.

    `size` is what the plant takes (see `curve.find_size`).
    """
    rows = moves.to_dict("records")
    costs = [build_cost(24 * float(row["saving_gj_per_h"]), settings.plant, at=at) for row in rows]
    return pd.DataFrame(
        {
            say("set-point"): [say_heading(row["setpoint"]) for row in rows],
            say("now"): [say_value(row["now"], row["setpoint"], with_unit=False) for row in rows],
            say("to"): [say_value(row["to"], row["setpoint"], with_unit=False) for row in rows],
            say("saves, {rate_unit}"): [
                write_interval(row["saving_gj_per_h"], row["low_gj_per_h"], row["high_gj_per_h"], size=size)
                for row in rows
            ],
            say("a day"): [write_money(cost.money, settings) for cost in costs],
            say("t CO₂ a day"): [format_co2(cost.co2_t) for cost in costs],
            say("watch"): [
                say("near the limit of {limit}", limit=_write_limit(row)) if pd.notna(row["near_limit"]) else "–"
                for row in rows
            ],
        }
    )


def _write_precedents(nearest: str, zone: str) -> str:
    """Write the precedents that are most alike, in site time."""
    return "; ".join(write_site_time(pd.Timestamp(time), zone) for time in nearest.split())
