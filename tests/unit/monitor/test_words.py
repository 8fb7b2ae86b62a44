"""The sentences and tables of the monitoring page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from elc import findings, monitor, settings
from elc.curve import Cost
from elc.fields import ENERGY, GAP, TIME
from elc.paths import Project

STATE_WORDS = {
    "run": "running",
    "ramp": "changing load",
    "start": "in start-up",
    "trip": "down",
    "unknown": "without enough load readings",
}

NAN = float("nan")
MONTH = monitor.Month(
    gap=Cost(12345.6, 129628.8, 692.6),
    gap_frac=0.0123,
    stop_energy_gj=4567.8,
    stops=2,
    judged=1234,
    intervals=2000,
)
HEALTH = monitor.Health("sound", "no finding in the last 24 hours", "ok", "over 28 days all is well")


def build_settings(currency: str = "EUR", **plant: Any) -> settings.StageSettings:
    chosen = settings.read_plant(Project(Path(__file__).parents[3]), "fjord")
    gas = settings.Carrier(price_per_gj=10.5, co2_kg_per_gj=56.1)
    changes = {"name": "Fjord", "carriers": {"gas": gas}, "battery_limit": "feed and fuel", **plant}
    return replace(
        chosen,
        plant=chosen.plant.model_copy(update=changes),
        site=settings.SiteSettings(currency=currency, language="en"),
    )


def build_status(gap: float | None, state: str = "run", reason: str = "", **changes: Any) -> monitor.Status:
    """Build a status whose best is 1,000 GJ/h."""
    hour = pd.Series({TIME: pd.Timestamp("2026-06-30 21:00", tz="UTC"), ENERGY: 1000 + (gap or 0.0), GAP: gap})
    status = monitor.Status(
        hour=hour,
        state=state,
        state_since=hour[TIME],
        gap=None if gap is None else Cost(gap, gap * 10.5, gap * 0.0561),
        interval=None,
        day_gap_gj=None,
        month=MONTH,
        health=HEALTH,
        no_gap_reason=reason,
    )
    return replace(status, **changes)


def test_answer_says_gap_money_and_co2() -> None:
    assert monitor.write_answer(build_status(25.0), build_settings()) == (
        "Fjord uses [25 GJ/h]{.cost} more than its best at this load and weather: 2.5\N{NO-BREAK SPACE}%, "
        "262 € and 1.4 t CO₂ an hour."
    )


def test_answer_below_best_is_good_and_has_no_minus() -> None:
    assert monitor.write_answer(build_status(-25.0), build_settings()) == (
        "Fjord runs [25 GJ/h below]{.good} its best curve at this load and weather: 2.5\N{NO-BREAK SPACE}%."
    )


@pytest.mark.parametrize(
    ("gap", "low", "high", "words"),
    [
        (25.0, 18.4, 31.6, "uses [25 GJ/h (18 to 32)]{.cost} more"),
        (3.14, 2.2, 4.0, "uses [3.1 GJ/h (2.2 to 4.0)]{.cost} more"),
        (3.14, -0.02, 6.3, "uses [3.1 GJ/h (0.0 to 6.3)]{.cost} more"),
        (3.14, -1.0, 7.3, "uses [3.1 GJ/h (−1.0 to 7.3)]{.cost} more"),
        (-25.0, -31.6, -18.4, "runs [25 GJ/h (18 to 32) below]{.good} its best"),
        (-3.14, -7.3, 1.0, "runs [3.1 GJ/h (−1.0 to 7.3) below]{.good} its best"),
    ],
)
def test_gap_has_its_interval_in_brackets(gap: float, low: float, high: float, words: str) -> None:
    status = build_status(gap, interval=monitor.Interval(low, high, 0.8))
    assert words in monitor.write_answer(status, build_settings())


def test_health_says_what_the_brackets_are() -> None:
    status = build_status(25.0, interval=monitor.Interval(18.0, 32.0, 0.8))
    found = monitor.write_health(status, "", findings.build_frame([]), build_settings())
    assert "In brackets after the gap: its 80\N{NO-BREAK SPACE}% interval, as far as best itself is known." in found


def test_answer_exactly_at_best_has_no_minus() -> None:
    answer = "Fjord runs [at its best]{.good} at this load and weather."
    assert monitor.write_answer(build_status(0.0), build_settings()) == answer


@pytest.mark.parametrize("reason", ["down since Sun 30 Jun 20:00", "no sound reading of energy"])
def test_answer_without_a_gap_says_why(reason: str) -> None:
    found = monitor.write_answer(build_status(None, reason=reason), build_settings())
    assert found == f"Fjord has no gap to judge: {reason}."


@pytest.mark.parametrize(("currency", "shown"), [("EUR", "1,050 €"), ("USD", "1,050 $"), ("UZS", "1,050 UZS")])
def test_money_is_in_the_currency_of_the_site(currency: str, shown: str) -> None:
    assert f", {shown} and" in monitor.write_answer(build_status(100.0), build_settings(currency))


@pytest.mark.parametrize(("state", "words"), STATE_WORDS.items())
def test_head_says_hour_state_answer_and_advice(state: str, words: str) -> None:
    found = monitor.write_head(
        "An answer.", "Advice.", build_status(25.0, state), build_settings(), version="v1.2.0 in prod"
    )
    assert found == (
        f"::: {{.small}}\nTue 30 Jun 2026 23:00–24:00, Europe/Oslo · {words} · model: v1.2.0 in prod · "
        "data [sound]{.good} · model [ok]{.good}\n:::\n\n::: {.answer}\nAn answer.\n:::\n\n"
        "::: {.advice}\nAdvice.\n:::"
    )


def test_head_marks_what_is_doubtful() -> None:
    doubtful = monitor.Health("2 findings", "a; b", "look", "bias")
    found = monitor.write_head("", "", build_status(25.0, health=doubtful), build_settings(), version="")
    assert "data [2 findings]{.look} · model [look]{.look}" in found


def test_month_becomes_a_table() -> None:
    table = monitor.build_month_table(MONTH, build_settings())
    assert table.set_index("this month")["so far"].to_dict() == {
        "Energy above best": "12,346 GJ (1.2\N{NO-BREAK SPACE}%)",
        "Cost": "129,629 €",
        "CO₂": "693 t",
        "Stops and start-ups, booked apart": "2 · 4,568 GJ",
        "Intervals judged": "1,234 of 2,000",
    }


def test_health_says_what_can_be_believed_and_what_numbers_include() -> None:
    enough, chosen = findings.build_frame([]), build_settings(note="Mind the coal.")
    found = monitor.write_health(build_status(25.0), "All was tested.", enough, chosen)
    assert found == (
        "**Recommended:** Nothing was checked.\n\n"
        "**Data, sound:** no finding in the last 24 hours.\n\n**Model, ok:** over 28 days all is well.\n\n"
        "**Test:** All was tested.\n\n**Baseline:** the history that the curve learnt from meets every rule of "
        "sufficiency, and nothing in it is doubtful.\n\n::: {.small}\nBattery limit: feed and fuel. The gap is priced "
        "as gas: 10.5 EUR/GJ and 56.1 kg CO₂/GJ. Mind the coal.\n:::"
    )


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        (["sufficiency", "sufficiency"], "learnt from lacks something; trust"),
        (["soundness", "ageing"], "learnt from is doubtful in part; trust"),
        (["sufficiency", "soundness"], "learnt from lacks something and is doubtful in part; trust"),
    ],
)
def test_doubts_about_the_baseline_are_named_one_by_one(checks: list[str], words: str) -> None:
    start = pd.Timestamp("2024-06-01", tz="UTC")
    weak = findings.build_frame(
        findings.Finding(check, f"Sentence {number}.", "fjord", "", start, start + pd.Timedelta("1D"))
        for number, check in enumerate(checks)
    )
    text = monitor.write_health(build_status(25.0), "All was tested.", weak, build_settings())
    assert all(f"- Sentence {number}.\n" in text for number in range(len(checks)))
    assert words in text


def test_doubts_are_told_with_their_end_in_site_time() -> None:
    doubts = pd.DataFrame(
        {
            "check": ["spike"],
            "column": ["load_t_per_h"],
            "sentence": ["load (FT-101) jumped."],
            "times": [2],
            "hours": [4.0],
            "last": [pd.Timestamp("2026-06-30 21:00", tz="UTC")],
        }
    )
    row = monitor.build_doubts_table(doubts, build_settings()).iloc[0]
    assert row.tolist() == ["load (FT-101) jumped.", "spike", 2, 4.0, "Tue 30 Jun 2026 23:00"]
    assert monitor.build_doubts_table(doubts.iloc[:0], build_settings()).empty


def test_figures_of_the_models_stand_beside_their_limits() -> None:
    rows = [
        monitor.Figure("typical", "bias", "GJ/h", 9.5, 0.4, 1.0, -8.0, 8.0),
        monitor.Figure("typical", "rmse", "GJ/h", 10.0, None, 9.0, None, 12.0),
        monitor.Figure("typical", "r2", "", 0.99, None, 0.98, None, None),
    ]
    table = monitor.build_figures_table(SimpleNamespace(figures=rows))  # type: ignore[arg-type]
    assert table["now"].tolist() == ["[9.50 ± 0.40]{.look}", "10.00", "0.99"]
    assert table["limits"].tolist() == ["−8.00 to 8.00", "at most 12.00", "–"]
    assert table["figure"].tolist() == ["bias, GJ/h", "rmse, GJ/h", "r2"]
