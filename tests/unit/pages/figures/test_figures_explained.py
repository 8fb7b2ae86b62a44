"""The plots of shap in the house style: the same bytes twice, colours of the style sheet, kept where nothing is new."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import shap

from elc.pages import figures, language
from elc.pages.figures.colours import COST, GOOD, INK, PALE, VARIABLES

NAMES = ["flue_o2_pct", "steam_to_carbon_ratio", "chiller_temp_degc"]
TIMES = pd.Series(pd.date_range("2026-03-01", periods=96, freq="h", tz="Europe/Oslo"))
SIZE = 1000.0


def build_explanation(hours: int = 96, *, group: bool = False) -> shap.Explanation:
    """Explain hours in which the first set-point costs both sides of 2, the second saves, the third does little."""
    rng = np.random.default_rng(3)
    data = rng.uniform([0, 2.5, -30], [4, 3.5, -20], (hours, 3))
    values = np.column_stack([3 * (data[:, 0] - 2) ** 2, data[:, 1] - 3.5, 0.001 * data[:, 2] * data[:, 0]])
    if group:
        data[:, 1] = np.nan
    return shap.Explanation(values, np.zeros(hours), data, feature_names=NAMES)


def draw(name: str, explanation: shap.Explanation) -> figures.Chart:
    if name == "beeswarm":
        return figures.plot_beeswarm(explanation, size=SIZE)
    if name == "dependence":
        return figures.plot_dependence(explanation)
    return figures.plot_heatmap(explanation, TIMES.head(len(explanation.values)), size=SIZE)


PICTURES = ["beeswarm", "dependence", "heatmap"]


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_the_same_bytes_twice_whatever_chance_did_before(name: str) -> None:
    first = draw(name, build_explanation())
    np.random.random(7)  # noqa: NPY002
    before = np.random.get_state()[2]  # noqa: NPY002
    second = draw(name, build_explanation())
    assert first == second
    assert np.random.get_state()[2] == before  # noqa: NPY002  and what others draw by chance is left alone
    assert plt.get_fignums() == []


@pytest.mark.parametrize("group", [False, True])
@pytest.mark.parametrize("name", PICTURES)
def test_picture_has_the_colours_of_the_style_sheet_alone(name: str, group: bool) -> None:
    chart = draw(name, build_explanation(group=group))
    for text in (chart.data, chart.narrow):
        ElementTree.fromstring(text)
        assert "<image" not in text
        assert set(re.findall(r"#[0-9a-f]{6}(?=[^0-9a-f])", text)) <= set(VARIABLES)
        assert "var(" not in text
        assert not re.search(r"stroke: #000|fill: #000|SHAP|f\(x\)|Feature", text)


@pytest.mark.parametrize("name", PICTURES)
def test_few_hours_are_nothing_to_show(name: str) -> None:
    for hours in (0, 1, 23):
        assert "Nothing to show." in draw(name, build_explanation(hours)).data
    assert "Nothing to show." not in draw(name, build_explanation(24)).data


def test_a_plant_without_set_points_has_nothing_to_show() -> None:
    nothing = shap.Explanation(np.empty((0, 0)), np.empty(0), np.empty((0, 0)), feature_names=[])
    assert all("Nothing to show." in draw(name, nothing).data for name in PICTURES)


def test_beeswarm_tells_low_values_from_high_ones_and_its_sizes_in_a_table() -> None:
    chart = draw("beeswarm", build_explanation())
    assert {PALE, INK} <= set(re.findall(r"#[0-9a-f]{6}", chart.data))
    assert chart.data.index(">flue O2<") > 0
    assert chart.table is not None
    assert chart.table["columns"] == ["what", "mean share, GJ/h", "mean size, GJ/h"]
    assert [row[0] for row in chart.table["rows"]] == ["flue O2", "steam to carbon", "chiller temperature"]
    assert chart.table["rows"][1][1].startswith("−0.")
    assert not chart.table["rows"][1][2].startswith("−")


def test_dependence_has_a_panel_for_each_that_has_a_value() -> None:
    assert "steam to carbon" in draw("dependence", build_explanation()).data
    grouped = draw("dependence", build_explanation(group=True)).data
    assert "steam to carbon" not in grouped
    assert "flue O2, %" in grouped
    alone = build_explanation()[:, [0]]
    assert "flue O2, %" in draw("dependence", alone).data


def test_heatmap_is_red_where_it_costs_and_blank_on_a_day_without_an_hour() -> None:
    explanation = build_explanation()
    chart = figures.plot_heatmap(explanation, TIMES.where(TIMES.dt.day != 2, TIMES + pd.Timedelta(5, "D")), size=SIZE)
    assert chart.table is not None
    assert [row[0] for row in chart.table["rows"]] == [f"{day} Mar" for day in range(1, 8)]
    assert chart.table["rows"][1][1:] == ["–", "–", "–"]
    colours = set(re.findall(r"#[0-9a-f]{6}", chart.data))
    assert {COST, GOOD} <= colours
    assert ">together<" in chart.data


def test_pictures_are_in_the_language_of_the_page() -> None:
    language.choose("nb")
    try:
        texts = [draw(name, build_explanation()).data for name in PICTURES]
    finally:
        language.choose("en")
    assert ">lav verdi<" in texts[0]
    assert ">samlet<" in texts[2]
    assert ">2,5<" in texts[1] or ">−0,5<" in texts[1]


@dataclass
class Weeks:
    """What `explain.Weeks` gives, and how often it was asked to."""

    key: str = "one"
    asked: list[str] = field(default_factory=list)
    hours: int = 24

    def find_times(self, what: str) -> pd.Series:
        del what
        return TIMES.head(self.hours)

    def explain(self, what: str) -> shap.Explanation:
        self.asked.append(what)
        return build_explanation(self.hours)


def test_pictures_of_the_same_weeks_are_drawn_once(tmp_path: Path) -> None:
    weeks = Weeks()
    first = figures.plot_weeks(weeks, size=SIZE, kept=tmp_path / "fjord")
    assert list(first) == ["setpoints", "days", "drivers", "dependence"]
    assert figures.plot_weeks(weeks, size=1.01 * SIZE, kept=tmp_path / "fjord") == first
    assert weeks.asked == ["setpoints", "drivers"]
    figures.plot_weeks(weeks, size=SIZE / 100, kept=tmp_path / "fjord")  # other digits
    language.choose("nb")
    try:
        other = figures.plot_weeks(weeks, size=SIZE, kept=tmp_path / "fjord")
    finally:
        language.choose("en")
    assert other["setpoints"] != first["setpoints"]
    figures.plot_weeks(Weeks("two", weeks.asked), size=SIZE, kept=tmp_path / "fjord")
    assert len(weeks.asked) == 8


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"key": "one", "charts": {"days": {"data": ""}}}', '{"key": 1, "charts": 2}']
)
def test_a_file_that_is_none_of_ours_is_drawn_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "weeks.json").write_text(text)
    weeks = Weeks(hours=0)  # pictures of nothing are kept as all others are
    figures.plot_weeks(weeks, size=SIZE, kept=tmp_path)
    assert weeks.asked == ["setpoints", "drivers"]
    figures.plot_weeks(weeks, size=SIZE, kept=tmp_path)
    assert len(weeks.asked) == 2
