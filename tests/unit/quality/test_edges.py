"""Mix-ups found by their edges: on a tag that wanders more than they shift it, and against a stop of the plant."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elc.pages.findings import say_findings
from elc.quality.edges import find_edged, find_jumps
from elc.quality.relation import Relation, fit_relation
from elc.quality.sheet import Sheet, build_sheet

STEAM, GAS, LOAD = "steam_energy_gj_per_h", "gas_energy_gj_per_h", "load_t_per_h"


def show(made, column: str, rows: slice, factor: float) -> None:
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame.loc[rows, column] = frame.loc[rows, column] * factor


@pytest.fixture
def wandering(long_made):
    """Steam that nothing goes with: it wanders by 10 %, and moves by about 0.4 % from hour to hour."""
    rng = np.random.default_rng(5)
    walk = np.zeros(6000)
    for hour in range(1, 6000):
        walk[hour] = 0.998 * walk[hour - 1] + rng.normal(0, 0.004)
    long_made.put(STEAM, slice(0, 5999), 120 * np.exp(walk))
    return long_made


def find_units(made) -> list[tuple[str, int, int]]:
    """Column, first hour and hours of each unit mix-up found."""
    start = made.hourly["time_utc"].iloc[0]
    rows = [row for row in made.check()[1].itertuples() if row.check == "unit"]
    return [(row.column, int((row.start - start).total_seconds() // 3600), int(row.hours)) for row in rows]


def build_parts(made) -> tuple[Sheet, Relation]:
    sheet = build_sheet(made.hourly, made.traces, made.tags, made.settings)
    return sheet, fit_relation(sheet, np.zeros(sheet.values.shape, dtype=bool))


@pytest.mark.parametrize("factor", [1.105, 1 / 1.105])
def test_spell_of_a_wandering_tag_is_found_and_masked(wandering, factor: float) -> None:
    show(wandering, STEAM, slice(1000, 1059), factor)
    assert find_units(wandering) == [(STEAM, 1000, 61)]
    checked, findings = wandering.check()
    found = findings[findings["check"] == "unit"]
    (row,) = found.to_dict("records")
    assert json.loads(row["values"])["ratio"] == pytest.approx(factor, rel=0.015)
    assert "lower heating value" in say_findings(found)[0]
    assert checked.loc[1000:1059, STEAM].isna().all()
    assert checked.loc[1061:, STEAM].notna().all()


def test_mixup_within_an_hour_is_found_from_that_hour(wandering) -> None:
    show(wandering, STEAM, slice(1001, 1059), 1.105)
    for frame, factor in ((wandering.hourly, 1.05), (wandering.traces.high, 1.105)):
        frame.loc[1000, STEAM] *= factor
    assert find_units(wandering) == [(STEAM, 1000, 61)]


def test_wandering_tag_without_a_mixup_is_not_accused(wandering) -> None:
    assert find_units(wandering) == []


def test_jump_that_does_not_come_back_is_left_alone(wandering) -> None:
    show(wandering, STEAM, slice(1000, 5999), 1.105)
    assert find_units(wandering) == []


def test_jump_back_of_another_size_is_left_alone(wandering) -> None:
    show(wandering, STEAM, slice(1000, 1029), 1.105)
    show(wandering, STEAM, slice(1030, 5999), 1.05)
    assert find_units(wandering) == []


@pytest.mark.parametrize("hours", [10, 200])
def test_spell_of_hours_or_of_more_than_a_week_is_left_alone(wandering, hours: int) -> None:
    show(wandering, STEAM, slice(1000, 999 + hours), 1.105)
    assert find_units(wandering) == []


def test_mixup_that_the_plants_start_hides_is_found(long_made) -> None:
    long_made.stop(slice(1000, 1040))
    show(long_made, GAS, slice(1041, 1060), 1.0549)
    ((column, start, hours),) = find_units(long_made)
    assert (column, start) == (GAS, 1041)
    assert hours in (20, 21)


def test_mixup_that_the_plants_stop_hides_is_found(long_made) -> None:
    show(long_made, GAS, slice(995, 1000), 1.0549)
    long_made.stop(slice(1001, 1040))
    assert find_units(long_made) == [(GAS, 995, 6)]


def test_two_mixups_at_once_on_related_tags_are_both_found(long_made) -> None:
    show(long_made, GAS, slice(1000, 1070), 1.105)
    show(long_made, LOAD, slice(1030, 1100), 1.10231)
    assert {column for column, _, _ in find_units(long_made)} == {GAS, LOAD}


def test_jumps_are_measured_as_logarithms(wandering) -> None:
    show(wandering, STEAM, slice(1000, 1059), 1.105)
    sheet, relation = build_parts(wandering)
    jumps = find_jumps(sheet, relation, np.array([1]))
    assert jumps.size[0, 1000] == pytest.approx(np.log(1.105), abs=0.012)
    assert jumps.size[0, 1060] == pytest.approx(-np.log(1.105), abs=0.012)
    assert jumps.usual[0] < 0.01
    (edged,) = find_edged(sheet, jumps, 0, float(np.log(1.105)), is_sure=False)
    assert (edged.run.column, edged.run.start, edged.run.stop) == (1, 1000, 1061)
    assert find_edged(sheet, jumps, 0, 2 * float(jumps.usual[0]), is_sure=False) == []
