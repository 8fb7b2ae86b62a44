"""Local time becomes UTC once: no hour is lost in spring, and none is guessed in autumn."""

from __future__ import annotations

import pandas as pd
import pytest

from elc.errors import ElcError
from elc.pages.findings import say_findings
from tests.unit.ingest.conftest import Read
from tests.unit.ingest.exports import CHICAGO, COVERED, GAS, LOAD, build_zoned


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
        r"^plant fjord: export .*: 4 readings have times that the clocks of America/Chicago skipped, the first at "
        r"2024-03-10 02:00:00\. The export is in another zone, .* set export\.time_zone to it, as in Etc/GMT\+7"
    )
    with pytest.raises(ElcError, match=words):
        read(standard, time_zone=CHICAGO)
    pd.testing.assert_frame_equal(read(standard, time_zone="Etc/GMT+6")[0], read(utc)[0])


def test_autumn_change_leaves_the_hour_shown_twice_out_of_a_file_in_the_order_of_its_times(read: Read) -> None:
    # Clocks went from 02:00 back to 01:00 on 3 November 2024, at 07:00 UTC: 06:00 and 07:00 UTC both showed 01:00.
    utc, local = build_zoned("2024-11-02", 60, CHICAGO)
    hourly, found = read(local.sort_values(["time", "tag"]), time_zone=CHICAGO)
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
    assert "cannot be told apart and are not used" in say_findings(found)[0]


def test_both_changes_of_a_year_are_followed(read: Read) -> None:
    utc, local = build_zoned("2024-03-01", 24 * 300, CHICAGO)
    hourly, found = read(local.sort_values(["time", "tag"]), time_zone=CHICAGO)
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


@pytest.mark.parametrize("start", ["2024-11-01", "2024-11-03 12:00"])
def test_change_beside_the_export_is_no_finding(read: Read, start: str) -> None:
    utc, local = build_zoned(start, 24, CHICAGO)
    hourly, found = read(local, time_zone=CHICAGO)
    pd.testing.assert_frame_equal(hourly, read(utc)[0])
    assert found.empty
