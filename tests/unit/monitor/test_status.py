"""The status of a plant: gap and state now, the month, and whether data and model can be believed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, findings, monitor, pages, settings
from elc.fields import (
    AGE,
    BEST,
    CONDITION_FRAC,
    CONDITION_HIGH,
    CONDITION_LOW,
    CONDITION_SINCE,
    ENERGY,
    GAP,
    GAP_FRAC,
    GAP_HIGH,
    GAP_LOW,
    IS_OUTSIDE,
    IS_STEADY,
    OPERATORS_GAP,
    STATE,
    TIME,
    TYPICAL,
)
from elc.findings import Reason
from elc.monitor.status import build_month, find_touched
from elc.monitor.verdict import build_health
from elc.pages.amounts import write_hour
from elc.pages.monitor import say_recommendation
from elc.pages.monitor.doubts import fold_findings
from elc.pages.monitor.health import say_data
from elc.pages.reasons import say_reasons
from elc.paths import Project
from elc.records.status import Status
from tests.unit.records.examples import STATUS
from tests.unit.written import build_written

STATE_WORDS = {
    "run": "running",
    "ramp": "changing load",
    "start": "in start-up",
    "trip": "down",
    "unknown": "without enough load readings",
}

LOAD, AIR, FLUE = "load_t_per_h", "air_temp_degc", "flue_o2_pct"
NAN = float("nan")
LAST = pd.Timestamp("2024-06-30 20:00", tz="UTC")  # 22:00 in Oslo


class Blind:
    """An envelope that says one thing only."""

    def explain(self, _: pd.Series) -> list[Reason]:
        return [Reason("feature_missing", {"columns": [LOAD]})]


@pytest.fixture
def package() -> curve.Package:
    return build_package(LOAD, AIR)


def build_package(*features: str) -> curve.Package:
    card = {
        "features": [{"column": name} for name in features],
        "setpoints": [{"column": FLUE}],
        "settings": {"interval_frac": 0.8},
    }
    return curve.Package(card, pd.DataFrame(), Blind(), None, None)  # type: ignore[arg-type]


def build_settings(*, interval: str = "1h", zone: str = "Europe/Oslo") -> settings.StageSettings:
    chosen = settings.read_plant(Project(Path(__file__).parents[3]), "fjord")
    gas = settings.Carrier(price_per_gj=10.0, co2_kg_per_gj=50.0)
    changes: dict[str, Any] = {"interval": interval, "time_zone": zone, "carriers": {"gas": gas}, "gap_carrier": "gas"}
    rules = {"health_days": 28}
    return replace(
        chosen, plant=chosen.plant.model_copy(update=changes), monitor=chosen.monitor.model_copy(update=rules)
    )


def build_scored(gaps: list[float], states: list[str] | None = None, freq: str = "1h") -> pd.DataFrame:
    """Build scored hours up to `LAST`: best is 1,000, typical 1,010 GJ/h; the gap is missing where it is NaN."""
    count = len(gaps)
    scored = pd.DataFrame({TIME: pd.date_range(end=LAST, periods=count, freq=freq, tz="UTC")})
    scored = scored.assign(**{LOAD: 60.0, AIR: 10.0, FLUE: 2.0, BEST: 1000.0, TYPICAL: 1010.0, IS_OUTSIDE: False})
    scored[STATE] = states or ["run"] * count
    scored[IS_STEADY] = scored[STATE] == "run"
    scored[GAP] = np.array(gaps, dtype=float)
    scored[ENERGY] = scored[BEST] + scored[GAP].fillna(500.0)
    scored[GAP_FRAC] = scored[GAP] / scored[BEST]
    scored[GAP_LOW], scored[GAP_HIGH] = scored[GAP] - 4, scored[GAP] + 6
    return scored


def build_findings(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Build findings from (check, column, hours between their end and the last hour)."""
    return findings.build_frame(
        build_written(
            check,
            f"{column} was {check}.",
            "fjord",
            column,
            (LAST - pd.Timedelta(ago_h + 2, "h")).to_pydatetime(),
            (LAST - pd.Timedelta(ago_h, "h")).to_pydatetime(),
        )
        for check, column, ago_h in rows
    )


