"""Every reason that the package gives has its sentence, and no sentence is without one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from elc.findings import Reason
from elc.pages import language
from elc.pages.monitor import recommendation
from elc.pages.reasons import SENTENCES, say_reason, say_reasons

SOURCE = Path(__file__).resolve().parents[3] / "src" / "elc"


def find_names() -> Iterator[str]:
    """The names that `Reason` is built with, and those of recommendations, which stand second in a tuple."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason":
                yield from (one.value for one in node.args[:1] if isinstance(one, ast.Constant))
            elif isinstance(node, ast.Tuple) and len(node.elts) == 3 and path.name == "verdict.py":
                yield from (one.value for one in node.elts[1:2] if isinstance(one, ast.Constant))


def test_every_reason_is_said() -> None:
    change = {f"energy_off{more}{long}" for more in ("", "_or_meter") for long in ("", "_for_long")}  # put together
    assert {*find_names(), *change} == {*SENTENCES, *recommendation.SENTENCES}
    assert not set(SENTENCES) & set(recommendation.SENTENCES)


def test_several_reasons_are_one_list() -> None:
    unread, unknown = Reason("unread", {"columns": ["load_t_per_h"]}), Reason("no_turnaround")
    assert say_reasons([]) == ""
    assert say_reasons([unread, unknown]) == "no valid reading of load and no turnaround before it is known"
    language.choose("nb")
    assert say_reasons([unread]) != "no valid reading of load"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (36.2, "air temperature 36.2 °C is above the 8.1 to 31.0 °C of the training hours"),
        (-2.0, "air temperature −2.00 °C is below the 8.10 to 31.00 °C of the training hours"),
        (31.04, "air temperature 31.04 °C is above the 8.10 to 31.00 °C of the training hours"),
    ],
)
def test_a_range_that_is_left_is_told_with_the_digits_that_show_it(value: float, words: str) -> None:
    values = {"column": "air_temp_degc", "low": 8.1, "high": 31.0, "least": 8.0, "most": 31.0, "scale": 1.0}
    assert say_reason(Reason("range_left", {**values, "value": value})) == words
