"""Bad hours never make a curve that looks fine: faults that stop, and doubts that become findings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import dataset, findings, settings
from elc.dataset import Split
from elc.errors import ElcError
from elc.fields import AGE, ENERGY, IS_STEADY, TIME
from elc.pages.findings import say_findings
from tests.unit.dataset.hours import LOAD, NAN, build_hours, build_settings, build_tags

AIR = "air_temp_degc"
INF = float("inf")
AIR_NAME = r"driver air temperature \(AIR_TEMP_DEGC\)"


def build_steady(count: int = 200, interval: str = "1h") -> pd.DataFrame:
    """Steady hours at loads and temperatures that have nothing to do with one another."""
    rng = np.random.default_rng(3)
    hours = build_hours(list(rng.uniform(70, 100, count)), interval)
    return hours.assign(**{AIR: rng.normal(10, 5, count), IS_STEADY: True})


def split_at(hours: pd.DataFrame, first: int = 120, second: int = 160) -> Split:
    return Split(100.0, *(part.reset_index(drop=True) for part in (hours[:first], hours[first:second], hours[second:])))


def change(part: str, row: int, column: str, value: Any) -> Split:
    """A sound split with one value of one part changed."""
    split = split_at(build_steady())
    changed = getattr(split, part).copy()
    changed.loc[row, column] = value
    return replace(split, **{part: changed})


def build_tags_with(column: str) -> settings.TagList:
    """The air temperature and one more driver."""
    tags = build_tags()
    return replace(tags, tags=(*tags.tags, replace(tags.find(AIR), tag=column.upper(), column=column)))


def test_sound_hours_pass() -> None:
    split = split_at(build_steady())
    dataset.check_sound(split, build_tags())
    dataset.check_sound(change("train", 3, "flue_o2_pct", NAN), build_tags())  # a set-point may be missing
    aged = split_at(build_steady().assign(**{AGE: np.arange(200) / 24}))
    dataset.check_sound(aged, build_tags_with(AGE))


@pytest.mark.parametrize("ripple", [0.0, 1e-9])
def test_constant_driver_is_refused(ripple: float) -> None:
    hours = build_steady()
    hours.loc[:119, AIR] = 10.0 + ripple * np.arange(120)
    wanted = (
        rf"^plant fjord: {AIR_NAME} is constant in train: 10\.0 °C\. The curve can learn nothing from it: set its "
        r"role to state or ignore in data/plants/fjord/tags\.csv\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        dataset.check_sound(split_at(hours), build_tags())


def test_driver_that_is_constant_after_train_alone_passes() -> None:
    hours = build_steady()
    hours.loc[120:, AIR] = 10.0
    dataset.check_sound(split_at(hours), build_tags())


def test_constant_load_is_refused_and_every_fault_is_named() -> None:
    wanted = (
        r"^plant fjord: 2 faults\n"
        r"  - throughput load \(LOAD_T_PER_H\) is constant in train: 100 t/h\. A curve over load needs more than one: "
        r"check the tag, or add a longer export\.\n"
        rf"  - {AIR_NAME} is constant in train: 0\.00 °C\."
    )
    with pytest.raises(ElcError, match=wanted):
        dataset.check_sound(split_at(build_steady().assign(**{LOAD: 100.0, AIR: 0.0})), build_tags())


@pytest.mark.parametrize("part", dataset.PARTS)
@pytest.mark.parametrize("column", [ENERGY, LOAD, AIR])
@pytest.mark.parametrize(("value", "what"), [(NAN, "missing"), (INF, "infinite"), (-INF, "infinite")])
def test_value_that_is_no_number_is_refused(part: str, column: str, value: float, what: str) -> None:
    split = change(part, 7, column, value)
    count, day = len(getattr(split, part)), getattr(split, part)[TIME][7]
    wanted = (
        rf"^plant fjord: {column} is {what} in 1 of the {count} intervals of {part}, first at {day:%Y-%m-%d %H:%M} "
        r"UTC\. Leave these intervals out, as dataset\.drop_unsteady does\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        dataset.check_sound(split, build_tags())


@pytest.mark.parametrize("part", dataset.PARTS)
@pytest.mark.parametrize("column", [ENERGY, LOAD])
@pytest.mark.parametrize("value", [0.0, -5.0])
def test_energy_and_load_that_are_not_positive_are_refused(part: str, column: str, value: float) -> None:
    with pytest.raises(
        ElcError, match=rf"^plant fjord: {column} is zero or negative in 1 of the \d+ intervals of {part}"
    ):
        dataset.check_sound(change(part, 7, column, value), build_tags())


def test_infinite_set_point_is_refused() -> None:
    wanted = (
        r"^plant fjord: flue_o2_pct is infinite in 1 of the 120 intervals of train, first at 2024-01-01 07:00 UTC\. "
        r"Give its tag low and high in data/plants/fjord/tags\.csv, and run ingest again\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        dataset.check_sound(change("train", 7, "flue_o2_pct", INF), build_tags())


def test_columns_and_hours_that_a_file_lacks_are_named() -> None:
    split = split_at(build_steady())
    broken = replace(split, valid=split.valid.drop(columns=[AIR, ENERGY]), test=split.test[:0])
    wanted = (
        r"^plant fjord: 2 faults\n"
        r"  - energy_gj_per_h, air_temp_degc missing from the columns of valid\. Build it again: dvc repro "
        r"dataset@fjord\.\n"
        r"  - test has no interval\. Build it again: dvc repro dataset@fjord\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        dataset.check_sound(broken, build_tags())


def test_text_is_refused() -> None:
    split = split_at(build_steady())
    broken = replace(
        split,
        train=split.train.assign(**{AIR: split.train[AIR].astype("str")}),
        test=split.test.assign(**{TIME: split.test[TIME].astype("str")}),
    )
    wanted = (
        r"(?s)air_temp_degc in train holds str, expected numbers\. Write it as numbers\..*"
        r"time_utc in test holds str, expected times\. Write it as timestamps in UTC\."
    )
    with pytest.raises(ElcError, match=wanted):
        dataset.check_sound(broken, build_tags())


def test_parts_that_overlap_are_refused() -> None:
    hours = build_steady()
    split = replace(split_at(hours), test=hours[150:].reset_index(drop=True))
    wanted = (
        r"^plant fjord: test starts at 2024-01-07 06:00 UTC, before valid ends at 2024-01-07 15:00 UTC: the curve "
        r"would be tested on hours that it was trained on\. Split by time, as dataset\.build_split does\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        dataset.check_sound(split, build_tags())


def test_hand_made_files_do_not_pass(tmp_path: Path) -> None:
    dataset.write_split(tmp_path / "fjord", split_at(build_steady()))
    dataset.check_sound(dataset.read_split(tmp_path / "fjord"), build_tags())
    nullable = pd.read_parquet(tmp_path / "fjord" / "test.parquet").astype({AIR: "Float64"})
    nullable.loc[2, AIR] = pd.NA
    nullable.to_parquet(tmp_path / "fjord" / "test.parquet")
    with pytest.raises(ElcError, match=r"air_temp_degc is missing in 1 of the 40 intervals of test"):
        dataset.check_sound(dataset.read_split(tmp_path / "fjord"), build_tags())


def test_unsound_split_is_not_written(tmp_path: Path) -> None:
    none = findings.build_frame([])
    unsound = change("test", 0, ENERGY, 0.0)
    with pytest.raises(ElcError, match="energy_gj_per_h is zero or negative in 1 of the 40 intervals of test"):
        dataset.write_dataset(
            tmp_path / "fjord", unsound, build_tags(), stops=pd.DataFrame(), insufficient=none, unsound=none
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("column", [ENERGY, LOAD, AIR])
def test_infinite_hours_are_left_out(column: str) -> None:
    hours = build_steady(6)
    hours.loc[2, column] = INF
    hours.loc[4, column] = -INF
    assert dataset.drop_unsteady(hours, build_tags())[TIME].tolist() == hours[TIME].iloc[[0, 1, 3, 5]].tolist()


def find(
    marked: pd.DataFrame, tags: settings.TagList | None = None, chosen: settings.StageSettings | None = None
) -> list[dict[str, Any]]:
    """What is doubtful in hours that are split by their rows, those that cannot be used left out."""
    tags, chosen = tags or build_tags(), chosen or build_settings()
    cuts = marked[TIME].iloc[[0, 120, 160]].tolist()
    steady = dataset.drop_unsteady(marked, tags)
    split = Split(100.0, *(steady[steady[TIME].ge(cut)] for cut in cuts))
    split = replace(
        split, train=split.train[split.train[TIME] < cuts[1]], valid=split.valid[split.valid[TIME] < cuts[2]]
    )
    return dataset.find_unsound(marked, split, tags, chosen).assign(sentence=say_findings).to_dict("records")


def test_sound_hours_have_no_findings() -> None:
    assert find(build_steady()) == []


def test_energy_that_is_not_positive_is_found_with_its_spells() -> None:
    hours = build_steady()
    hours.loc[10:12, ENERGY] = 0.0
    hours.loc[50:57, ENERGY] = -3.0
    hours.loc[70, [ENERGY, IS_STEADY]] = [-3.0, False]  # a trip may export more than it takes
    (found,) = find(hours)
    assert found["sentence"] == (
        "Energy is zero or negative while the plant runs for 11 h from 2024-01-01 10:00 to 2024-01-03 10:00 UTC, "
        "in 2 spells, the longest 8 h from 2024-01-03 02:00: not used. Check the signs and limits of the energy tags."
    )
    assert (found["check"], found["plant"], found["column"]) == ("soundness", "fjord", ENERGY)
    assert found["start"] == pd.Timestamp("2024-01-01 10:00", tz="UTC")
    assert found["end"] == pd.Timestamp("2024-01-03 10:00", tz="UTC")
    values = json.loads(found["values"])
    assert (values["hours"], values["longest_h"], values["spells"]) == (11, 8, 2)


def test_spell_of_short_intervals_is_told_in_hours() -> None:
    hours = build_steady(interval="15min")
    hours.loc[4:6, ENERGY] = 0.0
    (found,) = find(hours, chosen=build_settings(interval="15min"))
    assert " runs for 0.75 h from 2024-01-01 01:00 to 2024-01-01 01:45 UTC: not used." in found["sentence"]


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (ENERGY, "Energy"),
        (LOAD, "The throughput load (LOAD_T_PER_H)"),
        (AIR, "The driver air temperature (AIR_TEMP_DEGC)"),
        ("flue_o2_pct", "The set-point flue O2 (FLUE_O2_PCT)"),
    ],
)
def test_infinite_values_are_found(column: str, what: str) -> None:
    hours = build_steady()
    hours.loc[5:6, column] = INF
    (found,) = find(hours)
    assert found["column"] == column
    assert found["sentence"] == (
        f"{what} is infinite for 2 h from 2024-01-01 05:00 to 2024-01-01 07:00 UTC: not used. "
        "Give the tag low and high in the tag list."
    )


COPY = "air_wet_bulb_temp_degc"
COPIES = {
    "the same": lambda hours: hours[AIR],
    "a line": lambda hours: 32 - 1.8 * hours[AIR],
    "rising with it": lambda hours: np.exp(hours[AIR] / 3),
    "with a little noise": lambda hours: hours[AIR] + np.sin(np.arange(len(hours))) * 0.01,
}


@pytest.mark.parametrize("kind", COPIES)
def test_drivers_that_are_copies_are_found(kind: str) -> None:
    hours = build_steady().assign(**{COPY: COPIES[kind]})
    (found,) = find(hours, build_tags_with(COPY))
    assert found["column"] == COPY
    assert found["sentence"].startswith(
        "The driver air temperature (AIR_TEMP_DEGC) and the driver air wet bulb temperature (AIR_WET_BULB_TEMP_DEGC) "
        "are copies of one another in the training hours, with a correlation of "
    )
    assert found["sentence"].endswith(
        ": the curve cannot tell them apart. Set the role of one to ignore in the tag list."
    )
    assert 0.9999 < json.loads(found["values"])["correlation"] <= 1 + 1e-9
    assert found["end"] == pd.Timestamp("2024-01-06", tz="UTC")  # of the training hours


def test_driver_that_copies_the_load_is_found() -> None:
    hours = build_steady().assign(**{COPY: lambda hours: hours[LOAD] * 24})
    (found,) = find(hours, build_tags_with(COPY))
    assert found["sentence"].startswith("The throughput load (LOAD_T_PER_H) and the driver air wet bulb temperature")
    assert "Set the role of the driver to ignore" in found["sentence"]


def test_alike_is_no_copy() -> None:
    hours = build_steady().assign(**{COPY: lambda hours: hours[AIR] + np.sin(np.arange(len(hours)))})
    assert find(hours, build_tags_with(COPY)) == []


def test_constant_driver_is_no_copy() -> None:
    assert find(build_steady().assign(**{COPY: 3.0}), build_tags_with(COPY)) == []


@pytest.mark.parametrize(("power", "count"), [(1.0, 1), (1.001, 0), (2.0, 0)])
def test_ageing_is_a_copy_only_of_the_same_line(power: float, count: int) -> None:
    """Between two turnarounds, ageing rises with the calendar, and so does the count of a meter."""
    days = np.arange(200) / 24
    hours = build_steady().assign(**{AIR: days**power, AGE: 100 + days})
    assert len(find(hours, build_tags_with(AGE))) == count


@pytest.mark.parametrize(("column", "what"), [(ENERGY, "Energy"), (AIR, "The driver air temperature (AIR_TEMP_DEGC)")])
def test_what_is_missing_in_most_later_hours_is_found(column: str, what: str) -> None:
    hours = build_steady()
    hours.loc[140:195, column] = NAN
    (found,) = find(hours)
    assert found["sentence"] == (
        f"{what} is missing in 70% of the 80 steady intervals after the training hours: the test is shorter by "
        "as much, and says little about them."
    )
    assert found["column"] == column
    assert json.loads(found["values"])["missing_frac"] == 0.7
    assert found["start"] == pd.Timestamp("2024-01-06", tz="UTC")
    assert found["end"] == hours[TIME].iloc[-1] + pd.Timedelta("1h")


def test_half_of_the_later_hours_is_no_finding_and_unsteady_hours_do_not_count() -> None:
    hours = build_steady()
    hours.loc[140:179, AIR] = NAN
    assert find(hours) == []
    hours.loc[180:190, AIR] = NAN
    hours.loc[180:190, IS_STEADY] = False
    hours.loc[130:140, IS_STEADY] = False
    assert find(hours)[0]["column"] == AIR  # 39 of 58
    hours.loc[140:179, IS_STEADY] = False
    assert find(hours) == []


def check_gone(hours: pd.DataFrame, wanted: str) -> None:
    """The faults are those of `check_drivers`, and of `find_unsound`, whose findings nobody can write without."""
    with pytest.raises(ElcError, match=wanted):
        dataset.check_drivers(hours, build_tags(), build_settings())
    with pytest.raises(ElcError, match=wanted):
        dataset.find_unsound(hours, split_at(hours), build_tags(), build_settings())


def test_driver_that_vanished_before_the_test_is_refused() -> None:
    hours = build_steady()
    hours.loc[150:, AIR] = NAN
    wanted = (
        rf"^plant fjord: {AIR_NAME} is missing in all 40 steady intervals from 2024-01-07 on, which would test the "
        r"curve; it is last known at 2024-01-07 05:00 UTC\. Add an export that has it, set train_until to the "
        r"day after, or set its role to ignore in data/plants/fjord/tags\.csv\.$"
    )
    check_gone(hours.sample(frac=1, random_state=1), wanted)


def test_driver_that_was_never_there_is_refused() -> None:
    wanted = (
        rf"^plant fjord: {AIR_NAME} is missing in all 40 .*; it is never known\. Add an export that has it, or set its"
    )
    check_gone(build_steady().assign(**{AIR: NAN}), wanted)


def test_driver_that_comes_back_in_the_test_is_not_refused() -> None:
    hours = build_steady()
    hours.loc[150:198, AIR] = NAN
    dataset.check_drivers(hours, build_tags(), build_settings())


@pytest.mark.parametrize("valid_frac", [0.2, 0.4])
def test_no_hours_to_test_on_are_left_to_the_split(valid_frac: float) -> None:
    chosen = build_settings(valid_frac=valid_frac)
    dataset.check_drivers(build_steady().assign(**{IS_STEADY: False, AIR: NAN}), build_tags(), chosen)
    if valid_frac == 0.4:
        dataset.check_drivers(build_steady().assign(**{AIR: NAN}), build_tags(), chosen)