def test_gap_of_the_last_hour_and_day(package: curve.Package) -> None:
    status = monitor.build_status(
        build_scored([100.0] + [10.0] * 22 + [NAN, 20.0]), build_findings(), package, build_settings()
    )
    assert status.hour[TIME] == LAST
    assert status.gap is not None
    assert (status.gap.energy_gj, status.gap.money, status.gap.co2_t) == pytest.approx((20.0, 200.0, 1.0))
    assert status.day_gap_gj == pytest.approx(22 * 10 + 20)  # 24 hours: the first of 25 is a day ago
    assert status.no_gap_reasons == ()


def test_gap_of_the_day_counts_short_intervals_as_part_of_an_hour(package: curve.Package) -> None:
    scored = build_scored([12.0] * 200, freq="10min")
    status = monitor.build_status(scored, build_findings(), package, build_settings(interval="10min"))
    assert status.day_gap_gj == pytest.approx(12.0 * 24)


def test_day_without_a_judged_hour_has_no_sum(package: curve.Package) -> None:
    status = monitor.build_status(build_scored([5.0] + [NAN] * 24), build_findings(), package, build_settings())
    assert status.day_gap_gj is None
    assert status.gap is None


def test_state_lasts_since_it_last_changed(package: curve.Package) -> None:
    scored = build_scored([1.0] * 8, ["run", "trip", "start", "run", "run", "ramp", "run", "run"])
    status = monitor.build_status(scored, build_findings(), package, build_settings())
    assert status.state == "run"
    assert status.state_since == LAST - pd.Timedelta("1h")
    status = monitor.build_status(build_scored([1.0] * 5), build_findings(), package, build_settings())
    assert status.state_since == LAST - pd.Timedelta("4h")


@pytest.mark.parametrize(("state", "words"), [item for item in STATE_WORDS.items() if item[0] != "run"])
def test_unsteady_hour_says_its_state_and_since_when_in_site_time(
    package: curve.Package, state: str, words: str
) -> None:
    scored = build_scored([1.0, 1.0, NAN, NAN, NAN], ["run", "run", state, state, state])
    status = monitor.build_status(scored, build_findings(), package, build_settings())
    assert say_reasons(status.no_gap_reasons) == f"{words} since Sun 30 Jun 20:00"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({AIR: NAN, IS_OUTSIDE: True}, "no valid reading of air temperature"),
        ({LOAD: NAN, AIR: NAN, IS_OUTSIDE: True}, "no valid reading of load, air temperature"),
        ({ENERGY: NAN}, "no valid reading of energy"),
        ({IS_OUTSIDE: True}, "load is missing"),
    ],
)
def test_steady_hour_without_a_gap_says_why(package: curve.Package, changes: dict[str, Any], reason: str) -> None:
    scored = build_scored([1.0, NAN])
    for column, value in changes.items():
        scored.loc[1, column] = value
    status = monitor.build_status(scored, build_findings(), package, build_settings())
    assert say_reasons(status.no_gap_reasons) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "no turnaround before it is known"),
        ({AIR: NAN}, "no valid reading of air temperature and no turnaround before it is known"),
    ],
)
def test_hour_before_the_first_turnaround_says_so(changes: dict[str, float], reason: str) -> None:
    scored = build_scored([1.0, NAN]).assign(**{AGE: NAN, IS_OUTSIDE: True, **changes})
    status = monitor.build_status(scored, build_findings(), build_package(LOAD, AIR, AGE), build_settings())
    assert say_reasons(status.no_gap_reasons) == reason


def test_interval_of_the_gap_is_that_of_the_last_hour(package: curve.Package) -> None:
    status = monitor.build_status(build_scored([5.0, 20.0]), build_findings(), package, build_settings())
    assert status.interval == monitor.Interval(16.0, 26.0, 0.8)
    status = monitor.build_status(build_scored([5.0, NAN]), build_findings(), package, build_settings())
    assert status.interval is None


def test_month_is_that_of_the_site() -> None:
    # 30 June 22:00 UTC is the first hour of July in Oslo, and June still in Chicago.
    scored = build_scored([10.0] * 30)
    scored[TIME] += pd.Timedelta("2h")
    assert build_month(scored, build_settings()).intervals == 1
    assert build_month(scored, build_settings(zone="America/Chicago")).intervals == 30
    scored[TIME] -= pd.Timedelta("1h")
    assert build_month(scored, build_settings()).intervals == 30


