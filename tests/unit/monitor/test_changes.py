"""CUSUM of daily means: a step is found with its day and size, so are the way back and a slow drift; scatter is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc.fields import GAP, TIME
from elc.monitor.changes import LevelChange, build_cusum, find_active, find_changes
from elc.records.quality import Level

LEVEL = Level(mean=0.0, hour_sd=0.01, day_sd=0.004, day_lag=0.0, slow_sd=0.0, days=300)
START = pd.Timestamp("2025-01-01", tz="UTC")


def find(days: np.ndarray, *, level: Level = LEVEL, is_rise_only: bool = False) -> list[LevelChange]:
    times = pd.Series(pd.date_range(START, periods=24 * len(days), freq="h"))
    return find_changes(
        times,
        np.repeat(days, 24),
        level,
        smallest=0.01,
        reference=0.0,
        width_h=1.0,
        is_rise_only=is_rise_only,
    )


def scatter(count: int, seed: int) -> np.ndarray:
    return 0.004 * np.random.default_rng(seed).normal(0, 1, count)


def test_days_that_scatter_as_ever_are_no_change() -> None:
    assert [change for seed in range(10) for change in find(scatter(300, seed))] == []


@pytest.mark.parametrize("size", [0.015, -0.015])
def test_step_is_found_with_its_day_and_size(size: float) -> None:
    days = scatter(120, 3)
    days[60:] += size
    (change,) = find(days)
    assert abs((change.start - START).days - 60) <= 2
    assert pd.Timedelta(0) < change.found - change.start < pd.Timedelta(8, "D")
    assert change.after == pytest.approx(size, abs=0.002)
    assert change.until is None


def test_way_back_ends_the_change() -> None:
    days = scatter(160, 4)
    days[60:100] += 0.02
    rise, fall = find(days)
    assert rise.until == fall.start
    assert fall.after == pytest.approx(0.0, abs=0.002)
    assert find_active([rise, fall], smallest=0.01, reference=0.0) is None
    active = find_active([rise], smallest=0.01, reference=0.0)
    assert active is not None
    assert active.start == rise.start


def test_drift_lasts_since_its_first_step() -> None:
    days = scatter(200, 5) + 0.03 * np.maximum(np.arange(200) - 50, 0) / 150
    changes = find(days)
    active = find_active(changes, smallest=0.01, reference=0.0)
    assert len(changes) > 1
    assert active is not None
    assert active.start == changes[0].start
    assert active.after == changes[-1].after > 0.02


def test_what_weeks_were_off_before_is_allowed() -> None:
    days = scatter(300, 6) + 0.0065
    wide = LEVEL.model_copy(update={"slow_sd": 0.01})
    assert find(days)
    assert find(days, level=wide) == []


def test_memory_of_days_widens_their_spread() -> None:
    assert LEVEL.model_copy(update={"day_lag": 0.6}).spread == pytest.approx(0.008)


def test_fall_is_no_matter_where_only_a_rise_costs() -> None:
    days = scatter(120, 7)
    days[60:] -= 0.02
    assert len(find(days)) == 1
    assert find(days, is_rise_only=True) == []


def test_day_known_in_part_counts_less_and_few_hours_not_at_all() -> None:
    days = np.zeros(40)
    days[20:] = 0.012
    times = pd.Series(pd.date_range(START, periods=24 * 40, freq="h"))
    few = np.repeat(days, 24)
    few[(np.arange(len(few)) >= 480) & (np.arange(len(few)) % 24 >= 5)] = np.nan
    asked = {"smallest": 0.01, "reference": 0.0, "width_h": 1.0, "is_rise_only": False}
    assert find_changes(times, few, LEVEL, **asked) == []  # type: ignore[arg-type]
    half = np.repeat(days, 24)
    half[np.arange(len(half)) % 24 >= 12] = np.nan
    whole, part = find(days), find_changes(times, half, LEVEL, **asked)  # type: ignore[arg-type]
    assert part[0].found > whole[0].found


def test_hours_of_a_day_that_goes_on_tell_no_change_that_later_ones_take_back() -> None:
    days = scatter(100, 8)
    days[30:60] += 0.015
    values = np.repeat(days, 24) + 0.02 * np.tile(np.sin(np.arange(24) * np.pi / 12), 100)
    times = pd.Series(pd.date_range(START, periods=len(values), freq="h"))
    asked = {"smallest": 0.01, "reference": 0.0, "width_h": 1.0, "is_rise_only": False}
    former: list[pd.Timestamp] = []
    for end in range(24 * 25, len(values)):
        found = find_changes(times[:end], values[:end], LEVEL, **asked)  # type: ignore[arg-type]
        starts = [change.start for change in found]
        assert starts[: len(former)] == former
        former = starts
    assert len(former) == 2


def test_no_hours_are_no_change() -> None:
    assert find(np.empty(0)) == []


def test_cusum_adds_up_the_gap_and_marks_the_change() -> None:
    judged = pd.DataFrame({TIME: pd.date_range(START, periods=48, freq="h"), GAP: [1.0] * 24 + [3.0] * 24})
    change = LevelChange(START + pd.Timedelta(1, "D"), START, 0.0, 0.01, None)
    frame = build_cusum(judged, [change], width_h=1.0)
    assert frame["cusum_gj"].tolist() == [24.0, 96.0]
    assert frame["is_change"].tolist() == [False, True]
