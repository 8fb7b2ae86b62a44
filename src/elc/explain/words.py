"""What the explanation says first: where the gap of the last days came from, or why nothing is said."""

from __future__ import annotations

import pandas as pd

from elc.curve import Package
from elc.explain.gap import rank_causes
from elc.fields import ENERGY, GAP, IS_OUTSIDE, IS_STEADY, NO_SETPOINTS, say_name
from elc.language import escape, format_short_energy, say, say_list, say_version
from elc.settings import StageSettings


def write_answer(shares: pd.DataFrame, settings: StageSettings, *, version: str, silence: str, size: float) -> str:
    """Write which version of the model says it, and the one sentence: where the gap of the last days came from.

    `silence` is why nothing is explained (`explain_silence`); it is said where there are no shares. `size` is what the
    plant takes (see `curve.find_size`).
    """
    head = f"::: {{.small}}\n{say('model: {version}', version=say_version(version))}\n:::\n\n"
    return f"{head}::: {{.answer}}\n{_write_sentence(shares, settings, silence, size)}{_write_unknown(shares)}\n:::"


def _write_unknown(shares: pd.DataFrame) -> str:
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


def _write_sentence(shares: pd.DataFrame, settings: StageSettings, silence: str, size: float) -> str:
    name, days = escape(settings.plant.name), settings.explain.explained_days
    if shares.empty:
        nothing = say("Nothing could be explained for {plant} over the last {days} days.", plant=name, days=days)
        return f"{nothing} {silence}".rstrip()
    ranked = rank_causes(shares)
    causes = ranked[~ranked["setpoint"].isin(NO_SETPOINTS) & (ranked["share_gj_per_h"] > 0)].head(2)
    if causes.empty:
        return say(
            "No set-point of {plant} cost energy in the last {days} days that were judged.", plant=name, days=days
        )
    listed = [
        f"{say_name(row['setpoint'])} ([{format_short_energy(row['share_gj_per_h'], size=size)} GJ/h]{{.cost}})"
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


def explain_silence(package: Package, scored: pd.DataFrame, hour: pd.Series) -> str:
    """Say why an hour has no shares: the first reason that holds; empty where it has all that it needs.

    `scored` tells a set-point that the table never holds from one that is missing in the hour.
    """
    absent = [column for column in package.features if _is_absent(scored, column)]
    if package.setpoints and all(_is_absent(scored, column) for column in package.setpoints):
        absent += package.setpoints
    if absent:
        names = ", ".join(map(escape, absent))
        return say("The model asks for columns that the hourly table does not hold: {names}.", names=names)
    if not package.setpoints:
        return say("The model knows no set-point that a gap could come from.")
    if not hour[IS_STEADY]:
        return say("The plant does not run steadily.")
    if pd.isna(hour[ENERGY]):
        return say("The energy of the hour is unknown.")
    if hour[IS_OUTSIDE]:
        return say("The hour is unlike those that the model knows: {why}.", why=package.envelope.explain(hour))
    if hour[package.setpoints].isna().all():
        return say("Set-points are unknown: {names}.", names=", ".join(say_name(name) for name in package.setpoints))
    if not len(package.precedents):
        return say("The model holds no hours of best practice.")
    return say("The hour has no gap.") if pd.isna(hour[GAP]) else ""


def _is_absent(scored: pd.DataFrame, column: str) -> bool:
    return column not in scored.columns or bool(scored[column].isna().all())
