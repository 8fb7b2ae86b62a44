"""Bars that are written as SVG: where they lie, what stands beside them, and that nothing leaves the picture."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from elc.pages.figures.bars import show_bars
from elc.pages.figures.chart import Chart, build_table

SVG = "{http://www.w3.org/2000/svg}"


def draw(values: list[float], labels: list[str] | None = None, **columns: object) -> Chart:
    ends = np.array(values)
    texts = [f"{value:+.1f}" for value in values]
    bars = pd.DataFrame(
        {
            "label": labels or [f"cause {index}" for index in range(len(values))],
            "low": np.minimum(ends, 0.0),
            "high": np.maximum(ends, 0.0),
            "text": texts,
            "is_left": ends < 0,
            "colour": "#b3402e",
            "end": ends,
            "joint": 0.0,
        }
    ).assign(**columns)
    return show_bars(bars, "GJ/h", table=build_table({"value": texts}, numbers=["value"]))


def read_numbers(svg: str, name: str, *attributes: str) -> np.ndarray:
    found = ElementTree.fromstring(svg).iter(f"{SVG}{name}")
    return np.array([[float(element.attrib[key]) for key in attributes] for element in found])


def test_bars_are_as_long_as_their_values() -> None:
    chart = draw([4.0, -2.0, 1.0])
    for svg in (chart.data, chart.narrow):
        x, width = read_numbers(svg, "rect", "x", "width").T
        assert width / width[0] == pytest.approx([1.0, 0.5, 0.25], abs=0.01)
        assert x[0] == x[2] == pytest.approx(x[1] + width[1], abs=0.11)  # all begin at zero
    assert chart.points is not None
    places = [float(place.split(",")[0]) for place in chart.points["wide"].split()]
    x, width = read_numbers(chart.data, "rect", "x", "width").T
    assert places == pytest.approx([x[0] + width[0], x[1], x[2] + width[2]], abs=0.11)


@pytest.mark.parametrize("values", [[4.0, -2.0], [3.0], [-3.0], [0.0, 0.0], [1e-4, 2e-5], [123456.0, -1.0]])
def test_nothing_leaves_the_picture(values: list[float]) -> None:
    chart = draw(values, ["W" * 17 + " high-pressure steam temperature"] * len(values))
    for svg in (chart.data, chart.narrow):
        width, height = (float(size) for size in re.findall(r'viewBox="0 0 (\S+) (\S+)"', svg)[0])
        x, y, wide, high = read_numbers(svg, "rect", "x", "y", "width", "height").T
        assert (x.min() >= 0, (x + wide).max() <= width, (y + high).max() <= height) == (True, True, True)
        ticks = [float(x) for x in re.findall(r"M(\S+) \S+v3.5", svg)]
        assert ticks
        assert 0 <= min(ticks) <= max(ticks) <= width


def test_missing_value_has_no_bar_and_no_place() -> None:
    chart = draw([4.0, float("nan")])
    assert len(read_numbers(chart.data, "rect", "x")) == 1
    assert chart.points is not None
    assert chart.points["wide"].split()[1] == "-"
    assert "nan" not in chart.data


def test_steps_are_joined_where_they_meet() -> None:
    joined = draw([4.0, 4.0], low=[0.0, 2.0], joint=[4.0, np.nan]).data
    x, width = read_numbers(joined, "rect", "x", "width").T
    joints = re.findall(r'"M(\S+) \S+V\S+"', joined)
    assert [float(place) for place in joints] == pytest.approx([x[0] + width[0]], abs=0.11)


def test_names_do_nothing() -> None:
    assert "<b>" not in draw([1.0], ["<b>bold</b> & more"]).data


def test_ticks_are_written_as_their_step_asks() -> None:
    texts = re.findall(r"middle[^>]*>([^<]*)<", draw([0.3, 0.1]).data)
    assert texts[-1] == "GJ/h"
    assert {len(text.partition(".")[2]) for text in texts[:-1]} == {2}  # 0.05 apart
