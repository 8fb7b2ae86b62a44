"""Bad periods: the report is made, says so at the top, and gives no number that it cannot stand behind."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from elc import report
from elc.errors import ElcError
from elc.fields import IS_OUTSIDE, TIME
from elc.pages.report import say_remark, write_answer, write_head
from elc.records.report import Ran
from elc.settings.plant import BaselinePeriod, Carrier
from tests.unit.report.conftest import AIR, LOAD, Build, Built, build_hourly


def list_names(built: Built) -> list[str]:
    return [one.name for one in built.report.remarks]


def say_all(built: Built) -> str:
    return " ".join(say_remark(one, built.settings) for one in built.report.remarks)


def declare(first: str, last: str) -> BaselinePeriod:
    return BaselinePeriod.model_validate({"from": first, "to": last})


def test_a_sound_month_has_no_remark(build: Build) -> None:
    built = build("2025-05")
    assert built.report.remarks == ()
    assert "callout" not in write_head(built.report, built.settings)


def test_a_month_without_data(build: Build) -> None:
    built = build("2026-05")
    whole = built.report.whole
    assert list_names(built) == ["no_data"]
    assert (whole.known, whole.judged, whole.intervals) == (0, 0, 744)
    assert (whole.gap, whole.gap_frac, whole.sec_gj, whole.savings) == (None, None, None, None)
    assert write_answer(built.report, built.settings)[0] == "Nothing is known of the energy of Fjord in May 2026."
    assert "There are no data of this period" in write_head(built.report, built.settings)


def test_half_a_month(build: Build) -> None:
    hours = build_hourly()
    built = build("2025-05", hours=hours[hours[TIME] < "2025-05-16"])
    assert list_names(built)[:3] == ["partial", "gaps", "few_judged"]
    assert "The data end on 16 May 2025, before the period does." in say_all(built)
    savings, whole = built.report.whole.savings, build("2025-05").report.whole.savings
    assert savings is not None
    assert whole is not None
    assert savings.error.energy_gj / savings.adjusted_gj > whole.error.energy_gj / whole.adjusted_gj


def test_a_plant_that_was_down_all_month(build: Build) -> None:
    hours = build_hourly()
    hours.loc[hours[TIME].between("2025-05-01", "2025-05-31 23:00"), LOAD] = 0.5
    built = build("2025-05", hours=hours)
    whole = built.report.whole
    assert list_names(built) == ["down"]
    assert (whole.sec_gj, whole.gap, whole.savings) == (None, None, None)
    assert {one.kind for one in built.report.bookings} == {"trip"}
    assert "GJ/t" not in write_answer(built.report, built.settings)[0]


def test_conditions_that_the_curve_cannot_reach(build: Build) -> None:
    hours = build_hourly()
    hours.loc[hours[TIME].between("2025-05-01", "2025-05-31 23:00"), AIR] = 45.0
    built = build("2025-05", hours=hours)
    whole = built.report.whole
    assert list_names(built) == ["outside", "few_judged"]
    assert (whole.gap, whole.savings) == (None, None)
    assert whole.sec_gj is not None
    hours.loc[hours[TIME].between("2025-05-08", "2025-05-31 23:00"), AIR] = 15.0
    part = build("2025-05", hours=hours)
    assert list_names(part) == ["outside"]
    assert part.report.whole.savings is not None
    assert part.report.whole.savings.intervals == part.report.whole.judged < 600


def test_a_month_with_three_versions(build: Build) -> None:
    moments = [datetime(2025, *day, tzinfo=UTC) for day in ((4, 1), (5, 10), (5, 20))]
    ends = [*moments[1:], None]
    names = ["v1.0.0", "v1.1.0", "v1.2.0"]
    versions = tuple(Ran(version=name, start=at, end=end) for name, at, end in zip(names, moments, ends, strict=True))
    built = build("2025-05", known=report.Known(versions=versions))
    assert list_names(built) == ["versions"]
    assert "v1.0.0, v1.1.0, v1.2.0 were in use in this period; v1.0.0 in prod judged all of it." in say_all(built)
    assert [ran.version for ran in build("2025-04", known=report.Known(versions=versions)).report.versions] == [
        "v1.0.0"
    ]


@pytest.mark.parametrize(
    ("baseline", "names", "has_savings"),
    [
        (None, ["no_baseline"], False),
        (("2024-03-01", "2024-08-31"), ["baseline_short"], True),
        (("2023-07-01", "2024-06-30"), ["baseline_partly"], True),
        (("2022-01-01", "2022-12-31"), ["baseline_none"], False),
        (("2024-06-01", "2025-05-31"), ["baseline_overlap"], False),
        (("2024-05-16", "2025-05-15"), ["baseline_overlap"], True),
    ],
)
def test_baselines(build: Build, baseline: tuple[str, str] | None, names: list[str], has_savings: bool) -> None:
    built = build("2025-05", baseline=None if baseline is None else declare(*baseline))
    assert list_names(built) == names
    assert (built.report.whole.savings is not None) == has_savings
    assert (built.report.baseline is not None) == (has_savings or names == ["baseline_overlap"])


def test_a_baseline_that_the_curve_cannot_reach(build: Build) -> None:
    hours = build_hourly()
    none = build("2025-05", hours=hours.assign(**{AIR: hours[AIR].where(hours[TIME] >= "2025-01-01", 45.0)}))
    assert list_names(none) == ["baseline_none"]
    assert (none.report.whole.savings, none.report.baseline) == (None, None)
    assert "the data hold 8,784 intervals of the baseline period, of which 0 could be judged." in say_all(none)
    hours.loc[hours[TIME].between("2024-09-01", "2024-12-31 23:00"), AIR] = 45.0
    part = build("2025-05", hours=hours)
    assert list_names(part) == ["baseline_outside"]
    assert part.report.whole.savings is not None
    outside = int(part.scored.loc[part.scored[TIME] < "2025-01-01", IS_OUTSIDE].sum())
    assert part.report.baseline is not None
    assert part.report.baseline.intervals < 8784 - outside  # changes of load are in neither
    assert re.search(r"In the baseline period [\d,]+ of 8,78\d running intervals lay outside", say_all(part))


def test_savings_begin_where_the_baseline_period_ends(build: Build) -> None:
    whole = build("2025-05", baseline=declare("2024-05-16", "2025-05-15")).report.whole
    assert whole.savings is not None
    assert whole.savings.intervals < whole.judged


def test_a_price_that_is_missing_for_a_day(build: Build) -> None:
    begins = Carrier.model_validate({"price_per_gj": {"2025-05-02": 10.0}, "co2_kg_per_gj": 50.0})
    others = build().settings.plant.carriers
    built = build("2025-05", carriers={**others, "gas": begins})
    whole = built.report.whole
    assert list_names(built) == ["no_price"]
    assert "Gas has no price on 1 May 2025, so its cost is not known." in say_all(built)
    assert whole.gap is not None
    assert whole.savings is not None
    assert (whole.gap.money, whole.savings.avoided.money, whole.savings.error.money) == (None, None, None)
    assert whole.gap.co2_t == pytest.approx(whole.gap.energy_gj * 0.05)
    assert "avoided 4" in write_answer(built.report, built.settings)[1]
    assert "no known price" in write_answer(built.report, built.settings)[1]


def test_a_price_that_changes_is_said_and_each_day_has_its_own(build: Build) -> None:
    changed = Carrier.model_validate({"price_per_gj": {"2024-01-01": 10.0, "2025-05-16": 20.0}, "co2_kg_per_gj": 50.0})
    built = build("2025-05", carriers={**build().settings.plant.carriers, "gas": changed})
    assert "The price of gas changed from 10 to 20 EUR/GJ on 16 May 2025." in say_all(built)
    judged = built.hours[built.hours["gap_gj_per_h"].notna()]
    price = np.where(judged[TIME] < pd.Timestamp("2025-05-16", tz="UTC"), 10.0, 20.0)
    assert built.report.whole.gap is not None
    assert built.report.whole.gap.money == pytest.approx((judged["gap_gj_per_h"] * price).sum())


@pytest.mark.parametrize("name", ["2026-13", "2026-Q5", "May 2026", "26-05", "0000"])
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(ElcError, match=r"expected a month, quarter or year\. Write it as in 2026-05"):
        report.read_period(name)


def test_periods_begin_at_the_sites_midnight() -> None:
    quarter = report.read_period("2026-Q1")
    assert quarter.find_start("Europe/Oslo") == pd.Timestamp("2025-12-31 23:00", tz="UTC")
    assert quarter.find_end("Europe/Oslo") == pd.Timestamp("2026-03-31 22:00", tz="UTC")
    assert [month.name for month in quarter.months] == ["2026-01", "2026-02", "2026-03"]
    assert report.find_last_month(pd.Timestamp("2026-05-31 22:00", tz="UTC"), "Europe/Oslo").name == "2026-05"
    assert report.find_last_month(pd.Timestamp("2026-05-31 21:00", tz="UTC"), "Europe/Oslo").name == "2026-04"
