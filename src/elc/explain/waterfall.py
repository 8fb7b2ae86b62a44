"""From best to actual energy in one hour, step by step: rows for a picture, and the same in sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from elc.fields import BEST, ENERGY, GAP, GOOD_HOURS, NO_SETPOINTS, TIME, UNEXPLAINED, say_name, say_value
from elc.language import find_digits, format_energy, format_time, say, say_list
from elc.settings import StageSettings

STEPS = ["step", "kind", "label", "change_gj_per_h", "start_gj_per_h", "end_gj_per_h"]


def build_waterfall(hour: pd.Series, shares: pd.DataFrame) -> pd.DataFrame:
    """Build the steps from best to actual energy of an hour: the rows of `shares`, its explanation, one by one.

    Returns:
        step, kind (level, good_hours, setpoint, unexplained), label (as a page writes it), change_gj_per_h (missing for
        a level), start_gj_per_h, end_gj_per_h; no rows without shares of that hour.
    """
    shares = shares[shares[TIME] == hour[TIME]]
    if shares.empty:
        return pd.DataFrame(columns=STEPS)
    known = shares[shares["share_gj_per_h"].notna()]
    order = known["setpoint"].map({GOOD_HOURS: 0, UNEXPLAINED: 2}).fillna(1)  # the good hours stand beside best
    parts = known.loc[order.sort_values(kind="stable").index]
    kinds = parts["setpoint"].where(parts["setpoint"].isin(NO_SETPOINTS), "setpoint")
    changes = parts["share_gj_per_h"].astype(float)
    rows = [("best", "level", say("best"), np.nan)]
    rows += zip(parts["setpoint"], kinds, map(say_name, parts["setpoint"]), changes, strict=True)
    table = pd.DataFrame([*rows, ("actual", "level", say("actual"), np.nan)], columns=STEPS[:4])
    ends = float(hour[BEST]) + table["change_gj_per_h"].fillna(0.0).cumsum()
    starts = ends - table["change_gj_per_h"]
    return table.assign(start_gj_per_h=starts.where(table["kind"] != "level", 0.0), end_gj_per_h=ends)


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
    lines.append(say("Best under these conditions is {best} GJ/h.", best=format_energy(float(hour[BEST]), size=size)))
    for _, step in waterfall.iterrows():
        if step["kind"] != "level" and round(abs(step["change_gj_per_h"]), find_digits(size)) > 0:
            lines.append(_write_step(step, values, size))
    lines += _write_unknown(shares)
    actual, gap = float(hour[ENERGY]), float(hour[GAP])
    total = {"actual": format_energy(actual, size=size), "gap": format_energy(gap, size=size, is_signed=True)}
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
            "These have no valid reading, so their cost is unknown and counts as unexplained: {names}.",
            names=say_list(names),
        )
    ]


def _write_step(step: pd.Series, values: pd.DataFrame, size_gj_per_h: float) -> str:
    """Write one step, with the set-point's value and that of best practice where it has one."""
    change = float(step["change_gj_per_h"])
    size, label = format_energy(abs(change), size=size_gj_per_h), str(step["label"])
    if step["kind"] == GOOD_HOURS:
        return _write_good_hours(change, size)
    if step["kind"] == UNEXPLAINED:
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


def _write_good_hours(change: float, size: str) -> str:
    if change > 0:  # the response sees the good hours' own set-points at less than best practice
        return say("The good hours ran even better than best practice: with that, {size} GJ/h more.", size=size)
    return say("No good hour had every set-point at its best: with all of them there, {size} GJ/h less.", size=size)
