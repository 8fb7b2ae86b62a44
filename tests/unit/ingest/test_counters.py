"""Counters that are misread, replaced or stand still: what they count stays right, and what is lost is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from elc.errors import ElcError
from elc.pages.findings import say_findings
from elc.settings import TagList
from tests.unit.ingest.conftest import Read
from tests.unit.ingest.exports import TAGS
from tests.unit.ingest.test_totaliser import COLUMN, COUNTED, COUNTER

STEP_MIN = 15


def build_counter(hours: int = 48, step_min: int = STEP_MIN) -> pd.DataFrame:
    """A counter that rises by 57 to 63 an hour, and a steady throughput."""
    moments = pd.date_range("2024-06-01", periods=hours * 60 // step_min, freq=f"{step_min}min")
    rise = (60 + 3 * np.sin(np.arange(len(moments)) / 9)) * step_min / 60
    counter = pd.DataFrame({"time": moments, "tag": "FQ-1", "value": 1e6 + np.cumsum(rise), "quality": "Good"})
    return pd.concat([counter, counter.assign(tag="FT-2", value=50.0)], ignore_index=True)


def set_value(readings: pd.DataFrame, places: list[int], value: float) -> pd.DataFrame:
    return readings.assign(value=readings["value"].mask(readings.index.isin(places), value))


def add(readings: pd.DataFrame, begin: int, more: float) -> pd.DataFrame:
    is_after = (readings["tag"] == "FQ-1") & (readings.index >= begin)
    return readings.assign(value=readings["value"] + np.where(is_after, more, 0.0))


@pytest.mark.parametrize("places", [[40], [43], [44], [41, 42], [20, 21, 22, 90], [80, 81, 82, 83, 84]], ids=str)
@pytest.mark.parametrize("value", [0.0, 4e9])
def test_what_is_misread_loses_nothing(read: Read, places: list[int], value: float) -> None:
    plain = build_counter()
    right, _ = read(plain, tags=COUNTED)
    hourly, found = read(set_value(plain, places, value), tags=COUNTED)
    np.testing.assert_allclose(hourly[COLUMN].sum(), right[COLUMN].sum(), rtol=1e-3)
    assert hourly[COLUMN].between(56, 64).all()
    assert list(found["check"]) == ["misread"]


def test_zero_twice_a_day_loses_nothing(read: Read) -> None:
    places = list(range(5, 140, 12))
    hourly, found = read(set_value(build_counter(144, 60), places, 0.0), tags=COUNTED)
    assert hourly[COLUMN][:-1].between(56, 64).all()
    assert "is back 12 times; what it shows in between is left out." in say_findings(found)[0]


def test_dips_of_two_servers_lose_nothing(read: Read) -> None:
    plain = build_counter(48, 5)
    dipped = plain.assign(value=plain["value"] - np.where((plain.index % 3 == 2) & (plain["tag"] == "FQ-1"), 7.0, 0.0))
    hourly, found = read(dipped, tags=COUNTED)
    assert hourly[COLUMN][:-1].between(55, 65).all()
    assert set(found["check"]) == {"misread"}


@pytest.mark.parametrize("more", [5e6, 900.0, -4e5])
@pytest.mark.parametrize("begin", [98, 96])
def test_replaced_meter_is_named_with_its_moment(read: Read, more: float, begin: int) -> None:
    hourly, found = read(add(build_counter(), begin, more), tags=COUNTED)
    assert hourly[COLUMN].isna().sum() == 1
    assert hourly[COLUMN].dropna().between(56, 64).all()
    assert list(found["check"]) == ["replaced"]
    assert "(FQ-1) was replaced or set: it shows 100" in say_findings(found)[0]
    assert "2024-06-02 00:" in say_findings(found)[0]


def test_reset_on_the_hour_loses_the_hour_before_it_alone(read: Read) -> None:
    readings = build_counter()
    readings = add(readings, 96, -readings["value"][95])
    hourly, found = read(readings, tags=COUNTED)
    assert list(np.flatnonzero(hourly[COLUMN].isna())) == [23]
    assert list(found["check"]) == ["totaliser_reset"]


def test_range_of_the_tag_bounds_a_rise(read: Read) -> None:
    readings = add(build_counter(), 98, 80.0)  # in a quarter of an hour, where 60 an hour are usual
    bounded = TagList("fjord", (replace(COUNTER, high=100.0), TAGS.tags[1]))
    assert read(readings, tags=COUNTED)[1].empty
    hourly, found = read(readings, tags=bounded)
    assert list(found["check"]) == ["replaced"]
    assert hourly[COLUMN].max() < 64


def test_range_that_is_too_low_breaks_nothing(read: Read) -> None:
    bounded = TagList("fjord", (replace(COUNTER, high=10.0), TAGS.tags[1]))
    assert read(build_counter(), tags=bounded)[1].empty


def test_coarse_counter_is_no_jump(read: Read) -> None:
    plain = build_counter(96, 1)
    coarse = plain.assign(value=plain["value"].where(plain["tag"] == "FT-2", plain["value"] // 40 * 40))
    bounded = TagList("fjord", (replace(COUNTER, high=80.0), TAGS.tags[1]))
    hourly, found = read(coarse, tags=bounded)
    assert found.empty
    assert hourly[COLUMN].sum() == pytest.approx(96 * 60, rel=0.02)


def test_counter_that_never_rises_is_no_energy(read: Read) -> None:
    still = build_counter().assign(value=3800.0)
    with pytest.raises(
        ElcError, match=r"tag FQ-1 is read as a totaliser, .* the energy never rises: FQ-1\. Write kWh/"
    ):
        read(still, tags=COUNTED)
    both = TagList(
        "fjord", (*TAGS.tags[:1], replace(COUNTER, column="steam_energy_gj_per_h", role="state"), TAGS.tags[1])
    )
    gas = build_counter().query("tag == 'FT-2'").assign(tag="FT-1")
    _, found = read(pd.concat([still, gas]), tags=both)
    assert list(found["check"]) == ["still"]
    assert "is read as a totaliser and never rises." in say_findings(found)[0]
