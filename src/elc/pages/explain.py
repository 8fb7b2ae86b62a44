"""The explainability page: what made the gap, step by step, and whether the ranking is that of training (Markdown)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.explain import rank_causes
from elc.fields import BEST, CONDITION_PART, ENERGY, GAP, GOOD_HOURS, LEVEL, NO_SETPOINTS, TIME, UNEXPLAINED
from elc.findings import Reason
from elc.pages.amounts import write_site_time
from elc.pages.labels import say_heading, say_name, say_step, say_value
from elc.pages.language import (
    escape,
    find_digits,
    format_energy,
    format_number,
    format_short_energy,
    get_unit,
    say,
    say_list,
    say_version,
)
from elc.pages.reasons import say_reason
from elc.settings import ExplainSettings, StageSettings


def write_answer(
    shares: pd.DataFrame, settings: StageSettings, *, version: str, silence: Reason | None, size: float
) -> str:
    """Write which version of the model says it, and the one sentence: where the gap of the last days came from.

    `silence` is why nothing is explained (`explain.find_silence`); it is said where there are no shares. `size` is what
    the plant takes (see `curve.find_size`).
    """
    head = f"::: {{.small}}\n{say('model: {version}', version=say_version(version))}\n:::\n\n"
    return f"{head}::: {{.answer}}\n{_write_sentence(shares, settings, silence, size)}{_write_unread(shares)}\n:::"


def _write_unread(shares: pd.DataFrame) -> str:
    """Write which set-points had no reading in some of the hours that are explained; empty where all had."""
    unknown = shares.loc[shares["share_gj_per_h"].isna(), "setpoint"]
    names = [say_name(name) for name in sorted(set(unknown))]
    if not names:
        return ""
    text = say(
        "Part of the time these had no valid reading, so part of their cost is unexplained: {names}.",
        names=say_list(names),
    )
    return f" {text}"


def _write_sentence(shares: pd.DataFrame, settings: StageSettings, silence: Reason | None, size: float) -> str:
    name, days = escape(settings.plant.name), settings.explain.explained_days
    if shares.empty:
        nothing = say("Nothing could be explained for {plant} over the last {days} days.", plant=name, days=days)
        return nothing if silence is None else f"{nothing} {say_reason(silence)}"
    ranked = rank_causes(shares)
    causes = ranked[~ranked["setpoint"].isin(NO_SETPOINTS) & (ranked["share_gj_per_h"] > 0)].head(2)
    if causes.empty:
        return say(
            "No set-point of {plant} cost energy in the last {days} days that were judged.", plant=name, days=days
        )
    listed = [
        f"{say_name(row['setpoint'])} "
        f"([{format_short_energy(row['share_gj_per_h'], size=size)} {get_unit().rate}]{{.cost}})"
        for row in causes.to_dict("records")
    ]
    if len(listed) == 1:
        return say("Over the last {days} days {plant} lost most by {cause}.", plant=name, days=days, cause=listed[0])
    return say(
        "Over the last {days} days {plant} lost most by {first} and {second}.",
        plant=name,
        days=days,
        first=listed[0],
        second=listed[1],
    )


def build_causes_table(shares: pd.DataFrame, *, size: float) -> pd.DataFrame:
    """Build the table of set-points now and at best practice, with all shares of the gap, which add up to it.

    `size` is what the plant takes (see `curve.find_size`).
    """
    known = shares.to_dict("records")
    return pd.DataFrame(
        {
            say("set-point"): [_write_heading(row["setpoint"], row["now"]) for row in known],
            say("now"): [_write_value(row["now"], row["setpoint"]) for row in known],
            say("best practice"): [_write_value(row["best_practice"], row["setpoint"]) for row in known],
            say("share, {rate_unit}"): [
                format_energy(row["share_gj_per_h"], size=size, is_signed=True) for row in known
            ],
        }
    )


def _write_heading(name: str, now: float) -> str:
    return say_name(name) if pd.isna(now) else say_heading(name)


def _write_value(value: float, column: str) -> str:
    return "–" if pd.isna(value) else say_value(value, column, with_unit=False)


def write_short(short: Reason | None) -> str:
    """Write why no ranking is held against that of training (`explain.find_short`); empty where one is."""
    return "" if short is None else say_reason(short)


def build_drift_table(drift: pd.DataFrame, settings: ExplainSettings) -> pd.DataFrame:
    """Build the table of nDCG, with what rose most and whether the ranking is that of training."""
    rows = drift.to_dict("records")
    names = {"drivers": say("what drives consumption"), "setpoints": say("what drives the gap")}
    return pd.DataFrame(
        {
            say("ranking of"): [names[row["what"]] for row in rows],
            say("nDCG"): [format_number(row["ndcg"], 3) for row in rows],
            say("hours"): [format_number(row["hours"], 0) for row in rows],
            say("rose most"): [say_name(row["rose"]) for row in rows],
            say("as in training"): [say("yes") if row["ndcg"] >= settings.min_ndcg else say("no") for row in rows],
        }
    )


def write_waterfall(
    waterfall: pd.DataFrame,
    shares: pd.DataFrame,
    hour: pd.Series,
    settings: StageSettings,
    *,
    present: pd.Timestamp,
    size: float,
) -> str:
    """Write the waterfall of an hour as a list of sentences in Markdown, one a step, those of no size left out.

    It says which hour that is where it is not the `present` one, where it has no explanation, and of which set-points
    the share is unknown. `size` is what the plant takes (see `curve.find_size`).
    """
    if waterfall.empty:
        return say("This interval has no explanation.")
    values = shares.set_index("setpoint")
    lines = [_write_hour(hour[TIME], settings)] if hour[TIME] != present else []
    lines.append(
        say("Best under these conditions is {best} {rate_unit}.", best=format_energy(float(hour[BEST]), size=size))
    )
    for _, step in waterfall.iterrows():
        if step["kind"] != LEVEL and round(abs(step["change_gj_per_h"]), find_digits(size)) > 0:
            lines.append(_write_step(step, values, size))
    lines += _write_unknown(shares)
    actual, gap = float(hour[ENERGY]), float(hour[GAP])
    total = {"actual": format_energy(actual, size=size), "gap": format_energy(gap, size=size, is_signed=True)}
    lines.append(
        say("Together that is what the plant takes: {actual} {rate_unit}, {gap} {rate_unit} against best.", **total)
    )
    return "\n".join(f"- {line}" for line in lines)


def _write_hour(start: pd.Timestamp, settings: StageSettings) -> str:
    time = write_site_time(start, settings.plant.time_zone)
    return say("The last interval has no gap: this is that of {time}, the last one that was judged.", time=time)


def _write_unknown(shares: pd.DataFrame) -> list[str]:
    names = [say_name(name) for name in shares.loc[shares["share_gj_per_h"].isna(), "setpoint"]]
    if not names:
        return []
    return [
        say(
            "These have no valid reading, so their cost is unknown and counts as unexplained: {names}.",
            names=say_list(names),
        )
    ]


def _write_step(step: pd.Series, values: pd.DataFrame, size_gj_per_h: float) -> str:
    """Write one step, with the set-point's value and that of best practice where it has one."""
    change = float(step["change_gj_per_h"])
    size, label = format_energy(abs(change), size=size_gj_per_h), say_step(step["step"], step["kind"])
    if step["kind"] == CONDITION_PART:
        more = say("The condition of the plant adds {size} {rate_unit}.", size=size)
        return more if change > 0 else say("The condition of the plant takes off {size} {rate_unit}.", size=size)
    if step["kind"] == GOOD_HOURS:
        return _write_good_hours(change, size)
    if step["kind"] == UNEXPLAINED:
        more = say("What the set-points do not explain adds {size} {rate_unit}.", size=size)
        return (
            more if change > 0 else say("What the set-points do not explain takes off {size} {rate_unit}.", size=size)
        )
    name = str(step["step"])
    now, best = float(values["now"][name]), float(values["best_practice"][name])
    if np.isnan(now):
        costs = say("{label} together cost {size} {rate_unit}.", label=label, size=size)
        return costs if change > 0 else say("{label} together save {size} {rate_unit}.", label=label, size=size)
    places = {
        "label": label[:1].upper() + label[1:],
        "now": say_value(now, name, with_unit=True),
        "best": say_value(best, name, with_unit=True),
        "size": size,
    }
    if change > 0:
        return say("{label} at {now}, where {best} is best practice, costs {size} {rate_unit}.", **places)
    return say("{label} at {now}, where {best} is best practice, saves {size} {rate_unit}.", **places)


def _write_good_hours(change: float, size: str) -> str:
    if change > 0:  # the response sees the good hours' own set-points at less than best practice
        return say("The good hours ran even better than best practice: with that, {size} {rate_unit} more.", size=size)
    return say(
        "No good hour had every set-point at its best: with all of them there, {size} {rate_unit} less.", size=size
    )
