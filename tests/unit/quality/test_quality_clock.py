"""Clocks an hour late: found against a tag that moves alike, and against the sun."""

from __future__ import annotations

import numpy as np

from elc.pages.findings import say_findings

AIR, WATER, O2 = "air_temp_degc", "cooling_water_temp_degc", "flue_o2_pct"


def delay(made, column: str, rows: slice) -> None:
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame.loc[rows, column] = frame[column].shift(1)[rows.start : rows.stop + 1]


def test_tag_an_hour_late_is_found_and_kept(made) -> None:
    delay(made, AIR, slice(400, 639))
    checked, findings = made.check()
    late = findings[(findings["check"] == "clock") & (findings["column"] == AIR)]
    marked = (made.hourly["time_utc"] >= late["start"].min()) & (made.hourly["time_utc"] < late["end"].max())
    assert marked[400:640].mean() > 0.9
    assert marked.sum() < 240 + 2 * 96
    assert say_findings(late)[0] == "air temperature (TI-1) runs an hour behind what moves with it."
    assert checked[AIR].notna().all()


def test_tag_in_time_is_not_accused(made) -> None:
    assert made.find() == []


def test_tag_without_a_witness_is_not_judged(made) -> None:
    delay(made, O2, slice(400, 639))
    assert made.find() == []


def test_weather_alone_is_judged_by_the_sun(long_made) -> None:
    long_made.lose(WATER, slice(0, 5999))
    days = np.arange(6000) / 24
    weather = np.random.default_rng(5).normal(0, 0.3, 6000)
    long_made.put(AIR, slice(0, 5999), 12 - 3 * np.cos(2 * np.pi * days) + weather)
    delay(long_made, AIR, slice(1000, 1799))
    assert AIR in set(long_made.check()[1].query("check == 'clock'")["column"])