def test_month_books_gap_and_stops_apart() -> None:
    states = ["run", "trip", "trip", "start", "run", "run", "trip", "run"]
    month = build_month(build_scored([10.0, NAN, NAN, NAN, 30.0, NAN, NAN, -4.0], states), build_settings())
    assert (month.gap.energy_gj, month.gap.money, month.gap.co2_t) == pytest.approx((36.0, 360.0, 1.8))
    assert month.gap_frac == pytest.approx(36 / 3000)
    assert month.stop_energy_gj == pytest.approx(4 * 1500.0)
    assert (month.stops, month.judged, month.intervals) == (2, 3, 8)


def test_month_without_a_judged_hour_has_no_share() -> None:
    month = build_month(build_scored([NAN, NAN]), build_settings())
    assert (month.gap.energy_gj, month.gap_frac, month.judged) == (0.0, 0.0, 0)


def test_short_intervals_of_a_month_are_part_of_an_hour() -> None:
    month = build_month(
        build_scored([12.0, NAN], ["run", "trip"], freq="10min"),
        build_settings(interval="10min"),
    )
    assert month.gap.energy_gj == pytest.approx(2.0)
    assert month.stop_energy_gj == pytest.approx(250.0)


def read_health(package: curve.Package, *rows: tuple[str, str, float]) -> monitor.Health:
    scored, found, chosen = build_scored([10.0] * 10), build_findings(*rows), build_settings()
    check = monitor.check_hours(scored, found, package, chosen)
    return build_health(check, find_touched(scored, found, check), chosen)


def test_data_without_a_finding_are_sound(package: curve.Package) -> None:
    health = read_health(package)
    assert (health.data, say_data(health)) == (
        "sound",
        "no finding in the last 24 hours, and no violation in the last week",
    )


def test_model_without_a_baseline_is_not_judged(package: curve.Package) -> None:
    status = monitor.build_status(build_scored([10.0] * 10), build_findings(), package, build_settings())
    assert status.health.model == "not judged"
    assert status.health.model_reason == Reason("no_baseline")
    assert status.verdict == monitor.Verdict(
        "Failed", "look", Reason("not_judgeable", {"reason": Reason("no_baseline")})
    )
    assert say_recommendation(status.verdict.recommendation) == (
        "Nothing can be judged: the model package holds no baseline (quality.json); train the plant again."
    )


@pytest.mark.parametrize(
    ("row", "data"),
    [
        (("spike", LOAD, 23.0), "1 finding"),
        (("spike", FLUE, 0.0), "1 finding"),
        (("spike", "fuel_gas_energy_gj_per_h", 1.0), "1 finding"),
        (("spike", LOAD, 24.0), "sound"),  # a day ago
        (("negative_zero", LOAD, 1.0), "sound"),  # a meter's zero is no doubt
        (("spike", "stack_temp_degc", 1.0), "sound"),  # not used by the models
    ],
)
def test_data_is_judged_by_the_findings_of_a_day_on_what_is_used(
    package: curve.Package, row: tuple[str, str, float], data: str
) -> None:
    assert read_health(package, row).data == data


def test_findings_are_counted_and_each_sentence_said_once(package: curve.Package) -> None:
    health = read_health(package, ("spike", LOAD, 1.0), ("spike", LOAD, 5.0), ("frozen", AIR, 1.0))
    assert health.data == "3 findings"
    assert say_data(health) == "air_temp_degc was frozen; load_t_per_h was spike"


def test_missing_column_is_a_violation_of_the_data(package: curve.Package) -> None:
    hourly, lacking = curve.fit_hours(build_scored([10.0] * 30).drop(columns=FLUE), package)
    scored, chosen = hourly, build_settings()
    check = monitor.check_hours(scored, lacking, package, chosen)
    health = build_health(check, find_touched(scored, lacking, check), chosen)
    assert health.data == "1 finding"
    assert "flue_o2_pct is not in the hourly table" in say_data(health)


