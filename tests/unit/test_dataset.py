"""Plant states, the steady-state gate and the split by time, on hours made by hand."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import dataset, settings
from elc.errors import ElcError
from elc.fields import ENERGY, IS_STEADY, STATE, TIME
from elc.paths import Project

LOAD = "load_t_per_h"
NAN = float("nan")
GATE = settings.DatasetSettings(
    min_load_frac=0.5,
    steady_window_h=4,
    max_load_slope_frac_per_h=0.01,
    settle_after_start_h=12,
    train_frac=0.6,
    valid_frac=0.2,
    min_hours=20,
)


def build_settings(*, interval: str = "1h", is_continuous: bool = True, **gate: Any) -> settings.StageSettings:
    chosen = settings.read_plant(Project(Path(__file__).parents[2]), "fjord")
    export = settings.Export(is_continuous=is_continuous)
    plant = chosen.plant.model_copy(update={"interval": interval, "export": export})
    return replace(chosen, plant=plant, dataset=GATE.model_copy(update=gate))


def build_hours(loads: list[float], interval: str = "1h") -> pd.DataFrame:
    times = pd.date_range("2024-01-01", periods=len(loads), freq=interval, tz="UTC")
    load = np.array(loads, dtype=float)
    return pd.DataFrame({TIME: times, LOAD: load, "air_temp_degc": 10.0, "flue_o2_pct": 2.0, ENERGY: 28 * load})


def build_tags() -> settings.TagList:
    def tag(column: str, role: str) -> settings.Tag:
        return settings.Tag(column.upper(), column, role, "", 1.0, 0.0, None, None, "")

    # The driver stands first in the list, and the throughput is still the first feature.
    roles = [("air_temp_degc", "driver"), (LOAD, "throughput"), ("flue_o2_pct", "setpoint")]
    return settings.TagList("fjord", tuple(tag(column, role) for column, role in roles))


def read_states(loads: list[float], chosen: settings.StageSettings, interval: str = "1h") -> list[str]:
    marked = dataset.mark_states(build_hours(loads, interval), LOAD, 100.0, chosen)
    assert marked[IS_STEADY].tolist() == [state == "run" for state in marked[STATE]]
    return [str(state) for state in marked[STATE]]


def test_even_load_runs() -> None:
    assert read_states([100.0, 100.5, 99.5, 100.0], build_settings()) == ["run"] * 4


def test_trip_is_below_the_least_load_not_at_it() -> None:
    assert read_states([50.0, 50.0, 49.9], build_settings()) == ["run", "run", "trip"]


def test_missing_load_is_unknown_and_no_trip() -> None:
    assert read_states([100.0, NAN, 100.0], build_settings()) == ["run", "unknown", "run"]


def test_start_follows_trip_and_ends() -> None:
    states = read_states([100.0] * 5 + [0.0] * 3 + [100.0] * 20, build_settings())
    assert states[:9] == ["run"] * 5 + ["trip"] * 3 + ["start"]
    assert states[-4:] == ["run"] * 4
    assert set(states[8:]) == {"start", "run"}


@pytest.mark.parametrize(("interval", "settle_h", "count"), [("1h", 12, 12), ("1h", 1, 1), ("10min", 2, 12)])
def test_start_lasts_the_settling_time_after_the_end_of_the_trip(interval: str, settle_h: float, count: int) -> None:
    # No limit on slopes, so that only the start-up is told from running.
    chosen = build_settings(interval=interval, settle_after_start_h=settle_h, max_load_slope_frac_per_h=10)
    states = read_states([0.0] * 3 + [100.0] * 30, chosen, interval)
    assert states[3:].count("start") == count
    assert states[3 + count :] == ["run"] * (30 - count)


def test_no_settling_time_means_no_start() -> None:
    chosen = build_settings(settle_after_start_h=0, max_load_slope_frac_per_h=10)
    assert read_states([0.0, 0.0, 100.0, 100.0], chosen) == ["trip", "trip", "run", "run"]


def test_step_is_a_ramp_while_the_window_holds_it() -> None:
    # 5 % within the four hours of the window: 1.25 % an hour.
    assert read_states([100.0] * 6 + [95.0] * 6, build_settings()) == ["run"] * 6 + ["ramp"] * 4 + ["run"] * 2


def test_small_step_is_no_ramp() -> None:
    assert set(read_states([100.0] * 6 + [97.0] * 6, build_settings())) == {"run"}


def test_slow_climb_above_the_slope_limit_is_a_ramp() -> None:
    loads = [80.0] * 6 + [80.0 + 1.2 * hour for hour in range(1, 13)]
    states = read_states(loads, build_settings())
    assert states[-6:] == ["ramp"] * 6


def test_chosen_intervals_have_neither_starts_nor_ramps() -> None:
    loads = [100.0, 0.0, 70.0, 100.0, NAN]
    assert read_states(loads, build_settings(is_continuous=False)) == ["run", "trip", "run", "run", "unknown"]


def test_rated_load_is_the_98_percent_quantile() -> None:
    assert dataset.find_rated_load(build_hours([float(load) for load in range(101)]), LOAD) == pytest.approx(98.0)


def test_cut_off_day_keeps_the_hours_before_its_first() -> None:
    kept = dataset.drop_after(build_hours([100.0] * 72), "2024-01-02")
    assert len(kept) == 24
    assert kept[TIME].max() == pd.Timestamp("2024-01-01 23:00", tz="UTC")


def test_no_cut_off_day_keeps_all() -> None:
    assert len(dataset.drop_after(build_hours([100.0] * 72), None)) == 72


def test_unsteady_unknown_and_negative_hours_are_dropped() -> None:
    hours = build_hours([100.0] * 6).assign(**{IS_STEADY: [False, True, True, True, True, True]})
    hours.loc[1, "air_temp_degc"] = NAN
    hours.loc[2, ENERGY] = NAN
    hours.loc[3, ENERGY] = 0.0
    hours.loc[4, "flue_o2_pct"] = NAN  # a set-point: the curve does not need it
    kept = dataset.drop_unsteady(hours, build_tags())
    assert kept[TIME].tolist() == hours[TIME].iloc[[4, 5]].tolist()
    assert kept.index.tolist() == [0, 1]


@pytest.mark.parametrize("count", [20, 33, 100, 101])
def test_split_is_by_time_without_overlap_or_loss(count: int) -> None:
    hours = build_hours([100.0] * count)
    split = dataset.build_split(hours.sample(frac=1, random_state=1), 98.0, build_settings())
    parts = [split.train, split.valid, split.test]
    assert parts[0][TIME].max() < parts[1][TIME].min()
    assert parts[1][TIME].max() < parts[2][TIME].min()
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), hours)
    assert [len(part) for part in parts[:2]] == [round(0.6 * count), round(0.8 * count) - round(0.6 * count)]
    assert split.rated_load == 98.0


def test_too_few_hours_are_refused() -> None:
    wanted = (
        r"^plant fjord: 19 steady intervals are left, expected at least 20 \(dataset\.min_hours\)\. "
        r"Bring a longer export, or look at the findings of ingest for what was dropped\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        dataset.build_split(build_hours([100.0] * 19), 98.0, build_settings())


def test_shares_that_leave_no_test_are_refused() -> None:
    chosen = build_settings(train_frac=0.8, valid_frac=0.2)
    wanted = r"^plant fjord: dataset\.train_frac and valid_frac leave nothing to test on\. Lower one\.$"
    with pytest.raises(ElcError, match=wanted):
        dataset.build_split(build_hours([100.0] * 40), 98.0, chosen)


def test_summary_books_every_hour_and_all_energy_once() -> None:
    hours = dataset.mark_states(build_hours([100.0] * 40 + [0.0] * 5 + [100.0] * 35), LOAD, 100.0, build_settings())
    split = dataset.build_split(hours[hours[IS_STEADY]], 100.0, build_settings())
    table = dataset.summarise(hours, split, "1h").set_index("what")
    states = table[table.index.str.startswith("state: ")]
    assert states["hours"].sum() == 80
    assert states["energy, TJ"].sum() == pytest.approx(hours[ENERGY].sum() / 1000)
    assert states.loc["state: trip", "hours"] == 5
    assert table[~table.index.isin(states.index)]["hours"].sum() == states.loc["state: run", "hours"]


def test_summary_counts_short_intervals_as_part_of_an_hour() -> None:
    hours = dataset.mark_states(build_hours([100.0] * 60, "10min"), LOAD, 100.0, build_settings(interval="10min"))
    table = dataset.summarise(hours, dataset.build_split(hours, 100.0, build_settings()), "10min").set_index("what")
    assert table.loc["state: run", "hours"] == pytest.approx(10)
    assert table.loc["state: run", "energy, TJ"] == pytest.approx(28)


def hash_folder(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_split_comes_back_as_it_was_written(tmp_path: Path) -> None:
    split = dataset.build_split(build_hours([100.0 + hour / 7 for hour in range(50)]), 98.123456789, build_settings())
    dataset.write_split(tmp_path / "fjord", split)
    found = dataset.read_split(tmp_path / "fjord")
    assert found.rated_load == split.rated_load
    for part in dataset.PARTS:
        pd.testing.assert_frame_equal(getattr(found, part), getattr(split, part))
    first = hash_folder(tmp_path / "fjord")
    assert sorted(first) == ["split.json", "test.parquet", "train.parquet", "valid.parquet"]
    dataset.write_split(tmp_path / "fjord", split)
    assert hash_folder(tmp_path / "fjord") == first


def test_split_that_cannot_be_written_leaves_the_former(tmp_path: Path) -> None:
    split = dataset.build_split(build_hours([100.0] * 50), 98.0, build_settings())
    dataset.write_split(tmp_path / "fjord", split)
    before = hash_folder(tmp_path / "fjord")
    broken = replace(split, rated_load=1.0, test=split.test.assign(mixed=[*(["text", 1.5] * 5)]))
    with pytest.raises(Exception, match="mixed"):
        dataset.write_split(tmp_path / "fjord", broken)
    assert hash_folder(tmp_path / "fjord") == before
    assert [path.name for path in tmp_path.iterdir()] == ["fjord"]
