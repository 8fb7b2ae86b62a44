"""A report adds up: its sums are those of the hourly table, to the last digit, and each interval is booked once."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from elc.fields import AGE, ENERGY, GAP, STATE, TIME, TYPICAL
from elc.monitor.status import build_month
from elc.settings.plant import Event
from tests.unit.report.conftest import GAS, LOAD, POWER, STEAM, Build, build_hourly


def test_sums_and_savings_are_those_of_the_hourly_table(build: Build) -> None:
    """What an auditor does: ten lines of pandas on the scored hours give the report's figures, to the last digit."""
    built = build("2025-05")
    hours, whole = built.scored, built.report.whole
    judged = hours[hours.gap_gj_per_h.notna()]
    may = judged[judged.time_utc.dt.strftime("%Y-%m") == "2025-05"]
    base = judged[judged.time_utc < "2025-01-01"]
    ratio = base[ENERGY].sum() / base[TYPICAL].sum()
    errors = base[ENERGY] - ratio * base[TYPICAL]
    centred, follows = errors - errors.mean(), base.time_utc.diff().eq(pd.Timedelta("1h"))
    lag = (centred * centred.shift())[follows].mean() / (centred**2).mean()
    adjusted, actual = (ratio * may[TYPICAL]).sum(), may[ENERGY].sum()
    effective = len(base) * (1 - lag) / (1 + lag)
    cv_rmse = math.sqrt((errors**2).sum() / (len(base) - 1)) / base[ENERGY].mean()
    reach = math.sqrt(len(base) / effective * (1 + 2 / effective) / len(may))
    error = stats.t.ppf(0.95, effective - 1) * 1.26 * cv_rmse * adjusted * reach
    assert whole.savings is not None
    assert whole.gap is not None
    assert (whole.judged, whole.judged_gj, whole.gap.energy_gj) == (len(may), actual, may[GAP].sum())
    assert (whole.savings.adjusted_gj, whole.savings.actual_gj) == (adjusted, actual)
    assert whole.savings.avoided.energy_gj == (ratio * may[TYPICAL] - may[ENERGY]).sum()
    assert whole.savings.avoided.energy_gj == pytest.approx(adjusted - actual, rel=1e-12)
    assert whole.savings.error.energy_gj == pytest.approx(error, rel=1e-12)
    month = hours[hours.time_utc.dt.strftime("%Y-%m") == "2025-05"]
    assert (whole.energy_gj, whole.production) == (month[ENERGY].sum(), month[LOAD].sum())
    assert {one.carrier: one.amount.energy_gj for one in built.report.carriers} == {
        "gas": month[GAS].sum(),
        "electricity": month[POWER].sum(),
        "steam": -month[STEAM].sum(),
    }


def test_the_month_is_that_of_the_monitoring_page(build: Build) -> None:
    hours = build_hourly()
    hours.loc[hours[TIME].between("2025-05-10", "2025-05-11"), LOAD] = 1.0
    built = build("2025-05", hours=hours)
    month = build_month(built.scored[built.scored[TIME] < "2025-06-01"], built.settings)
    whole = built.report.whole
    assert whole.gap is not None
    assert (whole.gap.energy_gj, whole.gap.money, whole.gap.co2_t) == (
        month.gap.energy_gj,
        month.gap.money,
        month.gap.co2_t,
    )
    assert (whole.gap_frac, whole.judged, whole.intervals) == (month.gap_frac, month.judged, month.intervals)
    stopped = [one.energy_gj for one in built.report.bookings if one.kind in ("trip", "start")]
    assert sum(stopped) == pytest.approx(month.stop_energy_gj, rel=1e-12)
    assert built.report.stops == month.stops == 1


