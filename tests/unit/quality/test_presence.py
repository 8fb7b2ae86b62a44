"""What is not there: gaps, tags vanished or new, low coverage; each with its rows."""

from __future__ import annotations

import json

import pytest

from elc.fields import coverage
from elc.pages.findings import say_findings

GAS, AIR, O2 = "gas_energy_gj_per_h", "air_temp_degc", "flue_o2_pct"


def test_gap_is_found_with_its_times(made) -> None:
    made.lose(GAS, slice(100, 104))
    made.hourly.loc[300, coverage(GAS)] = 0.5
    findings = made.check()[1]
    assert made.find() == [("gap", GAS, 5)]
    assert say_findings(findings)[0] == "gas energy (FT-1) has too little good data."
    assert findings["start"][0] == made.hourly["time_utc"][100]
    assert findings["end"][0] == made.hourly["time_utc"][105]
    assert findings["plant"][0] == "fjord"


def test_two_gaps_are_two_findings(made) -> None:
    made.lose(AIR, slice(100, 101))
    made.lose(AIR, slice(103, 103))
    assert made.find() == [("gap", AIR, 2), ("gap", AIR, 1)]


def test_chosen_intervals_have_no_gaps(made) -> None:
    made.lose(GAS, slice(100, 104))
    made.tell_plant(export=made.settings.plant.export.model_copy(update={"is_continuous": False}))
    assert made.find() == []


def test_tag_that_stops_for_good_has_vanished(made) -> None:
    made.lose(O2, slice(800, 999))
    assert made.find() == [("vanished", O2, 200)]
    assert say_findings(made.check()[1])[0] == "flue O2 (AI-1) has stopped sending: renamed or removed."


def test_tag_that_starts_late_is_new(made) -> None:
    made.lose(O2, slice(0, 199))
    assert made.find() == [("new", O2, 200)]


def test_silence_of_less_than_a_week_at_the_end_is_a_gap(made) -> None:
    made.lose(O2, slice(900, 999))
    assert ("gap", O2, 100) in made.find()
    assert "vanished" not in set(made.check()[1]["check"])


def test_tag_without_any_reading_is_one_gap(made) -> None:
    made.lose(O2, slice(0, 999))
    assert made.find() == [("gap", O2, 1000), ("low_coverage", O2, 1000)]


def test_low_coverage_of_the_last_four_weeks_is_told_with_its_share(made) -> None:
    made.hourly.loc[500:, coverage(AIR)] = 0.7
    findings = made.check()[1]
    assert list(findings["check"]) == ["low_coverage"]
    assert findings["end"][0] == made.hourly["time_utc"].iloc[-1] + made.hourly["time_utc"].diff().iloc[-1]
    assert json.loads(findings["values"][0])["covered_frac"] == pytest.approx(0.85)
    made.hourly.loc[500:, coverage(AIR)] = 0.9
    assert made.find() == []


def lose_all(made, rows: slice, columns: int) -> None:
    for tag in made.tags.tags[:columns]:
        made.lose(tag.column, rows)


def find_coverage(made) -> list[tuple[str, str]]:
    findings = made.check()[1]
    found = findings[findings["check"] == "low_coverage"]
    return list(zip(found["column"], say_findings(found), strict=True))


def test_an_export_with_gaps_is_said_once(made) -> None:
    lose_all(made, slice(300, 499), 8)
    ((column, sentence),) = find_coverage(made)
    assert column == ""
    assert sentence == "8 tags are covered by good data for 80% of this time only: the export has gaps."


def test_a_tag_that_lacks_more_than_the_others_is_named(made) -> None:
    lose_all(made, slice(300, 499), 7)
    made.lose("mills_count", slice(100, 499))
    assert find_coverage(made) == [
        ("", "7 tags are covered by good data for 80% of this time only: the export has gaps."),
        ("mills_count", "mills (NI-1) is covered by good data for 60% of this time only."),
    ]


def test_half_of_the_tags_are_named_each(made) -> None:
    lose_all(made, slice(300, 499), 4)
    assert len(find_coverage(made)) == 4
