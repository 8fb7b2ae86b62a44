"""A chart fits into a page: two widths, plain colours, few ids, and a place for each row of its table."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from elc.fields import TIME
from elc.pages import figures, language
from elc.pages.figures.chart import MIME, PREFIX, clean_svg
from elc.pages.figures.colours import VARIABLES

SHARES = pd.DataFrame({"setpoint": ["flue_o2_pct", "unexplained"], "share_gj_per_h": [4.2, -1.1]})
TIMES = pd.date_range("2026-03-01", periods=200, freq="h", tz="UTC")


def draw_shares() -> figures.Chart:
    return figures.plot_shares(SHARES, "setpoint", size=1000.0)


def draw_cusum() -> figures.Chart:
    frame = pd.DataFrame({TIME: TIMES, "cusum_gj": np.linspace(0, 3000, 200), "is_change": np.arange(200) == 100})
    return figures.plot_cusum(frame, "Europe/Oslo")


def test_notebook_shows_the_wide_picture_and_keeps_the_rest() -> None:
    chart = draw_shares()
    bundle = chart._repr_mimebundle_()
    assert bundle["image/svg+xml"] == chart.data
    assert set(bundle) == {"image/svg+xml", MIME}
    assert bundle[MIME]["colours"] == VARIABLES
    wide, narrow = (re.search(r'viewBox="0 0 ([\d.]+)', text) for text in (chart.data, chart.narrow))
    assert wide is not None
    assert narrow is not None
    assert float(wide[1]) > 1.5 * float(narrow[1])
    assert 350 < float(narrow[1]) < 360  # a phone of 390 px less its margins: texts are as large as they are drawn


@pytest.mark.parametrize("draw", [draw_shares, draw_cusum])
def test_picture_leaves_the_page_around_it_alone(draw: object) -> None:
    text = draw().data  # type: ignore[operator]
    ElementTree.fromstring(text)
    assert "<style" not in text
    assert all(name.startswith(PREFIX) for name in re.findall(r' id="([^"]*)"', text))
    assert all(f"#{name}" in text for name in re.findall(r' id="([^"]*)"', text))
    assert set(re.findall(r"#[0-9a-f]{6}(?=[^0-9a-f])", text)) <= set(VARIABLES)
    assert "var(" not in text  # black or nothing in every reader of SVG but a browser
    assert not re.search(r' d="[^"]*\d\.\d\d', text)


def test_dots_take_few_bytes_and_texts_stay_as_they_are() -> None:
    text = clean_svg(
        '<?xml?><svg width="1.234pt"><path d="M 1.23 2.34 \nL 1.23 2.34 \nM 5 6 \nL 7 8 "/><text>0.0015</text></svg>'
    )
    assert 'd="M 1.2 2.3h0 M 5 6 L 7 8"' in text
    assert ">0.0015<" in text


def test_each_row_of_the_table_has_its_place() -> None:
    chart = draw_shares()
    assert chart.table == {
        "columns": ["what", "GJ/h"], "numbers": [False, True], "rows": [["flue O2", "+4.2"], ["unexplained", "−1.1"]],
    }  # fmt: skip
    assert chart.points is not None
    assert chart.points["axis"] == "y"
    (_, first), (_, second) = (map(float, pair.split(",")) for pair in chart.points["wide"].split())
    assert first < second  # the first row is the uppermost bar
    assert chart.points["wide"] != chart.points["narrow"]


def test_an_hour_without_a_gap_has_no_place() -> None:
    frame = pd.DataFrame({TIME: TIMES[:5], "gap_frac": [0.01, np.nan, 0.02, 0.01, 0.0], "plant_state": "run"})
    chart = figures.plot_gaps(frame, 7, 0.02, "UTC", size=1000.0)
    assert chart.points is not None
    assert chart.points["wide"].split()[1] == "-"
    assert chart.table is not None
    assert chart.table["rows"][1][1] == "–"


def test_cusum_tells_its_end_and_the_day_of_a_change() -> None:
    chart = draw_cusum()
    assert "+3.00 TJ" in chart.data
    assert "changed 5 Mar" in chart.data
    assert chart.table is not None
    assert len(chart.table["rows"]) <= 60
    assert chart.table["rows"][-1] == ["Mon 9 Mar 08:00", "+3.00"]
    assert len(str(chart.points and chart.points["wide"]).split()) == len(chart.table["rows"])


def test_pictures_write_numbers_as_their_language_does() -> None:
    language.choose("nb")
    try:
        chart = draw_shares()
        table = figures.show_table(pd.DataFrame({"a": [1234.5]}), {"a": ",.1f"}).data
    finally:
        language.choose("en")
    assert ">+4,2<" in chart.data
    assert table.endswith("| 1\u00a0234,5 |")