def test_each_interval_is_booked_once_and_bookings_add_up(build: Build) -> None:
    hours = build_hourly()
    hours.loc[hours[TIME].between("2025-05-03", "2025-05-03 05:00"), LOAD] = 2.0
    hours.loc[hours[TIME].between("2025-05-20", "2025-05-20 01:00"), GAS] = np.nan
    hours.loc[hours[TIME].between("2025-05-22", "2025-05-22 03:00"), "air_temp_degc"] = 45.0
    hours = hours[~hours[TIME].between("2025-05-28", "2025-05-28 09:00")]
    made = build("2025-05", hours=hours).report
    counts = {one.kind: one.intervals for one in made.bookings}
    assert sum(counts.values()) == made.whole.intervals == 31 * 24
    assert (counts["trip"], counts["no_energy"], counts["outside"], counts["no_row"]) == (6, 2, 4, 10)
    assert counts["judged"] == made.whole.judged
    assert sum(one.energy_gj for one in made.bookings) == pytest.approx(made.whole.energy_gj, rel=1e-12)
    assert sum(one.production for one in made.bookings) == pytest.approx(made.whole.production, rel=1e-12)
    assert sum(one.amount.energy_gj for one in made.carriers) == pytest.approx(made.whole.energy_gj, rel=1e-12)


def test_months_add_up_to_the_quarter_the_year_and_the_year_to_date(build: Build) -> None:
    quarter, year = build("2025-Q2").report, build("2025").report
    months = {span.name: span for span in year.months}
    assert next(iter(months)) == "2024-01"
    spans = ((quarter.whole, range(4, 7)), (year.whole, range(1, 13)))
    for whole, numbers in spans:
        names = [f"2025-{number:02}" for number in numbers]
        parts = [months[name] for name in names]
        assert sum(part.judged for part in parts) == whole.judged
        assert sum(part.energy_gj for part in parts) == pytest.approx(whole.energy_gj, rel=1e-12)
        saved = [part.savings.avoided.energy_gj for part in parts if part.savings is not None]
        assert whole.savings is not None
        assert sum(saved) == pytest.approx(whole.savings.avoided.energy_gj, rel=1e-9)
    assert year.year_to_date.energy_gj == year.whole.energy_gj
    assert year.year_before is not None
    assert year.year_before.name == "2024"


def test_a_saving_is_found_and_nothing_where_there_was_none(build: Build) -> None:
    saved = build("2025-05").report.whole.savings
    assert saved is not None
    assert saved.avoided.energy_gj == pytest.approx(6.0 * saved.intervals, rel=0.1)
    assert saved.is_sure
    nothing = build("2025-05", hours=build_hourly(saving_gj=0.0)).report.whole.savings
    assert nothing is not None
    assert abs(nothing.avoided.energy_gj) < nothing.error.energy_gj
    assert not nothing.is_sure


def test_the_interval_holds_no_saving_as_often_as_it_says(build: Build) -> None:
    """Of a plant that changed nothing, at most about one month in ten is told a saving or a loss."""
    months = build("2025", hours=build_hourly(saving_gj=0.0)).report.months
    told = [span.savings.is_sure for span in months if span.savings is not None]
    assert len(told) == 12
    assert sum(told) <= 3


def test_terms_of_the_adjusted_baseline_add_up(build: Build) -> None:
    event = {"events": [Event(date="2025-02-01", kind="equipment", reason="a new burner")]}
    savings = build("2025-05", **event).report.whole.savings
    assert savings is not None
    assert savings.adjusted_gj == pytest.approx(savings.baseline_gj + savings.routine_gj + savings.non_routine_gj)
    assert savings.non_routine_gj == 0.0  # no condition is known of this package, so nothing was measured


def test_hours_are_the_intervals_of_the_period_alone(build: Build) -> None:
    built = build("2025-05")
    assert built.hours[TIME].min() == pd.Timestamp("2025-05-01", tz="UTC")
    assert built.hours[TIME].max() == pd.Timestamp("2025-05-31 23:00", tz="UTC")
    assert AGE not in built.hours
    assert set(built.hours[STATE]) <= {"run", "ramp"}
