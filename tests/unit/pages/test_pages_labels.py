"""Columns and values are said in the language that was chosen."""

from __future__ import annotations

from elc.pages import labels, language


def test_what_pages_say_follows_their_language() -> None:
    assert labels.say_heading("flue_o2_pct") == "flue O2, %"
    assert labels.say_value(-3.456, "flue_o2_pct", with_unit=True) == "−3.46 %"
    language.choose("nb")
    assert labels.say_value(12.34, "load_t_per_h", with_unit=True) == "12,3 t/h"
    assert labels.say_value(1234.5, "load_t_per_h", with_unit=False) == "1\u00a0234"


def test_a_step_is_said_by_its_kind() -> None:
    assert [labels.say_step(step, "level") for step in ("best", "actual")] == ["best", "actual"]
    assert labels.say_step("flue_o2_pct", "setpoint") == "flue O2"
    assert labels.say_step("good_hours", "good_hours") == "good hours"
