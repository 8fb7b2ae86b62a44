"""Pictures are the same bytes in every run and hold no date; tables are Markdown that every renderer reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from IPython.display import SVG

from elc import figures
from elc.fields import ENERGY, GAP_FRAC, STATE, TIME, TYPICAL
from elc.figures.style import COST, GOOD, GREY

LOAD = "load_t_per_h"
NAN = float("nan")
TIMES = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC")


def build_scored() -> pd.DataFrame:
    hours = np.arange(48)
    scored = pd.DataFrame({TIME: TIMES, LOAD: 50.0 + hours / 10, STATE: "run", GAP_FRAC: 0.03 * np.sin(hours)})
    scored.loc[10:14, STATE] = ["trip", "trip", "trip", "start", "start"]
    scored.loc[10:14, GAP_FRAC] = NAN
    scored[TYPICAL] = 28 * scored[LOAD]
    return scored.assign(**{ENERGY: scored[TYPICAL] + np.cos(hours)})


def draw_curve(*, is_above: bool = True) -> SVG:
    load = np.linspace(40.0, 60.0, 30)
    points = pd.DataFrame({"load": load, "sec": 28.5 + np.sin(load)})
    lines = pd.DataFrame({"load": load, "best": 28.0, "typical": 28.5})
    now = pd.Series({"load": 55.0, "sec": 29.5 if is_above else 27.5, "best": 28.0})
    return figures.plot_curve(LOAD, points, lines, now)


def draw_shares() -> SVG:
    names = ["flue_o2_pct", "chiller_temp_degc", "unexplained"]
    return figures.plot_shares(
        pd.DataFrame({"setpoint": names, "share_gj_per_h": [4.2, -1.1, 0.5]}), "setpoint", "GJ/h"
    )


PICTURES: dict[str, Callable[[], SVG]] = {
    "curve": draw_curve,
    "gaps": lambda: figures.plot_gaps(build_scored(), 7, 0.02, "Europe/Oslo"),
    "cusum": lambda: figures.plot_cusum(pd.DataFrame({TIME: TIMES, "cusum_gj": np.arange(48.0) * 100}), "Europe/Oslo"),
    "shares": draw_shares,
    "learning": lambda: figures.plot_learning(pd.DataFrame({"loss": [3.0, 2.0, 1.5], "val_loss": [3.5, 2.5, 2.6]})),
    "residuals": lambda: figures.plot_residuals(build_scored()),
    "history": lambda: figures.plot_history(build_scored(), LOAD),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_the_same_bytes_twice(name: str) -> None:
    first, second = PICTURES[name]().data, PICTURES[name]().data
    assert first == second
    assert ElementTree.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("name", PICTURES)
def test_picture_holds_no_date_and_no_maker(name: str) -> None:
    text = PICTURES[name]().data
    assert "<dc:date>" not in text
    assert "<dc:creator>" not in text
    assert str(pd.Timestamp.now().date()) not in text
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text)


def test_other_data_are_another_picture() -> None:
    assert draw_curve(is_above=True).data != draw_curve(is_above=False).data


def test_mark_of_the_present_is_red_above_best_and_green_below() -> None:
    above, below = (draw_curve(is_above=is_above).data for is_above in (True, False))
    assert COST in above
    assert COST not in below
    assert "now 29.50 GJ/t" in above
    assert "now 27.50 GJ/t" in below


def test_shares_are_named_with_their_sign_and_colour() -> None:
    text = draw_shares().data
    for word in ("flue O2", "chiller temperature", "unexplained", "+4.2", "-1.1", "GJ/h", COST, GOOD, GREY):
        assert word in text


def test_stops_are_named_in_the_picture_of_gaps() -> None:
    assert PICTURES["gaps"]().data.count(" stop<") == 1
    running = figures.plot_gaps(build_scored().assign(**{STATE: "run"}), 7, 0.02, "UTC")
    assert " stop<" not in running.data


def test_curve_without_hours_is_an_empty_picture() -> None:
    empty = pd.DataFrame(columns=["load", "sec", "best", "typical"])
    text = figures.plot_curve(LOAD, empty, empty, None).data
    assert "now" not in text
    assert "GJ/t" in text


def test_hours_without_a_gap_are_a_picture_of_none() -> None:
    assert "% of best" in figures.plot_gaps(build_scored().assign(**{GAP_FRAC: NAN}), 7, 0.02, "UTC").data


def test_no_shares_are_an_empty_picture() -> None:
    nothing = pd.DataFrame({"setpoint": pd.Series(dtype="str"), "share_gj_per_h": pd.Series(dtype=float)})
    assert "GJ/h" in figures.plot_shares(nothing, "setpoint", "GJ/h").data


def test_no_cusum_is_an_empty_picture() -> None:
    cusum = pd.DataFrame({TIME: TIMES, "cusum_gj": 0.0}).iloc[:0]
    assert "TJ above best" in figures.plot_cusum(cusum, "UTC").data


def test_table_is_markdown_with_numbers_to_the_right() -> None:
    frame = pd.DataFrame({"what": ["gas", "steam"], "energy, GJ": [1.25, 20.0], "times": [3, 12345]})
    assert figures.show_table(frame).data.splitlines() == [
        "| what | energy, GJ | times |",
        "|:--|--:|--:|",
        "| gas | 1.2 | 3 |",
        "| steam | 20.0 | 12,345 |",
    ]


def test_formats_are_by_column() -> None:
    frame = pd.DataFrame({"share": [0.1234], "energy": [4.44]})
    assert figures.show_table(frame, {"share": ".1%"}).data.splitlines()[-1] == "| 12.3% | 4.4 |"


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.0, NAN]),
        pd.Series(["a", None], dtype="str"),
        pd.Series(["a", None], dtype=object),
        pd.Series([pd.Timestamp("2024-01-01"), pd.NaT]),
        pd.Series([1, pd.NA], dtype="Int64"),
    ],
    ids=["float", "text", "object", "time", "integer"],
)
def test_missing_value_is_a_dash(column: pd.Series) -> None:
    assert figures.show_table(pd.DataFrame({"value": column})).data.splitlines()[-1] == "| – |"


def test_time_is_written_out() -> None:
    frame = pd.DataFrame({"last": [pd.Timestamp("2024-06-30 22:05", tz="UTC")]})
    assert figures.show_table(frame).data.splitlines()[-1] == "| 30 Jun 2024 22:05 |"


def test_pipe_in_a_cell_is_escaped() -> None:
    assert figures.show_table(pd.DataFrame({"tag": ["FT|101"]})).data.splitlines()[-1] == "| FT\\|101 |"


def test_pipe_in_a_heading_is_escaped() -> None:
    assert figures.show_table(pd.DataFrame({"a|b": ["x"]})).data.splitlines()[0] == "| a\\|b |"


def test_truth_is_a_word() -> None:
    assert figures.show_table(pd.DataFrame({"steady": [True]})).data.splitlines()[-1] == "| yes |"


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": []})])
def test_empty_table_says_none(frame: pd.DataFrame) -> None:
    assert figures.show_table(frame).data == "None."


def test_text_is_shown_as_it_is() -> None:
    assert figures.show_text("**Do:** nothing").data == "**Do:** nothing"
