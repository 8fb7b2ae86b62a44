"""The present hour in one answer, and a sentence for each file that is missing or half."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from elc.fields import GAP, IS_OUTSIDE
from elc.paths import Project
from elc.service.page.now import _SPAN, build_week, read_answer, read_now
from tests.unit.records.examples import ALERT
from tests.unit.service.page.present import (
    BEST_NOW,
    CARBON,
    FLUE,
    GAP_NOW,
    HOUR,
    LOAD,
    PLANT,
    build_hours,
    leave_hour,
)


def read(project: Project) -> dict[str, Any]:
    return read_now(project, PLANT, environment="prod", site_language="en")


def test_the_hour_is_as_monitor_left_it(project: Project) -> None:
    now = read(project)
    assert now["answer"] == (
        "Fjord uses 26 GJ/h (21 to 31) more than its best at this load and weather: 2.3\u00a0%, 273 € and 1.5 t CO₂ "
        "an hour."
    )
    assert (now["answer_phrase"], now["answer_kind"]) == ("26 GJ/h (21 to 31)", "cost")
    assert now["hour"] == "2026-06-20T23:00:00+00:00"
    assert now["hour_end"] == "2026-06-21T00:00:00+00:00"
    assert now["hour_text"] == "Sun 21 Jun 2026 01:00–02:00, Europe/Oslo"
    assert (now["energy_gj_per_h"], now["best_gj_per_h"]) == (BEST_NOW + GAP_NOW, BEST_NOW)
    assert now["gap_low_gj_per_h"] == GAP_NOW - 5
    assert now["money_per_h"] == pytest.approx(GAP_NOW * now["money_per_gj"])
    assert now["health"]["model"] == {"is": "look", "text": "look"}
    assert now["notes"] == []


def test_quantities_come_with_units_and_limits_load_first(project: Project) -> None:
    load, _, flue, carbon = read(project)["quantities"]
    assert (load["column"], load["role"], load["now"], load["unit"]) == (LOAD, "throughput", 55.0, "t/h")
    assert (flue["label"], flue["unit"], flue["limit_low"], flue["limit_high"]) == ("flue O2", "%", 1.0, 6.0)
    assert carbon["unit"] == ""


def test_causes_and_the_rest_add_up_to_the_gap(project: Project) -> None:
    now = read(project)
    assert [cause["setpoint"] for cause in now["causes"]] == [FLUE, CARBON]
    total = sum(cause["share_gj_per_h"] for cause in now["causes"])
    assert total + now["good_hours_gj_per_h"] + now["unexplained_gj_per_h"] == pytest.approx(now["gap_gj_per_h"])


def test_unit_of_energy_is_that_of_the_hour_and_numbers_stay_in_gj(project: Project) -> None:
    keys = ("energy_unit", "rate_unit", "gj_per_unit", "energy_digits")
    assert tuple(read(project)[key] for key in keys) == ("GJ", "GJ/h", 1.0, 1)
    path = project.operation("monitor", PLANT) / "status.json"
    content = json.loads(path.read_text(encoding="utf-8")) | {"energy_unit": "MWh"}
    path.write_text(json.dumps(content), encoding="utf-8")
    now = read(project)
    assert tuple(now[key] for key in keys) == ("MWh", "MW", 3.6, 1)
    assert now["gap_gj_per_h"] == GAP_NOW


def test_moves_stand_in_their_order_with_their_total(project: Project) -> None:
    now = read(project)
    assert [(move["setpoint"], move["to"], move["saving_gj_per_h"]) for move in now["moves"]] == [
        (FLUE, 2.0, 12.0),
        (CARBON, 2.9, 6.0),
    ]
    assert (now["total_gj_per_h"], now["precedents"]) == (18.0, 200)
    assert now["moves"][0]["answered"] is None


@pytest.mark.parametrize(
    ("stage", "name", "words"),
    [
        ("explain", "last.parquet", "The causes of the gap cannot be read"),
        ("advice", "moves.parquet", "The advice cannot be read"),
        ("monitor", "alerts.json", "The alerts cannot be read"),
        ("hourly", "hourly.parquet", "The readings of this hour cannot be read"),
    ],
)
def test_a_half_file_is_a_sentence_and_the_rest_is_shown(project: Project, stage: str, name: str, words: str) -> None:
    folder = project.hourly(PLANT) if stage == "hourly" else project.operation(stage, PLANT)
    (folder / name).write_bytes(b"PAR1 half")
    now = read(project)
    assert len(now["notes"]) == 1
    assert words in now["notes"][0]
    assert now["gap_gj_per_h"] == GAP_NOW


@pytest.mark.parametrize("name", ["status.json", "hours.parquet"])
def test_an_hour_that_cannot_be_read_is_said(project: Project, name: str) -> None:
    (project.operation("monitor", PLANT) / name).write_bytes(b'{"plant": ')
    now = read(project)
    assert not now["has_hour"]
    assert now["answer"].startswith("The last hour cannot be read.")


def test_no_hour_yet_is_said(project: Project) -> None:
    for path in project.operation("monitor", PLANT).iterdir():
        path.unlink()
    now = read(project)
    assert (now["name"], now["answer"]) == (
        "Fjord",
        "No hour has been judged yet. The first one appears here by itself; if none comes within two hours, tell "
        "whoever runs the service.",
    )


def test_broken_settings_and_a_missing_tag_list_are_said(project: Project) -> None:
    project.tags(PLANT).unlink()
    assert "The tag list cannot be read" in read(project)["notes"][0]
    project.params.write_text("plants: {", encoding="utf-8")
    assert "The settings of this plant cannot be read" in read(project)["answer"]


def test_advice_of_another_hour_is_not_shown(project: Project) -> None:
    moves = project.operation("advice", PLANT) / "moves.parquet"
    former = moves.read_bytes()
    leave_hour(project, hour="2026-06-21T00:00:00Z")
    moves.write_bytes(former)
    now = read(project)
    assert now["moves"] == []
    assert "The advice is for another hour" in now["notes"][0]


def test_what_the_model_says_outside_its_envelope_is_none(project: Project) -> None:
    path = project.operation("monitor", PLANT) / "hours.parquet"
    hours = pd.read_parquet(path)
    hours.loc[hours.index[-1], [IS_OUTSIDE, GAP]] = [True, float("nan")]
    hours.to_parquet(path, index=False)
    now = read(project)
    assert (now["best_gj_per_h"], now["typical_gj_per_h"], now["gap_gj_per_h"]) == (None, None, None)
    assert (now["energy_gj_per_h"], now["causes"]) == (BEST_NOW + GAP_NOW, [])


def test_the_week_holds_seven_days_and_none_where_nothing_was_judged() -> None:
    week = build_week(build_hours(pd.Timestamp(HOUR), GAP_NOW))
    assert {len(column) for column in week.values()} == {168}
    assert week[GAP].count(None) == 4
    assert week["time"][-1] == "2026-06-20T23:00:00+00:00"


def test_a_gap_that_may_be_none_is_not_marked_as_a_cost(project: Project) -> None:
    leave_hour(project, gap=4.0)
    now = read(project)
    assert (now["answer_phrase"], now["answer_kind"]) == ("at its best", "good")


def test_alerts_are_shown_as_the_hour_says_them(project: Project) -> None:
    records = [
        {**ALERT, "kind": "violation", "subject": f"drift:{FLUE}", "sentence": "Den gjør et sprang.", "advice": ""},
        {**ALERT, "kind": "gap", "subject": "energy", "sentence": "Fjord har kostet.", "advice": "Se på den."},
    ]
    leave_hour(project, spoken="nb")
    (project.operation("monitor", PLANT) / "alerts.json").write_text(json.dumps(records), encoding="utf-8")
    shown = [{name: record[name] for name in ("sentence", "advice")} for record in records]
    assert read(project)["alerts"] == shown


def test_marks_are_taken_off_a_sentence() -> None:
    assert read_answer("**Do:** run [at its best]{.good} now.") == ("Do: run at its best now.", "at its best", "good")
    assert read_answer("Nothing.") == ("Nothing.", "", "")


def test_every_text_that_the_modules_ask_for_is_there_and_no_other() -> None:
    from elc.service.page.routes import STATIC
    from elc.service.page.words import build_words

    asked: set[str] = set()
    for path in Path(STATIC).glob("*.js"):
        script = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r'(?:say|part|button)\("(\w+)"', script)) | set(re.findall(r"\b(by_\w+):", script))
    assert asked == set(build_words("en")["texts"])


def test_open_brackets_of_a_name_take_no_time() -> None:
    start = time.perf_counter()
    assert _SPAN.sub("", "[" * 200_000) == "[" * 200_000
    assert time.perf_counter() - start < 1.0