def test_recent_findings_are_counted_longest_first() -> None:
    found = build_findings(("spike", LOAD, 1.0), ("spike", LOAD, 30.0), ("gap", AIR, 2.0), ("gap", AIR, 200.0))
    table = fold_findings(found, build_scored([1.0]), days=7)
    assert table[["check", "column", "times", "hours"]].to_dict("records") == [
        {"check": "spike", "column": LOAD, "times": 2, "hours": 4.0},
        {"check": "gap", "column": AIR, "times": 1, "hours": 2.0},
    ]
    assert table["last"].tolist() == [LAST - pd.Timedelta("1h"), LAST - pd.Timedelta("2h")]


def test_more_than_ten_kinds_of_doubt_and_harmless_ones_are_folded_into_one_row() -> None:
    rows = [("spike", f"feed_{index}_pct", float(index)) for index in range(12)]
    table = fold_findings(build_findings(*rows, ("filled", AIR, 0.0)), build_scored([1.0]), days=7)
    assert len(table) == 11
    assert "filled" not in table["check"].tolist()
    last = table.iloc[-1]
    assert (last["check"], last["column"], last["times"], last["hours"]) == ("other", "3 columns", 3, 6.0)
    assert table["hours"].sum() == 2.0 * 13


def test_no_recent_findings_are_no_rows() -> None:
    assert fold_findings(build_findings(), build_scored([1.0]), days=7).empty


def test_hour_is_written_in_site_time() -> None:
    chosen = build_settings()
    assert write_hour(pd.Timestamp("2026-06-30 20:00", tz="UTC"), chosen) == "Tue 30 Jun 2026 22:00–23:00, Europe/Oslo"
    assert write_hour(pd.Timestamp("2026-06-30 21:00", tz="UTC"), chosen) == "Tue 30 Jun 2026 23:00–24:00, Europe/Oslo"
    short = build_settings(interval="10min", zone="America/Denver")
    assert write_hour(pd.Timestamp("2026-01-01 07:00", tz="UTC"), short).startswith("Thu 1 Jan 2026 00:00–00:10")


@pytest.mark.parametrize(
    ("zone", "start", "shown"),
    [
        ("America/Chicago", "2026-11-01 05:00", "00:00–01:00"),
        ("America/Chicago", "2026-11-01 06:00", "01:00–02:00 CDT"),
        ("America/Chicago", "2026-11-01 07:00", "01:00–02:00 CST"),
        ("America/Chicago", "2026-11-01 08:00", "02:00–03:00"),
        ("America/Chicago", "2026-03-08 07:00", "01:00–02:00"),  # the clock goes on to 03:00
        ("America/Chicago", "2026-03-08 08:00", "03:00–04:00"),
        ("Europe/Oslo", "2026-10-25 00:00", "02:00–03:00 CEST"),
        ("Europe/Oslo", "2026-10-25 01:00", "02:00–03:00 CET"),
        ("Australia/Lord_Howe", "2026-04-04 14:30", "01:30–02:30 +11"),
        ("Australia/Lord_Howe", "2026-04-04 15:00", "01:30–02:30 +1030"),
        ("Asia/Kolkata", "2026-10-25 00:30", "06:00–07:00"),
        ("Asia/Tashkent", "2026-10-25 19:00", "00:00–01:00"),
    ],
)
def test_hour_that_the_clock_shows_twice_carries_its_zone(zone: str, start: str, shown: str) -> None:
    text = write_hour(pd.Timestamp(start, tz="UTC"), build_settings(zone=zone))
    assert text.endswith(f"{shown}, {zone}")


def test_hour_that_cannot_be_told_says_that_the_clock_went_back_and_accuses_no_tag(package: curve.Package) -> None:
    scored = build_scored([10.0] * 10)
    scored.loc[scored.index[-1], [LOAD, AIR, ENERGY, GAP, GAP_FRAC, BEST]] = NAN
    scored.loc[scored.index[-1], STATE] = "unknown"
    scored.loc[scored.index[-1], IS_STEADY] = False
    start = LAST - pd.Timedelta("1h")
    one = build_written("clock_change", "The clock went back.", "fjord", "", start, LAST + pd.Timedelta("1h"))
    status = monitor.build_status(scored, findings.build_frame([one]), package, build_settings())
    assert (
        say_reasons(status.no_gap_reasons)
        == "the clock went back, and readings of the hour shown twice cannot be told apart"
    )
    assert status.check is not None
    assert status.check.silent == ()
    assert status.health.data == "sound"
    silent = monitor.build_status(scored, findings.build_frame([]), package, build_settings())
    assert silent.check is not None
    assert LOAD in silent.check.silent


