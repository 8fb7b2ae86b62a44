"""How values move: frozen by the tag's own habit, and jumps that an hourly mean hides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elc.pages.findings import say_findings

GAS, STEAM, LOAD, AIR, WATER, O2 = (
    "gas_energy_gj_per_h",
    "steam_energy_gj_per_h",
    "load_t_per_h",
    "air_temp_degc",
    "cooling_water_temp_degc",
    "flue_o2_pct",
)


def test_frozen_tag_is_found_and_masked(made) -> None:
    made.freeze(O2, slice(500, 511))
    checked, findings = made.check()
    assert made.find() == [("frozen", O2, 12)]
    assert say_findings(findings)[0] == "flue O2 (AI-1) has not moved at all; not used."
    assert checked[O2].isna().to_numpy().nonzero()[0].tolist() == list(range(500, 512))


def test_tag_that_stands_still_for_less_than_the_limit_is_not_accused(made) -> None:
    made.freeze(O2, slice(500, 505))
    assert made.find() == []


def build_steps(made, column: str, width: int) -> None:
    """Let a tag report only every so many hours."""
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame[column] = made.hourly[column].to_numpy()[np.arange(len(frame)) // width * width]
    made.traces.changes[column] = np.where(np.arange(len(made.hourly)) % width == 0, 1.0, 0.0)


def test_tag_that_reports_on_change_is_judged_by_its_habit(made) -> None:
    build_steps(made, O2, 12)
    assert "frozen" not in set(made.check()[1]["check"])
    made.freeze(O2, slice(480, 539))
    assert ("frozen", O2, 60) in made.find() or ("frozen", O2, 71) in made.find()


def test_setpoint_that_is_moved_now_and_then_is_not_accused(made) -> None:
    build_steps(made, O2, 150)
    assert "frozen" not in set(made.check()[1]["check"])


def test_frozen_hours_are_hours_at_any_interval(made) -> None:
    made.hourly["time_utc"] = made.hourly["time_utc"][0] + np.arange(1000) * np.timedelta64(10, "m")
    made.tell_plant(interval="10min")
    made.freeze(O2, slice(500, 511))
    assert "frozen" not in set(made.check()[1]["check"])
    made.freeze(O2, slice(500, 559))
    assert ("frozen", O2, 10) in made.find()


def test_tag_whose_related_tag_stands_still_too_is_not_accused(made) -> None:
    made.freeze(AIR, slice(500, 511))
    assert made.find() == [("frozen", AIR, 12)]
    made.freeze(WATER, slice(500, 511))
    assert made.find() == []


def test_tag_whose_related_tag_is_missing_is_accused(made) -> None:
    made.freeze(AIR, slice(500, 511))
    made.lose(WATER, slice(490, 520))
    assert ("frozen", AIR, 12) in made.find()


def test_still_tag_of_a_stopped_plant_is_not_accused(made) -> None:
    made.stop(slice(500, 530))
    made.freeze(O2, slice(501, 529))
    assert "frozen" not in set(made.check()[1]["check"])


def test_chosen_intervals_are_compared_by_value(made) -> None:
    made.tell_plant(export=made.settings.plant.export.model_copy(update={"is_continuous": False}))
    made.traces.changes.loc[:, :] = 0.0
    assert "frozen" not in set(made.check()[1]["check"])
    made.freeze(O2, slice(500, 511))
    assert ("frozen", O2, 11) in made.find()


@pytest.mark.parametrize(("column", "factor"), [(GAS, 1.3), (STEAM, 0.7), (AIR, 3.0), (O2, 1.5), (LOAD, 0.7)])
def test_spike_of_a_minute_is_found_and_masked(made, column: str, factor: float) -> None:
    frame = made.traces.high if factor > 1 else made.traces.low
    frame.loc[600, column] = made.hourly[column][600] * factor
    made.hourly.loc[600, column] *= 1 + (factor - 1) / 60
    checked, findings = made.check()
    assert made.find() == [("spike", column, 1)]
    assert say_findings(findings)[0].endswith("jumps away and back; not used.")
    assert checked[column].isna().to_numpy().nonzero()[0].tolist() == [600]


def test_spike_is_held_until_the_next_reading(made) -> None:
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame.loc[600:603, O2] = 4.5
    made.traces.low.loc[[600, 603], O2] = 2.5
    made.traces.changes.loc[600:603, O2] = [1.0, 0.0, 0.0, 1.0]
    assert made.find() == [("spike", O2, 4)]


def test_step_that_stays_is_no_spike(made) -> None:
    made.put(O2, slice(600, 999), made.hourly[O2][600:] + 1.5)
    assert "spike" not in set(made.check()[1]["check"])


def test_stop_and_start_are_no_spikes(made) -> None:
    made.stop(slice(600, 600))
    assert made.find() == []


def test_crests_of_smooth_weather_are_no_spikes(made) -> None:
    hours = np.arange(len(made.hourly))
    for frame, wobble in ((made.hourly, 0.0), (made.traces.low, -0.1), (made.traces.high, 0.1)):
        frame[AIR] = np.round(18 + 6 * np.sin(2 * np.pi * hours / 24), 1) + wobble
    assert "spike" not in set(made.check()[1]["check"])
    made.put(AIR, slice(500, 500), 45.0)
    assert "spike" in set(made.check()[1]["check"])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_spikes_in_one_hour_of_fifty_hide_none(made, sign) -> None:
    rows = range(20, 980, 50)
    for row in rows:
        made.put(GAS, slice(row, row), made.hourly[GAS][row] + sign * 1200.0)
    checked, findings = made.check()
    found = set(findings.loc[findings["check"].isin(["spike", "range"]), "column"])
    assert found == {GAS}
    assert set(rows) <= set(np.flatnonzero(checked[GAS].isna()))


@pytest.mark.parametrize("column", [AIR, WATER])
def test_weather_in_whole_degrees_is_not_frozen(long_made, column) -> None:
    values = long_made.hourly[column].round()
    for frame in (long_made.hourly, long_made.traces.low, long_made.traces.high):
        frame[column] = values
    long_made.traces.changes[column] = values.diff().ne(0).astype(float)
    assert "frozen" not in {check for check, found, _ in long_made.find() if found == column}


def test_a_sensor_stuck_at_night_is_found_where_the_plant_runs_at_such_load(made) -> None:
    night = np.arange(len(made.hourly)) % 24 < 12
    made.hourly[LOAD] = np.where(night, 0.4, 1.0) * made.hourly[LOAD]
    made.freeze(O2, slice(504, 514))
    assert "frozen" not in {check for check, column, _ in made.find() if column == O2}
    made.settings = replace(made.settings, dataset=made.settings.dataset.model_copy(update={"min_load_frac": 0.3}))
    assert ("frozen", O2, 11) in made.find()
