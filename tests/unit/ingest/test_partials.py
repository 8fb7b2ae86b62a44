"""Partial results: numbers worked out by hand, and nothing but the set of readings counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc.ingest.engine import Engine, connect
from elc.ingest.partials import SCHEMA, build_partials, read_good
from tests.unit.ingest.exports import build_random, build_settings

MINUTE_US = 60_000_000
Build = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with connect(build_settings().engine, "test") as opened:
        yield opened


@pytest.fixture
def build(engine: Engine, tmp_path: Path) -> Build:
    """Write readings (time on 2024-06-01, value, quality) or a table of them, and build partial results."""

    def build_from(
        readings: list[tuple[str, float | None, str]] | pd.DataFrame,
        *,
        interval_s: int = 3600,
        max_hold_h: float = 6.0,
        accept_uncertain: bool = False,
        totalisers: tuple[str, ...] = (),
    ) -> pd.DataFrame:
        table = pd.DataFrame(readings, columns=["time", "value", "quality"]) if isinstance(readings, list) else readings
        if isinstance(readings, list):
            table = table.assign(time=pd.to_datetime("2024-06-01 " + table["time"], format="ISO8601"), tag="A")
        table.astype({"value": float}).to_parquet(tmp_path / "readings.parquet")
        good = ["GOOD", "UNCERTAIN"] if accept_uncertain else ["GOOD"]
        names = sorted(table["tag"].unique())
        found = read_good(engine, engine.read_parquet([tmp_path / "readings.parquet"]), names, good)
        partials = build_partials(found, interval_s, max_hold_h=max_hold_h, totalisers=list(totalisers))
        return partials.to_pandas().astype({"tag": "str"}).sort_values(["tag", "start"], ignore_index=True)

    return build_from


def test_row_is_what_its_readings_say(build: Build) -> None:
    found = build([("03:10", 5, "GOOD"), ("03:20", 99, "BAD"), ("03:25", 8, "GOOD"), ("03:55", None, "BAD")])
    assert list(found.columns) == SCHEMA.names
    assert len(found) == 1
    row = found.iloc[0]
    assert row["start"] == pd.Timestamp("2024-06-01 03:00")
    assert (row["first_us"], row["last_us"]) == (10 * MINUTE_US, 55 * MINUTE_US)
    assert row["first_value"] == 5
    assert np.isnan(row["last_value"])
    assert row["integral"] == (5 * 10 + 8 * 30) * MINUTE_US
    assert row["good_us"] == 40 * MINUTE_US
    assert (row["low"], row["high"], row["readings"], row["resets"]) == (5, 8, 4, 0)


def test_value_holds_no_longer_than_the_limit(build: Build) -> None:
    row = build([("03:00", 5, "GOOD"), ("03:50", 7, "GOOD")], max_hold_h=0.5).iloc[0]
    assert (row["good_us"], row["integral"]) == (30 * MINUTE_US, 150 * MINUTE_US)


@pytest.mark.parametrize(("accept", "good_us"), [(False, 0), (True, 30 * MINUTE_US)])
def test_uncertain_counts_by_the_switch(build: Build, accept: bool, good_us: int) -> None:
    readings: list[tuple[str, float | None, str]] = [("03:00", 5, "UNCERTAIN"), ("03:30", 7, "GOOD")]
    assert build(readings, accept_uncertain=accept)["good_us"][0] == good_us


@pytest.mark.parametrize(("interval_s", "starts"), [(600, [0, 10, 20, 50]), (900, [0, 15, 45]), (1800, [0, 30])])
def test_intervals_begin_on_their_grid(build: Build, interval_s: int, starts: list[int]) -> None:
    moments = ("03:00", "03:09:59.999999", "03:10", "03:15", "03:20", "03:59:59.999999")
    found = build([(moment, 1, "GOOD") for moment in moments], interval_s=interval_s)
    assert list(found["start"].dt.minute) == starts
    assert found["readings"].sum() == 6


def test_of_a_moment_the_good_reading_counts_then_the_smaller(build: Build) -> None:
    doubled = [("03:00", 9, "GOOD"), ("03:00", 1, "BAD"), ("03:00", 4, "GOOD"), ("03:00", 2, "UNCERTAIN")]
    row = build([*doubled, ("03:30", 7, "GOOD"), ("03:30", 0, "BAD")]).iloc[0]
    assert row["integral"] == 4 * 30 * MINUTE_US
    assert (row["good_us"], row["last_value"]) == (30 * MINUTE_US, 7)


def test_counter_is_its_rise_and_its_falls(build: Build) -> None:
    counts: list[tuple[str, float | None, str]] = [
        ("03:00", 10, "GOOD"),
        ("03:10", 16, "GOOD"),
        ("03:15", 0, "BAD"),
        ("03:20", 18, "GOOD"),
        ("03:30", 3, "GOOD"),
        ("03:50", 5, "GOOD"),
    ]
    row = build(counts, totalisers=("A",)).iloc[0]
    assert (row["integral"], row["resets"], row["good_us"]) == (10, 1, 50 * MINUTE_US)
    assert (row["first_value"], row["last_value"], row["readings"]) == (10, 5, 5)


def test_order_of_readings_changes_no_bit(build: Build) -> None:
    readings = build_random(9).assign(quality=lambda rows: rows["quality"].str.upper())
    readings = pd.concat([readings, readings[::4], readings[::5].assign(quality="BAD")])
    for totalisers in ((), ("FT-1",)):
        ordered = build(readings.sort_values(["tag", "time"]), totalisers=totalisers)
        shuffled = build(readings.sample(frac=1, random_state=2), totalisers=totalisers)
        pd.testing.assert_frame_equal(shuffled, ordered, check_exact=True)
