"""The intervals: what is drawn, and that they cover what they should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import settings
from elc.evaluate.resample import build_blocks, find_interval, find_mean_interval


def build_times(days: int) -> pd.Series:
    return pd.Series(pd.date_range("2024-03-01", periods=24 * days, freq="h", tz="UTC"))


def test_whole_blocks_of_days_are_drawn_as_many_as_hold_rows(chosen: settings.StageSettings) -> None:
    times = build_times(35)
    times = times[(times < "2024-03-08") | (times >= "2024-03-20")]  # a stop over a whole block and more
    blocks = build_blocks(times, chosen.evaluate, least_weeks=0)
    assert np.bincount(blocks.row_blocks).tolist() == [168, 48, 168, 168]
    assert blocks.draws.shape == (400, 4)
    assert (blocks.draws.sum(axis=1) == 4).all()
    again = build_blocks(times, chosen.evaluate, least_weeks=0)
    assert (again.draws == blocks.draws).all()


def test_interval_of_a_mean_covers_it_as_often_as_asked(chosen: settings.StageSettings, linear: Any) -> None:
    """Hours that remember: as if each were new, two intervals in three would miss the mean."""
    times, everything = build_times(140), np.ones(24 * 140, dtype=bool)
    blocks = build_blocks(times, chosen.evaluate, least_weeks=0)
    covered, naive = 0, 0
    for seed in range(100):
        noise = linear.noise(seed, len(times), memory=0.95)
        low, high = find_mean_interval(blocks, noise, everything)
        covered += low <= 0 <= high
        naive += abs(noise.mean()) < 1.96 * noise.std() / np.sqrt(len(noise))
    assert covered >= 90
    assert naive < 60


def test_fewer_than_two_blocks_give_no_interval(chosen: settings.StageSettings) -> None:
    blocks = build_blocks(build_times(5), chosen.evaluate, least_weeks=0)
    assert np.isnan(find_mean_interval(blocks, np.arange(120.0), np.ones(120, dtype=bool))).all()
    longer = build_blocks(build_times(28), chosen.evaluate, least_weeks=0)
    first_week = np.arange(28 * 24) < 7 * 24
    assert np.isnan(find_mean_interval(longer, np.arange(28.0 * 24), first_week)).all()


def test_few_blocks_give_wider_intervals_than_percentiles(chosen: settings.StageSettings) -> None:
    blocks = build_blocks(build_times(28), chosen.evaluate, least_weeks=0)
    values = np.repeat([0.0, 1.0, 2.0, 3.0], 168)
    low, high = find_mean_interval(blocks, values, np.ones(len(values), dtype=bool))
    drawn = blocks.draws @ np.arange(4.0) / 4
    assert low < np.quantile(drawn, 0.025)
    assert high > np.quantile(drawn, 0.975)


def test_a_figure_of_sums_is_resampled_whole(chosen: settings.StageSettings) -> None:
    """A ratio of two sums that is 3 in every hour is 3 in every resample."""
    blocks = build_blocks(build_times(28), chosen.evaluate, least_weeks=0)
    parts = np.column_stack([np.ones(28 * 24), np.arange(1.0, 28 * 24 + 1), 3 * np.arange(1.0, 28 * 24 + 1)])
    assert find_interval(blocks, parts, lambda _, below, above: above / below) == pytest.approx((3.0, 3.0))
