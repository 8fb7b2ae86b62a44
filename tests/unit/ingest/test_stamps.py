"""Values of the interval before their time, and an export in standard time all year."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from elc import ingest
from elc.pages.findings import say_findings
from tests.unit.ingest.conftest import Read
from tests.unit.ingest.exports import GAS, TAGS, build_settings


def build_hours(first: str, hours: int) -> pd.DataFrame:
    """One reading an hour of both tags, each hour another value."""
    moments = pd.date_range(first, periods=hours, freq="h")
    tables = [
        pd.DataFrame({"time": moments, "tag": tag, "value": [float(hour) for hour in range(hours)], "quality": "Good"})
        for tag in ("FT-1", "FT-2")
    ]
    return pd.concat(tables, ignore_index=True)


def test_value_stamped_at_the_end_is_of_the_hour_before(read: Read) -> None:
    hourly, _ = read(build_hours("2024-06-01 01:00", 48), stamps="end")
    assert hourly["time_utc"].iloc[0] == pd.Timestamp("2024-06-01 00:00", tz="UTC")
    assert hourly[GAS].tolist() == [float(hour) for hour in range(48)]


def test_export_without_a_doubled_hour_may_be_in_standard_time(read: Read) -> None:
    _, findings = read(build_hours("2024-10-26 00:00", 72), time_zone="Europe/Oslo")
    (said,) = say_findings(findings[findings["check"] == "clock_change"])
    assert "no hour is shown twice" in said
    assert "set export.time_zone to Etc/GMT-1." in said


def test_what_is_passed_over_is_told(tmp_path: Path) -> None:
    rows = "".join(f"2024-06-01 0{hour}:00:00,{hour},{hour}\n" for hour in range(6))
    (tmp_path / "a.csv").write_text(f"Trend of unit 3\ntime,FT-1,FT-2\n,MW,t/h\n{rows}")
    _, _, findings = ingest.read_export(tmp_path / "a.csv", TAGS, build_settings(), cache=tmp_path / "cache")
    (said,) = say_findings(findings[findings["check"] == "passed_over"])
    assert said == "2 lines of a.csv are not rows of its table, as 'Trend of unit 3', 'MW t/h'; skipped."
