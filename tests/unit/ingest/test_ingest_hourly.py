"""The hourly table: what flows in the readings flows in the intervals, and time is UTC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import ingest, settings
from elc.errors import ElcError
from elc.paths import Project
from elc.settings import Tag, TagList

ROOT = Path(__file__).resolve().parents[3]
GAS, LOAD = "gas_energy_gj_per_h", "load_t_per_h"
COVERED = GAS + "_coverage_frac"
TAGS = TagList(
    "fjord",
    (
        Tag("FT-1", GAS, "energy", "gas", 1.0, 0.0, None, None, ""),
        Tag("FT-2", LOAD, "throughput", "", 1.0, 0.0, None, None, ""),
    ),
)
CHICAGO = "America/Chicago"
Row = tuple[str, float] | tuple[str, float, str]
Read = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]


@pytest.fixture(scope="module")
def base() -> settings.StageSettings:
    return settings.read_plant(Project(ROOT), "fjord")


@pytest.fixture
def read(base: settings.StageSettings, tmp_path: Path) -> Read:
    """Write readings as an export and read it, with every covered second counted unless told otherwise."""

    def read_readings(
        readings: pd.DataFrame,
        *,
        tags: TagList = TAGS,
        interval: str = "1h",
        max_hold_h: float = 6.0,
        min_coverage_frac: float = 0.0,
        accept_uncertain: bool = False,
        **export: object,
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        readings.to_parquet(tmp_path / "export.parquet")
        given = {
            "max_hold_h": max_hold_h,
            "min_coverage_frac": min_coverage_frac,
            "accept_uncertain": accept_uncertain,
        }
        plant = base.plant.model_copy(update={"interval": interval, "export": settings.Export.model_validate(export)})
        return ingest.read_export(
            tmp_path, tags, replace(base, plant=plant, ingest=base.ingest.model_copy(update=given))
        )

    return read_readings


def build_readings(rows: list[Row], tag: str = "FT-1", other: str = "FT-2") -> pd.DataFrame:
    """Build readings of one tag on 2024-06-01, and steady ones of another at the first and last moment."""
    full = [(row[0], tag, row[1], row[2] if len(row) == 3 else "Good") for row in rows]
    full += [(rows[0][0], other, 50.0, "Good"), (rows[-1][0], other, 50.0, "Good")]
    frame = pd.DataFrame(full, columns=["time", "tag", "value", "quality"])
    frame["time"] = pd.to_datetime("2024-06-01 " + frame["time"])
    return frame


def build_random(seed: int, count: int = 300) -> pd.DataFrame:
    """Build readings of both tags at odd moments over some four days, with bad ones and gaps of up to half a day."""
    rng = np.random.default_rng(seed)
    tables = []
    for tag in ("FT-1", "FT-2"):
        minutes = np.cumsum(rng.choice([1, 7, 13, 29, 61, 720], count, p=[0.3, 0.3, 0.2, 0.1, 0.08, 0.02]))
        table = pd.DataFrame({"time": pd.Timestamp("2024-06-01") + pd.to_timedelta(minutes, unit="min"), "tag": tag})
        table["value"] = rng.normal(100, 30, count)
        table["quality"] = rng.choice(["Good", "Bad", "Uncertain"], count, p=[0.9, 0.06, 0.04])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def build_minutes(readings: pd.DataFrame, tag: str, max_hold_h: float, width_min: int) -> pd.Series:
    """The readings of one tag as a step function, minute by minute; no value where nothing good holds."""
    rows = readings[readings["tag"] == tag].sort_values("time")
    end = readings["time"].max().floor(f"{width_min}min") + pd.Timedelta(width_min, "min")
    steps = pd.Series(np.nan, index=pd.date_range(rows["time"].min().floor("D"), end, freq="min", inclusive="left"))
    following = [*rows["time"][1:], end]
    for (_, row), until in zip(rows.iterrows(), following, strict=True):
        stop = min(until, row["time"] + pd.Timedelta(max_hold_h, "h"), end) - pd.Timedelta(1, "min")
        steps[row["time"] : stop] = row["value"] if row["quality"] == "Good" else np.nan
    return steps


@pytest.mark.parametrize(("seed", "interval", "max_hold_h"), [(1, "1h", 6.0), (2, "10min", 1.5), (3, "30min", 0.25)])
def test_energy_is_conserved(read: Read, seed: int, interval: str, max_hold_h: float) -> None:
    readings = build_random(seed)
    hourly, _ = read(readings, interval=interval, max_hold_h=max_hold_h)
    width_h = pd.Timedelta(interval) / pd.Timedelta("1h")
    for tag, column in (("FT-1", GAS), ("FT-2", LOAD)):
        steps = build_minutes(readings, tag, max_hold_h, int(width_h * 60))
        found = (hourly[column] * hourly[column + "_coverage_frac"] * width_h).sum()
        assert found == pytest.approx(steps.sum() / 60, rel=1e-12)
        assert (hourly[column + "_coverage_frac"] * width_h).sum() == pytest.approx(steps.notna().sum() / 60)


@pytest.mark.parametrize("seed", [4, 5])
def test_every_interval_is_the_mean_over_its_good_time(read: Read, seed: int) -> None:
    readings = build_random(seed)
    hourly, _ = read(readings, max_hold_h=2.0)
    hours = build_minutes(readings, "FT-1", 2.0, 60).resample("1h")
    index = hourly["time_utc"].dt.tz_localize(None)
    np.testing.assert_allclose(hourly[GAS], hours.mean().reindex(index), rtol=1e-12)
    np.testing.assert_allclose(hourly[COVERED], hours.count().reindex(index) / 60, atol=1e-12)
    assert hourly[GAS].isna().any()
    assert (hourly["time_utc"].diff().dropna() == pd.Timedelta("1h")).all()


def test_mean_is_weighted_by_time_and_held_across_the_hour(read: Read) -> None:
    # 00: 10 for 15 min, 30 for 45 min; 01: 30 held for 30 min, then 50. The mean of the rows would be 20 and 50.
    hourly, found = read(build_readings([("00:00", 10), ("00:15", 30), ("01:30", 50)]))
    assert list(hourly[GAS]) == [25.0, 40.0]
    assert list(hourly[COVERED]) == [1.0, 1.0]
    assert list(hourly["time_utc"]) == [pd.Timestamp("2024-06-01T00:00Z"), pd.Timestamp("2024-06-01T01:00Z")]
    assert len(found) == 0


def test_value_holds_through_hours_without_readings(read: Read) -> None:
    hourly, _ = read(build_readings([("00:30", 10), ("04:30", 50)]))
    assert list(hourly[GAS]) == [10, 10, 10, 10, 30]
    assert list(hourly[COVERED]) == [0.5, 1, 1, 1, 1]


def test_value_holds_no_longer_than_the_limit(read: Read) -> None:
    hourly, _ = read(build_readings([("00:30", 10), ("05:00", 50)]), max_hold_h=2)
    assert list(hourly[COVERED]) == [0.5, 1, 0.5, 0, 0, 1]
    np.testing.assert_array_equal(hourly[GAS], [10, 10, 10, np.nan, np.nan, 50])


def test_no_value_holds_beyond_the_last_interval(read: Read) -> None:
    hourly, _ = read(build_readings([("00:00", 10), ("01:20", 50)]))
    assert len(hourly) == 2
    assert hourly[GAS][1] == pytest.approx((10 * 20 + 50 * 40) / 60)


def test_bad_reading_ends_a_hold_and_covers_nothing(read: Read) -> None:
    hourly, _ = read(build_readings([("00:00", 10), ("00:20", 99, "Bad"), ("00:50", 20), ("02:00", 30)]))
    assert hourly[GAS][0] == pytest.approx((10 * 20 + 20 * 10) / 30)
    assert hourly[COVERED][0] == 0.5
    assert hourly[GAS][1] == 20.0


@pytest.mark.parametrize(("accept", "value", "covered"), [(False, 10.0, 0.5), (True, 20.0, 1.0)])
def test_uncertain_reading_counts_by_the_switch(read: Read, accept: bool, value: float, covered: float) -> None:
    hourly, _ = read(build_readings([("00:00", 10), ("00:30", 30, "Uncertain")]), accept_uncertain=accept)
    assert (hourly[GAS][0], hourly[COVERED][0]) == (value, covered)


def test_bad_reading_is_never_accepted(read: Read) -> None:
    hourly, _ = read(build_readings([("00:00", 10), ("00:30", 30, "Bad")]), accept_uncertain=True)
    assert hourly[COVERED][0] == 0.5


def test_interval_with_too_little_good_time_is_missing(read: Read) -> None:
    rows: list[Row] = [("00:00", 10), ("00:30", 0, "Bad"), ("01:00", 10), ("01:29", 0, "Bad"), ("02:00", 10)]
    hourly, _ = read(build_readings(rows), min_coverage_frac=0.5)
    np.testing.assert_array_equal(hourly[GAS], [10, np.nan, 10])
    np.testing.assert_allclose(hourly[COVERED], [0.5, 29 / 60, 1])


def test_doubled_rows_change_nothing(read: Read) -> None:
    readings = build_random(6)
    once, _ = read(readings)
    twice, _ = read(pd.concat([readings, readings[::3]]))
    pd.testing.assert_frame_equal(twice, once)


def test_good_reading_goes_before_another_of_the_same_moment(read: Read) -> None:
    rows: list[Row] = [("00:00", 5, "Bad"), ("00:00", 10), ("00:00", 7, "Uncertain"), ("00:30", 30)]
    hourly, _ = read(build_readings(rows))
    assert (hourly[GAS][0], hourly[COVERED][0]) == (20.0, 1.0)


def test_smaller_of_two_good_readings_of_a_moment_is_kept(read: Read) -> None:
    for rows in ([("00:00", 10), ("00:00", 40)], [("00:00", 40), ("00:00", 10)]):
        assert read(build_readings(rows))[0][GAS][0] == 10.0


def test_order_of_rows_changes_nothing(read: Read) -> None:
    readings = build_random(7)
    ordered, _ = read(readings.sort_values(["time", "tag"]))
    shuffled, _ = read(readings.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(shuffled, ordered)


def test_ten_minute_intervals(read: Read) -> None:
    hourly, _ = read(build_readings([("00:05", 10), ("00:12", 40), ("00:25", 70)]), interval="10min")
    assert list(hourly["time_utc"].dt.minute) == [0, 10, 20]
    np.testing.assert_allclose(hourly[GAS], [10, (10 * 2 + 40 * 8) / 10, 55])
    assert list(hourly[COVERED]) == [0.5, 1, 1]


def test_moments_between_seconds_count_in_full(read: Read) -> None:
    # 10 for 1,800.3 s of an hour that is covered from 0.4 s on, then 20.
    hourly, _ = read(build_readings([("00:00:00.4", 10), ("00:30:00.7", 20)]))
    assert hourly[COVERED][0] == pytest.approx(3599.6 / 3600, rel=1e-9)
    assert hourly[GAS][0] == pytest.approx((10 * 1800.3 + 20 * 1799.3) / 3599.6, rel=1e-9)


def test_chosen_intervals_are_held_for_one_interval_only(read: Read) -> None:
    readings = build_readings([("00:00", 10), ("00:40", 40), ("01:00", 60)])
    hourly, _ = read(readings, interval="10min", is_continuous=False)
    np.testing.assert_array_equal(hourly[GAS], [10, np.nan, np.nan, np.nan, 40, np.nan, 60])


def test_factor_and_offset_turn_the_mean_into_the_column_unit(read: Read) -> None:
    tags = TagList("fjord", (replace(TAGS.tags[0], factor=2.0, offset=-7.0), TAGS.tags[1]))
    hourly, _ = read(build_readings([("00:00", 10), ("00:15", 30)]), tags=tags)
    assert list(hourly[GAS]) == [2 * 25 - 7]


def build_carriers(steam_quality: str) -> tuple[pd.DataFrame, TagList]:
    """Readings of gas, electricity and exported steam, of 100, 10 and 30 GJ/h."""
    roles = (("FT-1", GAS, "gas"), ("JI-1", "electricity_energy_gj_per_h", "electricity"))
    energy = [Tag(tag, column, "energy", carrier, 1.0, 0.0, None, None, "") for tag, column, carrier in roles]
    steam = Tag("FT-3", "steam_energy_gj_per_h", "energy", "steam", 1.0, 0.0, None, None, "")
    tables = [build_readings([("00:00", value), ("01:00", value)], tag) for tag, value in (("FT-1", 100), ("JI-1", 10))]
    tables.append(build_readings([("00:00", 30), ("01:00", 30, steam_quality)], "FT-3"))
    return pd.concat(tables), TagList("fjord", (*energy, steam, TAGS.tags[1]))


def test_energy_is_the_sum_of_carriers_with_exports_against(read: Read) -> None:
    readings, tags = build_carriers("Good")
    assert list(read(readings, tags=tags)[0]["energy_gj_per_h"]) == [80.0, 80.0]


def test_energy_is_missing_where_any_carrier_is(read: Read) -> None:
    readings, tags = build_carriers("Bad")
    np.testing.assert_array_equal(read(readings, tags=tags)[0]["energy_gj_per_h"], [80.0, np.nan])


def test_tag_without_a_good_reading_is_missing_throughout(read: Read) -> None:
    readings = build_readings([("00:00", 10), ("01:00", 20)])
    readings.loc[readings["tag"] == "FT-1", "quality"] = "Bad"
    hourly, _ = read(readings)
    assert hourly[GAS].isna().all()
    assert list(hourly[COVERED]) == [0.0, 0.0]
    assert list(hourly[LOAD]) == [50.0, 50.0]


def test_export_without_a_good_reading_is_named(read: Read) -> None:
    readings = build_readings([("00:00", 10), ("01:00", 20)]).assign(quality="Bad")
    with pytest.raises(ElcError, match="plant fjord"):
        read(readings)


def build_zoned(start: str, hours: int, zone: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same half-hourly readings in UTC and as the clocks of a zone showed them."""
    moments = pd.date_range(start, periods=2 * hours, freq="30min", tz="UTC")
    tables = [
        pd.DataFrame({"time": moments, "tag": tag, "value": np.arange(2.0 * hours) + more, "quality": "Good"})
        for tag, more in (("FT-1", 100), ("FT-2", 0))
    ]
    utc = pd.concat(tables, ignore_index=True)
    shown = utc["time"].dt.tz_convert(zone).dt.tz_localize(None)
    return utc.assign(time=utc["time"].dt.tz_localize(None)), utc.assign(time=shown)


