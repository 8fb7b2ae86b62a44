"""Which intervals teach: those before the end of training, else the first of an export, else all."""

from __future__ import annotations

import pandas as pd
import pytest

from elc.ingest.learnt import FIRST_DAYS, mark_learnt

TIMES = pd.date_range("2025-01-01", periods=200, freq="D", tz="UTC")


@pytest.mark.parametrize(("until", "expected"), [("2025-02-01", 31), ("2026-01-01", 200), (None, 200)])
def test_intervals_before_the_end_of_training_teach(until: str | None, expected: int) -> None:
    is_learnt = mark_learnt(TIMES, until)
    assert is_learnt[:expected].all()
    assert is_learnt.sum() == expected


@pytest.mark.parametrize("days", [100, 200])
def test_first_days_teach_where_an_export_begins_later(days: int) -> None:
    assert mark_learnt(TIMES[:days], "2024-06-01").sum() == FIRST_DAYS


def test_no_interval_teaches_nothing() -> None:
    assert mark_learnt(TIMES[:0], "2024-06-01").tolist() == []
