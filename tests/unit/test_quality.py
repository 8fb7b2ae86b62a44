"""Quality: each check finds the fault put in, masks it, and leaves a clean table alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import quality, settings
from elc.fields import coverage
from elc.ingest import add_energy
from elc.paths import Project
from elc.settings import Tag, TagList

ROOT = Path(__file__).resolve().parents[2]
GAS, STEAM, LOAD, AIR, O2 = (
    "gas_energy_gj_per_h",
    "steam_energy_gj_per_h",
    "load_t_per_h",
    "air_temp_degc",
    "flue_o2_pct",
)
RECYCLE, MILLS = "antisurge_recycle_pct", "mills_count"


def build_tag(tag: str, column: str, role: str, low: float | None, high: float | None, carrier: str = "") -> Tag:
    return Tag(tag, column, role, carrier, 1.0, 0.0, low, high, "")


TAGS = TagList(
    "fjord",
    (
        build_tag("FT-1", GAS, "energy", 0, 3000, "gas"),
        build_tag("FT-3", STEAM, "energy", 0, 300, "steam"),
        build_tag("FT-2", LOAD, "throughput", 0, 80),
        build_tag("TI-1", AIR, "driver", -40, 50),
        build_tag("AI-1", O2, "setpoint", 1, 6),
        build_tag("ZI-1", RECYCLE, "state", 0, 40),
        build_tag("NI-1", MILLS, "state", None, None),
    ),
)
HOURS = 1000


def build_walk(rng: np.random.Generator, mean: float, size: float) -> np.ndarray:
    """An hourly measurement that wanders and is a little noisy."""
    walk = np.zeros(HOURS)
    for hour in range(1, HOURS):
        walk[hour] = 0.97 * walk[hour - 1] + rng.normal(0, 0.24)
    return np.asarray(mean + size * (walk + rng.normal(0, 0.2, HOURS)))


@pytest.fixture(scope="module")
def base() -> settings.StageSettings:
    given = settings.read_plant(Project(ROOT), "fjord")
    limits = {"min_coverage_frac": 0.5, "spike_deviations": 8, "frozen_h": 8}
    return replace(given, ingest=given.ingest.model_copy(update=limits))


@pytest.fixture
def hourly(base: settings.StageSettings) -> pd.DataFrame:
    """Forty days without a fault: a running plant, a valve that rests shut, three mills."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"time_utc": pd.date_range("2024-06-01", periods=HOURS, freq="h", tz="UTC", unit="us")})
    for column, mean, size in ((GAS, 1700, 60), (STEAM, 120, 6), (LOAD, 60, 2), (AIR, 12, 5), (O2, 2.5, 0.3)):
        table[column] = build_walk(rng, mean, size)
    table[RECYCLE] = 0.0
    table[MILLS] = 3.0
    for tag in TAGS:
        table[coverage(tag.column)] = 1.0
    return add_energy(table, TAGS, base.plant.carriers)


def find(findings: pd.DataFrame) -> list[tuple[str, str, int]]:
    """What was found: check, column and hours."""
    return [(row.check, row.column, int(row.hours)) for row in findings.itertuples()]


