"""Which hours are compared, and that none is left out in silence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from elc import compare, pages, settings
from elc.fields import ENERGY, TIME

LOAD, AIR, PRESSURE = "load_t_per_h", "air_temp_degc", "feed_pressure_bar"
WEEK_H = 168
Build = Callable[[int], pd.DataFrame]
Write = Callable[..., compare.Pair]


def test_hours_are_later_than_either_has_learnt_from(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    pair = write_pair({}, {"last": "2024-03-10T23:00:00+00:00"})
    hours = compare.score_pair(build_hours(3 * WEEK_H), pair, chosen)
    assert hours.after == pd.Timestamp("2024-03-10T23:00", tz="UTC")
    assert (hours.later, hours.count, hours.left_out) == (2 * WEEK_H, 2 * WEEK_H, {})
    assert hours.sides["left"][TIME].iloc[0] == pd.Timestamp("2024-03-11", tz="UTC")
    assert hours.sides["left"][TIME].equals(hours.sides["right"][TIME])


def test_what_is_left_out_is_counted_by_its_reason(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    hourly = build_hours(WEEK_H)
    first = WEEK_H + 20
    hourly.loc[first : first + 6, ENERGY] = np.nan  # 7
    hourly.loc[first + 5 : first + 11, AIR] = 60.0  # 7, of which 2 are counted already
    hourly.loc[first + 20, AIR] = np.nan  # 1
    hourly.loc[first + 30, LOAD] = np.nan  # 1
    hours = compare.score_pair(hourly, write_pair({}, {"shift": 1.0}), chosen)
    assert hours.left_out == {"not steady": 1, "energy unknown": 7, "outside the envelope of candidate": 6}
    assert hours.count == WEEK_H - 14


def test_an_hour_that_one_cannot_judge_is_compared_for_neither(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    hourly = build_hours(WEEK_H).assign(**{PRESSURE: 1.0})
    hourly.loc[WEEK_H + 3, PRESSURE] = np.nan
    hours = compare.score_pair(hourly, write_pair({}, {"features": (LOAD, AIR, PRESSURE)}), chosen)
    assert hours.left_out == {"outside the envelope of v1.0.0 in prod": 1}
    assert len(hours.sides["left"]) == WEEK_H - 1


def test_a_column_that_is_gone_leaves_no_hour_and_is_named(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    pair = write_pair({}, {"features": (LOAD, AIR, PRESSURE)})
    hours = compare.score_pair(build_hours(WEEK_H), pair, chosen)
    found = compare.build_comparison(pair, hours, chosen)
    assert found.verdict == "none"
    assert pages.compare.build_answer(found).endswith(
        "cannot be compared: of 168 hours after 2024-03-03T23:00 none can be judged "
        "(168 without feed_pressure_bar, which v1.0.0 in prod needs)."
    )
