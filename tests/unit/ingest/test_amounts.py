"""Amounts of intervals, and tags that hold longer than the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from elc.errors import ElcError
from elc.pages.findings import say_findings
from elc.settings import TagList
from elc.settings.tag_units import RHYTHM, Scale, read_scale
from tests.unit.ingest.conftest import Read
from tests.unit.ingest.exports import COVERED, GAS, TAGS, build_days


def build_tags(**given: float) -> TagList:
    return TagList("fjord", (replace(TAGS.tags[0], **given), TAGS.tags[1]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("kWh/15min", Scale(0.0036 * 4, amount_h=0.25)),
        ("kWh / 15 min", Scale(0.0036 * 4, amount_h=0.25)),
        ("MWh/1h", Scale(3.6, amount_h=1.0)),
        ("GJ/1d", Scale(1 / 24, amount_h=24.0)),
        ("kWh/interval", Scale(0.0036, amount_h=RHYTHM)),
        ("kWh", Scale(0.0036, is_totaliser=True)),
        ("kW", Scale(0.0036)),
    ],
)
def test_amount_of_an_interval_is_a_unit(unit: str, expected: Scale) -> None:
    found = read_scale(unit, GAS)
    assert found.factor == pytest.approx(expected.factor)
    assert replace(found, factor=expected.factor) == expected


@pytest.mark.parametrize("unit", ["kWh/0min", "kW/15min", "t/interval"])
def test_amount_of_something_else_is_named(unit: str) -> None:
    with pytest.raises(ElcError, match=r"unit (kWh/0min is an amount without a time|(kW|t) cannot become)"):
        read_scale(unit, GAS)


@pytest.mark.parametrize(("amount_h", "factor"), [(0.25, 4.0), (RHYTHM, 1.0)])
def test_amount_is_spread_over_its_interval_and_never_held(read: Read, amount_h: float, factor: float) -> None:
    readings = build_days("2024-06-01", 3, step_min=15).query("time < '2024-06-01 05:15' or time >= '2024-06-01 06:30'")
    hourly, found = read(readings, tags=build_tags(amount_h=amount_h, factor=factor))
    amounts = readings.query("tag == 'FT-1'")["value"]
    assert (hourly[GAS] * hourly[COVERED]).sum() == pytest.approx(amounts.sum(), rel=1e-9)
    np.testing.assert_allclose(hourly[COVERED][4:8], [1.0, 0.25, 0.5, 1.0])
    assert "amount" not in set(found["check"])


def test_amount_that_is_read_more_often_is_a_finding(read: Read) -> None:
    _, found = read(build_days("2024-06-01", 1, step_min=15), tags=build_tags(amount_h=1.0))
    assert (
        "is said to be the amount of 60 min, and is read every 15 min: it looks like a rate" in say_findings(found)[0]
    )


def test_one_reading_tells_no_rhythm(read: Read) -> None:
    readings = build_days("2024-06-01", 1, step_min=15)
    readings = pd.concat([readings[readings["tag"] == "FT-2"], readings[readings["tag"] == "FT-1"].iloc[:1]])
    with pytest.raises(ElcError, match="tag FT-1 is the amount of an interval, and there are too few readings to tell"):
        read(readings, tags=build_tags(amount_h=RHYTHM))


def test_tag_holds_as_long_as_its_line_says(read: Read) -> None:
    readings = build_days("2024-06-01", 4)
    daily = readings[(readings["tag"] == "FT-2") | (readings["time"].dt.strftime("%H:%M") == "06:00")]
    assert read(daily)[0][GAS].notna().sum() == 24
    hourly, _ = read(daily, tags=build_tags(max_hold_h=26.0))
    assert hourly[GAS].notna().sum() == 90
    short, _ = read(daily, tags=build_tags(max_hold_h=0.5), min_coverage_frac=0.6)
    assert short[GAS].notna().sum() == 0
    half, _ = read(daily, tags=build_tags(max_hold_h=0.5, min_coverage_frac=0.4), min_coverage_frac=0.6)
    assert half[GAS].notna().sum() == 4
