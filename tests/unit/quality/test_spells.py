"""Unit mix-ups: found by their ratio to what goes with the tag, named, and told from what the plant does."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from elc.pages.findings import say_findings

GAS, STEAM, LOAD, AIR = "gas_energy_gj_per_h", "steam_energy_gj_per_h", "load_t_per_h", "air_temp_degc"
MIXUPS = [
    (GAS, 1.105, "higher for lower heating value"),
    (GAS, 1 / 1.105, "lower heating value for higher"),
    (GAS, 1.0549, "standard for normal cubic metres"),
    (GAS, 4.1868, "GJ for Gcal"),
    (STEAM, 1 / 4.1868, "Gcal for GJ"),
    (LOAD, 1.10231, "short tons for tonnes"),
]


def show(made, column: str, rows: slice, factor: float, offset: float = 0.0) -> None:
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame.loc[rows, column] = frame.loc[rows, column] * factor + offset


@pytest.mark.parametrize(("column", "factor", "name"), MIXUPS)
def test_mixup_of_two_days_is_found_named_and_masked(long_made, column: str, factor: float, name: str) -> None:
    show(long_made, column, slice(500, 547), factor)
    checked, findings = long_made.check()
    found = findings[findings["check"] == "unit"]
    (row,) = found.to_dict("records")
    assert row["column"] == column
    assert name in say_findings(found)[0]
    assert json.loads(row["values"])["ratio"] == pytest.approx(factor, rel=0.01)
    assert checked.loc[500:547, column].isna().all()
    # The hour before and the one after may be half wrong.
    assert checked.loc[:498, column].notna().all()
    assert checked.loc[549:, column].notna().all()


@pytest.fixture
def wasteful(long_made):
    """Gas that crews can waste: each shift strays by some per cent from what goes with the load."""
    stray = np.repeat(np.random.default_rng(3).normal(0, 0.014, 750), 8)
    for frame in (long_made.hourly, long_made.traces.low, long_made.traces.high):
        frame[GAS] *= np.exp(stray)
    return long_made


def check_spell(made) -> tuple[str, bool]:
    """The sentence of the unit finding that begins with the shifted hours, and whether they are missing."""
    checked, findings = made.check()
    near = (findings["start"] - made.hourly["time_utc"][500]).abs() <= pd.Timedelta("1h")
    (sentence,) = say_findings(findings[near & (findings["check"] == "unit")])
    return sentence, checked.loc[501:546, GAS].isna().all()


def test_consumption_that_may_be_waste_is_told_and_used(wasteful) -> None:
    show(wasteful, GAS, slice(500, 547), 1.105)
    sentence, is_missing = check_spell(wasteful)
    assert sentence.endswith("as higher for lower heating value would.")
    assert not is_missing


def test_consumption_that_reads_too_low_is_not_used(wasteful) -> None:
    """It would pass for the least that the plant can run on."""
    show(wasteful, GAS, slice(500, 547), 1 / 1.105)
    sentence, is_missing = check_spell(wasteful)
    assert sentence.endswith("as lower heating value for higher would; not used.")
    assert is_missing


def test_mixup_from_a_date_on_is_found(long_made) -> None:
    show(long_made, GAS, slice(5800, 5999), 1.105)
    (row,) = [row for row in long_made.check()[1].itertuples() if row.check == "unit"]
    assert row.column == GAS
    assert row.start == long_made.hourly["time_utc"][5799]
    assert row.hours == 201


def test_temperature_in_fahrenheit_is_found_by_its_offset(long_made) -> None:
    show(long_made, AIR, slice(500, 547), 1.8, 32.0)
    findings = long_made.check()[1]
    (row,) = [row for row in findings.itertuples() if row.check == "unit"]
    assert row.column == AIR
    assert "as degF for degC would" in say_findings(findings.loc[[row.Index]])[0]
    true = long_made.hourly[AIR][500:548]
    assert json.loads(row.values)["offset"] == pytest.approx(float((true - (true - 32) / 1.8).median()), rel=0.15)


def test_change_of_the_whole_plant_is_no_mixup(long_made) -> None:
    for column in (GAS, STEAM, LOAD):
        show(long_made, column, slice(500, 547), 1.105)
    assert "unit" not in set(long_made.check()[1]["check"])


@pytest.mark.parametrize("factor", [0.93, 1.03, 1.25])
def test_shift_that_no_mixup_makes_is_left_alone(long_made, factor: float) -> None:
    show(long_made, GAS, slice(500, 547), factor)
    assert "unit" not in set(long_made.check()[1]["check"])


def test_upset_of_hours_is_no_mixup(long_made) -> None:
    show(long_made, GAS, slice(500, 505), 1.105)
    assert "unit" not in set(long_made.check()[1]["check"])


def test_tag_that_wanders_more_than_the_mixup_is_not_judged(long_made) -> None:
    noise = np.random.default_rng(1).normal(0, 1, len(long_made.hourly)).cumsum()
    long_made.put(STEAM, slice(0, 5999), 120 * (1 + 0.05 * noise / noise.std()))
    assert "unit" not in set(long_made.check()[1]["check"])
