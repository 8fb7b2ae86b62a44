"""A plant's page and the page of all plants in Norwegian: no English word is left in what a reader sees."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from elc import advise, explain, findings, monitor, pages, settings
from elc.alerts import build_alert
from elc.curve import Cost
from elc.fields import ENERGY, GAP, TIME
from elc.findings import Reason
from elc.pages import language
from elc.pages.advise import REASONS
from elc.pages.amounts import write_hour
from elc.pages.labels import say_heading, say_value
from elc.paths import Project
from elc.records.comparison import ComparedHours, ComparedPackage, Comparison
from elc.records.failure import Failure
from elc.records.status import Status
from elc.render.index import build_index
from elc.render.index_table import FleetPages
from elc.render.translate import translate_notebook
from tests.unit.records.examples import STATUS
from tests.unit.written import build_written

ROOT = Path(__file__).resolve().parents[4]
AT = pd.Timestamp("2026-06-30 21:00", tz="UTC")
ENGLISH = re.compile(r"\b(the|and|of|is|its|than|which|from|hour|below|above|gap|load)\b", re.IGNORECASE)


@pytest.fixture(autouse=True)
def norwegian() -> None:
    language.choose("nb")


@pytest.fixture(scope="module")
def chosen() -> settings.StageSettings:
    return settings.read_plant(Project(ROOT), "fjord")


def build_status(gap: float | None, *reasons: Reason) -> monitor.PlantState:
    return monitor.PlantState(
        hour=pd.Series({TIME: AT, ENERGY: 1000.0 + (gap or 0.0), GAP: gap}),
        state="run" if gap else "trip",
        state_since=AT,
        gap=None if gap is None else Cost(gap, gap * 10.5, gap * 0.0561),
        interval=None if gap is None else monitor.Interval(gap - 5, gap + 5, 0.8),
        day_gap_gj=None,
        month=monitor.Month(Cost(12345.6, 129628.8, 692.6), 0.0123, 4567.8, 2, 500, 720),
        health=monitor.Health("sound", (), "look", Reason("no_baseline"), ()),
        no_gap_reasons=reasons,
    )


def write_page(status: monitor.PlantState, chosen: settings.StageSettings) -> str:
    answer = pages.monitor.write_answer(status, chosen)
    weak = findings.build_frame(
        build_written(check, f"{check}.", "fjord", "", AT, AT) for check in ("sufficiency", "soundness")
    )
    verdict = re.compile(r"\*\*Anbefalt:\*\* Nothing was checked\.")  # of a status that is built by hand
    health = verdict.sub("", pages.monitor.write_health(status, "Prøvd.", weak, chosen)).replace(
        chosen.plant.battery_limit, ""
    )
    month = pages.monitor.build_month_table(status.month, chosen, size=1000.0).to_string()
    return "\n".join(
        [answer, pages.monitor.write_head(answer, "", status, chosen, version="v1.2.0 in prod"), health, month]
    )


@pytest.mark.parametrize("gap", [25.0, -25.0, 0.1, None])
def test_a_plants_page_is_norwegian(gap: float | None, chosen: settings.StageSettings) -> None:
    reasons = [Reason("not_steady", {"state": "trip", "since": AT})] if gap is None else []
    assert ENGLISH.findall(write_page(build_status(gap, *reasons), chosen)) == []


def test_the_answer_reads_as_norwegian(chosen: settings.StageSettings) -> None:
    assert pages.monitor.write_answer(build_status(25.0), chosen).replace("\N{NO-BREAK SPACE}", " ") == (
        "Fjord bruker [25 GJ/h (20 til 30)]{.cost} mer enn sitt beste ved denne lasten og i dette været: 2,5 %, 262 € "
        "og 1,4 t CO₂ per time."
    )
    assert write_hour(AT, chosen) == "tir. 30. juni 2026 23:00–24:00, Europe/Oslo"


def test_advice_and_the_reasons_for_none_are_norwegian(chosen: settings.StageSettings) -> None:
    moves = pd.DataFrame(
        {
            "setpoint": ["flue_o2_pct", "steam_to_carbon_ratio"], "now": [3.4, 3.2], "to": [2.1, 3.1],
            "saving_gj_per_h": [5.4, 3.2], "low_gj_per_h": [4.0, 2.0], "high_gj_per_h": [6.8, 4.0],
            "total_gj_per_h": 8.6, "total_low_gj_per_h": 6.6, "total_high_gj_per_h": 10.6, "precedents": 80,
            "nearest": "2026-01-05T03:00+00:00", "near_limit": [1.0, np.nan],
        }
    )  # fmt: skip
    hour = pd.Series({TIME: AT, GAP: 5.0})
    moves[TIME] = AT
    given = advise.Advice(moves, pd.DataFrame({TIME: [AT], "reason": [""]}))
    answer = {"hour": AT - pd.Timedelta("2h"), "setpoint": "flue_o2_pct", "answer": "not possible", "why": "vifte"}
    told = {"notes": advise.build_notes([answer]), "setpoints": ["loop_inerts_pct"], "size": 1000.0}
    table = pages.advise.build_moves_table(moves, chosen, at=AT, size=1000.0)
    text = pages.advise.write_advice(given, hour, chosen, **told) + table.to_string()
    assert "senk O2 i røykgass fra 3,40 til 2,10 % og senk damp-til-karbon-forhold fra 3,20 til 3,10" in text
    assert ENGLISH.findall(text) == []
    assert ENGLISH.findall(" ".join(say() for say in REASONS.values())) == []


def test_the_page_of_all_plants_is_norwegian() -> None:
    given = {
        **STATUS,
        "hour": AT.to_pydatetime(),
        "last_hour": "tir. 30. juni 2026 23:00–24:00",
        "data_health": "2 findings",
        "model_health": "not judged",
        "advice": "Senk O2.",
        "recommendation": "Se på måleren.",
        "action": "look",
    }
    other = {**given, "plant": "delta", "name": "Delta", "gap_frac": None, "money_per_h": None, "advice": ""}
    text = build_index(
        FleetPages(
            statuses=[Status(**given), Status(**other)],
            links={"fjord": "fjord/50_monitor.ipynb", "delta": "delta/50_monitor.ipynb"},
            names={"fjord": "Fjord", "delta": "Delta", "steppe": "Steppe"},
            currency="EUR",
            max_gap_frac=0.02,
            failures=[Failure(plant="steppe", stage="ingest", sentence="")],
            alerts=[build_alert("fjord", "gap", "energy", "Fjord bruker mer.", since=AT.to_pydatetime(), last=None)],
            behind=frozenset({"delta"}),
        )
    )
    seen = re.sub(r"<[^>]*>|\{[^}]*\}", "", text)
    assert ENGLISH.findall(seen) == []
    assert "Ett av to anlegg, Fjord, taper mer enn 2" in seen
    assert "2 funn" in seen


@pytest.mark.parametrize("stem", ["50_monitor", "60_explain", "80_compare", "90_report"])
def test_headings_and_captions_are_norwegian(stem: str) -> None:
    english = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)
    spoken = translate_notebook(english)
    shown = [
        line for cell in spoken.cells for line in cell.source.splitlines() if re.match(r"#+ |#\| (fig|tbl)-cap", line)
    ]
    hidden = "# Monitor", "# Explain", "# Compare"
    assert len(shown) > 5
    assert ENGLISH.findall("\n".join(line for line in shown if line not in hidden)) == []


def test_silence_and_nothing_to_compare_are_norwegian(chosen: settings.StageSettings) -> None:
    none = pd.DataFrame(columns=[TIME, *explain.SHARES])
    answer = pages.explain.write_answer(
        none, chosen, version="candidate", silence=Reason("hour_not_steady"), size=1000.0
    )
    assert ENGLISH.findall(answer.replace("::: {.answer}", "")) == []
    hours = ComparedHours(intervals=0, width_h=1, after="2026-03-31T23:00:00+00:00", later=0, left_out={})
    side = ComparedPackage.model_construct(label="candidate")
    comparison = Comparison.model_construct(verdict="alone", sides={"left": side}, hours=hours)
    assert pages.compare.build_answer(comparison) == (
        "Det er ingenting å sammenligne kandidaten med: Ingen versjon er i bruk, og det finnes ingen time etter "
        "2026-03-31T23:00, den siste det ble lært av."
    )


def test_columns_and_values_are_norwegian() -> None:
    assert say_heading("since_turnaround_days") == "tid siden revisjonsstans, dager"
    assert say_value(-18.04, "chiller_temp_degc", with_unit=True) == "−18,0 °C"
