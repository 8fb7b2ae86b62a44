"""Texts of pictures keep clear of each other and stay inside, however long the names of columns are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import shap

from elc.fields import BEST, GAP
from elc.pages import figures
from elc.pages.figures import Chart
from tests.unit.pages.figures.test_figures import PICTURES, build_hours
from tests.unit.pages.figures.texts import find_boxes, find_cut, find_overlaps

# As the demo plants have them, and longer: of one to four lines beside a picture on a phone.
NAMES = [
    "primary_reformer_outlet_header_steam_to_carbon_ratio",
    "flue_o2_pct",
    "synthesis_loop_purge_gas_recovery_unit_inlet_pressure_bar",
    "process_air_compressor_anti_surge_valve_opening_pct",
    "chiller_temp_degc",
    "co2_removal_solution_circulation_flow_through_the_second_absorber_t_per_h",
]
SIZE = 1000.0
TIMES = pd.Series(pd.date_range("2026-03-01", periods=240, freq="h", tz="Europe/Oslo"))


def build_explanation(names: list[str]) -> shap.Explanation:
    rng = np.random.default_rng(1)
    data = rng.uniform(0, 4, (len(TIMES), len(names)))
    values = (data - 2) * np.arange(1, len(names) + 1)[::-1]
    return shap.Explanation(values, np.zeros(len(TIMES)), data, feature_names=names)


def build_effects() -> pd.DataFrame:
    value = np.linspace(0, 1, 5)
    parts = [
        pd.DataFrame({"feature": name, "value": value, "best": value, "typical": value, "low": value, "high": value})
        for name in NAMES
    ]
    return pd.concat(parts)


def draw_against() -> Chart:
    hours = build_hours(days=4)
    for number, name in enumerate(NAMES):
        hours[name] = np.roll(np.arange(len(hours)) * 1000.0, number)
    return figures.plot_against(hours[[BEST, GAP, *NAMES]], NAMES)


def draw_shares() -> Chart:
    shares = pd.DataFrame({"setpoint": [*NAMES, "unexplained"], "share_gj_per_h": np.linspace(5, -2, len(NAMES) + 1)})
    return figures.plot_shares(shares, "setpoint", size=SIZE)


LONG: dict[str, Callable[[], Chart]] = {
    "beeswarm": lambda: figures.plot_beeswarm(build_explanation(NAMES), size=SIZE),
    "beeswarm of two": lambda: figures.plot_beeswarm(build_explanation(NAMES[4:]), size=SIZE),
    "heatmap": lambda: figures.plot_heatmap(build_explanation(NAMES), TIMES, size=SIZE),
    "heatmap of two": lambda: figures.plot_heatmap(build_explanation(NAMES[4:]), TIMES, size=SIZE),
    "dependence": lambda: figures.plot_dependence(build_explanation(NAMES)),
    "effects": lambda: figures.plot_effects(build_effects()),
    "against long names": draw_against,
    "shares of long names": draw_shares,
}


@pytest.mark.parametrize("name", [*PICTURES, *LONG])
def test_no_text_runs_into_another_or_leaves_the_picture(name: str) -> None:
    chart = {**PICTURES, **LONG}[name]()
    for svg in (chart.data, chart.narrow):
        assert len(find_boxes(svg)) > 2
        assert find_overlaps(svg) == []
        assert find_cut(svg) == []


def test_texts_that_meet_are_found() -> None:
    text = '<text style="font-size: 10px" transform="translate({} 20){}">rows</text>'
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 40">{}{}</svg>'
    assert find_overlaps(svg.format(text.format(5, ""), text.format(20, ""))) == [("rows", "rows")]
    assert find_overlaps(svg.format(text.format(5, ""), text.format(35, ""))) == []
    assert find_overlaps(svg.format(text.format(5, ""), text.format(10, " rotate(-90)"))) == [("rows", "rows")]
    assert find_cut(svg.format(text.format(5, ""), text.format(45, ""))) == ["rows"]
