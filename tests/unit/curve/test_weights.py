"""What hours count by their age."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc.curve.weights import find_median, weigh_hours

TIMES = pd.Series(pd.date_range("2024-01-01", periods=61, freq="D", tz="UTC"))


def test_an_hour_counts_half_for_each_half_life() -> None:
    found = weigh_hours(TIMES, 30.0)
    assert found[[0, 30, 60]] == pytest.approx([0.25, 0.5, 1.0])
    assert (np.diff(found) > 0).all()


def test_hours_without_a_half_life_count_alike() -> None:
    assert (weigh_hours(TIMES, None) == 1.0).all()


def test_no_hours_have_no_weights() -> None:
    assert len(weigh_hours(TIMES[:0], 30.0)) == 0


def test_median_has_half_of_the_weight_on_either_side() -> None:
    values = np.array([5.0, 1.0, 3.0, 2.0, 4.0])
    assert find_median(values, np.ones(5)) == 3.0
    assert find_median(values, np.array([10.0, 1.0, 1.0, 1.0, 1.0])) == 5.0
    assert find_median(values, np.array([0.0, 1.0, 0.0, 2.0, 0.0])) == 2.0
