"""The simulated historian: it reports what happened, on the clock of the export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from elc import settings
from elc.paths import Project
from elc.settings import PlantSettings, SimulatedPlant, Tag
from elc.simulate.historian import ANALYSERS, HEARTBEAT_S, REGULAR, Readings, build_readings, write_export
from elc.simulate.operation import build_history

ROOT = Path(__file__).resolve().parents[3]
CHICAGO = "America/Chicago"
STEP_MIN = 5
# US units, with factors and offsets that are none of 1 and 0.
TAGS = settings.read_tags(Project(ROOT).tags("delta"), "delta")
PLANT = settings.read_plant(Project(ROOT), "delta").plant
FLOWS = [tag for tag in TAGS if tag.column.endswith(REGULAR)]
ANALYSED = [tag for tag in TAGS if tag.column in ANALYSERS]
ON_CHANGE = [tag for tag in TAGS if tag not in FLOWS and tag not in ANALYSED]


@pytest.fixture(scope="module")
def plant() -> SimulatedPlant:
    return settings.read_settings(Project(ROOT)).simulate.plants["delta"]


@pytest.fixture(scope="module")
def hours(plant: SimulatedPlant) -> pd.DataFrame:
    """Sixty days with stops in them."""
    often = plant.model_copy(update={"trips_per_year": 40})
    hours = build_history(often, "2024-06-20", 60).hours
    assert set(hours["plant_state"]) == {"run", "trip", "start"}
    return hours


def read(hours: pd.DataFrame, tag: Tag, seed: int = 1) -> Readings:
    return build_readings(hours, tag, STEP_MIN, np.random.default_rng(seed))


def read_column(readings: Readings) -> pd.Series:
    """Readings in the unit of the column, by UTC moment."""
    index = pd.to_datetime(readings.seconds, unit="s", utc=True)
    return pd.Series(readings.values * readings.tag.factor + readings.tag.offset, index=index)


def test_list_has_tags_of_every_kind() -> None:
    assert min(len(FLOWS), len(ANALYSED), len(ON_CHANGE)) >= 5
    assert any(tag.offset for tag in ON_CHANGE)


@pytest.mark.parametrize("tag", FLOWS, ids=lambda tag: tag.column)
def test_hourly_mean_of_a_flow_is_the_truth(hours: pd.DataFrame, tag: Tag) -> None:
    readings = read(hours, tag)
    assert len(readings.seconds) == len(hours) * 60 // STEP_MIN
    assert (np.diff(readings.seconds) == STEP_MIN * 60).all()
    means = read_column(readings).resample("1h").mean()
    np.testing.assert_allclose(means, hours[tag.column], rtol=1e-9, atol=1e-9)
    assert read_column(readings).resample("1h").std().max() > 0


@pytest.mark.parametrize("tag", ON_CHANGE, ids=lambda tag: tag.column)
def test_held_value_of_a_tag_on_change_stays_within_one_percent_of_span(hours: pd.DataFrame, tag: Tag) -> None:
    assert tag.low is not None
    assert tag.high is not None
    readings = read(hours, tag)
    assert len(readings.seconds) < len(hours) * 60 // STEP_MIN
    assert np.diff(readings.seconds).min() >= STEP_MIN * 60
    assert np.diff(readings.seconds).max() <= HEARTBEAT_S
    moments = pd.date_range(hours["time_utc"].iloc[0], periods=len(hours) * 12, freq="5min")
    held = read_column(readings).reindex(moments, method="ffill").resample("1h").mean()
    off = np.abs(held.to_numpy() - hours[tag.column].to_numpy())
    assert off.max() <= 0.01 * (tag.high - tag.low)


@pytest.mark.parametrize("tag", ANALYSED, ids=lambda tag: tag.column)
def test_analyser_reports_every_quarter_of_an_hour(hours: pd.DataFrame, tag: Tag) -> None:
    readings = read(hours, tag)
    assert (np.diff(readings.seconds) == 900).all()
    means = read_column(readings).resample("1h").mean()
    assert tag.low is not None
    assert tag.high is not None
    assert np.abs(means.to_numpy() - hours[tag.column].to_numpy()).max() <= 0.01 * (tag.high - tag.low)


def test_every_reading_is_good_before_faults(hours: pd.DataFrame) -> None:
    assert all((read(hours, tag).quality == 0).all() for tag in TAGS)


def test_totaliser_shows_what_was_made_by_each_full_hour(hours: pd.DataFrame) -> None:
    tag = next(tag for tag in TAGS.tags if tag.column == "product_total_t")
    column = read_column(read(hours, tag))
    full = column[(column.index.minute == 0) & (column.index >= hours["time_utc"].iloc[1])]
    assert len(full) > 100
    made = hours.set_index("time_utc")["load_t_per_h"].cumsum()
    np.testing.assert_allclose(full, made[full.index - pd.Timedelta("1h")], rtol=1e-12)


def test_same_draws_give_the_same_readings(hours: pd.DataFrame) -> None:
    first, second, other = (read(hours, FLOWS[0], seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.values, second.values)
    assert not np.array_equal(first.values, other.values)


def build_steps(start: str, hours: int, tag: Tag) -> Readings:
    """A reading every half hour, counted up."""
    seconds = int(pd.Timestamp(start, tz="UTC").timestamp()) + np.arange(2 * hours, dtype=np.int64) * 1800
    return Readings(tag, seconds, np.arange(2.0 * hours), np.zeros(2 * hours, dtype=np.int8))


def build_plant(zone: str) -> PlantSettings:
    return PLANT.model_copy(update={"export": PLANT.export.model_copy(update={"time_zone": zone})})


def read_files(folder: Path) -> dict[str, pd.DataFrame]:
    return {path.name: pq.read_table(path).to_pandas() for path in sorted(folder.iterdir())}


def test_export_in_utc_has_a_file_a_utc_day(tmp_path: Path) -> None:
    write_export(tmp_path, [build_steps("2024-03-09", 72, FLOWS[0])], build_plant("UTC"))
    files = read_files(tmp_path)
    assert list(files) == ["2024-03-09.parquet", "2024-03-10.parquet", "2024-03-11.parquet"]
    for name, table in files.items():
        assert list(table.columns) == ["time", "tag", "value", "quality"]
        assert str(table["time"].dt.tz) == "UTC"
        assert len(table) == 48
        assert set(table["time"].dt.strftime("%Y-%m-%d.parquet")) == {name}
    assert list(pd.concat(files.values())["value"]) == list(np.arange(144.0))


@pytest.mark.parametrize(
    ("start", "day", "hours"),
    [
        ("2024-06-30", "2024-07-01", 24),
        ("2024-03-09", "2024-03-10", 23),  # clocks went on at 02:00
        ("2024-11-02", "2024-11-03", 25),  # clocks went back at 02:00
    ],
)
def test_export_in_local_time_is_shifted_by_the_zone(tmp_path: Path, start: str, day: str, hours: int) -> None:
    readings = build_steps(start, 72, FLOWS[0])
    write_export(tmp_path, [readings], build_plant(CHICAGO))
    files = read_files(tmp_path)
    for name, table in files.items():
        assert table["time"].dt.tz is None
        assert table["time"].is_monotonic_increasing
        assert set(table["time"].dt.strftime("%Y-%m-%d.parquet")) == {name}
    assert len(files[f"{day}.parquet"]) == 2 * hours
    written = pd.concat(files.values()).set_index("value")["time"].sort_index()
    moments = pd.to_datetime(readings.seconds, unit="s", utc=True).tz_convert(CHICAGO)
    assert list(written) == list(moments.tz_localize(None))


def test_days_are_those_of_the_site(tmp_path: Path) -> None:
    write_export(tmp_path, [build_steps("2024-07-01", 24, FLOWS[0])], build_plant(CHICAGO))
    files = read_files(tmp_path)
    assert {name: len(table) for name, table in files.items()} == {"2024-06-30.parquet": 10, "2024-07-01.parquet": 38}


def test_tags_values_and_qualities_stay_together(tmp_path: Path) -> None:
    first, second = build_steps("2024-07-01", 2, FLOWS[0]), build_steps("2024-07-01", 2, FLOWS[1])
    second.values = second.values + 100
    second.quality = np.array([0, 1, 2, 0], dtype=np.int8)
    write_export(tmp_path, [first, second], build_plant("UTC"))
    table = read_files(tmp_path)["2024-07-01.parquet"].astype({"tag": str, "quality": str})
    assert list(table["tag"]) == [FLOWS[0].tag, FLOWS[1].tag] * 4
    assert list(table["value"]) == [0, 100, 1, 101, 2, 102, 3, 103]
    assert list(table.loc[table["tag"] == FLOWS[1].tag, "quality"]) == ["GOOD", "UNCERTAIN", "BAD", "GOOD"]
    assert set(table.loc[table["tag"] == FLOWS[0].tag, "quality"]) == {"GOOD"}


def test_same_readings_give_the_same_bytes(hours: pd.DataFrame, tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_export(tmp_path / name, [read(hours[:48], tag) for tag in TAGS], build_plant(CHICAGO))
    first, second = (sorted((tmp_path / name).iterdir()) for name in ("first", "second"))
    assert [path.name for path in first] == [path.name for path in second]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_readings_under_a_mask_are_kept() -> None:
    readings = build_steps("2024-07-01", 2, FLOWS[0])
    readings.keep(readings.values > 1)
    assert list(readings.values) == [2.0, 3.0]
    assert len(readings.seconds) == len(readings.quality) == 2
