"""Plant states and the steady-state gate."""

from __future__ import annotations

import pandas as pd
import pytest

from elc import dataset, settings
from elc.fields import IS_STEADY, STATE
from tests.unit.dataset.hours import NAN, build_settings, mark

EVEN = [100.0] * 6  # of which the first four have no whole window


def read_states(loads: list[float], chosen: settings.StageSettings) -> list[str]:
    marked = mark(loads, chosen)
    assert marked[IS_STEADY].tolist() == [state == "run" for state in marked[STATE]]
    return [str(state) for state in marked[STATE]]


def test_even_load_runs_once_the_window_is_whole() -> None:
    assert read_states([100.0, 100.5, 99.5, 100.0, 100.0, 100.5], build_settings()) == ["unknown"] * 4 + ["run"] * 2


def test_trip_is_below_the_least_load_not_at_it() -> None:
    assert read_states([50.0] * 5 + [49.9], build_settings())[4:] == ["run", "trip"]


@pytest.mark.parametrize(("interval", "lost"), [("1h", 1), ("1h", 2), ("30min", 4)])
def test_lost_load_costs_the_hours_in_which_it_is_lost_and_no_others(interval: str, lost: int) -> None:
    even = [100.0] * 12
    states = read_states([*even, *[NAN] * lost, *even], build_settings(interval=interval))
    assert states[12:] == ["unknown"] * lost + ["run"] * 12


@pytest.mark.parametrize(("interval", "lost"), [("1h", 3), ("30min", 5)])
def test_load_that_is_lost_for_longer_is_unknown_until_the_window_is_whole_again(interval: str, lost: int) -> None:
    even, window = [100.0] * 12, 4 if interval == "1h" else 8
    states = read_states([*even, *[NAN] * lost, *even], build_settings(interval=interval))
    assert states[12:] == ["unknown"] * (lost + window) + ["run"] * (12 - window)


def test_lost_hours_of_one_window_count_each_by_itself() -> None:
    states = read_states([*EVEN, NAN, 100.0, NAN, *EVEN], build_settings())
    assert states[6:] == ["unknown", "run", "unknown", *["run"] * 6]


def test_load_lost_at_the_beginning_is_not_made_up() -> None:
    assert read_states([NAN, *EVEN], build_settings()) == ["unknown"] * 5 + ["run"] * 2


def test_ramp_across_a_gap_is_a_ramp() -> None:
    states = read_states([*EVEN, NAN, *[90.0] * 6], build_settings())
    assert states[6:] == ["unknown", *["ramp"] * 4, "run", "run"]


def test_start_follows_trip_and_ends() -> None:
    states = read_states([*EVEN, *[0.0] * 3, *[100.0] * 20], build_settings())
    assert states[6:10] == ["trip"] * 3 + ["start"]
    assert states[-4:] == ["run"] * 4
    assert set(states[9:]) == {"start", "run"}


def test_start_begins_when_the_load_rises() -> None:
    states = read_states([*EVEN, 40.0, 0.0, 0.5, 0.2, 10.0, 30.0, *[100.0] * 20], build_settings())
    assert states[6:] == ["trip"] * 4 + ["start"] * 14 + ["run"] * 8


def test_failed_attempt_to_start_is_part_of_the_trip() -> None:
    states = read_states([*EVEN, 0.0, 20.0, 40.0, 0.0, 30.0, *[100.0] * 20], build_settings())
    assert states[6:11] == ["trip"] * 4 + ["start"]


def test_rise_that_has_not_ended_is_a_start() -> None:
    assert read_states([*EVEN, 0.0, 0.0, 20.0], build_settings())[6:] == ["trip", "trip", "start"]


@pytest.mark.parametrize(("interval", "settle_h", "count"), [("1h", 12, 12), ("1h", 1, 1), ("10min", 2, 12)])
def test_start_lasts_the_settling_time_after_the_end_of_the_trip(interval: str, settle_h: float, count: int) -> None:
    # No limit on slopes, so that only the start-up is told from running.
    chosen = build_settings(
        interval=interval, settle_after_start_h=settle_h, max_load_slope_frac_per_h=10, steady_window_h=0.1
    )
    states = read_states([0.0] * 3 + [100.0] * 30, chosen)
    assert states == ["trip"] * 3 + ["start"] * count + ["run"] * (30 - count)