def test_records_say_what_the_index_shows(package: curve.Package) -> None:
    chosen = build_settings()
    since = pd.Timestamp("2024-06-01", tz="UTC")
    condition = {CONDITION_FRAC: 0.015, CONDITION_LOW: 0.013, CONDITION_HIGH: 0.017, CONDITION_SINCE: since}
    scored = build_scored([10.0, 20.0]).assign(**condition, **{OPERATORS_GAP: [-5.0, 5.0]})
    status = monitor.build_status(scored, build_findings(), package, chosen)
    records = pages.monitor.build_record(
        status, chosen, answer="An answer.", advice="Advice.", version="v1.2.0 in prod"
    )
    assert (records.condition_frac, records.condition_low_frac, records.condition_high_frac) == (0.015, 0.013, 0.017)
    assert (records.condition_since, records.operators_gap_gj_per_h) == (since, 5.0)
    assert status.month.condition_gj == pytest.approx(0.015 * 2000.0)
    assert None not in dict(records).values()
    assert records.gap_gj_per_h == 20.0
    assert (records.gap_low_gj_per_h, records.gap_high_gj_per_h) == (16.0, 26.0)
    assert records.gap_frac == 0.02
    assert records.money_per_h == 200.0
    assert records.co2_t_per_h == 1.0
    assert records.money_month == 300.0
    assert records.gap_gj_24h == 30.0
    assert records.state_since == "2024-06-30T21:00:00+02:00"
    assert (records.hour, records.size_gj_per_h) == (LAST, 1015.0)
    assert records.last_hour == "Sun 30 Jun 2024 22:00–23:00, Europe/Oslo"
    assert (records.language, records.answer, records.advice) == ("en", "An answer.", "Advice.")
    assert (records.data_health, records.model_health) == ("sound", "not judged")
    assert (records.status, records.action) == ("Failed", "look")


def test_records_of_a_plant_without_a_gap_hold_no_nan(package: curve.Package, tmp_path: Path) -> None:
    chosen = build_settings()
    scored = build_scored([NAN] * 30, ["trip"] * 30)
    scored[[BEST, TYPICAL, ENERGY]] = NAN
    status = monitor.build_status(scored, build_findings(), package, chosen)
    records = pages.monitor.build_record(status, chosen, answer="", advice="", version="candidate, not approved")
    ends = {"gap_low_gj_per_h", "gap_high_gj_per_h"}
    missing = ends | {
        "condition_frac",
        "condition_low_frac",
        "condition_high_frac",
        "condition_since",
        "operators_gap_gj_per_h",
        "size_gj_per_h",
        "gap_gj_per_h",
        "gap_frac",
        "money_per_h",
        "co2_t_per_h",
        "money_month",
        "gap_gj_24h",
    }
    assert {name for name, value in records if value is None} == missing
    monitor.write_status(tmp_path / "fjord", records, scored)
    text = (tmp_path / "fjord" / "status.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    assert json.loads(text) == records.model_dump(mode="json")


def test_status_that_holds_nan_is_refused_and_leaves_the_former(tmp_path: Path) -> None:
    status = Status.model_validate_json(json.dumps(STATUS))
    monitor.write_status(tmp_path, status, build_scored([1.0]))
    with pytest.raises(ValueError, match="JSON compliant"):
        monitor.write_status(tmp_path, status.model_copy(update={"gap_frac": NAN}), build_scored([1.0]))
    assert json.loads((tmp_path / "status.json").read_text(encoding="utf-8")) == STATUS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hours.parquet", "status.json"]


def test_scored_hours_are_written_beside(tmp_path: Path) -> None:
    scored = build_scored([10.0, NAN])
    monitor.write_status(tmp_path, Status.model_validate_json(json.dumps(STATUS)), scored)
    found = pd.read_parquet(tmp_path / "hours.parquet")
    pd.testing.assert_frame_equal(found, scored[found.columns])
    assert {TIME, STATE, ENERGY, BEST, GAP} <= set(found.columns)
