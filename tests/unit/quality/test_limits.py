"""What limits forbid: out of range, less than nothing, clipped."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from elc.pages.findings import say_findings
from elc.settings import read_formula

GAS, STEAM, LOAD, AIR, O2 = (
    "gas_energy_gj_per_h",
    "steam_energy_gj_per_h",
    "load_t_per_h",
    "air_temp_degc",
    "flue_o2_pct",
)
RECYCLE, WATER = "antisurge_recycle_pct", "cooling_water_temp_degc"


@pytest.mark.parametrize(("column", "value"), [(GAS, 3200.0), (GAS, -100.0), (LOAD, 81.0), (AIR, 60.0), (O2, 0.5)])
def test_value_out_of_range_is_found_and_masked(made, column: str, value: float) -> None:
    made.put(column, slice(200, 209), value)
    checked, findings = made.check()
    assert ("range", column, 10) in made.find()
    assert checked[column].isna().to_numpy().nonzero()[0].tolist() == list(range(200, 210))
    found = json.loads(findings.loc[findings["check"] == "range", "values"].iloc[0])
    assert found["lowest"] <= value <= found["highest"]


def test_range_is_told_with_its_limits_and_unit(made) -> None:
    made.put(O2, slice(200, 209), 9.0)
    assert "flue O2 (AI-1) is outside 1 to 6 %; not used." in set(say_findings(made.check()[1]))


def test_minute_out_of_range_is_seen_in_a_good_mean(made) -> None:
    made.traces.high.loc[200, O2] = 20.9
    checked, findings = made.check()
    assert {"range", "spike"} == set(findings["check"])
    assert np.isnan(checked[O2][200])
    assert checked[O2].isna().sum() == 1


def test_value_at_its_limit_is_inside(made) -> None:
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame.loc[200, O2], frame.loc[220, O2] = 1.0, 6.0
    assert "range" not in set(made.check()[1]["check"])


def test_sensors_of_a_stopped_plant_are_not_accused(made) -> None:
    made.stop(slice(400, 430))
    made.put(O2, slice(400, 430), 20.9)
    checked, _ = made.check()
    assert made.find() == []
    assert (checked.loc[400:430, O2] == 20.9).all()


def test_impossible_energy_of_a_stopped_plant_is_found(made) -> None:
    made.stop(slice(400, 430))
    made.put(GAS, slice(410, 410), 9999.0)
    assert made.find() == [("range", GAS, 1)]


def test_small_negative_flow_is_taken_as_nothing(made) -> None:
    made.stop(slice(400, 405))
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame.loc[400:405, STEAM] = -1.5
    checked, findings = made.check()
    assert made.find() == [("negative_zero", STEAM, 6)]
    assert (checked.loc[400:405, STEAM] == 0).all()
    assert (checked.loc[400:405, "energy_gj_per_h"] == 50.0).all()
    assert say_findings(findings)[0].endswith("reads slightly below zero at rest; taken as 0.")


def test_flow_too_far_below_nothing_is_out_of_range(made) -> None:
    made.stop(slice(400, 405))
    made.put(STEAM, slice(400, 405), -4.0)
    assert made.find() == [("range", STEAM, 6)]
    assert made.check()[0].loc[400:405, STEAM].isna().all()


def clip(made, column: str, rows: slice, top: float) -> None:
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame.loc[rows, column] = frame.loc[rows, column].clip(upper=top)


def test_clipped_tag_is_found_and_kept(made) -> None:
    top = float(made.hourly[AIR][300:700].quantile(0.8))
    clip(made, AIR, slice(300, 699), top)
    checked, findings = made.check()
    (row,) = findings[findings["check"] == "clipped"].to_dict("records")
    at_top = np.flatnonzero(made.traces.high[AIR] == top)
    assert row["column"] == AIR
    assert row["start"] == made.hourly["time_utc"][at_top[0]]
    assert row["hours"] == at_top[-1] - at_top[0] + 1
    assert json.loads(row["values"])["highest"] == pytest.approx(top)
    assert checked[AIR].notna().all()


def test_rounded_values_are_not_clipped(made) -> None:
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame[AIR] = frame[AIR].round(0)
    assert "clipped" not in set(made.check()[1]["check"])


def test_valve_that_rests_shut_and_opens_is_not_clipped(made) -> None:
    for start in range(100, 900, 100):
        made.put(RECYCLE, slice(start, start + 5), np.arange(1.0, 7.0))
        made.traces.changes.loc[start : start + 6, RECYCLE] = 3.0
    assert made.find() == []


def test_meter_at_rest_below_nothing_is_not_clipped(made) -> None:
    for start in (100, 300, 500):
        made.stop(slice(start, start + 11))
        for frame in (made.hourly, made.traces.low, made.traces.high):
            frame.loc[start : start + 11, STEAM] = -1.5
    assert set(made.check()[1]["check"]) == {"negative_zero"}


def build_dead(made, rows: slice) -> None:
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame.loc[rows, GAS] = 0.0


def test_energy_meter_that_shows_nothing_is_dead_from_the_first_hour(made) -> None:
    build_dead(made, slice(400, 402))
    checked, findings = made.check()
    assert checked[GAS].isna().to_numpy().nonzero()[0].tolist() == [400, 401, 402]
    sentence = say_findings(findings[findings["check"] == "range"])[0]
    assert sentence.endswith("shows nothing while the plant runs, which it never did; not used.")


def test_carrier_that_is_without_at_times_is_not_dead(made) -> None:
    for start in (100, 200, 400):
        build_dead(made, slice(start, start + 2))
    assert GAS not in set(made.check()[1].query("check == 'range'")["column"])


def test_mean_beyond_a_limit_that_is_a_formula_is_found_and_stays_in_use(made) -> None:
    hourly = made.hourly
    high = round(float((hourly[WATER] - hourly[AIR]).max()) + 0.1, 2)
    tags = [replace(tag, high_formula=read_formula(f"{AIR} + {high}", WATER)) for tag in made.tags.tags[4:5]]
    made.tags = replace(made.tags, tags=(*made.tags.tags[:4], *tags, *made.tags.tags[5:]))
    assert made.find() == []
    made.put(WATER, slice(200, 209), hourly.loc[200:209, AIR].to_numpy() + high + 0.3)
    made.put(AIR, slice(400, 409), -60.0)  # beyond its own limits: it tells nothing of the water
    checked, findings = made.check()
    told = findings[(findings["check"] == "range") & (findings["column"] == WATER)]
    assert told["hours"].tolist() == [10]
    assert checked.loc[200:209, WATER].notna().all()
    found = json.loads(told["values"].iloc[0])
    assert (found["high"], found["low"]) == (pytest.approx(float(hourly.loc[200:209, AIR].min()) + high), None)
    assert say_findings(told) == [f"cooling water temperature (TI-2) is outside -inf to {found['high']:g} °C."]
