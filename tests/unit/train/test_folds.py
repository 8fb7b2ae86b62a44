"""Folds, shifts that correct what is sure and no more, and gains beyond chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, ttest_1samp

from elc.dataset import LEAST_WEEKS
from elc.train.folds import (
    build_blocks,
    build_folds,
    deal_blocks,
    find_level_error,
    find_reach,
    find_shifts,
    measure_gain,
    number_blocks,
)

TRUE = norm.ppf([0.1, 0.5, 0.9])


def build_times(days: float, start: str = "2024-01-01") -> pd.Series:
    return pd.Series(pd.date_range(start, periods=round(24 * days), freq="h", tz="UTC"))


def build_errors(folds: np.ndarray, seed: int, bias: float = 0.0) -> np.ndarray:
    """Errors of hours that scatter normally, predicted at their true quantiles but for a bias."""
    actual = np.random.default_rng(seed).normal(0, 1, len(folds)) + bias
    return actual[:, None] - TRUE


def test_blocks_are_whole_and_dealt_in_turn() -> None:
    times = build_times(91)
    folds = deal_blocks(times, 4, 7)
    weeks = (times - times.iloc[0]) // pd.Timedelta(7, "D")
    assert [folds[weeks == week].tolist() for week in range(13)] == [[week % 4] * 168 for week in range(13)]


def test_blocks_are_of_the_calendar_whatever_hours_are_missing() -> None:
    times = build_times(120)
    kept = np.sort(np.random.default_rng(1).permutation(len(times))[:500])
    kept[0] = 0  # the first hour starts the first block
    folds = deal_blocks(times, 4, 7)[kept]
    np.testing.assert_array_equal(deal_blocks(times.iloc[kept].reset_index(drop=True), 4, 7), folds)


@pytest.mark.parametrize("count", [8, 100, 8761])
def test_each_member_leaves_out_one_stretch(count: int) -> None:
    folds = build_folds(np.ones(count), 8)
    sizes = np.bincount(folds, minlength=8)
    assert (np.diff(folds) >= 0).all()
    assert sizes.sum() == count
    assert sizes.max() - sizes.min() <= 1
    assert folds.tolist() == [row * 8 // count for row in range(count)]


def test_no_rows_and_few_rows_have_folds() -> None:
    assert build_folds(np.ones(0), 8).tolist() == []
    assert build_folds(np.ones(1), 8).tolist() == [0]
    assert len(set(build_folds(np.ones(5), 8))) == 5


def test_stretches_weigh_alike() -> None:
    weights = 0.5 ** (np.arange(2000)[::-1] / 300)
    folds = build_folds(weights, 8)
    shares = np.bincount(folds, weights) / weights.sum()
    assert shares == pytest.approx(np.full(8, 1 / 8), abs=0.003)
    assert (np.diff(np.bincount(folds)) < 0).all()  # the later, the shorter


@pytest.mark.parametrize("days", [0.5, 2, 10, 30, 100])
@pytest.mark.parametrize("members", [3, 8])
def test_every_share_has_some_hours_and_leaves_others(days: float, members: int) -> None:
    folds = deal_blocks(build_times(days), members, 7)
    counts = np.bincount(folds, minlength=members)
    assert len(counts) == members
    assert counts.min() >= 1
    assert counts.max() <= 0.6 * len(folds)


@pytest.mark.parametrize("days", [10, 30])
def test_short_history_is_dealt_in_shorter_blocks(days: int) -> None:
    folds = deal_blocks(build_times(days), 8, 7)
    changes = int((np.diff(folds) != 0).sum())
    assert 8 * 3 - 1 <= changes <= 8 * 3  # three blocks a member, none cut in two


def test_one_hour_has_a_share() -> None:
    assert deal_blocks(build_times(1 / 24), 8, 7).tolist() == [0]


def test_reach_is_students() -> None:
    assert find_reach(8, 0.8) == pytest.approx(1.4149, abs=1e-4)  # t of 7 degrees of freedom at 90 %
    assert find_reach(3, 0.95) == pytest.approx(4.3027, abs=1e-4)


def test_chance_is_not_corrected() -> None:
    folds = deal_blocks(build_times(60), 8, 7)
    found = np.array([find_shifts(build_errors(folds, seed), folds, 0.8) for seed in range(100)])
    # By the interval's own share, 80 %, each shift is zero; where it is not, it is small.
    assert 0.7 <= (found == 0).mean() <= 0.95
    assert np.abs(found).max() < 0.15


def test_sure_bias_is_corrected_but_for_its_doubt() -> None:
    folds = deal_blocks(build_times(60), 8, 7)
    found = np.array([find_shifts(build_errors(folds, seed, bias=0.5), folds, 0.8) for seed in range(20)])
    assert (found > 0.3).all()
    assert found.mean() == pytest.approx(0.5, abs=0.12)
    assert found.mean() < 0.5  # taken back by half its interval
    down = find_shifts(build_errors(folds, 1, bias=-0.5), folds, 0.8)
    assert (down < -0.3).all()


def test_shifts_give_each_quantile_its_share() -> None:
    folds = deal_blocks(build_times(200), 8, 7)
    errors = build_errors(folds, 3, bias=0.5)
    shares = (errors - find_shifts(errors, folds, 0.8) <= 0).mean(axis=0)
    assert shares == pytest.approx([0.1, 0.5, 0.9], abs=0.03)
    assert np.abs((errors <= 0).mean(axis=0) - [0.1, 0.5, 0.9]).min() > 0.05


def test_bias_of_one_member_is_doubtful_and_hardly_corrected() -> None:
    folds = deal_blocks(build_times(60), 8, 7)
    errors = build_errors(folds, 5) + 2.0 * (folds == 3)[:, None]
    plain = np.array([np.quantile(errors[:, index], share) for index, share in enumerate((0.1, 0.5, 0.9))])
    found = find_shifts(errors, folds, 0.8)
    assert (np.abs(plain) > 0.02).all()
    assert (np.abs(found) < 0.5 * np.abs(plain)).all()


def test_one_stretch_alone_justifies_no_shift() -> None:
    folds = np.full(500, 7)
    assert find_shifts(build_errors(folds, 1, bias=2.0), folds, 0.8).tolist() == [0.0, 0.0, 0.0]


def test_error_of_the_level_is_how_far_stretches_scatter() -> None:
    folds = np.repeat(np.arange(8), 4000)
    levels = np.random.default_rng(2).normal(0, 0.5, 8)
    errors = np.random.default_rng(3).normal(0, 1, len(folds)) + levels[folds]
    found = find_level_error(errors, folds, 0.1)
    assert found == pytest.approx(levels.std(ddof=1) / np.sqrt(8), rel=0.1)
    assert find_level_error(errors - levels[folds], folds, 0.1) < 0.2 * found  # only chance is left
    assert find_level_error(errors, np.full(len(folds), 3), 0.1) == 0.0


def test_blocks_that_judge_are_whole_however_short_the_history() -> None:
    times = build_times(9)
    assert len(np.unique(build_blocks(times, 8, 7))) > LEAST_WEEKS  # what is left out or drawn is cut finer
    assert np.bincount(number_blocks(times, 7)).tolist() == [168, 48]


def test_clear_gain_is_sure() -> None:
    weeks = build_blocks(build_times(200), 8, 7)
    for seed in range(20):
        gains = 0.02 + 0.05 * np.random.default_rng(seed).normal(0, 1, len(weeks))
        found = measure_gain(gains, weeks)
        assert found.is_sure
        assert found.blocks == 29
        assert found.mean == pytest.approx(0.02, abs=0.003)
        assert not measure_gain(-gains, weeks).is_sure


def test_t_is_that_of_the_blocks() -> None:
    weeks = np.repeat(np.arange(20), 5)
    values = np.random.default_rng(2).normal(0.1, 1, 20)
    assert measure_gain(np.repeat(values, 5), weeks).t == pytest.approx(ttest_1samp(values, 0).statistic)


def test_noise_is_seldom_a_gain() -> None:
    weeks = build_blocks(build_times(200), 8, 7)
    found = [measure_gain(np.random.default_rng(seed).normal(0, 1, len(weeks)), weeks).is_sure for seed in range(200)]
    assert np.mean(found) == pytest.approx(0.025, abs=0.025)


def test_gain_in_one_week_alone_is_none() -> None:
    weeks = build_blocks(build_times(200), 8, 7)
    gains = np.where(weeks == 2, 1.0, 0.0) + 0.001 * np.random.default_rng(1).normal(0, 1, len(weeks))
    assert measure_gain(gains, weeks).mean > 0.03
    assert not measure_gain(gains, weeks).is_sure


def test_few_weeks_are_never_sure() -> None:
    weeks = np.arange(LEAST_WEEKS - 1)
    assert measure_gain(1 + 0.01 * weeks, weeks).t > 10
    assert not measure_gain(1 + 0.01 * weeks, weeks).is_sure
    assert measure_gain(np.ones(0), np.arange(0)).t == 0
    assert measure_gain(np.ones(3), np.zeros(3, int)).blocks == 1