def test_summer_and_winter_time_become_utc(read: Read) -> None:
    for start in ("2024-07-01", "2024-12-01"):
        utc, local = build_zoned(start, 24, CHICAGO)
        pd.testing.assert_frame_equal(read(local, time_zone=CHICAGO)[0], read(utc)[0])


def test_half_hour_zones_become_utc(read: Read) -> None:
    utc, local = build_zoned("2024-07-01", 24, "Asia/Kolkata")
    pd.testing.assert_frame_equal(read(local, time_zone="Asia/Kolkata")[0], read(utc)[0])


def test_spring_change_loses_no_hour(read: Read) -> None:
    # Clocks went from 02:00 to 03:00 on 10 March 2024, at 08:00 UTC.
    utc, local = build_zoned("2024-03-09", 60, CHICAGO)
    assert not local["time"].between("2024-03-10 02:00", "2024-03-10 02:59").any()
    hourly, found = read(local, time_zone=CHICAGO)
    pd.testing.assert_frame_equal(hourly, read(utc)[0])
    assert len(found) == 0
    assert hourly[COVERED].eq(1).all()


def test_change_between_full_hours_of_utc_loses_none(read: Read) -> None:
    # Adelaide's clocks went from 02:00 to 03:00 on 6 October 2024, at 16:30 UTC.
    utc, local = build_zoned("2024-10-05", 48, "Australia/Adelaide")
    hourly, _ = read(local, time_zone="Australia/Adelaide")
    pd.testing.assert_frame_equal(hourly, read(utc)[0])


