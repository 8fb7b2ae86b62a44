"""The level of a quantity: its days, their memory, and what whole weeks were off; and errors with their deviation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc import curve
from elc.fields import TIME
from elc.records.quality import Level

TIMES = pd.Series(pd.date_range("2024-01-01", periods=24 * 700, freq="h", tz="UTC"))


def build(days: np.ndarray, *, reference: float | None = 0.0) -> Level:
    level = curve.build_level(TIMES[: 24 * len(days)], np.repeat(days, 24), width_h=1.0, reference=reference)
    assert level is not None
    return level


def test_independent_days_have_no_memory_and_no_slow_part() -> None:
    level = build(np.random.default_rng(1).normal(0, 2.0, 700))
    assert level.day_sd == pytest.approx(2.0, rel=0.1)
    assert level.day_lag < 0.1
    assert level.slow_sd < 0.4
    assert level.find_error(28) == pytest.approx(2.0 / np.sqrt(28), rel=0.3)


def test_days_that_remember_are_worth_fewer() -> None:
    steps = np.random.default_rng(2).normal(0, 1, 700)
    days = np.zeros(700)
    for day in range(1, 700):
        days[day] = 0.5 * days[day - 1] + steps[day]
    level = build(days)
    assert level.day_lag == pytest.approx(0.5, abs=0.1)
    assert level.spread == pytest.approx(1 / (1 - 0.5), rel=0.2)  # that of the mean of many days, times their root


def test_weeks_that_are_off_show_in_the_slow_part() -> None:
    rng = np.random.default_rng(3)
    months = np.repeat(rng.normal(0, 1.0, 25), 28)
    level = build(months + rng.normal(0, 3.0, 700))
    assert level.slow_sd == pytest.approx(1.0, rel=0.4)
    assert level.find_error(1e6) == pytest.approx(level.slow_sd, rel=1e-3)


def test_bias_counts_against_a_reference_of_zero_only() -> None:
    days = 5 + np.random.default_rng(4).normal(0, 1.0, 300)
    assert build(days, reference=0.0).slow_sd == pytest.approx(5.0, rel=0.05)
    assert build(days, reference=None).slow_sd < 0.5


def test_too_few_days_have_no_level() -> None:
    assert curve.build_level(TIMES[:200], np.ones(200), width_h=1.0, reference=None) is None
    eleven, twelve = 24 * 7 * 11, 24 * (7 * 11 + 3)  # three days make a week
    assert curve.build_level(TIMES[:eleven], np.ones(eleven), width_h=1.0, reference=None) is None
    assert curve.build_level(TIMES[:twelve], np.ones(twelve), width_h=1.0, reference=None) is not None


def test_days_with_few_hours_are_left_out() -> None:
    values = np.where(np.arange(72) < 5, 1.0, np.where(np.arange(72) < 24, np.nan, 2.0))
    days = curve.build_days(TIMES[:72], values, width_h=1.0)
    assert days["mean"].tolist() == [2.0, 2.0]
    assert days["known_h"].tolist() == [24.0, 24.0]
    assert curve.build_days(TIMES[:0], np.empty(0), width_h=1.0)[TIME].dtype == TIMES.dtype


def test_errors_are_those_worked_out_by_hand() -> None:
    found = curve.measure_errors(np.array([1.0, 3.0, 5.0]), np.array([2.0, 3.0, 3.0]), seed=1)
    assert {name: one["value"] for name, one in found.items()} == pytest.approx(
        {"rmse": np.sqrt(5 / 3), "mae": 1.0, "bias": 1 / 3, "r2": 1 - 5 / 8}
    )
    assert all(one["standard_deviation"] is None for one in found.values())


def test_errors_of_200_rows_have_a_deviation_that_is_always_the_same() -> None:
    rng = np.random.default_rng(5)
    actual = rng.normal(100, 10, 200)
    predicted = actual + rng.normal(0, 1, 200)
    once, twice = (curve.measure_errors(actual, predicted, seed=7) for _ in range(2))
    assert once == twice
    assert all(one["standard_deviation"] for one in once.values())