def test_clean_table_is_left_alone(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    before = hourly.copy()
    checked, findings = quality.check_hourly(hourly, TAGS, base)
    assert find(findings) == []
    pd.testing.assert_frame_equal(checked, hourly)
    pd.testing.assert_frame_equal(hourly, before)


def test_gap_is_found_with_its_times(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[100:104, coverage(GAS)] = 0.2
    hourly.loc[100:104, GAS] = np.nan
    hourly.loc[300, coverage(GAS)] = 0.5
    _, findings = quality.check_hourly(hourly, TAGS, base)
    assert find(findings) == [("gap", GAS, 5)]
    assert findings["sentence"][0] == "gas energy (FT-1) has too little good data."
    assert findings["start"][0] == hourly["time_utc"][100]
    assert findings["end"][0] == hourly["time_utc"][105]
    assert findings["plant"][0] == "fjord"


def test_two_gaps_are_two_findings(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[[100, 101, 103], coverage(AIR)] = 0.0
    hourly.loc[[100, 101, 103], AIR] = np.nan
    assert find(quality.check_hourly(hourly, TAGS, base)[1]) == [("gap", AIR, 2), ("gap", AIR, 1)]


def test_chosen_intervals_have_no_gaps(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[100:104, coverage(GAS)] = 0.0
    hourly.loc[100:104, GAS] = np.nan
    export = base.plant.export.model_copy(update={"is_continuous": False})
    chosen = replace(base, plant=base.plant.model_copy(update={"export": export}))
    assert find(quality.check_hourly(hourly, TAGS, chosen)[1]) == []


@pytest.mark.parametrize(("column", "value"), [(GAS, 3200.0), (GAS, -100.0), (LOAD, 81.0), (AIR, 60.0), (O2, 0.5)])
def test_value_out_of_range_is_found_and_masked(
    hourly: pd.DataFrame, base: settings.StageSettings, column: str, value: float
) -> None:
    hourly.loc[200:201, column] = value
    checked, findings = quality.check_hourly(hourly, TAGS, base)
    assert find(findings) == [("range", column, 2)]
    assert checked[column].isna().to_numpy().nonzero()[0].tolist() == [200, 201]
    assert findings["values"][0] == f'{{"highest": {value}, "lowest": {value}}}'


def test_range_is_told_with_its_limits_and_unit(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[200, O2] = 9.0
    _, findings = quality.check_hourly(hourly, TAGS, base)
    assert findings["sentence"][0] == "flue O2 (AI-1) is outside 1 to 6 %; not used."


def test_value_at_its_limit_is_inside(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[200, O2] = 1.0
    hourly.loc[220, O2] = 6.0
    _, findings = quality.check_hourly(hourly, TAGS, base)
    assert "range" not in set(findings["check"])


def test_sensors_of_a_stopped_plant_are_not_accused(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    stop = slice(400, 430)
    hourly.loc[stop, [LOAD, GAS, STEAM, O2]] = [0.0, 50.0, 0.0, 20.9]
    checked, findings = quality.check_hourly(hourly, TAGS, base)
    assert find(findings) == []
    assert (checked.loc[stop, O2] == 20.9).all()


def test_impossible_energy_of_a_stopped_plant_is_found(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[400:430, [LOAD, GAS, STEAM]] = [0.0, 50.0, 0.0]
    hourly.loc[410, GAS] = 9999.0
    assert find(quality.check_hourly(hourly, TAGS, base)[1]) == [("range", GAS, 1)]


def test_frozen_tag_is_found_and_masked(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[500:511, AIR] = hourly[AIR][500]
    checked, findings = quality.check_hourly(hourly, TAGS, base)
    assert find(findings) == [("frozen", AIR, 12)]
    assert findings["sentence"][0] == "air temperature (TI-1) has not moved at all; not used."
    assert checked[AIR].isna().to_numpy().nonzero()[0].tolist() == list(range(500, 512))


def test_tag_that_stands_still_for_less_than_the_limit_is_not_accused(
    hourly: pd.DataFrame, base: settings.StageSettings
) -> None:
    hourly.loc[500:506, AIR] = hourly[AIR][500]
    assert find(quality.check_hourly(hourly, TAGS, base)[1]) == []


def test_tag_that_reports_on_change_is_judged_by_its_habit(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    # Twelve-hour steps are this tag's habit; sixty hours are not.
    steps = np.arange(HOURS) // 12
    hourly[AIR] = 10.0 + np.random.default_rng(1).normal(0, 1, steps.max() + 1)[steps]
    assert find(quality.check_hourly(hourly, TAGS, base)[1]) == []
    hourly.loc[480:539, AIR] = hourly[AIR][480]
    assert find(quality.check_hourly(hourly, TAGS, base)[1]) == [("frozen", AIR, 60)]


def test_habit_excuses_no_more_than_three_times_the_limit(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    steps = np.arange(HOURS) // 40
    hourly[AIR] = 10.0 + np.random.default_rng(1).normal(0, 1, steps.max() + 1)[steps]
    checked, findings = quality.check_hourly(hourly, TAGS, base)
    assert find(findings) == [("frozen", AIR, HOURS)]
    assert checked[AIR].isna().all()


def test_frozen_hours_are_hours_at_any_interval(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly["time_utc"] = pd.date_range("2024-06-01", periods=HOURS, freq="10min", tz="UTC", unit="us")
    ten = replace(base, plant=base.plant.model_copy(update={"interval": "10min"}))
    hourly.loc[500:511, AIR] = hourly[AIR][500]
    assert find(quality.check_hourly(hourly, TAGS, ten)[1]) == []
    hourly.loc[500:559, AIR] = hourly[AIR][500]
    assert find(quality.check_hourly(hourly, TAGS, ten)[1]) == [("frozen", AIR, 10)]


@pytest.mark.parametrize(("column", "factor"), [(GAS, 1.5), (STEAM, 0.3), (AIR, 3.0), (O2, 0.6), (LOAD, 0.6)])
def test_spike_is_found_and_masked(
    hourly: pd.DataFrame, base: settings.StageSettings, column: str, factor: float
) -> None:
    hourly.loc[600, column] *= factor
    checked, findings = quality.check_hourly(hourly, TAGS, base)
    assert find(findings) == [("spike", column, 1)]
    assert findings["sentence"][0].endswith("jumps away and back; not used.")
    assert checked[column].isna().to_numpy().nonzero()[0].tolist() == [600]


def test_step_that_stays_is_no_spike(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[600:, O2] += 1.5
    assert find(quality.check_hourly(hourly, TAGS, base)[1]) == []


def test_small_negative_flow_is_taken_as_nothing(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[400:405, [LOAD, GAS, STEAM]] = [0.0, 50.0, -1.5]
    checked, findings = quality.check_hourly(hourly, TAGS, base)
    assert find(findings) == [("negative_zero", STEAM, 6)]
    assert (checked.loc[400:405, STEAM] == 0).all()
    assert (checked.loc[400:405, "energy_gj_per_h"] == 50.0).all()
    assert "taken as 0" in findings["sentence"][0]


def test_flow_too_far_below_nothing_is_out_of_range(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[400:405, [LOAD, GAS, STEAM]] = [0.0, 50.0, -4.0]
    checked, findings = quality.check_hourly(hourly, TAGS, base)
    assert find(findings) == [("range", STEAM, 6)]
    assert checked.loc[400:405, STEAM].isna().all()


def test_energy_is_missing_where_a_carrier_was_masked(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[200, STEAM] = 900.0
    checked, _ = quality.check_hourly(hourly, TAGS, base)
    assert checked["energy_gj_per_h"].isna().to_numpy().nonzero()[0].tolist() == [200]
    kept = checked.drop(index=200)
    np.testing.assert_allclose(kept["energy_gj_per_h"], kept[GAS] - kept[STEAM])


def test_energy_survives_a_masked_driver(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[200, AIR] = 90.0
    checked, _ = quality.check_hourly(hourly, TAGS, base)
    assert checked["energy_gj_per_h"].notna().all()


def test_tag_without_any_value_is_one_gap_and_no_more(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly[O2] = np.nan
    hourly[coverage(O2)] = 0.0
    assert find(quality.check_hourly(hourly, TAGS, base)[1]) == [("gap", O2, HOURS)]


def test_checking_twice_finds_nothing_more(hourly: pd.DataFrame, base: settings.StageSettings) -> None:
    hourly.loc[600, GAS] *= 1.5
    hourly.loc[500:511, AIR] = hourly[AIR][500]
    hourly.loc[200, O2] = 9.0
    checked, findings = quality.check_hourly(hourly, TAGS, base)
    assert len(findings) == 3
    again, more = quality.check_hourly(checked, TAGS, base)
    assert find(more) == []
    pd.testing.assert_frame_equal(again, checked)


def test_summary_tells_coverage_and_range_of_every_column(hourly: pd.DataFrame) -> None:
    hourly.loc[:249, O2] = np.nan
    hourly.loc[:249, coverage(O2)] = 0.2
    summary = quality.summarise(hourly, TAGS).set_index("column")
    assert list(summary.index) == [tag.column for tag in TAGS]
    assert (summary.loc[O2, "tag"], summary.loc[O2, "role"], summary.loc[O2, "missing"]) == ("AI-1", "setpoint", 250)
    assert summary.loc[O2, "covered"] == pytest.approx(0.8)
    assert summary.loc[O2, "high"] == hourly[O2].max()
    assert summary.loc[RECYCLE, "low"] == 0.0
