"""How many independent observations a history holds: hours of one week resemble each other, so weeks are counted."""

from __future__ import annotations

import pandas as pd

WEEK_DAYS = 7.0
LEAST_WEEKS = 12  # ASSUME: fewer weeks tell no limit, no slope and no standard error that holds


def count_weeks(times: pd.Series, *, days: float) -> int:
    """Count the weeks (or stretches of so many days) from the first interval on that hold any of the intervals."""
    return int(((times - times.min()) // pd.Timedelta(days, "D")).nunique())
