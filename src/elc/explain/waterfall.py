"""From best to actual energy in one hour, step by step: rows for a picture, and the same in sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.curve import Package, build_best_practice, predict_precedents
from elc.explain.gap import REST
from elc.fields import BEST, ENERGY, GAP, TIME, say_name, say_value
from elc.language import format_number, format_time, say, say_list
from elc.settings import ExplainSettings, StageSettings

STEPS = ["step", "kind", "label", "change_gj_per_h", "start_gj_per_h", "end_gj_per_h"]
SMALL_GJ_PER_H = 0.05  # what shows as 0.0


def build_waterfall(package: Package, hour: pd.Series, shares: pd.DataFrame, settings: ExplainSettings) -> pd.DataFrame:
    """Build the steps from best to actual energy of an hour, of which `shares` holds the explanation.

    Best is what the best hours reached, and none of them had every set-point at its best; what they lost themselves is
    the step `good_hours`, below zero, so that what remains `unexplained` has no side of its own.

    Returns:
        step, kind (level, good_hours, setpoint, unexplained), label (as a page writes it), change_gj_per_h (missing for
        a level), start_gj_per_h, end_gj_per_h; no rows without shares of that hour.
    """
    shares = shares[shares[TIME] == hour[TIME]]
    if shares.empty:
        return pd.DataFrame(columns=STEPS)
    causes = shares[shares["setpoint"].ne(REST) & shares["share_gj_per_h"].notna()]
    rest = float(shares["share_gj_per_h"].sum() - causes["share_gj_per_h"].sum())
    lost = _measure_lost(package, hour, settings)
    rows = [("best", "level", say("best"), np.nan), ("good_hours", "good_hours", say("good hours"), -lost)]
    rows += [
        (name, "setpoint", say_name(name), float(share))
        for name, share in zip(causes["setpoint"], causes["share_gj_per_h"], strict=True)
    ]
    rows += [(REST, REST, say("unexplained"), rest + lost), ("actual", "level", say("actual"), np.nan)]
    table = pd.DataFrame(rows, columns=STEPS[:4])
    ends = float(hour[BEST]) + table["change_gj_per_h"].fillna(0.0).cumsum()
    starts = ends - table["change_gj_per_h"]
    return table.assign(start_gj_per_h=starts.where(table["kind"] != "level", 0.0), end_gj_per_h=ends)


def _measure_lost(package: Package, hour: pd.Series, settings: ExplainSettings) -> float:
    """What the precedents' own set-points cost over best practice, under the conditions of the hour (GJ/h)."""
    row = hour[package.features].astype(float).to_frame().T
    reached = predict_precedents(package, row, settings.like_hours)[0]
    best = row.join(build_best_practice(package, row, settings.like_hours))
    return float(reached - package.predict_response(best).mean())


def write_waterfall(
    waterfall: pd.DataFrame, shares: pd.DataFrame, hour: pd.Series, settings: StageSettings, *, present: pd.Timestamp
) -> str:
    """Write the waterfall of an hour as a list of sentences in Markdown, one a step, those of no size left out.

    It says which hour that is where it is not the `present` one, where it has no explanation, and of which set-points
    the share is unknown.
    """
    if waterfall.empty:
        return say("This interval has no explanation.")
    values = shares.set_index("setpoint")
    lines = [_write_hour(hour[TIME], settings)] if hour[TIME] != present else []
    lines.append(say("Best under these conditions is {best} GJ/h.", best=format_number(float(hour[BEST]), 1)))
    for _, step in waterfall.iterrows():
        if step["kind"] != "level" and abs(step["change_gj_per_h"]) >= SMALL_GJ_PER_H:
            lines.append(_write_step(step, values))
    lines += _write_unknown(shares)
    total = {"actual": format_number(float(hour[ENERGY]), 1), "gap": format_number(float(hour[GAP]), 1, is_signed=True)}
    lines.append(say("Together that is what the plant takes: {actual} GJ/h, {gap} GJ/h against best.", **total))
    return "\n".join(f"- {line}" for line in lines)


def _write_hour(start: pd.Timestamp, settings: StageSettings) -> str:
    time = format_time(start.tz_convert(settings.plant.time_zone).to_pydatetime())
    return say("The last interval has no gap: this is that of {time}, the last one that was judged.", time=time)


def _write_unknown(shares: pd.DataFrame) -> list[str]:
    names = [say_name(name) for name in shares.loc[shares["share_gj_per_h"].isna(), "setpoint"]]
    if not names:
        return []
    return [
        say(
            "Without a sound reading, what it costs is unknown and part of what is not explained: {names}.",
            names=say_list(names),
        )
    ]


def _write_step(step: pd.Series, values: pd.DataFrame) -> str:
    """Write one step, with the set-point's value and that of best practice where it has one."""
    change = float(step["change_gj_per_h"])
    size, label = format_number(abs(change), 1), str(step["label"])
    if step["kind"] == "good_hours":
        return say("No good hour had every set-point at its best: with all of them there, {size} GJ/h less.", size=size)
    if step["kind"] == REST:
        more = say("What the set-points do not explain adds {size} GJ/h.", size=size)
        return more if change > 0 else say("What the set-points do not explain takes off {size} GJ/h.", size=size)
    name = str(step["step"])
    now, best = float(values["now"][name]), float(values["best_practice"][name])
    if np.isnan(now):
        costs = say("{label} together cost {size} GJ/h.", label=label, size=size)
        return costs if change > 0 else say("{label} together save {size} GJ/h.", label=label, size=size)
    places = {
        "label": label[:1].upper() + label[1:],
        "now": say_value(now, name, with_unit=True),
        "best": say_value(best, name, with_unit=True),
        "size": size,
    }
    if change > 0:
        return say("{label} at {now}, where {best} is best practice, costs {size} GJ/h.", **places)
    return say("{label} at {now}, where {best} is best practice, saves {size} GJ/h.", **places)
