"""Tables of one's own: what is read as hours, and that all else is refused in words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from elc.errors import ElcError
from elc.fields import ENERGY, TIME
from elc.library.table import build_hours

LOAD, AIR = "product_t_per_h", "air_temp_degc"
Change = Callable[[pd.DataFrame], pd.DataFrame]


def build_frame(rows: int = 48) -> pd.DataFrame:
    index = pd.date_range("2026-01-01", periods=rows, freq="h", tz="Europe/Oslo")
    return pd.DataFrame({"power_mw": 10.0, LOAD: 5.0, AIR: np.arange(rows, dtype=float)}, index=index)


def read(frame: pd.DataFrame, *, energy: str = "power_mw", is_continuous: bool = True) -> pd.DataFrame:
    return build_hours(frame, energy=energy, columns=[LOAD, AIR], is_continuous=is_continuous)


def test_times_are_utc_and_energy_is_gj_per_h() -> None:
    hours = read(build_frame())
    assert hours[TIME].iloc[0] == pd.Timestamp("2025-12-31T23", tz="UTC")
    assert (hours[ENERGY] == 36.0).all()
    assert list(hours.columns) == [TIME, ENERGY, LOAD, AIR]


def test_order_and_holes_do_not_matter() -> None:
    frame = build_frame()
    holed = frame.drop(frame.index[[5, 6]]).sample(frac=1, random_state=1)
    hours = read(holed)
    assert len(hours) == 48
    assert hours[ENERGY].isna().to_numpy().nonzero()[0].tolist() == [5, 6]
    assert len(read(holed, is_continuous=False)) == 46


def test_times_may_be_a_column() -> None:
    frame = build_frame()
    pd.testing.assert_frame_equal(read(frame.rename_axis(TIME).reset_index()), read(frame))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.drop(columns=AIR), "column air_temp_degc is missing: "),
        (lambda frame: frame.assign(**{AIR: "warm"}), "column air_temp_degc holds .*, expected numbers"),
        (lambda frame: frame.iloc[:0], "it has no row"),
        (lambda frame: frame.tz_localize(None), r"have no time zone\. Set one, as in frame\.tz_localize"),
        (lambda frame: frame.reset_index(drop=True), "its times are int64, expected times"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), "the time 2026-01-01 00:00:00.* twice"),
        (lambda frame: frame.iloc[::3], r"rows are 0 days 03:00:00 apart, expected one of 5min, .*\. Resample it\."),
        (
            lambda frame: pd.concat([frame, frame.iloc[:1].shift(freq="59h17min")]),
            "1 times lie between intervals, as 2026-01-03 10:17:00",
        ),
        (lambda frame: pd.concat([frame, frame[[AIR]]], axis=1), "column air_temp_degc appears in it twice"),
    ],
)
def test_what_is_no_table_of_hours_is_refused(change: Change, words: str) -> None:
    with pytest.raises(ElcError, match=words):
        read(change(build_frame()))


@pytest.mark.parametrize(
    ("energy", "words"),
    [
        ("power", "column power: its name does not end in a known unit"),
        ("air_temp_degc", "column air_temp_degc is given twice"),
        ("Power_mw", "lowercase letters"),
        ("steam_t_per_h", "column steam_t_per_h is missing"),
    ],
)
def test_names_are_held_against_the_units_that_are_known(energy: str, words: str) -> None:
    with pytest.raises(ElcError, match=words):
        read(build_frame(), energy=energy)


def test_energy_in_another_unit_is_refused() -> None:
    with pytest.raises(ElcError, match=r"energy steam_t_per_h is in t/h, expected GJ/h or MW\. Convert it\."):
        read(build_frame().assign(steam_t_per_h=1.0), energy="steam_t_per_h")
