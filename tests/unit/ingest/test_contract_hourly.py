"""The contract of the hourly table: a sound one passes, and every way to break it is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import settings
from elc.errors import ElcError
from elc.fields import ENERGY, TIME, coverage
from elc.ingest import contract
from elc.ingest.contract import check_contract
from elc.paths import Project

WHERE = "plant fjord: hourly table"
ANEW = "Write the table again with dvc repro ingest@fjord."
CARRIERS = settings.read_plant(Project(Path(__file__).parents[3]), "fjord").plant.carriers
GAS, STEAM, LOAD = "gas_energy_gj_per_h", "steam_export_energy_gj_per_h", "load_t_per_h"
Change = Callable[[pd.DataFrame], pd.DataFrame]


def build_tags(more: int = 0) -> settings.TagList:
    def tag(column: str, role: str, carrier: str = "") -> settings.Tag:
        return settings.Tag(column.upper(), column, role, carrier, 1.0, 0.0, None, None, "")

    named = [tag(GAS, "energy", "gas"), tag(STEAM, "energy", "steam"), tag(LOAD, "throughput")]
    return settings.TagList("fjord", (*named, *(tag(f"flue_{index}_o2_pct", "setpoint") for index in range(more))))


def build_hourly(tags: settings.TagList, rows: int, interval: str = "1h") -> pd.DataFrame:
    times = pd.date_range("2024-01-01", periods=rows, freq=interval, tz="UTC").astype("datetime64[us, UTC]")
    values = np.random.default_rng(1).uniform(1, 100, (rows, len(tuple(tags))))
    columns: dict[str, object] = {TIME: times}
    for tag, column in zip(tags, values.T, strict=True):
        columns |= {tag.column: column, coverage(tag.column): 1.0}
    hourly = pd.DataFrame(columns)
    return hourly.assign(**{ENERGY: hourly[GAS] - hourly[STEAM]})


def check(hourly: pd.DataFrame, interval: str = "1h") -> None:
    check_contract(hourly, build_tags(), CARRIERS, interval=interval, weather=[], where=WHERE)


def put(column: str, row: int, value: object) -> Change:
    def change(hourly: pd.DataFrame) -> pd.DataFrame:
        hourly.loc[row, column] = value
        return hourly

    return change


@pytest.mark.parametrize("interval", ["1h", "10min"])
def test_sound_table_passes(interval: str) -> None:
    hourly = build_hourly(build_tags(), 48, interval)
    hourly.loc[3, [GAS, ENERGY]] = np.nan
    hourly.loc[3, coverage(GAS)] = 0.0
    before = hourly.copy()
    check(hourly, interval)
    pd.testing.assert_frame_equal(hourly, before)


def test_pandera_finds_no_fault_in_a_sound_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "_is_sound", lambda *_: False)
    check(build_hourly(build_tags(), 48))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda h: h.drop(columns=LOAD), f"column {LOAD} is missing."),
        (lambda h: h.assign(air_temp_degc=1.0), "column air_temp_degc is not in the tag list."),
        (lambda h: h.astype({LOAD: "float32"}), f"column {LOAD} is of type float32, expected float64."),
        (
            lambda h: h.assign(**{TIME: h[TIME].dt.tz_localize(None)}),
            f"column {TIME} is of type datetime64[us], expected datetime64[us, UTC].",
        ),
        (
            lambda h: h[[TIME, LOAD, *h.columns.drop([TIME, LOAD])]],
            f"its columns are out of order, expected {TIME}, {GAS}, {coverage(GAS)} and so on.",
        ),
        (lambda h: h[:0], "it has no row."),
        (
            lambda h: h.drop(index=[4, 5]).reset_index(drop=True),
            f"column {TIME}: 1 rows are not one interval (1h) after the row before, "
            "the first is row 4 (2024-01-01 06:00:00+00:00).",
        ),
        (
            lambda h: h.assign(**{TIME: h[TIME] + pd.Timedelta("5min")}),
            f"column {TIME}: 1 rows are not one interval (1h) after the row before, "
            "the first is row 0 (2024-01-01 00:05:00+00:00).",
        ),
        (
            put(TIME, 7, pd.Timestamp("2024-01-01 06:00", tz="UTC")),
            f"column {TIME}: 2 rows are not one interval (1h) after the row before, "
            "the first is row 7 (2024-01-01 06:00:00+00:00).",
        ),
        (
            put(coverage(LOAD), 2, 1.01),
            f"column {coverage(LOAD)}: 1 rows are outside 0 to 1, the first is row 2 (2024-01-01 02:00:00+00:00).",
        ),
        (
            put(coverage(LOAD), 2, np.nan),
            f"column {coverage(LOAD)}: 1 rows are outside 0 to 1, the first is row 2 (2024-01-01 02:00:00+00:00).",
        ),
        (
            put(coverage(LOAD), 9, 0.0),
            f"column {LOAD}: 1 rows are given, but nothing covers them, the first is row 9 (2024-01-01 "
            "09:00:00+00:00).",
        ),
        (
            lambda h: h.assign(**{ENERGY: h[GAS] + h[STEAM]}),
            f"column {ENERGY}: 48 rows are not the sum over carriers, the first is row 0 (2024-01-01 00:00:00+00:00).",
        ),
        (
            put(STEAM, 5, np.nan),
            f"column {ENERGY}: 1 rows are not the sum over carriers, the first is row 5 (2024-01-01 05:00:00+00:00).",
        ),
    ],
)
def test_one_fault_is_said_in_full(change: Change, fault: str) -> None:
    with pytest.raises(ElcError) as raised:
        check(change(build_hourly(build_tags(), 48)))
    assert str(raised.value) == f"{WHERE}: {fault} {ANEW}"


def test_energy_may_differ_by_rounding_and_no_more() -> None:
    hourly = build_hourly(build_tags(), 48)
    check(hourly.assign(**{ENERGY: hourly[ENERGY] * (1 + 1e-12)}))
    with pytest.raises(ElcError, match="48 rows are not the sum over carriers"):
        check(hourly.assign(**{ENERGY: hourly[ENERGY] + 1e-6}))


def test_all_faults_are_said_at_once() -> None:
    hourly = build_hourly(build_tags(), 48).drop(columns=GAS).assign(extra_pct=1.0)
    hourly.loc[8, TIME] = pd.NaT
    hourly.loc[:1, coverage(LOAD)] = -0.1
    with pytest.raises(ElcError) as raised:
        check(hourly)
    lines = str(raised.value).splitlines()
    assert lines[0] == f"{WHERE}: {len(lines) - 1} faults"
    for words in (
        f"column {GAS} is missing.",
        "column extra_pct is not in the tag list.",
        f"column {TIME}: 1 rows have none, the first is row 8.",
        f"column {TIME}: 2 rows are not one interval",
        f"column {coverage(LOAD)}: 2 rows are outside 0 to 1",
    ):
        assert sum(words in line for line in lines) == 1, words
    assert lines[-1].endswith(ANEW)
    assert sum(ANEW in line for line in lines) == 1


def test_column_that_stands_twice_is_said() -> None:
    hourly = build_hourly(build_tags(), 48)
    with pytest.raises(ElcError, match=f"columns appear twice: {LOAD}"):
        check(pd.concat([hourly, hourly[[LOAD]]], axis=1))


def test_text_among_numbers_is_said() -> None:
    hourly = build_hourly(build_tags(), 48)
    with pytest.raises(ElcError, match=f"column {LOAD} is of type object, expected float64"):
        check(hourly.assign(**{LOAD: ["Bad Input", *hourly[LOAD].iloc[1:]]}))
