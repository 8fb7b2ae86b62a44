"""Whether the training hours are enough for a baseline."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import dataset, pages, settings
from elc.dataset import Split
from elc.fields import AGE, ENERGY, TIME
from tests.unit.dataset.hours import LOAD, NAN, build_hours, build_settings, build_tags

YEAR = 366 * 24  # of 2024
MISSING = "share of the period with energy, throughput and every driver known"
SPELL = "longest spell without energy, throughput and every driver known"


def build_case(train_hours: int = YEAR) -> tuple[pd.DataFrame, Split]:
    """Hours of an even spread of loads, of which the first teach and the last 200 test."""
    count = train_hours + 300
    hours = build_hours(list(np.tile(np.linspace(60, 100, 97), count // 97 + 1)[:count]))
    hours["air_temp_degc"] = np.cos(np.arange(count) / 1000) * 10
    train, valid, test = hours[:train_hours], hours[train_hours:-200], hours[-200:]
    return hours, Split(100.0, train, valid, test)


def check(marked: pd.DataFrame, split: Split, chosen: settings.StageSettings | None = None) -> pd.DataFrame:
    rules = dataset.check_sufficiency(marked, split, build_tags(), chosen or build_settings())
    return rules.set_index(pages.findings.build_rules_table(rules)["rule"])


def test_a_full_year_at_every_load_is_enough() -> None:
    hours, split = build_case()
    rules = check(hours, split)
    assert rules["is_met"].all()
    assert rules["source"].str.len().min() > 10
    assert rules.loc["length of the baseline period", "found"] == 366
    assert rules.loc["calendar months with training hours", "found"] == 12
    assert rules.loc["training hours per relevant variable", "found"] == YEAR / 2
    assert rules.loc["range of load", "found"] == pytest.approx(0.4)
    bands = rules[rules.index.str.startswith("hours at a load of")]
    assert list(bands.index) == [
        f"hours at a load of {band} t/h" for band in ("60.0 to 70.0", "70.0 to 80.0", "80.0 to 90.0", "90.0 to 100")
    ]
    assert bands["found"].sum() == YEAR
    assert dataset.find_insufficient(rules, split, build_settings()).empty


def test_half_a_year_is_short_and_lacks_seasons() -> None:
    hours, split = build_case(181 * 24)
    rules = check(hours, split)
    assert rules.loc["length of the baseline period", ["found", "is_met"]].tolist() == [181, False]
    assert rules.loc["calendar months with training hours", ["found", "is_met"]].tolist() == [6, False]


def test_period_ends_with_its_last_interval() -> None:
    _, split = build_case()
    short = Split(100.0, split.train[:6], split.valid, split.test)
    found = check(split.train, short, build_settings(interval="10min"))
    assert found.loc["length of the baseline period", "found"] == pytest.approx(5 / 24 + 1 / 144)


@pytest.mark.parametrize("column", [ENERGY, LOAD, "air_temp_degc"])
def test_missing_time_is_found_in_the_period_and_not_after_it(column: str) -> None:
    hours, split = build_case()
    hours.loc[100:148, column] = NAN  # 49 h
    hours.loc[500:510, column] = NAN
    hours.loc[hours[TIME] > split.train[TIME].max(), column] = NAN
    rules = check(hours, split)
    assert rules.loc[MISSING, "found"] == pytest.approx(1 - 60 / YEAR)
    assert rules.loc[MISSING, "is_met"]
    assert rules.loc[SPELL, ["found", "bound", "expected", "is_met"]].tolist() == [49, "at most", 48, False]


def test_missing_set_point_is_no_matter() -> None:
    hours, split = build_case()
    assert check(hours.assign(flue_o2_pct=NAN), split).loc[MISSING, "found"] == 1


def test_chosen_intervals_are_not_asked_for_what_lies_between() -> None:
    hours, split = build_case()
    rules = check(hours, split, build_settings(is_continuous=False))
    assert not {MISSING, SPELL} & set(rules.index)


def test_thin_band_of_load_is_named() -> None:
    hours, split = build_case()
    rows = split.train[~split.train[LOAD].between(70, 79.99)]
    thin = replace(split, train=pd.concat([rows, split.train[split.train[LOAD].between(70, 79.99)][:9]]))
    rules = check(hours, Split(100.0, thin.train.sort_values(TIME), split.valid, split.test))
    assert rules.loc["hours at a load of 70.0 to 80.0 t/h", ["column", "found", "is_met"]].tolist() == [LOAD, 9, False]
    assert rules["is_met"].sum() == len(rules) - 1


def test_narrow_load_and_few_hours_are_said() -> None:
    hours, split = build_case()
    rules = check(hours, Split(100.0, split.train[split.train[LOAD] > 81][:190], split.valid, split.test))
    assert rules.loc["range of load", ["found", "is_met"]].tolist() == [pytest.approx(0.19, abs=0.005), False]
    assert rules.loc["training hours per relevant variable", ["found", "is_met"]].tolist() == [95, False]


def test_later_hours_outside_the_training_range_are_counted() -> None:
    hours, split = build_case()
    test = split.test.copy()
    test.loc[test.index[:30], "air_temp_degc"] = 10.5
    rules = check(hours, Split(100.0, split.train, split.valid, test))
    outside = rules.loc["later hours within the training range of air temperature"]
    assert outside[["column", "found", "is_met"]].tolist() == ["air_temp_degc", pytest.approx(0.9), False]
    assert rules.loc["later hours within the training range of load", "is_met"]


@pytest.mark.parametrize(("later", "share"), [((400, 999), 1.0), ((400, 1200), 0.75), ((0, 99), 1.0)])
def test_age_may_go_on_as_far_as_the_curve_extends_it(later: tuple[float, float], share: float) -> None:
    """The training hours show 100 to 400 days, so 0 to 1000 may be asked of the curve."""
    hours, split = build_case()
    listed = build_tags()
    age = settings.Tag("@turnaround", AGE, "driver", "", 1.0, 0.0, 0.0, None, "")
    tags = settings.TagList("fjord", (*listed.tags, age))
    parts = [
        part.assign(**{AGE: np.linspace(*ends, len(part))})
        for part, ends in ((split.train, (100, 400)), (split.valid, later), (split.test, later))
    ]
    rules = dataset.check_sufficiency(hours.assign(**{AGE: 100.0}), Split(100.0, *parts), tags, build_settings())
    (found,) = rules[rules["rule"] == "inside_age"].to_dict("records")
    assert found["column"] == AGE
    assert found["found"] == pytest.approx(share, abs=0.01)
    assert found["is_met"] == (share == 1)


def find(rules: pd.DataFrame, split: Split) -> list[dict[str, Any]]:
    found = dataset.find_insufficient(rules, split, build_settings())
    return found.assign(sentence=pages.findings.say_findings).to_dict("records")


def test_rule_that_is_not_met_becomes_a_finding_over_the_period() -> None:
    hours, split = build_case()
    hours.loc[100:148, ENERGY] = NAN
    (found,) = find(check(hours, split), split)
    assert found["sentence"] == f"Not enough to train on: {SPELL} is 49 h, expected at most 48."
    assert (found["check"], found["plant"], found["column"]) == ("sufficiency", "fjord", "")
    assert found["start"] == pd.Timestamp("2024-01-01", tz="UTC")
    assert found["end"] == pd.Timestamp("2025-01-01", tz="UTC")
    assert json.loads(found["values"]) == {"bound": "at most", "expected": 48.0, "found": 49.0, "unit": "h"}
