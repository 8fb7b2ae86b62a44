"""Numbers that stand for no data: those of the entry, and known ones where a tag never is."""

from __future__ import annotations

import pandas as pd
import pytest

from elc.pages.findings import say_findings
from tests.unit.ingest.conftest import Read
from tests.unit.ingest.exports import GAS, build_days


def build_marked(marker: float, every: int, level: float = 0.0) -> pd.DataFrame:
    readings = build_days("2024-06-01", 6, step_min=15)
    is_marked = (readings["tag"] == "FT-1") & (readings.index % every == every - 1)
    return readings.assign(value=(readings["value"] + level).mask(is_marked, marker))


@pytest.mark.parametrize("marker", [-9999.0, 888.8, -77.0])
def test_markers_of_the_entry_are_no_readings(read: Read, marker: float) -> None:
    hourly, found = read(build_marked(marker, 50), no_data=[marker])
    assert hourly[GAS].between(98, 102).all()
    assert list(found["check"]) == ["no_data"]
    said = f"11 readings of export.parquet are a number of export.no_data, as {marker}; not used."
    assert said in say_findings(found)[0]


@pytest.mark.parametrize("every", [1000, 100, 41, 4])
@pytest.mark.parametrize("marker", [-9999.0, 9999.0, -999.0, -99.0, 888.8, 999.9])
def test_known_markers_are_found_where_a_tag_never_is(read: Read, marker: float, every: int) -> None:
    hourly, found = read(build_marked(marker, every))
    assert hourly[GAS].dropna().between(98, 102).all()
    marked = 0 if every == 1000 else len(found)
    assert marked == (every != 1000)
    if marked:
        assert f"(FT-1) shows {marker:g} in " in say_findings(found)[0]
        assert f"Write export.no_data: [{marker:g}]" in say_findings(found)[0]


def test_number_among_others_is_no_marker(read: Read) -> None:
    hourly, found = read(build_marked(999.0, 100, level=898.5))
    assert hourly[GAS].notna().all()
    assert found.empty
