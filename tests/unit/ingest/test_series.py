"""Series: one order whatever order readings came in, and sums to the last bit."""

from __future__ import annotations

import math
import operator
from functools import reduce

import numpy as np
import pytest

from elc.ingest.series import Series, build_series

WIDTH_US = 100


def build(rows: list[tuple[int, int, float]]) -> Series:
    """Build a series of readings (tag, time, value)."""
    code, time, value = (np.array(column) for column in zip(*rows, strict=True))
    return build_series(code.astype(np.uint8), time.astype(np.int64), value.astype(float), WIDTH_US)


def read_rows(series: Series) -> list[tuple[int, int, float]]:
    """Read the readings of a series, with the tag of their interval."""
    tag = series.spread(series.code.astype(np.int64))
    return list(zip(tag.tolist(), series.time.tolist(), series.value.tolist(), strict=True))


def find_place(row: tuple[int, int, float]) -> tuple[int, int, float]:
    tag, time, value = row
    return tag, time, -math.inf if math.isnan(value) else -value


def build_rows(*, is_doubled: bool) -> list[tuple[int, int, float]]:
    rng = np.random.default_rng(3)
    moments = rng.choice(900, 120, replace=is_doubled)
    values = rng.choice([math.nan, 1.0, 2.0, 3.0], 120)
    return list(zip(rng.integers(0, 4, 120).tolist(), moments.tolist(), values.tolist(), strict=True))


@pytest.mark.parametrize("is_doubled", [False, True])
@pytest.mark.parametrize("is_sorted", [False, True])
def test_order_is_by_tag_time_good_and_value(is_sorted: bool, is_doubled: bool) -> None:
    rows = build_rows(is_doubled=is_doubled)
    arrived = sorted(rows, key=lambda row: row[1]) if is_sorted else rows
    np.testing.assert_array_equal(read_rows(build(arrived)), sorted(rows, key=find_place))


def test_each_interval_is_a_tag_and_a_time() -> None:
    series = build([(2, 199, 1.0), (0, 0, 1.0), (0, 99, 2.0), (0, 100, 3.0), (2, 150, 4.0), (2, -1, 5.0)])
    found = zip(series.code.tolist(), series.start.tolist(), series.count.tolist(), strict=True)
    assert list(found) == [(0, 0, 2), (0, 100, 1), (2, -100, 1), (2, 100, 2)]
    assert series.find_lengths().tolist() == [99, 0, 0, 0, 49, 0]


def test_sum_is_that_of_one_reading_after_the_other() -> None:
    values = np.random.default_rng(1).normal(0, 1e6, 1000)
    series = build([(place // 500, place % 90, value) for place, value in enumerate(values)])
    ordered = [value for _, _, value in read_rows(series)]
    expected = [reduce(operator.add, part, 0.0) for part in (ordered[:500], ordered[500:])]
    assert series.sum_up(np.array(ordered)).tolist() == expected


def test_of_a_moment_the_last_is_kept() -> None:
    series = build([(0, 10, 5.0), (0, 10, math.nan), (0, 10, 4.0), (0, 120, 7.0), (0, 120, 7.0), (1, 120, 8.0)])
    assert series.count_clashes().tolist() == [1, 0, 0]
    single = series.drop_doubles()
    assert single.value.tolist() == [4.0, 7.0, 8.0]
    assert single.begin.tolist() == [0, 1, 2]