def test_standard_time_all_year_under_a_zone_with_summer_time_is_named(read: Read) -> None:
    utc, standard = build_zoned("2024-03-09", 60, "Etc/GMT+6")
    words = (
        r"^plant fjord: 4 readings carry times that the clocks of America/Chicago skipped, the first at "
        r"2024-03-10 02:00:00\. The export is in another zone, .* set export\.time_zone to it, as in Etc/GMT\+7"
    )
    with pytest.raises(ElcError, match=words):
        read(standard, time_zone=CHICAGO)
    pd.testing.assert_frame_equal(read(standard, time_zone="Etc/GMT+6")[0], read(utc)[0])


def test_autumn_change_leaves_the_hour_shown_twice_out(read: Read) -> None:
    # Clocks went from 02:00 back to 01:00 on 3 November 2024, at 07:00 UTC: 06:00 and 07:00 UTC both showed 01:00.
    utc, local = build_zoned("2024-11-02", 60, CHICAGO)
    hourly, found = read(local, time_zone=CHICAGO)
    expected, _ = read(utc)
    twice = hourly["time_utc"].isin(pd.to_datetime(["2024-11-03T06:00Z", "2024-11-03T07:00Z"]))
    assert list(hourly["time_utc"]) == list(expected["time_utc"])
    pd.testing.assert_frame_equal(hourly[~twice], expected[~twice])
    assert hourly.loc[twice, [GAS, LOAD]].isna().all(axis=None)
    assert list(hourly.loc[twice, COVERED]) == [0.0, 0.0]
    assert list(found["check"]) == ["clock_change"]
    assert (found["start"][0], found["end"][0]) == (
        pd.Timestamp("2024-11-03T06:00Z"),
        pd.Timestamp("2024-11-03T08:00Z"),
    )
    assert "cannot be told apart and are not used" in found["sentence"][0]


