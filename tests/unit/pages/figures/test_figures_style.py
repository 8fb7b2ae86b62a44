"""Tables are Markdown that every renderer reads."""

from __future__ import annotations

import pandas as pd
import pytest

from elc.pages import figures

NAN = float("nan")


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


@pytest.mark.parametrize(
    ("cells", "is_number"),
    [
        (["1.2", "–", "+3,400"], True),
        (["1\u00a0234,5", "−3,4\u00a0%"], True),
        (["3.1 (2.2 to 4.0)", "**12**"], True),
        (["0.1 ± 0.2", "[0.4 ± 0.1]{.look}"], True),
        (["155 €", "None"], False),
        (["2026-05-01", "2026-05-02"], False),
        (["1 May 2026", "12 May 2026"], False),
        (["v1.2.0"], False),
        (["12:00"], False),
        (["–", None], False),
    ],
)
def test_texts_that_are_numbers_stand_to_the_right(cells: list[str], is_number: bool) -> None:
    lines = figures.show_table(pd.DataFrame({"what": cells})).data.splitlines()
    assert lines[1] == ("|--:|" if is_number else "|:--|")