def test_no_settling_time_means_no_start() -> None:
    chosen = build_settings(settle_after_start_h=0, max_load_slope_frac_per_h=10, steady_window_h=1)
    assert read_states([0.0, 0.0, 100.0, 100.0], chosen) == ["trip", "trip", "run", "run"]


@pytest.mark.parametrize("unknown", [1, 5, 40])
def test_plant_that_was_down_when_its_load_was_lost_has_to_settle(unknown: int) -> None:
    states = read_states([*EVEN, *[0.0] * 3, *[NAN] * unknown, *[100.0] * 20], build_settings())
    assert states[6:] == ["trip"] * 3 + ["unknown"] * unknown + ["start"] * 12 + ["run"] * 8


def test_unknown_load_within_a_trip_is_said() -> None:
    states = read_states([*EVEN, 0.0, NAN, 0.0, *[100.0] * 13], build_settings())
    assert states[6:] == ["trip", "unknown", "trip", *["start"] * 12, "run"]


def test_step_is_a_ramp_while_the_window_holds_it() -> None:
    # 5 % within the four hours of the window: 1.25 % an hour.
    assert read_states([*EVEN, *[95.0] * 6], build_settings())[4:] == ["run"] * 2 + ["ramp"] * 4 + ["run"] * 2


def test_small_step_is_no_ramp() -> None:
    assert set(read_states([*EVEN, *[97.0] * 6], build_settings())[4:]) == {"run"}


def test_slow_climb_above_the_slope_limit_is_a_ramp() -> None:
    loads = [80.0] * 6 + [80.0 + 1.2 * hour for hour in range(1, 13)]
    assert read_states(loads, build_settings())[-6:] == ["ramp"] * 6


def test_chosen_intervals_have_neither_starts_nor_ramps() -> None:
    loads = [100.0, 0.0, 70.0, 100.0, NAN]
    assert read_states(loads, build_settings(is_continuous=False)) == ["run", "trip", "run", "run", "unknown"]


@pytest.mark.parametrize("interval", ["1h", "30min"])
@pytest.mark.parametrize(("window_h", "settle_h", "reach_h"), [(4, 12, 12), (6, 0, 8)])
def test_states_look_back_as_far_as_they_say_and_no_further(
    interval: str, window_h: float, settle_h: float, reach_h: int
) -> None:
    """A past changed beyond the reach changes no state; one step nearer it does."""
    chosen = build_settings(interval=interval, steady_window_h=window_h, settle_after_start_h=settle_h)
    assert dataset.find_reach(chosen) == pd.Timedelta(reach_h, "h")
    steps = round(pd.Timedelta(reach_h, "h") / pd.Timedelta(interval))
    for distance, state in ((steps + 1, "run"), (steps, "start" if settle_h else "ramp")):
        loads = [100.0] * 60
        loads[59 - distance] = 40.0
        if not settle_h:  # nothing is known of the two hours before the window
            hours = round(pd.Timedelta("2h") / pd.Timedelta(interval))
            loads[60 - steps : 60 - steps + hours] = [NAN] * hours
        assert read_states(loads, chosen)[59] == state


def test_chosen_intervals_look_back_nowhere() -> None:
    assert dataset.find_reach(build_settings(is_continuous=False)) == pd.Timedelta(0)


def test_a_day_is_steady_where_its_load_moves_no_faster_than_allowed() -> None:
    """0.01 an hour is 0.24 a day: the slope counts over the intervals that the window spans, not over its hours."""
    chosen = build_settings(interval="1D")
    marked = mark([100.0, 95.0, 80.0, 50.0, 52.0], chosen)
    assert marked[STATE].tolist() == ["unknown", "run", "run", "ramp", "run"]