def test_both_changes_of_a_year_are_followed(read: Read) -> None:
    utc, local = build_zoned("2024-03-01", 24 * 300, CHICAGO)
    hourly, found = read(local, time_zone=CHICAGO)
    expected, _ = read(utc)
    differs = hourly[GAS].to_numpy() != expected[GAS].to_numpy()
    assert list(hourly["time_utc"][differs].astype(str)) == ["2024-11-03 06:00:00+00:00", "2024-11-03 07:00:00+00:00"]
    assert len(found) == 1


@pytest.mark.parametrize("zone", ["UTC", CHICAGO])
def test_times_that_carry_their_zone_are_taken_at_their_word(read: Read, zone: str) -> None:
    utc, _ = build_zoned("2024-07-01", 24, CHICAGO)
    aware = utc.assign(time=utc["time"].dt.tz_localize("UTC").dt.tz_convert(CHICAGO))
    pd.testing.assert_frame_equal(read(aware, time_zone=zone)[0], read(utc)[0])


@pytest.mark.parametrize("zone", ["UTC", CHICAGO])
def test_times_written_with_their_offset_are_taken_at_their_word(read: Read, zone: str) -> None:
    utc, local = build_zoned("2024-07-01", 24, CHICAGO)
    written = local.assign(time=local["time"].dt.strftime("%Y-%m-%dT%H:%M:%S-05:00"))
    pd.testing.assert_frame_equal(read(written, time_zone=zone)[0], read(utc)[0])


def test_table_reads_back_as_it_was_written(read: Read, tmp_path: Path) -> None:
    hourly, _ = read(build_random(8))
    ingest.write_hourly(tmp_path / "hourly", hourly)
    pd.testing.assert_frame_equal(ingest.read_hourly(tmp_path / "hourly"), hourly)
